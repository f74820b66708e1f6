"""Reading and loading files in the worker process, with progress; what a load changes in the project."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import streamlit as st

from crmkpi.engine.data import DataDir
from crmkpi.i18n import Words
from crmkpi.ingest import worker
from crmkpi.ingest.worker import WorkerLimits
from crmkpi.ingest.worker_child import Progress
from crmkpi.project.record import load_settings, recorded
from crmkpi.ui.caching import HOURS
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain

ROOT = Path(__file__).resolve().parents[2]
Report = dict[str, Any]


def reports(s: Session, paths: Sequence[Path]) -> list[Report]:
    """What the waiting files are; read again only when an answer or a mapping changed."""
    answers, mapping = s.get("answers", {}), s.get("mapping", {})
    remembered = _remembered(s)
    names = tuple((str(p), p.parent.name) for p in paths)
    with st.spinner(s.t("data.reading")):
        return _inspected(names, answers, mapping, remembered, s.lang, s.project.id if s.project else "")


@st.cache_data(max_entries=24, ttl=HOURS, show_spinner=False)
def _inspected(
    names: tuple[tuple[str, str], ...],
    answers: Report,
    mapping: Report,
    remembered: Report,
    lang: str,
    project: str,
) -> list[Report]:
    paths = [Path(path) for path, _ in names]
    payload = {
        "paths": paths,
        "names": [p.name for p in paths],
        "answers": answers,
        "mapping": mapping,
        "remembered": remembered,
        "lang": lang,
    }
    return cast(list[Report], worker.run("preview", payload, limits=WorkerLimits.for_files(paths)))


def load_files(s: Session, paths: Sequence[Path], append: bool = True) -> Report:
    """Load files into the open project and save it. Returns the JSON of `load` (cli.md).

    With `append` known numbers are updated and new rows added; without it, a file of the same kind is replaced.
    """
    assert s.project is not None and s.place is not None
    payload = {
        "paths": list(paths),
        "names": [p.name for p in paths],
        "answers": s.get("answers", {}),
        "mapping": s.get("mapping", {}),
        "remembered": _remembered(s),
        "append": append,
        "settings": asdict(load_settings(s.project)),
        "lang": s.lang,
        "data": s.place.root / "data",
    }
    s.place.root.mkdir(parents=True, exist_ok=True)
    bar = st.progress(0.0, text=s.t("data.reading"))
    document = cast(
        Report,
        worker.run(
            "load", payload, limits=WorkerLimits.for_files(paths), progress=lambda p: _say(bar, p, s.t)
        ),
    )
    bar.empty()
    s.project = recorded(s.project, DataDir(s.place.root / "data"))
    s.save()
    return document


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
    load_files(s, sample_files(s.lang))
