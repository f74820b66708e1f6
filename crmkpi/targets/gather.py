"""The only door from targets to the engine: series as of a day, facts of metrics, values of a tree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from crmkpi.catalog.metric import Metric, metrics
from crmkpi.catalog.trees import TreeTemplate, trees
from crmkpi.engine.available import chosen
from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import Result, Where, evaluate
from crmkpi.engine.sheet import catalogue_of
from crmkpi.engine.slots import coverage_of
from crmkpi.forecast.series import Point
from crmkpi.measures import MEASURES
from crmkpi.periods import Period, parse_period
from crmkpi.targets.facts import Facts, Splitting
from crmkpi.targets.own_kpi import own_facts, seen_on, typed_series
from crmkpi.targets.resolve import as_of_view
from crmkpi.targets.target import Target

# opens, clicks and attributed orders keep coming after the period: on a past day they were not there yet
LATE_TABLES = ("sends", "offers", "campaigns")

Filter = tuple[Where, ...]


def facts_of(metric_id: str) -> Facts:
    """What the targets room needs of a metric; UnknownMetricError with the nearest names."""
    metric = chosen([metric_id])[0]
    return Facts(
        id=metric.id,
        label={"ru": metric.label.ru, "en": metric.label.en},
        unit=metric.unit,
        better=metric.better,
        level=metric.level,
        kind=metric.kind,
        klass=metric.klass,
        horizon=metric.horizon,
        controllable=metric.controllable,
        pair=metric.pair,
        splitting=_splitting(metric),
    )


def facts_for(target: Target) -> Facts:
    """Facts of a target's metric: of the catalogue, or as typed by hand. Errors as facts_of."""
    return own_facts(target) if target.own is not None else facts_of(target.metric)


def _splitting(metric: Metric) -> Splitting:
    """A sum is cut by days; a ratio of sums and a stock keep their level; anything else has its own level."""
    if metric.klass == "sum":
        return "sum"
    if metric.klass == "stock":
        return "level"
    if metric.klass == "ratio" and all(_adds_up(name) for name in metric.names):
        return "level"
    return "own"


def _adds_up(name: str) -> bool:
    """Whether a name of a formula is built of sums only."""
    metric = metrics().get(name)
    if name in MEASURES and (metric is None or metric.measure == name):
        return MEASURES[name].kind == "sum" and not MEASURES[name].cumulative
    if metric is None or metric.history is not None:
        return False
    return bool(metric.names) and all(_adds_up(n) for n in metric.names if n != name)


def filter_of(target: Target) -> Filter:
    """The target's segment as the engine filters."""
    return tuple(Where(name, tuple(values)) for name, values in sorted(target.where.items()))


