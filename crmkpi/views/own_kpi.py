"""A KPI without a file on screen: how many values it has, and the file that could take it over."""

from __future__ import annotations

from dataclasses import dataclass

from crmkpi.engine.data import DataDir
from crmkpi.engine.sheet import OWN, catalogue_of
from crmkpi.i18n import Words
from crmkpi.targets.gather import Gather, data_to
from crmkpi.targets.own_kpi import compared, metric_of, typed_series
from crmkpi.targets.target import Target
from crmkpi.views.targets import MetricChoice


@dataclass(frozen=True)
class OverLine:
    """One period: typed, of the file, and whether they agree (glyph and word)."""

    period: str
    typed: str
    filed: str
    verdict: str


@dataclass(frozen=True)
class TakeOver:
    """A file's series beside the typed values. `said`: how well they agree; refused: why it cannot take over."""

    source: str
    lines: tuple[OverLine, ...]
    said: str
    refused: str


def own_sources(data: DataDir, target: Target, choices: tuple[MetricChoice, ...]) -> tuple[str, ...]:
    """Series that could take a typed KPI over: the sheet's of the same name first, then metrics of its unit."""
    unit = metric_of(target).unit
    sheet = [name for name in catalogue_of(data) if name.startswith(OWN)]
    alike = sorted(sheet, key=lambda name: name.casefold() != target.metric.casefold())
    return (*alike, *(c.id for c in choices if c.unit == unit))


def source_name(name: str, choices: tuple[MetricChoice, ...]) -> str:
    """A series as it is called in the list."""
    return next((c.name for c in choices if c.id == name), name.removeprefix(OWN))


def take_over(data: DataDir, target: Target, source: str, t: Words) -> TakeOver:
    """The typed values beside the file's, period by period, at the target's grain."""
    unit = metric_of(target).unit
    gather = Gather(data, data_to(data))
    filed = gather.series(source, target.grain, ()) if not gather.missing(source, target.grain, ()) else []
    typed = typed_series(target, target.grain, gather.day_of(target))
    rows = compared(typed, filed)
    known = [row for row in rows if row.same is not None]
    same = sum(row.same is True for row in known)
    words = {
        True: "● " + t("ownkpi.same"),
        False: "▼ " + t("ownkpi.differs"),
        None: "○ " + t("ownkpi.no_file_value"),
    }
    lines = tuple(
        OverLine(t.period(r.period), t.value(r.typed, unit), t.value(r.filed, unit), words[r.same])
        for r in rows
    )
    usable = any(p.complete and p.value is not None for p in filed)
    said = t("ownkpi.agree", same=same, known=len(known)) if known else t("ownkpi.nothing_common")
    return TakeOver(source, lines, said, "" if usable else t("ownkpi.source_empty"))
