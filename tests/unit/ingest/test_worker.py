"""Whatever a file does to the process that reads it, the caller gets one error and nothing stays behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from crmkpi.engine.data import DataDir
from crmkpi.errors import CrmKpiError
from crmkpi.i18n import LANGUAGES, Words
from crmkpi.ingest import worker
from crmkpi.ingest.limits import MEGABYTE
from crmkpi.ingest.reading_errors import NotATableError, TooManyColumnsError
from crmkpi.ingest.worker import WorkerLimits, known_errors, run
from crmkpi.ingest.worker_child import Progress, enforced, plain
from crmkpi.ingest.worker_errors import (
    WorkCancelledError,
    WorkerCrashedError,
    WorkerNoSpaceError,
    WorkerOutOfMemoryError,
    WorkerTimeoutError,
)
from crmkpi.ingest.worker_jobs import inspect_files
from crmkpi.ingest.worker_process import Spare

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and process groups of POSIX")
limited = pytest.mark.skipif(not enforced(), reason="the limits hold on Linux only")

JOBS = """
import os, signal, subprocess, sys, tempfile, time
from datetime import date
from pathlib import Path
from crmkpi.errors import CrmKpiError
from crmkpi.ingest.reading_errors import TooManyColumnsError
from crmkpi.ingest.worker_child import Progress, serve


class OnlyHereError(CrmKpiError):
    code = "only_here"


def echo(payload, report):
    print("a library that prints")
    return {**payload, "day": date(2011, 12, 9), "unknown": float("nan"), "pair": (1, 2), "stdin": sys.stdin.read()}

def allocate(payload, report):
    kept = []
    while True:
        kept.append(bytearray(10_000_000))

def allocate_in_rust(payload, report):
    import polars as pl
    report(Progress("ready"))
    kept = [pl.int_range(0, 10_000_000, eager=True)]
    while True:
        kept.append(kept[-1] + 1)

def loop(payload, report):
    report(Progress("looping", None, {"pid": os.getpid()}))
    while True:
        pass

def stubborn(payload, report):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen(["sleep", "60"])
    report(Progress("sleeping", None, {"pids": [os.getpid(), child.pid]}))
    while True:
        time.sleep(1)

def segfault(payload, report):
    os.kill(os.getpid(), signal.SIGSEGV)

def killed(payload, report):
    os.kill(os.getpid(), signal.SIGKILL)

def quits(payload, report):
    os._exit(0)

def hangs_up(payload, report):
    os.closerange(1, 100)
    time.sleep(60)

def refuse(payload, report):
    raise TooManyColumnsError(file="a.csv", columns=2001, limit=2000)

def refuse_oddly(payload, report):
    raise OnlyHereError()

def defect(payload, report):
    return {}["no such key"]

def panic(payload, report):
    import polars as pl
    raise pl.exceptions.PanicException("in Rust")

def count(payload, report):
    for i in range(payload["n"]):
        report(Progress("counting", (i + 1) / payload["n"], {"row": i}))
    report(Progress("writing"))
    return payload["n"]

def huge(payload, report):
    return "x" * 5_000_000

def chatter(payload, report):
    for _ in range(2000):
        os.write(2, b"no end of complaints " * 100)
    raise ValueError("the last line")

def nags(payload, report):
    os.write(2, b"no memory\\n" * 1000)
    raise ValueError("the last line")

def forge(payload, report):
    for fd in range(3, 10):
        try:
            os.write(fd, payload["text"].encode() + b"\\n")
        except OSError:
            pass
    time.sleep(60)

def fill(payload, report):
    with tempfile.TemporaryFile() as file:
        for _ in range(payload["mb"]):
            file.write(bytes(1_000_000))

def fill_in_rust(payload, report):
    import polars as pl
    pl.DataFrame({"a": range(payload["mb"] * 150_000)}).lazy().sink_parquet("a.parquet", compression="uncompressed")

def litter(payload, report):
    place = Path(tempfile.mkdtemp())
    (place / "left.txt").write_text("rows of a customer")
    Path("here.txt").write_text("rows of a customer")
    if payload.get("crash"):
        os.kill(os.getpid(), signal.SIGSEGV)
    return [str(place), str(Path("here.txt").absolute())]

def secrets(payload, report):
    return sorted(os.environ)

def settings(payload, report):
    import resource
    names = ("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_CORE")
    return {**{n: resource.getrlimit(getattr(resource, n))[0] for n in names}, "nice": os.nice(0),
            "oom": int(Path("/proc/self/oom_score_adj").read_text())}

