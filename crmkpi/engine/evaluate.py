"""The engine's door: metrics by period and segment, with everything that explains them.

Each measure is computed once per grain, split and filter; formulas then run on small tables. The latest answers
are remembered by data hash and question.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from crmkpi.catalog.in_force import mark as catalogue_mark
from crmkpi.catalog.metric import Metric
from crmkpi.engine import cohorts as cohort_room
from crmkpi.engine.available import Availability, UnknownMetricError, available, chosen
from crmkpi.engine.calendar import Calendar
from crmkpi.engine.cells import wide, with_formulas
from crmkpi.engine.data import DataDir
from crmkpi.engine.dimensions import UnknownDimensionError, Where, dimensions, resolve, resolve_all
from crmkpi.engine.kept import reduced as reduced_of
from crmkpi.engine.long import metric_rows
from crmkpi.engine.memory import Memory
from crmkpi.engine.notices import SHORT_GRAINS, Notices
from crmkpi.engine.prepare import Preparation
from crmkpi.engine.result import Result, Unavailable, Value, joined
from crmkpi.engine.sheet import catalogue_of, with_sheet
from crmkpi.engine.slots import coverages, grain_calendars, period_calendars
from crmkpi.formula import Formula
from crmkpi.measures import MEASURES
from crmkpi.periods import Period

DEFINITION_VERSION = "2"
ANSWERS = Memory(64)
cohorts = cohort_room.cohorts


def evaluate(
    data: DataDir,
    metrics: Sequence[str] | None,
    grain: str,
    *,
    first: date | None = None,
    last: date | None = None,
    by: str | None = None,
    where: Sequence[Where] = (),
) -> Result:
    """Metrics (None: all the data support) by periods of a grain (cli.md `metrics`).

    `first`, `last` bound the rows by date: a cut period counts its days inside and is incomplete; lifecycle and
    the previous period always use the whole data. `by`: one dimension; `where`: values of one dimension are OR,
    several dimensions AND. Raises UnknownMetricError, UnknownDimensionError, BadGrainError.
    """
    question = _Question(data, metrics, by, where)
    known = [c for t, c in question.coverages.items() if t in question.tables]
    return question.answer(grain_calendars(known, grain, first, last), (grain, first, last))


def evaluate_periods(
    data: DataDir,
    metrics: Sequence[str] | None,
    periods: Sequence[Period],
    *,
    by: str | None = None,
    where: Sequence[Where] = (),
) -> Result:
    """Metrics for these periods only, in their order; the predecessor of each is Period.previous().

    A period outside the data gives no rows. Raises as `evaluate`.
    """
    question = _Question(data, metrics, by, where)
    known = list(question.coverages.values())
    inside = [p for p in periods if any(p.last >= c.first and p.first <= c.last for c in known)]
    return question.answer(period_calendars(inside), tuple(periods))


class _Question:
    """One call: what was asked, resolved against the catalogue and the data."""

    def __init__(
        self, data: DataDir, ids: Sequence[str] | None, by: str | None, where: Sequence[Where]
    ) -> None:
        self.data = data
        self.by = resolve(data, by) if by is not None else None
        self.where = resolve_all(data, where)
        self._metrics = catalogue_of(data)
        self.asked = chosen(ids, data)
        self.availability = Availability(data, self.by, self.where)
        lacking = {m.id: self.availability.of(m) for m in self.asked}
        self.unavailable = tuple(u for u in lacking.values() if u is not None)
        self.ready = [m for m in self.asked if lacking[m.id] is None and not m.cohort]
        self.coverages = coverages(data)
        self.tables = {self.availability.table_of(m) for m in self.ready}

    def answer(self, calendars: Sequence[Calendar], mark: object) -> Result:
        """Remembered, or computed calendar by calendar."""
        stamp = self.data.meta.data_hash
        if not stamp:
            return self._compute(calendars)
        known = self.data.meta
        meta = (known.margin_rate, known.inactivity_days, tuple(known.loyalty_tiers), known.loyalty_floor)
        ids = tuple(m.id for m in self.asked)
        key = (stamp, DEFINITION_VERSION, catalogue_mark(), meta, ids, self.by, self.where, mark)
        return ANSWERS.get(key, lambda: self._compute(calendars))

    def _compute(self, calendars: Sequence[Calendar]) -> Result:
        parts, skipped = [], [m for m in self.ready if m.months_up]
        for calendar in calendars:
            ready = [m for m in self.ready if not (m.months_up and calendar.grain in SHORT_GRAINS)]
            skipped = [m for m in skipped if m not in ready]
            closure, measures = self._closure(ready)
            prep = Preparation(self.data, calendar, self.by, self.where, self.coverages)
            reduced = reduced_of(prep, measures, sorted(self.tables))
            notices = Notices(prep, closure, self.availability, reduced.overlap)
            segments = sorted({s for part in reduced.parts for s in part["seg"].to_list()} | self._blank)
            cells = wide(prep, reduced, measures, segments)
            given = [name for name in closure if name in self.availability.given]
            cells = with_sheet(cells, self.data, calendar, given)
            computed = {name: metric for name, metric in closure.items() if name not in given}
            unknown = {name: notices.unknown(metric) for name, metric in computed.items()}
            cells = with_formulas(cells, computed, unknown)
            parts.append(metric_rows(ready, cells, reduced, notices))
        short = [Unavailable(m.id, (), "short_grain") for m in (skipped if calendars else [])]
        return Result(joined(parts), (*self.unavailable, *short))

    @property
    def _blank(self) -> set[int]:
        return {0} if self.by is None else set()

    def _closure(self, ready: Sequence[Metric]) -> tuple[dict[str, Metric], list[str]]:
        """Metrics and measures that the asked ones stand on, as far as the data feed them."""
        found: dict[str, Metric] = {}
        measures: dict[str, None] = {}
        # flows also say who moved between segments, a warning of retention
        todo = [m.id for m in ready]
        while todo:
            name = todo.pop()
            metric = self._metrics.get(name)
            if metric is not None and name in self.availability.given:
                found[name] = metric
                continue
            if metric is None:
                if name in MEASURES and self.availability.has(name):
                    measures[name] = None
                continue
            if name in found or (metric.text is None):
                continue
            if metric.measure is not None and metric.measure == name:
                measures[name] = None
            found[name] = metric
            todo += [n for n in _all_names(metric) if n != name and self.availability.has(n)]
        if "retained_customers" in measures:
            measures["moved_out"] = None
        return found, sorted(measures)


def _all_names(metric: Metric) -> list[str]:
    from_texts = [
        Formula(t).names for t in (metric.text, metric.numerator, metric.denominator, metric.check) if t
    ]
    return [n for names in from_texts for n in names]


__all__ = [
    "DEFINITION_VERSION",
    "Result",
    "Unavailable",
    "UnknownDimensionError",
    "UnknownMetricError",
    "Value",
    "Where",
    "available",
    "cohorts",
    "dimensions",
    "evaluate",
    "evaluate_periods",
]