@dataclass
class Gather:
    """Series of one data set as they were known on a day; each question is asked once."""

    data: DataDir
    as_of: date
    asked: dict[tuple[str, Filter], set[str]] = field(default_factory=dict)
    answers: dict[tuple[str, Filter], tuple[frozenset[str], Result]] = field(default_factory=dict)

    def want(self, names: Iterable[str], grain: str, where: Filter) -> None:
        """Announce metrics, so that one evaluation serves all targets of a grain and segment."""
        self.asked.setdefault((grain, where), set()).update(n for n in names if n in metrics())

    def result(self, grain: str, where: Filter, name: str) -> Result:
        """The engine's rows of a grain and segment that hold this metric."""
        key = (grain, where)
        known = self.answers.get(key)
        if known is None or name not in known[0]:
            names = frozenset(self.asked.get(key, set()) | {name} | (known[0] if known else frozenset()))
            last = self.as_of if self.as_of < data_to(self.data) else None
            found = evaluate(self.data, sorted(names), grain, last=last, where=where)
            self.answers[key] = (names, found)
            return found
        return known[1]

    def series(self, name: str, grain: str, where: Filter) -> list[Point]:
        """The series of a metric, seen as of the day; empty when the data cannot feed it."""
        rows = self.result(grain, where, name).rows
        own = rows.filter(rows["metric"] == name)
        points = [
            Point(_period(text, grain), value, bool(complete), weight)
            for text, value, complete, weight in zip(
                own["period"], own["value"], own["complete"], own["denominator"], strict=True
            )
        ]
        last = self._data_to(name)
        metric = catalogue_of(self.data)[name]
        return as_of_view(points, self.as_of, last, ripens_after(metric, past=self.as_of < last))

    def day_of(self, target: Target) -> date:
        """The day this target is seen as of (values typed after the end of the files count)."""
        return seen_on(target, self.as_of, data_to(self.data))

    def of(self, target: Target, grain: str | None = None) -> list[Point]:
        """The target's own series at a grain (its own without one): from the files, or as typed."""
        step = grain or target.grain
        if target.typed:
            return typed_series(target, step, self.day_of(target))
        name = target.own.source if target.own is not None and target.own.source else target.metric
        return self.series(name, step, filter_of(target))

    def seen_rows(self, name: str, grain: str, where: Filter) -> int | None:
        """Rows behind the metric in all periods together; None when the engine does not count them."""
        rows = self.result(grain, where, name).rows
        own = rows.filter(rows["metric"] == name)["n_rows"]
        return None if own.null_count() == len(own) else int(own.sum())

    def missing(self, name: str, grain: str, where: Filter) -> tuple[str, ...] | None:
        """Columns without which the metric cannot be had; None when it can."""
        why = self.result(grain, where, name).reason(name)
        return None if why is None else (why.missing or (why.reason,))

    def values(
        self, names: Sequence[str], period: Period, grain: str, where: Filter
    ) -> dict[str, float | None]:
        """Values of several metrics in one complete period."""
        found: dict[str, float | None] = {}
        for name in names:
            if name in metrics() and not metrics()[name].cohort:
                series = self.series(name, grain, where)
                found[name] = next((p.value for p in series if p.period == period), None)
        return found

    def _data_to(self, name: str) -> date:
        covered = coverage_of(self.data, catalogue_of(self.data)[name].table)
        return covered.last if covered else data_to(self.data)


def ripens_after(metric: Metric, past: bool) -> int:
    """Days after a period's end until its value is known for good (so that a past day reads nothing later)."""
    days = metric.mature_days
    if past and metric.table in LATE_TABLES:
        days = max(days, metric.settle_days)
    below = [metrics()[n] for n in metric.names if n in metrics() and n != metric.id]
    return max([days, *(ripens_after(m, past) for m in below)])


def data_to(data: DataDir) -> date:
    """The last day of the data: of the orders where there are any, else of the latest table."""
    known = data.meta.coverage
    if "orders" in known:
        return known["orders"].last
    return max((c.last for c in known.values()), default=date.min)


def _period(text: str, grain: str) -> Period:
    period = parse_period(text)
    assert period.grain == grain, (text, grain)
    return period


def templates_with(name: str) -> list[TreeTemplate]:
    """Templates whose tree holds the metric."""
    return [t for t in trees().values() if any(node.metric == name for node in t.root.walk())]


def metrics_of(templates: Iterable[TreeTemplate]) -> list[str]:
    """All metrics of some templates that arithmetic reaches, each once."""
    names = dict.fromkeys(node.metric for t in templates for node in t.root.walk())
    return [n for n in names if n in metrics()]


def known_pairs(
    gather: Gather, names: Iterable[str], grain: str, where: Filter
) -> Mapping[str, tuple[Facts, list[Point]]]:
    """Facts and series of the metrics among these that the data can feed."""
    found = {}
    for name in names:
        if name not in metrics() or metrics()[name].cohort or gather.missing(name, grain, where) is not None:
            continue
        found[name] = (facts_of(name), gather.series(name, grain, where))
    return found