serve({f.__name__: f for f in list(globals().values()) if getattr(f, "__module__", "") == "__main__" and callable(f)
       and not isinstance(f, type)})
"""
SMALL = WorkerLimits(memory_bytes=2048 * MEGABYTE, cpu_seconds=60, wall_seconds=20, output_bytes=4 * MEGABYTE)


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    script = tmp_path_factory.mktemp("worker") / "jobs.py"
    script.write_text(JOBS, encoding="utf-8")
    return (sys.executable, "-P", str(script))


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test ends without children, zombies, open pipes or temporary files of its own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before, pipes = children(), open_pipes()
    yield
    assert [c for c in children() if c not in before] == []
    assert open_pipes() <= pipes
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith("crmkpi-")] == []


def children() -> list[str]:
    """Commands of the living and dead processes below this one (Linux; elsewhere none are listed)."""
    lists = Path("/proc/self/task").glob("*/children")
    return [read(Path(f"/proc/{pid}/cmdline")) for path in lists for pid in read(path).split()]


def read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def open_pipes() -> int:
    """Pipes that this process holds (Linux; elsewhere 0)."""
    count = 0
    for link in Path("/proc/self/fd").glob("*"):
        with suppress(FileNotFoundError):
            count += os.readlink(link).startswith("pipe:")
    return count


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()[:1]


def soon(claim: Any, seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while not claim() and time.monotonic() < end:
        time.sleep(0.02)
    return bool(claim())


# what goes in and comes out ------------------------------------------------------------------------------
def test_a_result_is_plain_json_and_prints_do_not_spoil_it(command):
    found = run("echo", {"word": "Итого", "paths": [Path("a.csv")]}, limits=SMALL, command=command)
    assert found == {
        "word": "Итого",
        "paths": [str(Path("a.csv").absolute())],
        "day": "2011-12-09",
        "unknown": None,
        "pair": [1, 2],
        "stdin": "",
    }


def test_unknown_and_infinite_numbers_leave_as_null():
    found = plain({"a": [float("inf"), (float("nan"), 1.5)], 1: Path("/x/b.csv")})
    assert found == {"a": [None, [None, 1.5]], "1": "b.csv"}


def test_a_large_order_arrives_whole(command):
    mapping = {f"column {i}": "я" * 100 for i in range(2000)}
    found = run("echo", {"mapping": mapping}, limits=SMALL, command=command)
    assert isinstance(found, dict) and found["mapping"] == mapping


def test_progress_comes_in_the_callers_thread_in_order_and_thinned_out(command):
    seen: list[tuple[Progress, int]] = []
    found = run(
        "count",
        {"n": 5000},
        limits=SMALL,
        command=command,
        progress=lambda p: seen.append((p, threading.get_ident())),
    )
    assert found == 5000
    steps, threads = [p for p, _ in seen], {thread for _, thread in seen}
    assert threads == {threading.get_ident()}
    assert steps[0] == Progress("counting", 1 / 5000, {"row": 0})
    assert steps[-1] == Progress("writing")
    shares = [p.share for p in steps[:-1] if p.share is not None]
    assert shares == sorted(shares) and len(steps) < 100


def test_an_error_of_the_user_arrives_as_itself(command):
    with pytest.raises(TooManyColumnsError) as caught:
        run("refuse", {}, limits=SMALL, command=command)
    assert caught.value.params == {"file": "a.csv", "columns": 2001, "limit": 2000}


def test_the_child_gets_no_secrets(command, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:password@db/crm")
    monkeypatch.setenv("CRMKPI_SECRET", "x" * 32)
    found = run("secrets", {}, limits=SMALL, command=command)
    assert isinstance(found, list) and "PATH" in found
    assert not {"DATABASE_URL", "CRMKPI_SECRET"} & set(found)


# bad ends ------------------------------------------------------------------------------------------------
@limited
@pytest.mark.parametrize(("job", "limit_mb"), [("allocate", 256), ("allocate_in_rust", 2048)])
def test_memory_without_end_is_one_sentence(command, job, limit_mb):
    limits = WorkerLimits(memory_bytes=limit_mb * MEGABYTE, wall_seconds=30)
    with pytest.raises(WorkerOutOfMemoryError) as caught:
        run(job, {"paths": ["/x/big.csv"]}, limits=limits, command=command)
    assert caught.value.params == {"files": "big.csv", "limit_mb": limit_mb}


def test_the_kernels_kill_is_a_lack_of_memory(command):
    with pytest.raises(WorkerOutOfMemoryError):
        run("killed", {}, limits=SMALL, command=command)


def test_a_loop_ends_at_the_wall_clock(command):
    began = time.monotonic()
    with pytest.raises(WorkerTimeoutError) as caught:
        run("loop", {"names": ["loop.csv"]}, limits=WorkerLimits(wall_seconds=1.0), command=command)
    assert caught.value.params == {"files": "loop.csv", "seconds": 1.0}
    assert time.monotonic() - began < 4


@limited
def test_a_loop_ends_at_the_processor_limit(command):
    with pytest.raises(WorkerTimeoutError) as caught:
        run("loop", {}, limits=WorkerLimits(cpu_seconds=1, wall_seconds=30), command=command)
    assert caught.value.params["seconds"] == 1


@pytest.mark.parametrize("job", ["segfault", "defect", "panic", "quits", "refuse_oddly"])
def test_a_crash_is_an_incident(command, job, caplog: pytest.LogCaptureFixture):
    with pytest.raises(WorkerCrashedError) as caught:
        run(job, {"names": ["заказы.csv"]}, limits=SMALL, command=command)
    incident = caught.value.params["incident"]
    assert re.fullmatch("[0-9A-F]{8}", str(incident)) and str(incident) in caplog.text
    assert caught.value.exit_status == 1


def test_the_log_has_the_trace_of_a_defect(command, caplog: pytest.LogCaptureFixture):
    with pytest.raises(WorkerCrashedError):
        run("defect", {}, limits=SMALL, command=command)
    assert "no such key" in caplog.text


def test_a_child_that_hangs_up_does_not_hold_the_caller(command, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(worker, "LAST_BREATH", 0.3)
    with pytest.raises(WorkerCrashedError):
        run("hangs_up", {}, limits=SMALL, command=command)


def test_a_command_that_cannot_start_is_an_incident():
    with pytest.raises(WorkerCrashedError):
        run("echo", {}, limits=SMALL, command=("/no/such/program",))


def test_huge_output_is_bounded(command, caplog: pytest.LogCaptureFixture):
    with pytest.raises(WorkerCrashedError):
        run("huge", {}, limits=SMALL, command=command)
    assert "bytes of answers" in caplog.text and len(caplog.text) < 1000


def test_huge_complaints_are_bounded_and_end_with_the_last_line(command, caplog: pytest.LogCaptureFixture):
    with pytest.raises(WorkerCrashedError):
        run("chatter", {}, limits=SMALL, command=command)
    assert "the last line" in caplog.text and len(caplog.text) < 70_000


def test_equal_complaints_are_logged_once(command, caplog: pytest.LogCaptureFixture):
    with pytest.raises(WorkerCrashedError):
        run("nags", {}, limits=SMALL, command=command)
    assert "no memory (1000 times)" in caplog.text and len(caplog.text) < 2000


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        '{"result": 1, "error": 2}',
        '{"result": NaN}',
        '{"error": "x"}',
        '{"error": {"code": 1, "params": {}}}',
        '{"progress": {"step": "x"}}',
        "[" * 100_000,
    ],
)
def test_an_answer_of_a_wrong_shape_is_an_incident(command, text):
    with pytest.raises(WorkerCrashedError):
        run("forge", {"text": text}, limits=SMALL, command=command)


@limited
@pytest.mark.parametrize("job", ["fill", "fill_in_rust"])
def test_a_file_that_grows_without_end_is_stopped(command, job):
    limits = WorkerLimits(file_bytes=10 * MEGABYTE)
    with pytest.raises(WorkerNoSpaceError) as caught:
        run(job, {"mb": 20}, limits=limits, command=command)
    assert caught.value.params == {"files": None, "limit_mb": 10}
    assert run(job, {"mb": 5}, limits=limits, command=command) is None


@limited
def test_the_child_lives_within_the_limits_it_was_given(command):
    found = run("settings", {}, limits=SMALL, command=command)
    assert found == {
        "RLIMIT_AS": 2048 * MEGABYTE,
        "RLIMIT_CPU": 60,
        "RLIMIT_FSIZE": SMALL.file_bytes,
        "RLIMIT_CORE": 0,
        "nice": os.nice(0) + 5,
        "oom": 1000,
    }


# nothing stays behind ------------------------------------------------------------------------------------
@pytest.mark.parametrize("crash", [False, True])
def test_temporary_files_go_with_the_run(command, crash):
    if crash:
        with pytest.raises(WorkerCrashedError):
            run("litter", {"crash": True}, limits=SMALL, command=command)
        return  # the fixture looks at what is left
    found = run("litter", {}, limits=SMALL, command=command)
    assert isinstance(found, list) and not [p for p in found if Path(p).exists()]


def test_cancel_stops_a_busy_child_at_once(command):
    seen: list[Progress] = []
    began = time.monotonic()
    with pytest.raises(WorkCancelledError):
        run("loop", {}, limits=SMALL, command=command, progress=seen.append, cancelled=lambda: bool(seen))
    assert time.monotonic() - began < 4
    assert not alive(seen[0].params["pid"])


def test_cancel_ends_a_child_that_will_not_listen_and_its_children(command):
    seen: list[Progress] = []
    with pytest.raises(WorkCancelledError):
        run("stubborn", {}, limits=SMALL, command=command, progress=seen.append, cancelled=lambda: bool(seen))
    assert soon(lambda: not any(alive(pid) for pid in seen[0].params["pids"]))


def test_a_callback_that_raises_leaves_nothing(command):
    def stop(progress: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run("loop", {}, limits=SMALL, command=command, progress=stop)


def test_a_child_ends_with_its_parent(command, tmp_path: Path):
    """The parent is killed in the middle: no orphan goes on, and its temporary files go too."""
    script = tmp_path / "parent.py"
    script.write_text(
        "import sys\n"
        "from crmkpi.ingest.worker import WorkerLimits, run\n"
        "run('loop', {}, limits=WorkerLimits(), command=sys.argv[1:],\n"
        "    progress=lambda p: print(p.params['pid'], flush=True))\n",
        encoding="utf-8",
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(worker.__file__).parents[2]), "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, str(script), *command], stdout=subprocess.PIPE, env=environment, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert alive(child)
        parent.kill()
    assert soon(lambda: not alive(child))
    assert soon(lambda: not list(tmp_path.glob("crmkpi-*")))


def test_twenty_runs_at_once_take_turns_and_leave_nothing(command, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(worker, "AT_ONCE", threading.BoundedSemaphore(4))
    steps: list[str] = []

    def one(i: int) -> object:
        if i % 5 == 4:
            with pytest.raises(WorkerCrashedError):
                run("segfault", {}, limits=SMALL, command=command)
            return i
        return run("count", {"n": i}, limits=SMALL, command=command, progress=lambda p: steps.append(p.step))

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(one, range(20))) == list(range(20))
    assert "queued" in steps


def test_a_cancel_is_heard_in_the_queue(command, monkeypatch: pytest.MonkeyPatch):
    places = threading.BoundedSemaphore(1)
    monkeypatch.setattr(worker, "AT_ONCE", places)
    with places, pytest.raises(WorkCancelledError):
        run("echo", {}, limits=SMALL, command=command, cancelled=lambda: True)
    assert run("echo", {}, limits=SMALL, command=command)


# the spare -----------------------------------------------------------------------------------------------
@pytest.fixture
def spare(command, monkeypatch: pytest.MonkeyPatch) -> Iterator[Spare]:
    kept = Spare(command)
    monkeypatch.setattr(worker, "SPARE", kept)
    yield kept
    kept.drop()


def test_a_spare_is_used_and_replaced(command, spare: Spare):
    worker.warm()
    first = spare._child
    assert first is not None
    assert run("count", {"n": 3}, limits=SMALL, command=command) == 3
    assert spare._child is not None and spare._child.pid != first.pid
    assert not alive(first.pid)
    worker.cool()
    assert spare._child is None
    run("count", {"n": 3}, limits=SMALL, command=command)
    assert spare._child is None


def test_a_dead_spare_is_no_obstacle(command, spare: Spare):
    worker.warm()
    assert spare._child is not None
    os.kill(spare._child.pid, signal.SIGKILL)
    assert soon(lambda: spare._child is not None and not spare._child.waiting)
    assert run("count", {"n": 3}, limits=SMALL, command=command) == 3


def test_a_spare_serves_its_own_command_only(command, spare: Spare):
    worker.warm()
    with pytest.raises(WorkerCrashedError):
        run("count", {"n": 3}, limits=SMALL, command=(sys.executable, "-c", "raise SystemExit(3)"))


# words and limits ----------------------------------------------------------------------------------------
def test_every_error_reads_as_a_sentence():
    for lang in LANGUAGES:
        t = Words(lang)
        for error in (
            WorkerOutOfMemoryError(files="a.csv", limit_mb=6400),
            WorkerTimeoutError(files="a.csv", seconds=120.0),
            WorkerNoSpaceError(files="a.csv", limit_mb=4096),
            WorkerCrashedError(files="a.csv", incident="0A1B2C3D"),
            WorkCancelledError(files="a.csv"),
        ):
            text = t(error.key, **error.params)
            assert "{" not in text and text.endswith(".")


def test_a_code_of_two_rooms_is_found_in_ingest():
    class TwinError(CrmKpiError):
        code = NotATableError.code

    assert known_errors()[TwinError.code] is NotATableError


def test_limits_grow_with_the_files(tmp_path: Path):
    text, packed = tmp_path / "0f3a", tmp_path / "0f3b"
    text.write_bytes(b"x" * MEGABYTE)
    packed.write_bytes(b"PK\x03\x04" + b"x" * (MEGABYTE - 4))
    none = WorkerLimits.for_files([tmp_path / "missing.csv"])
    assert none.wall_seconds == 120 and none.memory_bytes > 6000 * MEGABYTE
    assert WorkerLimits.for_files([text]).memory_bytes == none.memory_bytes + 8 * MEGABYTE
    assert WorkerLimits.for_files([packed]).memory_bytes == none.memory_bytes + 64 * MEGABYTE
    assert WorkerLimits.for_files([text, packed]).wall_seconds == 129


def test_the_parent_knows_every_error_that_the_jobs_know():
    """Two fresh processes: the room of the jobs imports more than the parent's side does."""
    listing = "import {m}; from crmkpi.ingest.worker import known_errors; print(*known_errors())"
    known = {}
    for module in ("worker", "worker_jobs"):
        code = listing.format(m=f"crmkpi.ingest.{module}")
        known[module] = set(subprocess.check_output([sys.executable, "-c", code], text=True).split())
    assert known["worker_jobs"] <= known["worker"]


