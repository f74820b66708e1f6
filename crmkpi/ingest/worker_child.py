"""The child's side of a worker: take one order, live within its limits, answer in JSON lines, end.

A child starts, imports what its jobs need and waits on its standard input for one line:
`{"job", "payload", "limits", "workdir"}`. It answers with lines `{"progress": ...}` and one last
`{"result": ...}` or `{"error": {"code", "params"}}`. Anything else (a crash, an exception nobody expected) is
read by the parent from the exit status and from standard error. What a job prints goes to standard error, so
that it cannot spoil the conversation. Nothing is pickled: what comes out of a process that has read a
stranger's file is data.

The input stays open while the parent lives. When it closes, the parent is gone and the child ends as well.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

from crmkpi.errors import CrmKpiError

# seconds between two progress lines of one step
PROGRESS_EVERY = 0.1
CHUNK = 1 << 16
OUT_OF_MEMORY = b'{"error": {"code": "worker_out_of_memory", "params": {}}}\n'


@dataclass(frozen=True)
class Progress:
    """How far a job is: `step` is a code for i18n, `share` 0..1 or None if unknown, `params` for the sentence."""

    step: str
    share: float | None = None
    params: dict[str, Any] = field(default_factory=dict)


Report = Callable[[Progress], None]
Job = Callable[[dict[str, Any], Report], object]


def serve(jobs: Mapping[str, Job]) -> NoReturn:
    """Wait for one order, do it, answer, end the process.

    An exception that is not the user's to mend is left to Python: its trace goes to standard error, the exit
    status is 1, and the parent makes an incident of both.
    """
    answers, orders = _take_channel()
    line = _one_line(orders)
    if not line:  # a spare that was never used, or a parent that has ended
        os._exit(0)
    order = json.loads(line)
    threading.Thread(target=_end_with_parent, args=(orders, order["workdir"]), daemon=True).start()
    # a polite stop lets `with` blocks remove their temporary files
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    _settle(order["workdir"])
    confine(order["limits"])
    try:
        result = jobs[order["job"]](order["payload"], _reporter(answers))
        _write(answers, _line(result=result))
    except CrmKpiError as error:
        _write(answers, _line(error={"code": error.code, "params": error.params}))
    except MemoryError:
        _write(answers, OUT_OF_MEMORY)
    sys.stderr.flush()
    # no tear-down of libraries that may crash in it: everything is written
    os._exit(0)


def confine(limits: Mapping[str, float]) -> None:
    """Put limits on this process: memory and file size in bytes, processor time in seconds, niceness.

    They hold on Linux only (RLIMIT_AS, RLIMIT_CPU, RLIMIT_FSIZE); elsewhere the parent's wall clock is the only
    limit, see `enforced`. No core dumps: they would hold customers' rows. If the whole machine runs out of
    memory, the kernel is asked to end this process before the server.
    """
    if hasattr(os, "nice"):
        os.nice(int(limits["niceness"]))
    if not enforced():
        return
    import resource

    for name, asked in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, int(limits["memory_bytes"])),
        (resource.RLIMIT_CPU, math.ceil(limits["cpu_seconds"])),
        (resource.RLIMIT_FSIZE, int(limits["file_bytes"])),
    ):
        hard = resource.getrlimit(name)[1]
        allowed = asked if hard == resource.RLIM_INFINITY else min(asked, hard)
        resource.setrlimit(name, (allowed, hard))
    with suppress(OSError):  # a container may forbid it; the limits above hold all the same
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def enforced() -> bool:
    """Whether the system holds a worker to memory, processor and file limits, or only the wall clock does."""
    return sys.platform == "linux"


def plain(value: Any) -> Any:
    """Turn a value into plain JSON: dates as ISO text, paths as names, not finite numbers as null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Path):
        return value.name
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(v) for v in value]
    return value


def _line(**message: Any) -> bytes:
    return json.dumps(plain(message), ensure_ascii=False, allow_nan=False).encode("utf-8", "replace") + b"\n"


def _take_channel() -> tuple[int, int]:
    """Keep the two ends of the conversation for us alone; jobs get an empty input and print to stderr."""
    answers, orders = os.dup(1), os.dup(0)
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return answers, orders


def _one_line(source: int) -> bytes:
    """Bytes up to the first line end; empty if the input ended before it."""
    found = bytearray()
    while not found.endswith(b"\n"):
        chunk = os.read(source, CHUNK)
        if not chunk:
            return b""
        found += chunk
    return bytes(found)


def _write(target: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(target, left) :]


def _settle(workdir: str) -> None:
    """Everything temporary goes into one directory, which the parent removes whatever happens here."""
    os.environ["TMPDIR"] = workdir
    tempfile.tempdir = workdir
    os.chdir(workdir)


def _end_with_parent(orders: int, workdir: str) -> None:
    while os.read(orders, CHUNK):
        continue
    shutil.rmtree(workdir, ignore_errors=True)
    os._exit(1)


def _reporter(answers: int) -> Report:
    last_step, last_at = "", 0.0

    def report(progress: Progress) -> None:
        nonlocal last_step, last_at
        now = time.monotonic()
        if progress.step == last_step and now - last_at < PROGRESS_EVERY:
            return
        last_step, last_at = progress.step, now
        _write(answers, _line(progress=asdict(progress)))

    return report
