"""KPIs that no file feeds: name, unit, direction, and values typed by date; a file may take them over later.

The values are those of the target's check-ins. One period has one value, the last one typed for a day inside it;
as with any other metric a period is over on its last day, so a value typed in the middle of a month is not yet
the month's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from crmkpi.catalog.metric import Metric, Texts, metrics
from crmkpi.errors import CrmKpiError
from crmkpi.forecast.series import Point, Series
from crmkpi.periods import Period, period_of, periods_between
from crmkpi.targets.facts import Facts
from crmkpi.targets.target import OWN, CheckIn, OwnMetric, Target

LONGEST_NAME = 80


class OwnNameError(CrmKpiError):
    """A KPI typed by hand needs a name of 1 to 80 signs: `got`."""

    code = "own_name"


def own_id(name: str) -> str:
    """Id of a KPI typed by hand. Errors: OwnNameError."""
    bare = " ".join(name.split())
    if not 0 < len(bare) <= LONGEST_NAME:
        raise OwnNameError(got=len(bare))
    return f"{OWN}{bare}"


def metric_of(target: Target) -> Metric:
    """The metric of a target: of the catalogue, or as typed. KeyError for one that is neither."""
    if target.own is None:
        return metrics()[target.metric]
    name = target.metric.removeprefix(OWN)
    return Metric(
        id=target.metric,
        label=Texts(ru=name, en=name),
        definition=Texts(ru=name, en=name),
        unit=target.own.unit,
        better=target.own.better,
        klass="distribution",
        kind="kpi",
        table="dated_values",
        status="sheet",
    )


def own_facts(target: Target) -> Facts:
    """Facts of a typed KPI: no limits, no pair, no path; each grain is a series of its own."""
    metric = metric_of(target)
    return Facts(
        id=metric.id,
        label={"ru": metric.label.ru, "en": metric.label.en},
        unit=metric.unit,
        better=metric.better,
        klass=metric.klass,
        horizon="strategic",
        splitting="own",
        bounded=False,
    )


def typed_days(targets: Iterable[Target]) -> list[date]:
    """Days for which values of typed KPIs are known."""
    return sorted(c.day for x in targets if x.typed for c in x.checkins if c.value is not None)


def typed_series(target: Target, grain: str, as_of: date) -> list[Point]:
    """The typed values by period up to a day; a skipped period is unknown. [] before the first value.

    The series ends with its last value: that nobody has typed September yet does not make it an unknown month.
    """
    said = [(c.day, c.value) for c in target.checkins if c.value is not None and c.day <= as_of]
    if not said:
        return []
    # a stable sort: of two values for one day the one typed later counts
    known = {period_of(day, grain): value for day, value in sorted(said, key=lambda x: x[0])}
    days = [day for day, _ in said]
    periods = periods_between(min(days), max(days), grain)
    return [Point(p, known.get(p), p.last <= as_of) for p in periods]


@dataclass(frozen=True)
class Compared:
    """One period of a typed KPI beside the series of a file. None is unknown."""

    period: Period
    typed: float
    filed: float | None

    @property
    def same(self) -> bool | None:
        """Equal to a hundredth of the value; None where the file has no value."""
        if self.filed is None:
            return None
        return abs(self.filed - self.typed) <= 0.01 * max(abs(self.filed), abs(self.typed))


def compared(typed: Series, filed: Series) -> list[Compared]:
    """Every typed value beside the file's value of the same period."""
    found = {p.period: p.value for p in filed if p.complete}
    return [Compared(p.period, p.value, found.get(p.period)) for p in typed if p.value is not None]


def taken_over(target: Target, source: str) -> Target:
    """The target fed by a file from now on: a catalogue metric itself, or a sheet's series under the typed name.

    The frozen baseline stays as it was typed, so a difference shows as a restated start; typed values stay as notes
    of their days.
    """
    if source in metrics():
        return target.model_copy(update={"metric": source, "own": None, "own_points": ()})
    own = target.own or OwnMetric()
    return target.model_copy(update={"own": own.model_copy(update={"source": source})})


def with_values(checkins: Sequence[CheckIn], values: Sequence[tuple[date, float]]) -> tuple[CheckIn, ...]:
    """Check-ins with exactly these typed values; notes and confidence of other days stay."""
    said = [c.model_copy(update={"value": None}) for c in checkins]
    kept = [c for c in said if c.note or c.confidence is not None]
    fresh = []
    for day, value in values:
        same = next((c for c in kept if c.day == day), None)
        if same is not None:
            kept[kept.index(same)] = same.model_copy(update={"value": value})
        else:
            fresh.append(CheckIn(day=day, value=value))
    return tuple(sorted([*kept, *fresh], key=lambda c: c.day))


def today(data_last: date, targets: Iterable[Target]) -> date:
    """The day everything is seen as of: the last day of the data; without any file, of the typed values."""
    if data_last > date.min:
        return data_last
    return max(typed_days(targets), default=date.min)


def seen_on(target: Target, as_of: date, data_last: date) -> date:
    """The day a target is seen as of: a value typed after the end of the files counts, unless a past day is asked."""
    if not target.typed or data_last == date.min or as_of < data_last:
        return as_of
    return max([as_of, *typed_days([target])])