# the real jobs -------------------------------------------------------------------------------------------
ORDERS = """Номер заказа;Дата заказа;Покупатель;Сумма
1001;05.01.2024 10:00;К-1;1 200,50
1002;06.01.2024 11:30;К-2;900,00
1003;17.02.2024 12:00;К-1;2 000,25
1004;21.02.2024 18:45;К-3;450,00
"""


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "0f3a"
    path.write_text(ORDERS, encoding="utf-8")
    return path


def quiet(progress: Progress) -> None:
    """Nobody listens."""


def test_inspect_in_a_process_says_the_same_as_here(orders: Path):
    payload = {"paths": [orders], "names": ["заказы.csv"], "lang": "ru"}
    seen: list[Progress] = []
    found = run("inspect", payload, limits=WorkerLimits.for_files([orders]), progress=seen.append)
    assert found == plain(inspect_files(payload, quiet))
    assert isinstance(found, list) and (found[0]["file"], found[0]["rows_in"]) == ("заказы.csv", 4)
    assert seen[0] == Progress("reading", 0.0, {"file": "заказы.csv"})


def test_load_in_a_process_fills_the_store(orders: Path, tmp_path: Path):
    payload = {
        "paths": [orders],
        "names": ["заказы.csv"],
        "data": tmp_path / "data",
        "settings": {"currency": "RUB"},
    }
    seen: list[Progress] = []
    found = run("load", payload, limits=WorkerLimits.for_files([orders]), progress=seen.append)
    assert isinstance(found, dict) and found["unanswered"] == []
    data = DataDir(tmp_path / "data")
    assert all(Words(lang).has(f"progress.{p.step}") for p in seen for lang in LANGUAGES) and len(seen) > 2
    total = data.frame("orders").select("amount").collect()["amount"].sum()
    assert total / data.meta.scale == 4550.75  # 1200.50 + 900 + 2000.25 + 450, by hand
    again = run("load", payload, limits=WorkerLimits.for_files([orders]))
    assert isinstance(again, dict) and again["unchanged"] is True


def test_a_picture_is_refused_by_the_name_that_the_user_knows(tmp_path: Path):
    path = tmp_path / "0f3b"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    with pytest.raises(NotATableError) as caught:
        run("inspect", {"paths": [path], "names": ["отчёт.csv"]}, limits=WorkerLimits.for_files([path]))
    assert caught.value.params["file"] == "отчёт.csv"


def test_flipped_bits_of_a_parquet_file_are_one_error_at_most(tmp_path: Path):
    path = tmp_path / "orders.parquet"
    pl.DataFrame({"order_id": range(500), "amount": [i * 1.5 for i in range(500)]}).write_parquet(path)
    whole = path.read_bytes()
    for place in (len(whole) // 3, len(whole) - 40):
        broken = bytearray(whole)
        broken[place] ^= 0xFF
        path.write_bytes(broken)
        with suppress(CrmKpiError):
            assert run("inspect", {"paths": [path]}, limits=WorkerLimits.for_files([path]))
