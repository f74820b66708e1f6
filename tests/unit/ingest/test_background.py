"""Jobs behind the screen: one per name, watched and stopped by anybody who knows the name, nothing half stored."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from crmkpi.ingest import background
from crmkpi.ingest.background import Background
from crmkpi.ingest.load_settings import LoadSettings
from crmkpi.ingest.loading_errors import NoRowsError
from crmkpi.ingest.worker_child import Progress
from crmkpi.ingest.worker_errors import WorkCancelledError


class Slow:
    """A job that runs until it is let go or stopped."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.calls = 0

    def __call__(self, job, payload, *, limits, progress, cancelled):
        self.calls += 1
        progress(Progress("reading", 0.25, {"rows": 10}))
        while not self.go.wait(0.01):
            if cancelled():
                raise WorkCancelledError(files=None)
        return {"job": job}


@pytest.fixture
def slow():
    run = Slow()
    yield run
    run.go.set()
    background.forget("p")


def begin(run: Slow, ticket: str = "same") -> Background:
    return background.begin("p", "load", {"paths": []}, ticket, run)


def test_a_second_visit_finds_the_same_job_and_its_progress(slow):
    first = begin(slow)
    assert begin(slow) is first and background.found("p") is first
    while first.progress.share is None:
        time.sleep(0.005)
    assert first.progress.params == {"rows": 10} and not first.done
    slow.go.set()
    assert first.wait(5)
    assert background.outcome(first) == ({"job": "load"}, None)
    assert slow.calls == 1


def test_another_wish_stops_the_first_job(slow):
    first = begin(slow)
    second = begin(slow, "other")
    assert second is not first
    assert first.wait(5)
    assert isinstance(background.outcome(first)[1], WorkCancelledError)


def test_a_stopped_job_is_started_anew_and_a_forgotten_one_is_gone(slow):
    first = begin(slow)
    first.stop()
    assert begin(slow) is not first
    background.forget("p")
    assert background.found("p") is None


def test_the_users_error_comes_back_and_ours_is_raised():
    def refuse(job, payload, **_):
        raise NoRowsError(file="a.csv")

    def fail(job, payload, **_):
        raise ZeroDivisionError

    job = background.begin("q", "load", {"paths": []}, run=refuse)
    job.wait(5)
    assert isinstance(background.outcome(job)[1], NoRowsError)
    job = background.begin("q", "load", {"paths": []}, "other", run=fail)
    job.wait(5)
    with pytest.raises(ZeroDivisionError):
        background.outcome(job)
    background.forget("q")


def test_a_stopped_load_ends_the_process_and_leaves_no_data(tmp_path: Path):
    source = tmp_path / "orders.csv"
    head = "Номер заказа;Дата заказа;ID клиента;Сумма заказа\n"
    rows = (f"{n};{1 + n % 28:02d}.02.2026;K{n % 999};{100 + n % 77},50\n" for n in range(400_000))
    source.write_text(head + "".join(rows), encoding="utf-8")
    payload = {"paths": [source], "data": tmp_path / "data", "settings": asdict(LoadSettings())}
    job = background.begin("r", "load", payload)
    until = time.monotonic() + 60
    while not job.progress.params.get("rows") and not job.done and time.monotonic() < until:
        time.sleep(0.01)
    assert job.progress.params["rows"] > 0, "the reader says how many rows it has"
    job.stop()
    assert job.wait(30)
    assert isinstance(background.outcome(job)[1], WorkCancelledError)
    assert source.is_file() and not (tmp_path / "data").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["orders.csv"], (
        "nothing half stored stays beside the project"
    )
    background.forget("r")
