"""Reading and loading files in the worker process, behind the screen; what a load changes in the project."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import streamlit as st

from crmkpi.engine.data import DataDir
from crmkpi.errors import CrmKpiError
from crmkpi.i18n import Words
from crmkpi.ingest import background, worker
from crmkpi.ingest.background import Background
from crmkpi.ingest.worker import WorkerLimits
from crmkpi.ingest.worker_child import Progress
from crmkpi.project.record import load_settings, recorded
from crmkpi.ui.progress_box import settled
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain

ROOT = Path(__file__).resolve().parents[2]
Report = dict[str, Any]


@dataclass(frozen=True)
class Looked:
    """What the waiting files are: `reports` as the worker's `preview` gives them, None while it is at work.

    `stopped`: the visitor has stopped it; `error`: it ended with a sentence for all files together.
    """

    reports: list[Report] | None = None
    stopped: bool = False
    error: CrmKpiError | None = None


def look_name(s: Session) -> str:
    """Under which name the look at the project's waiting files runs."""
    return f"{s.project.id if s.project else ''}:look"


def load_name(s: Session) -> str:
    """Under which name a load into the project runs."""
    return f"{s.project.id if s.project else ''}:load"


def look(s: Session, paths: Sequence[Path]) -> Looked:
    """Look at the waiting files behind the screen; again only when a file, an answer or a mapping changed."""
    payload = _payload(s, paths)
    ticket = json.dumps({**payload, "paths": [str(p) for p in paths]}, sort_keys=True, default=str)
    there = background.found(look_name(s))
    if there is not None and there.ticket == ticket and there.stopping:
        return Looked(stopped=True)
    job = background.begin(look_name(s), "preview", payload, ticket)
    if not settled(s, job):
        return Looked()
    result, error = background.outcome(job)
    return Looked(error=error) if error else Looked(cast(list[Report], result))


def look_again(s: Session) -> None:
    """Forget what was found out about the waiting files."""
    background.forget(look_name(s))


def begin_load(s: Session, paths: Sequence[Path], append: bool) -> Background:
    """Start loading files into the open project behind the screen; `finished_load` takes the outcome.

    With `append` known numbers are updated and new rows added; without it, a file of the same kind is replaced.
    """
    assert s.place is not None
    s.place.root.mkdir(parents=True, exist_ok=True)
    background.forget(load_name(s))
    return background.begin(load_name(s), "load", _load_payload(s, paths, append))


def finished_load(s: Session, job: Background) -> tuple[Report | None, CrmKpiError | None]:
    """The outcome of a load that is over: the JSON of `load` (cli.md) with the project saved, or the error that
    left it as it was."""
    background.forget(load_name(s))
    result, error = background.outcome(job)
    if error is None:
        _record(s)
    return cast(Report | None, result), error


def _record(s: Session) -> None:
    assert s.project is not None and s.place is not None
    s.project = recorded(s.project, DataDir(s.place.root / "data"))
    s.save()


def _payload(s: Session, paths: Sequence[Path]) -> Report:
    return {
        "paths": list(paths),
        "names": [p.name for p in paths],
        "answers": s.get("answers", {}),
        "mapping": s.get("mapping", {}),
        "remembered": _remembered(s),
        "lang": s.lang,
        "data": s.place.root / "data" if s.place else None,
    }


def _load_payload(s: Session, paths: Sequence[Path], append: bool) -> Report:
    assert s.project is not None
    more = {"append": append, "settings": asdict(load_settings(s.project))}
    return _payload(s, paths) | more


def _say(bar: Any, progress: Progress, t: Words) -> None:
    key = f"progress.{progress.step}"
    text = t(key) if t.has(key) else t("data.reading")
    file = progress.params.get("file")
    bar.progress(
        min(1.0, max(0.0, progress.share or 0.0)), text=f"{text}: {plain(str(file))}" if file else text
    )


def _remembered(s: Session) -> Report:
    """Mappings by header set: the project's own, with answers, before those of the person's other projects."""
    if s.project is None:
        return {}
    known = s.drafts.confirmed(without=s.project.id) | s.project.confirmed
    return {k: v.model_dump() for k, v in known.items()}


def sample_files(lang: str) -> list[Path]:
    """The files of the sample shop in a language; empty where the sample was not installed."""
    return sorted((ROOT / "sample_data" / f"shop_{lang}").glob("*.csv*"))


def load_sample(s: Session) -> None:
    """A new project with the sample shop, ready for the tree."""
    s.project = s.create(s.t("start.sample_name")).model_copy(update={"sample": f"shop_{s.lang}"})
    assert s.place is not None
    paths = sample_files(s.lang)
    s.place.root.mkdir(parents=True, exist_ok=True)
    bar = st.progress(0.0, text=s.t("data.reading"))
    limits = WorkerLimits.for_files(paths)
    worker.run("load", _load_payload(s, paths, True), limits=limits, progress=lambda p: _say(bar, p, s.t))
    bar.empty()
    _record(s)
