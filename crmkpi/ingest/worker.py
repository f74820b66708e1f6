"""Work on strangers' files in a process of its own: whatever a file does, the server gets one sentence.

`run` starts a child (`worker_jobs`), or takes the spare one that `warm` has started ahead, sends it one order
and listens. A crash, an endless loop, a bomb, a full disk or a cancel ends the child's whole process group and
raises one `CrmKpiError`; nothing stays behind, neither processes nor temporary files. The child is a fresh
program, not a fork: the server has threads, and a fork would copy their locks. Limits: `worker_child.confine`;
on systems other than Linux only the wall clock holds.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import queue
import secrets
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from crmkpi.engine import data
from crmkpi.errors import CrmKpiError
from crmkpi.ingest import loading_errors, reading_errors, worker_errors
from crmkpi.ingest.limits import DEFAULT, MEGABYTE
from crmkpi.ingest.worker_child import Progress
from crmkpi.ingest.worker_errors import (
    WorkCancelledError,
    WorkerCrashedError,
    WorkerNoSpaceError,
    WorkerOutOfMemoryError,
    WorkerTimeoutError,
)
from crmkpi.ingest.worker_process import END, GRACE, TOO_MUCH, Spare, WorkerProcess

LOG = logging.getLogger("crmkpi")
COMMAND = (sys.executable, "-P", "-m", "crmkpi.ingest.worker_jobs")
# how often a silent child is checked for a cancel, seconds
POLL = 0.1
# a child that has closed its answers has this long to end, seconds
LAST_BREATH = 5.0
# children at work at one time; the others wait their turn
AT_ONCE = threading.BoundedSemaphore(max(2, os.cpu_count() or 2))
# rooms whose errors a job may raise: imported so that they are found by their code
ERROR_ROOMS = (reading_errors, loading_errors, worker_errors, data)
# first bytes of zip and xlsx, gzip, Parquet
PACKED = (b"PK", b"\x1f\x8b", b"PAR1")
# what a child may answer: the fields of each kind with their types, None for any value
SHAPES: dict[str, dict[str, tuple[type, ...]] | None] = {
    "result": None,
    "error": {"code": (str,), "params": (dict,)},
    "progress": {"step": (str,), "share": (int, float, type(None)), "params": (dict,)},
}
# what Python, Rust, C++ and DuckDB say on standard error when they get no memory, or no room on the disk
SIGNS: dict[type[CrmKpiError], tuple[str, ...]] = {
    WorkerOutOfMemoryError: (
        "MemoryError", "memory allocation of", "bad_alloc", "OutOfMemoryException", "Cannot allocate memory",
        "can't start new thread", "thread creation failed",
    ),
    WorkerNoSpaceError: ("No space left on device", "File too large", "Disk quota exceeded"),
}  # fmt: skip


@dataclass(frozen=True)
class WorkerLimits:
    """What one run may take. Bytes and seconds; `cpu_seconds` counts all threads together.

    `memory_bytes` is address space, not memory in use: polars and the allocators reserve more than a gigabyte
    on two cores and more with each core, so a small number fails on small files. `output_bytes` bounds all that
    the child may answer.
    """

    memory_bytes: int = 8192 * MEGABYTE
    cpu_seconds: float = 600.0
    file_bytes: int = DEFAULT.unpacked_bytes
    wall_seconds: float = 300.0
    output_bytes: int = 64 * MEGABYTE
    niceness: int = 5

    @classmethod
    def for_files(cls, paths: Iterable[Path]) -> WorkerLimits:
        """Limits of the local mode by the size of the files: generous, a person waits and may cancel.

        Text counts as it is, packed files eightfold. Memory 6 GB + 128 MB a core + 8 bytes a byte (measured: a
        load of 235 MB of text holds 1.8 GB and gets by with 4 GB of address space); time 2 minutes + 1 second a
        megabyte (measured: 12 seconds). A missing file counts as empty: reading says that it is missing.
        """
        weight = sum(_weight(path) for path in paths)
        cores = os.cpu_count() or 1
        wall = 120.0 + weight / MEGABYTE
        return cls(
            memory_bytes=(6 * 1024 + 128 * cores) * MEGABYTE + 8 * weight,
            cpu_seconds=wall * cores,
            wall_seconds=wall,
        )


def run(
    job: str,
    payload: dict[str, Any],
    *,
    limits: WorkerLimits,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    command: Sequence[str] = COMMAND,
) -> object:
    """Do a job (see `worker_jobs`) in a child process and give its result, plain JSON.

    Paths in the payload are made absolute. `progress` is called in the caller's thread, at most ten times a
    second a step; first with `queued` if other runs have to end before. `cancelled` is asked at least ten times
    a second; True stops the child. Time spent in the queue does not count.

    Raises the CrmKpiError that the job raised (found by its code); WorkerOutOfMemoryError, WorkerTimeoutError,
    WorkerNoSpaceError; WorkCancelledError; WorkerCrashedError with an incident code for anything else, the
    details go to the log. Whatever is raised, also by the two callbacks, no process is left.
    """
    work = _Work(job, _subject(payload), limits, progress or _unheard, cancelled or _never)
    with (
        _turn(work),
        tempfile.TemporaryDirectory(prefix="crmkpi-", ignore_cleanup_errors=True) as workdir,
        _child(work, command) as child,
    ):
        order = {"job": job, "payload": payload, "limits": asdict(limits), "workdir": workdir}
        child.send(json.dumps(order, default=_sent).encode() + b"\n", limits.output_bytes)
        return _listen(work, child)


def warm() -> None:
    """Start the next child ahead, now and after every run, so that nobody waits for its imports.

    Costs one idle process of about 100 MB: for a server, not for the command line. `cool` ends it.
    """
    SPARE.keep()


def cool() -> None:
    """Stop keeping a spare child and end the one that waits."""
    SPARE.drop()


def known_errors() -> dict[str, type[CrmKpiError]]:
    """Every declared error by its code. Of two with one code, the one that ingest declares."""
    found: dict[str, type[CrmKpiError]] = {}
    waiting: list[type[CrmKpiError]] = [CrmKpiError]
    while waiting:
        cls = waiting.pop()
        waiting += cls.__subclasses__()
        if cls.code not in found or cls.__module__.startswith("crmkpi.ingest."):
            found[cls.code] = cls
    return found


@dataclass(frozen=True)
class _Work:
    """One run, as its parts need it; `files` is what the sentences call it."""

    job: str
    files: str | None
    limits: WorkerLimits
    progress: Callable[[Progress], None]
    cancelled: Callable[[], bool]

    def crashed(self, status: int | None, details: str) -> WorkerCrashedError:
        """Log what happened under a fresh incident code and give the error that carries the code."""
        incident = secrets.token_hex(4).upper()
        LOG.error(
            "incident %s: worker job %s, exit status %s\n%s", incident, self.job, status, _brief(details)
        )
        return WorkerCrashedError(files=self.files, incident=incident)


@contextmanager
def _turn(work: _Work) -> Iterator[None]:
    """Wait until a place is free; a cancel is heard meanwhile."""
    if not AT_ONCE.acquire(blocking=False):
        work.progress(Progress("queued"))
        while not AT_ONCE.acquire(timeout=POLL):
            if work.cancelled():
                raise WorkCancelledError(files=work.files)
    try:
        yield
    finally:
        AT_ONCE.release()


@contextmanager
def _child(work: _Work, command: Sequence[str]) -> Iterator[WorkerProcess]:
    try:
        child = SPARE.take(command)
    except OSError as error:
        raise work.crashed(None, f"no process could be started: {error}") from error
    try:
        yield child
    finally:
        child.end()
        with suppress(OSError):  # no spare, then: the next run starts its own child or says why it cannot
            SPARE.refill()


def _listen(work: _Work, child: WorkerProcess) -> object:
    """Hear the child out: the result, or the error that its end amounts to."""
    deadline = time.monotonic() + work.limits.wall_seconds
    while True:
        if work.cancelled():
            raise WorkCancelledError(files=work.files)
        left = deadline - time.monotonic()
        if left <= 0:
            raise WorkerTimeoutError(files=work.files, seconds=work.limits.wall_seconds)
        try:
            line = child.answers.get(timeout=min(POLL, left))
        except queue.Empty:
            continue
        if line == END:
            raise _verdict(work, child.status(LAST_BREATH), child.errors())
        if line == TOO_MUCH:
            raise work.crashed(None, f"more than {work.limits.output_bytes} bytes of answers")
        message = _read(work, line)
        if "progress" in message:
            work.progress(Progress(**message["progress"]))
            continue
        child.status(GRACE)  # it ends by itself now, quicker than if it were told to
        if "error" in message:
            raise _raised(work, message["error"])
        return message["result"]


def _read(work: _Work, line: bytes) -> dict[str, Any]:
    """One answer, checked: what comes from a child that has read a stranger's file is a stranger's as well."""
    try:
        message = json.loads(line, parse_constant=_refused)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict) or len(message) != 1 or not any(_fits(message, kind) for kind in SHAPES):
        raise work.crashed(None, f"an answer that is none of ours: {line[:200]!r}")
    return message


def _fits(message: dict[str, Any], kind: str) -> bool:
    fields = SHAPES[kind]
    if kind not in message or fields is None:
        return kind in message
    body = message[kind]
    return (
        isinstance(body, dict)
        and body.keys() == fields.keys()
        and all(isinstance(body[name], types) for name, types in fields.items())
    )


def _raised(work: _Work, error: dict[str, Any]) -> CrmKpiError:
    cls = known_errors().get(error["code"])
    if cls is None:
        return work.crashed(None, f"an error of no known code: {error}")
    if cls in (WorkerOutOfMemoryError, WorkerNoSpaceError):
        return _over_limit(work, cls)
    return cls(**error["params"])


def _over_limit(work: _Work, cls: type[CrmKpiError]) -> CrmKpiError:
    limits = work.limits
    size = limits.memory_bytes if cls is WorkerOutOfMemoryError else limits.file_bytes
    return cls(files=work.files, limit_mb=size // MEGABYTE)


def _verdict(work: _Work, status: int | None, errors: str) -> CrmKpiError:
    """What an end without an answer means.

    Our own stops never come here, so SIGKILL is the kernel that ran out of memory; SIGXCPU is the processor
    limit. Allocators of compiled code abort with a line on standard error; polars wraps what the disk says.
    """
    if _ended_by(status, "SIGXCPU"):
        return WorkerTimeoutError(files=work.files, seconds=work.limits.cpu_seconds)
    cls = next((c for c, signs in SIGNS.items() if status and any(sign in errors for sign in signs)), None)
    if _ended_by(status, "SIGKILL"):
        cls = WorkerOutOfMemoryError
    if cls is not None:
        LOG.warning("worker job %s: %s, exit status %s\n%s", work.job, cls.code, status, _brief(errors))
        return _over_limit(work, cls)
    return work.crashed(status, errors)


def _ended_by(status: int | None, name: str) -> bool:
    number = getattr(signal, name, None)
    return number is not None and status == -number


def _brief(details: str) -> str:
    """Each run of equal lines once: an allocator without memory says the same thing a thousand times."""
    runs = ((line, sum(1 for _ in run)) for line, run in groupby(details.splitlines()))
    return "\n".join(line if n == 1 else f"{line} ({n} times)" for line, n in runs)


def _subject(payload: dict[str, Any]) -> str | None:
    """What the user calls the files of a job: the names given, else the names in the paths."""
    names = payload.get("names") or [Path(path).name for path in payload.get("paths", ())]
    return ", ".join(map(str, names)) or None


def _sent(value: object) -> str:
    if isinstance(value, Path):
        return str(value.absolute())
    raise TypeError(f"{type(value).__name__} cannot be sent to a worker")


def _weight(path: Path) -> int:
    """Bytes of the text that a file holds, roughly: its size, times eight if it is packed."""
    if not path.is_file():
        return 0
    with path.open("rb") as file:
        packed = file.read(4).startswith(PACKED)
    return path.stat().st_size * (8 if packed else 1)


def _refused(constant: str) -> float:
    raise ValueError(constant)


def _never() -> bool:
    return False


def _unheard(progress: Progress) -> None:
    """Nobody listens to the progress."""


SPARE = Spare(COMMAND)
# the spare ends with its input anyway; this ends it before the interpreter closes its pipes
atexit.register(cool)
