"""The frozen starting point of the project: the article's baseline set then and now."""

from __future__ import annotations

from dataclasses import dataclass

from crmkpi.catalog import metrics
from crmkpi.engine.data import DataDir
from crmkpi.i18n import Words
from crmkpi.periods import parse_period
from crmkpi.targets.plan import metric_name
from crmkpi.targets.starting_point import StartingPoint, StartValue, fix_start


@dataclass(frozen=True)
class StartLine:
    """One metric of the set: frozen value, its period, value now (empty while the data are the same)."""

    name: str
    value: str
    period: str
    now: str


@dataclass(frozen=True)
class StartView:
    """The frozen set with its day; `missing`: names the data cannot feed."""

    day: str
    lines: tuple[StartLine, ...]
    missing: tuple[str, ...]


def start_view(data: DataDir, fixed: StartingPoint, t: Words) -> StartView:
    """Then and now; the frozen values are printed as they were stored, whatever the data say today."""
    fresh = data.meta.data_hash != fixed.data_hash
    now = {v.metric: v for v in fix_start(data).values} if fresh else {}
    known = [v for v in fixed.values if v.value is not None]
    return StartView(
        day=t.date(fixed.day),
        lines=tuple(_line(v, now.get(v.metric), t) for v in known),
        missing=tuple(metric_name(t)(v.metric) for v in fixed.values if v.value is None),
    )


def _line(value: StartValue, now: StartValue | None, t: Words) -> StartLine:
    unit = metrics()[value.metric].unit
    period = t.period(parse_period(value.period)) if value.period else ""
    later = t.value(now.value, unit) if now is not None else ""
    return StartLine(metric_name(t)(value.metric), t.value(value.value, unit), period, later)
