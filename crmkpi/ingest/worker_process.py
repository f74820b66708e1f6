"""One child process and its pipes: started, listened to without ever blocking, ended with all it has started.

Two threads drain the child's answers and its standard error, so that a chatty child never waits for us and a
silent one never holds us; what they keep is bounded.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

CHUNK = 1 << 16
# last bytes of standard error that are kept for the log
ERROR_TAIL = 64 * 1024
# time between a polite stop and the end, seconds
GRACE = 2.0
# marks in the queue of answers: the child has closed it; the child has written more than allowed
END, TOO_MUCH = b"", b"too much"
# a child reads strangers' files: it gets what Python and the system need, no secrets of the server
ENVIRONMENT = (
    "PATH", "HOME", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "TEMP", "TMP", "PYTHONPATH", "PYTHONHOME",
    "VIRTUAL_ENV", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE",
    "POLARS_MAX_THREADS", "OMP_NUM_THREADS", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX",
)  # fmt: skip
# freed memory goes back soon, a megabyte and more at once: kept for half a second and longer, it adds a fifth to the
# peak of a load; giving back all of it at once costs a third of the time. Python's own blocks come from two arenas
# instead of eight a core, which keep what they have once held
ALLOCATOR = {
    "_RJEM_MALLOC_CONF": "dirty_decay_ms:100,muzzy_decay_ms:0,oversize_threshold:1048576",
    "MALLOC_ARENA_MAX": "2",
}
ROOT = Path(__file__).parents[2]


class WorkerProcess:
    """A running child. `answers` is a queue of lines, closed by END or TOO_MUCH; call `end` whatever happens."""

    def __init__(self, command: Sequence[str]) -> None:
        self.answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.command = tuple(command)
        self._tail = bytearray()
        self._limit: int | None = None
        self._process = subprocess.Popen(
            self.command,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
            start_new_session=True,
        )
        assert self._process.stdin and self._process.stdout and self._process.stderr
        self._pipes = (self._process.stdin, self._process.stdout, self._process.stderr)
        self._threads = [
            threading.Thread(target=self._drain_answers, daemon=True),
            threading.Thread(target=self._drain_errors, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        """Id of the process, which is also the id of its group."""
        return self._process.pid

    @property
    def waiting(self) -> bool:
        """Whether the process still lives."""
        return self._process.poll() is None

    def send(self, order: bytes, output_bytes: int) -> None:
        """Give the one order; more than `output_bytes` of answers end in TOO_MUCH. Never blocks."""
        self._limit = output_bytes
        thread = threading.Thread(target=self._write, args=(order,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def status(self, seconds: float) -> int | None:
        """Exit status within so many seconds (negative: the signal that ended it), None if it lives on."""
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(seconds)
        return None

    def errors(self) -> str:
        """The end of what the child has written to standard error."""
        self._threads[1].join(GRACE)
        return self._tail.decode("utf-8", "replace")

    def end(self) -> None:
        """Stop the whole group: politely, then at once. Takes up to GRACE seconds if the child is busy."""
        if self._process.returncode is None:
            self._signal(signal.SIGTERM)
            self.status(GRACE)
        # grandchildren too. The system keeps the number of a group that has members; ids are given out in turn,
        # so the number of an empty group is not somebody else's a moment later
        self._signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        self._process.wait()
        for thread in self._threads:
            thread.join(GRACE)
        if not any(thread.is_alive() for thread in self._threads):
            for pipe in self._pipes:
                pipe.close()

    def _signal(self, number: int) -> None:
        if not hasattr(os, "killpg"):
            self._process.kill()
            return
        with suppress(ProcessLookupError, PermissionError):  # all of them have ended
            os.killpg(self._process.pid, number)

    def _write(self, order: bytes) -> None:
        left = memoryview(order)
        with suppress(OSError):  # the child ended before it read: its exit status tells the story
            while left:
                left = left[os.write(self._pipes[0].fileno(), left) :]

    def _drain_answers(self) -> None:
        source, kept, total = self._pipes[1].fileno(), bytearray(), 0
        while chunk := os.read(source, CHUNK):
            total += len(chunk)
            if self._limit is None or total > self._limit:  # nobody has asked, or far more than asked
                self.answers.put(TOO_MUCH)
                return
            kept += chunk
            if b"\n" in chunk:
                *lines, rest = kept.split(b"\n")
                for line in lines:
                    self.answers.put(bytes(line) + b"\n")
                kept = rest
        self.answers.put(END)

    def _drain_errors(self) -> None:
        source = self._pipes[2].fileno()
        while chunk := os.read(source, CHUNK):
            self._tail += chunk
            del self._tail[:-ERROR_TAIL]


class Spare:
    """At most one child started ahead, shared by all threads; it waits on its input and does nothing."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = tuple(command)
        self._lock = threading.Lock()
        self._wanted = False
        self._child: WorkerProcess | None = None

    def keep(self) -> None:
        """From now on keep one ready; start it if there is none."""
        with self._lock:
            self._wanted = True
            self._fill()

    def take(self, command: Sequence[str]) -> WorkerProcess:
        """The spare, if it lives and does the same jobs, else a fresh child."""
        with self._lock:
            child = self._child
            if child is None or child.command != tuple(command):
                return WorkerProcess(command)
            self._child = None
        if child.waiting:
            return child
        child.end()
        return WorkerProcess(command)

    def refill(self) -> None:
        """Start the next one, if one is wanted and none waits."""
        with self._lock:
            self._fill()

    def drop(self) -> None:
        """Keep none any more."""
        with self._lock:
            self._wanted, child, self._child = False, self._child, None
        if child is not None:
            child.end()

    def _fill(self) -> None:
        if self._wanted and self._child is None:
            self._child = WorkerProcess(self._command)


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
    kept["PYTHONPATH"] = os.pathsep.join(p for p in (str(ROOT), kept.get("PYTHONPATH")) if p)
    kept["PYTHONIOENCODING"] = "utf-8"
    kept |= ALLOCATOR
    return kept
