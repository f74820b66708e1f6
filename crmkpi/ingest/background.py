"""Worker jobs behind the screen: started by one visit of a page, watched and stopped by the next ones.

A page that waits for a long job cannot be clicked. So the job is driven by a thread of its own, and every visit
only looks at it: how far it is, its result, its error, or the order to stop. Jobs are found by a name (the
project's) for as long as the server lives, so that reloading the page during a load loses nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import Any

from crmkpi.errors import CrmKpiError
from crmkpi.ingest import worker
from crmkpi.ingest.worker import WorkerLimits
from crmkpi.ingest.worker_child import Progress

# finished jobs whose outcome nobody has fetched, beyond this the oldest goes
MOST_KEPT = 32
Run = Callable[..., object]


class Background:
    """One job on its way. `progress` is the last word from the worker, `started` a monotonic clock reading.

    `ticket` says what was asked: a page that wants something else stops this job and starts its own.
    """

    def __init__(self, job: str, payload: dict[str, Any], ticket: Hashable, run: Run = worker.run) -> None:
        self.job, self.ticket = job, ticket
        self.started = time.monotonic()
        self.progress = Progress("queued")
        self._stop = threading.Event()
        self._result: object = None
        self._error: BaseException | None = None
        self._work = (run, payload)
        self._thread = threading.Thread(target=self._drive, name=f"crmkpi-{job}", daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether there is an outcome."""
        return not self._thread.is_alive()

    @property
    def stopping(self) -> bool:
        """Whether somebody has told it to stop."""
        return self._stop.is_set()

    def seconds(self) -> float:
        """How long it has been running."""
        return time.monotonic() - self.started

    def stop(self) -> None:
        """End the worker's process; the outcome is then WorkCancelledError, unless it was quicker."""
        self._stop.set()

    def wait(self, seconds: float) -> bool:
        """Wait for the outcome so long at most; whether it is there."""
        self._thread.join(seconds)
        return self.done

    def result(self) -> object:
        """The outcome of a job that is done: its result, or the error that ended it, raised anew each time."""
        if self._error is not None:
            raise self._error
        return self._result

    def _drive(self) -> None:
        run, payload = self._work
        try:
            limits = WorkerLimits.for_files([Path(path) for path in payload["paths"]])
            self._result = run(
                self.job, payload, limits=limits, progress=self._heard, cancelled=self._stop.is_set
            )
        except BaseException as error:  # noqa: BLE001  whatever it is, the visitor's thread raises it again
            self._error = error

    def _heard(self, progress: Progress) -> None:
        self.progress = progress


_LOCK = threading.Lock()
_JOBS: dict[str, Background] = {}


def found(name: str) -> Background | None:
    """The job of this name, running or done; None if there is none."""
    with _LOCK:
        return _JOBS.get(name)


def begin(
    name: str, job: str, payload: Mapping[str, Any], ticket: Hashable = None, run: Run = worker.run
) -> Background:
    """The job of this name and ticket: the one that is there already, else a new one in its place."""
    with _LOCK:
        there = _JOBS.pop(name, None)
        if there is None or there.ticket != ticket or there.stopping:
            if there is not None:
                there.stop()
            there = Background(job, dict(payload), ticket, run)
        _JOBS[name] = there
        for old in [n for n, one in _JOBS.items() if one.done and n != name][
            : max(0, len(_JOBS) - MOST_KEPT)
        ]:
            del _JOBS[old]
        return there


def forget(name: str) -> None:
    """Stop the job of this name, if it runs, and let go of its outcome."""
    with _LOCK:
        there = _JOBS.pop(name, None)
    if there is not None:
        there.stop()


def outcome(job: Background) -> tuple[object, CrmKpiError | None]:
    """Result of a job that is done, or the error that the visitor can mend; any other error is raised."""
    try:
        return job.result(), None
    except CrmKpiError as error:
        return None, error
