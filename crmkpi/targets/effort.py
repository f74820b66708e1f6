"""What the gap takes in things one can count, and the same gap by each of two or three levers.

«+12 points» of an open rate at 40,000 delivered messages a month = 4,800 more opens a month; a level of orders =
seven more orders a day. Volumes are the mean of the last complete periods unless a person plans others.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crmkpi.catalog.metric import Metric
from crmkpi.catalog.trees import Node
from crmkpi.forecast.series import Series, known_tail
from crmkpi.formula import Formula
from crmkpi.i18n import Words
from crmkpi.targets.facts import Facts

USUAL_PERIODS = 3
MOST_LEVERS = 3
# units in which a numerator is counted as things, not as money
DAYS_IN = {"day": 1.0, "week": 7.0, "month": 30.4375, "quarter": 91.3125}
# below this many a day, a day is too short a time to count in
COUNTED_BY_DAY = 1.0


@dataclass(frozen=True)
class Countable:
    """The gap as things: `count` more (negative: fewer) of `what` per `per`, at `volume` of `of` per period.

    what, of: ids of a measure or metric; of is None for a metric that is counted itself. planned: the volume is a
    person's own. per: day | week | month | quarter.
    """

    what: str
    count: float
    per: str
    volume: float | None = None
    of: str | None = None
    planned: bool = False


@dataclass(frozen=True)
class Lever:
    """What one driver alone must become for the goal, others unchanged. change is relative to now."""

    metric: str
    now: float
    needed: float
    change: float


@dataclass(frozen=True)
class Effort:
    """What a gap takes: countable things (None where nothing can be counted) and the levers, the nearest first."""

    countable: Countable | None
    levers: tuple[Lever, ...] = ()


def effort(
    metric: Metric,
    series: Series,
    now: float | None,
    goal: float | None,
    grain: str,
    volume: float | None = None,
    price: tuple[str, float] | None = None,
) -> Countable | None:
    """The gap of a level in things per period. None for an unknown gap and for what has no countable numerator.

    `volume`: planned denominator per period; else the mean of the last three complete periods. `price`: for a sum of
    money, the thing it is made of and what one is worth now (orders and the average order).
    """
    if now is None or goal is None or goal == now:
        return None
    gap = goal - now
    if metric.klass in ("sum", "unique") and metric.unit == "count":
        return _by_day(metric.id, gap, grain) if metric.klass == "sum" else Countable(metric.id, gap, grain)
    if metric.klass == "stock" and metric.unit == "count":
        return Countable(metric.id, gap, grain)
    if metric.klass == "sum" and metric.unit == "money" and price is not None and price[1] > 0:
        return _by_day(price[0], gap / price[1], grain)
    parts = fraction(metric)
    usual = usual_volume(series) if volume is None else volume
    if parts is None or not usual:
        return None
    return Countable(parts[0], gap * usual, grain, usual, parts[1], volume is not None)


def _by_day(what: str, gap: float, grain: str) -> Countable:
    """A sum per day where that is at least one thing a day, else per period."""
    daily = gap / DAYS_IN[grain]
    if abs(daily) >= COUNTED_BY_DAY:
        return Countable(what, daily, "day")
    return Countable(what, gap, grain)


def priced_by(metric: Metric, known: Mapping[str, Metric]) -> tuple[str, str] | None:
    """(ratio, thing): the metric that says how much of this sum falls on one counted thing; None without one.

    Of revenue_base it is aov and orders_count, because aov = revenue_base / orders_count.
    """
    for name, other in known.items():
        parts = fraction(other)
        if parts is None or parts[0] != metric.id or other.local:
            continue
        thing = known.get(parts[1])
        if thing is not None and (thing.unit, thing.klass) == ("count", "sum"):
            return name, thing.id
    return None


def fraction(metric: Metric) -> tuple[str, str] | None:
    """Names of numerator and denominator of a plain ratio; None where one of them is a calculation itself."""
    if metric.numerator and metric.denominator:
        found = metric.numerator, metric.denominator
        return found if all(name.isidentifier() for name in found) else None
    if metric.text is None:
        return None
    tree = Formula(metric.text).tree
    if not (isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Div)):
        return None
    if not (isinstance(tree.left, ast.Name) and isinstance(tree.right, ast.Name)):
        return None
    return tree.left.id, tree.right.id


def usual_volume(series: Series) -> float | None:
    """Mean denominator of the last three complete periods; None where the metric has none."""
    weights = [p.weight for p in known_tail(series)[-USUAL_PERIODS:] if p.weight]
    return sum(weights) / len(weights) if weights else None


def levers(
    node: Node | None,
    metric: Metric,
    goal: float | None,
    values: Mapping[str, float | None],
    facts: Mapping[str, Facts],
) -> tuple[Lever, ...]:
    """The same goal by one driver alone, two or three of them: the identity of the tree, else the definition.

    values: what every driver is now. A driver that nobody here controls, or that would have to be what it cannot
    be, is no lever; nor is one that would have to get worse.
    """
    text = node.identity if node is not None and node.identity else metric.formula
    if goal is None or text is None:
        return ()
    formula = Formula(text)
    found = []
    if len(formula.names) < 2:  # the same fact under another name
        return ()
    for name in formula.names:
        about, now = facts.get(name), values.get(name)
        if about is None or not now or about.controllable == "no":
            continue
        needed = formula.needed(name, goal, values)
        if needed is None or not _possible(needed, about) or needed == now:
            continue
        if about.better == "band" or (needed > now) == (about.better == "down"):
            continue
        found.append(Lever(name, now, needed, needed / now - 1))
    return tuple(sorted(found, key=lambda lever: abs(lever.change))[:MOST_LEVERS])


def _possible(value: float, facts: Facts) -> bool:
    low, high = facts.limits
    return (low is None or value >= low) and (high is None or value <= high)


def effort_text(found: Effort, t: Words, names: Mapping[str, str], units: Mapping[str, str]) -> Sequence[str]:
    """Sentences: the countable thing first, then one for each lever. names, units: of metrics and measures."""
    said = []
    if found.countable is not None:
        c = found.countable
        key = "effort.more" if c.count > 0 else "effort.fewer"
        unit = units.get(c.what, "count")
        size = t.value(_whole(abs(c.count)), unit)
        said.append(t(key, what=names.get(c.what, c.what), count=size, per=t(f"effort.per.{c.per}")))
        if c.of is not None:
            plan = "effort.planned" if c.planned else "effort.usual"
            said.append(t(plan, volume=_whole(c.volume or 0.0), of=names.get(c.of, c.of)))
    for lever in found.levers:
        unit = units.get(lever.metric, "count")
        said.append(
            t(
                "effort.lever",
                metric=names.get(lever.metric, lever.metric),
                now=t.value(lever.now, unit),
                needed=t.value(_whole(lever.needed) if unit == "count" else lever.needed, unit),
                change=t.change(lever.now, lever.needed, unit),
            )
        )
    return said


def _whole(value: float) -> float:
    """Things are counted whole where there are at least ten of them."""
    return float(round(value)) if abs(value) >= 10 else round(value, 1)
