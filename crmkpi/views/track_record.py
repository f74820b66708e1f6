"""How past chances came true, as a small table with one sentence above it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from crmkpi.engine.data import DataDir
from crmkpi.i18n import Words
from crmkpi.project.document import Project
from crmkpi.targets.track_record import Band, track_record


@dataclass(frozen=True)
class RecordLine:
    """One band of chances: what was said on average, how many goals, what share came true."""

    said: str
    goals: str
    hit: str


@dataclass(frozen=True)
class RecordView:
    """`headline` says what the table means; no lines where there is too little to tell."""

    headline: str
    lines: tuple[RecordLine, ...]
    note: str


def record_view(data: DataDir, project: Project, t: Words, as_of: date | None = None) -> RecordView:
    """The table over the project's targets; an honest sentence instead where history is short."""
    found = track_record(data, project.targets, as_of)
    if not found.enough:
        return RecordView(t("record.too_little"), (), "")
    lines = tuple(_line(band, t) for band in found.bands if band.goals)
    headline = t("record.headline", goals=found.goals)
    return RecordView(headline, lines, t("record.note", metrics=found.metrics))


def _line(band: Band, t: Words) -> RecordLine:
    return RecordLine(t.percent(band.said, 0), t.number(band.goals), t.percent(band.hit, 0))
