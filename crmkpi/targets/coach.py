"""The coach on real data: a typed line, suggested goals and dates, strong and weak sides, what a gap takes.

Every answer is a plain dataclass that a view can show; nothing later than `as_of` is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from crmkpi.catalog import benchmarks
from crmkpi.catalog.metric import metrics
from crmkpi.catalog.trees import Node, trees
from crmkpi.engine.available import available
from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import evaluate_periods
from crmkpi.periods import Period
from crmkpi.targets import gather as room
from crmkpi.targets.aim import Aims, suggest
from crmkpi.targets.effort import Effort, effort, levers, priced_by
from crmkpi.targets.gather import Filter, Gather, data_to, facts_of, filter_of
from crmkpi.targets.library import OwnBenchmark
from crmkpi.targets.movement import movement
from crmkpi.targets.plan import inputs_of, root_gaps
from crmkpi.targets.resolve import resolve
from crmkpi.targets.settings import TargetSettings
from crmkpi.targets.sides import Side, place, ranked
from crmkpi.targets.target import Target
from crmkpi.targets.when import Dues, propose
from crmkpi.targets.wish import Wish, read_wish
from crmkpi.tree.cascade import leaf_betas, propagate

# more values than this are no segments one would name in a sentence
MOST_VALUES = 300


def read_line(data: DataDir, text: str, as_of: date | None = None) -> Wish:
    """A typed line read against this project: its segments, its N, the metrics its data feed, values now."""
    day = as_of or data_to(data)
    gather = Gather(data, day)
    gaps = available(data)
    return read_wish(
        text,
        day,
        segments=segments_of(data, day),
        fed={name for name in metrics() if gaps.get(name, 0) is None},
        inactivity_days=data.meta.inactivity_days,
        current=lambda name: value_now(gather, name),
    )


def segments_of(data: DataDir, as_of: date) -> dict[str, tuple[str, ...]]:
    """Dimension -> values that occur up to the day, the largest first; dimensions with too many values are left out."""
    if "orders" not in data.meta.coverage:
        return {}
    first = data.meta.coverage["orders"].first
    whole = Period(first, max(as_of, first), "window")
    found = {}
    for name, about in data.meta.dimensions.items():
        if about.values > MOST_VALUES or about.table not in ("orders", "customers", "order_lines"):
            continue
        rows = evaluate_periods(data, ["orders_count"], [whole], by=name).rows
        pairs = sorted(rows.select("segment", "value").iter_rows(), key=lambda r: -(r[1] or 0))
        found[name] = tuple(str(segment) for segment, value in pairs if segment is not None and value)
    return found


def value_now(gather: Gather, name: str, grain: str = "month", where: Filter = ()) -> float | None:
    """Value of the last complete period."""
    if name not in metrics() or metrics()[name].cohort or gather.missing(name, grain, where) is not None:
        return None
    series = gather.series(name, grain, where)
    return next((p.value for p in reversed(series) if p.complete and p.value is not None), None)


def goals(
    data: DataDir,
    target: Target,
    as_of: date | None = None,
    *,
    settings: TargetSettings | None = None,
    template: str | None = None,
    library: Sequence[OwnBenchmark] = (),
    others: Sequence[Target] = (),
) -> Aims:
    """Where should I aim? `target` is a draft (its goal is not looked at); `others`: targets of the same project.

    A target of the tree's root among the others is carried down to this metric (the cascade).
    """
    gather = Gather(data, as_of or data_to(data))
    gaps = root_gaps(gather, others, settings or TargetSettings())
    inputs = inputs_of(gather, target, settings, template, gaps)
    needed, root = _from_root(gather, target, inputs.settings, template, others)
    return suggest(inputs, library, needed, root)


def dates(
    data: DataDir,
    target: Target,
    as_of: date | None = None,
    *,
    goal: float | None = None,
    settings: TargetSettings | None = None,
    template: str | None = None,
) -> Dues:
    """By when? `target` is a draft (its date is not looked at); `goal` in the metric's unit where it is known."""
    gather = Gather(data, as_of or data_to(data))
    return propose(inputs_of(gather, target, settings, template), goal)


def strong_and_weak(
    data: DataDir,
    template: str,
    as_of: date | None = None,
    *,
    grain: str = "month",
    settings: TargetSettings | None = None,
) -> list[Side]:
    """Every metric of a tree that the data feed, placed; candidates for a target first."""
    gather = Gather(data, as_of or data_to(data))
    names = [n for n in room.metrics_of([trees()[template]]) if not metrics()[n].cohort]
    gather.want(names, grain, ())
    found = []
    for name in names:
        if gather.missing(name, grain, ()) is not None:
            continue
        facts = facts_of(name)
        band = benchmarks.match(name, facts.unit, currency=data.meta.currency, grain=grain)
        found.append(place(facts, gather.series(name, grain, ()), band, settings or TargetSettings()))
    return ranked(found)


def effort_of(
    data: DataDir,
    target: Target,
    as_of: date | None = None,
    *,
    volume: float | None = None,
    template: str | None = None,
    settings: TargetSettings | None = None,
) -> Effort:
    """What the gap takes in countable things at the usual (or a planned) volume, and by each lever alone."""
    gather = Gather(data, as_of or data_to(data))
    if target.own is not None:
        return Effort(None)
    metric, where = metrics()[target.metric], filter_of(target)
    own = gather.series(target.metric, target.grain, where)
    found = resolve(target, facts_of(target.metric), own, gather.as_of, settings or TargetSettings())
    if target.measure == "total" or found.current_period is None:
        return Effort(None)
    price = priced_by(metric, metrics())
    worth = value_now(gather, price[0], target.grain, where) if price else None
    sold = (price[1], worth) if price and worth else None
    thing = effort(metric, own, found.current_value, found.goal, target.grain, volume, sold)
    node = _node_of(target.metric, template)
    names = [child.metric for child in node.drivers] if node else list(metric.names)
    values = gather.values([n for n in names if n in metrics()], found.current_period, target.grain, where)
    facts = {name: facts_of(name) for name in values}
    return Effort(thing, levers(node, metric, found.goal, values, facts))


def _node_of(metric: str, template: str | None) -> Node | None:
    """The node of a metric that has arithmetic below it: in the project's tree, else in the first that has one."""
    known = trees()
    chosen = [known[template]] if template is not None and template in known else []
    for tree in [*chosen, *known.values()]:
        for node in tree.root.walk():
            if node.metric == metric and node.identity:
                return node
    return None


def _from_root(
    gather: Gather, target: Target, settings: TargetSettings, template: str | None, others: Sequence[Target]
) -> tuple[float | None, str | None]:
    """What the metric must become for the target of its tree's root; (None, None) without such a target."""
    known = trees()
    chosen = (
        [known[template]]
        if template is not None and template in known
        else room.templates_with(target.metric)
    )
    for tree in chosen:
        root = next((o for o in others if _carries(o, target, tree.root.metric)), None)
        if root is None or root.metric == target.metric:
            continue
        value = cascaded(gather, tree.root, root, target, settings)
        if value is not None:
            return value, root.metric
    return None, None


def _carries(root: Target, target: Target, metric: str) -> bool:
    same = (root.grain, root.where) == (target.grain, target.where)
    return same and root.metric == metric and root.measure == "level" and root.kind == "reach"


def cascaded(
    gather: Gather, node: Node, root: Target, target: Target, settings: TargetSettings
) -> float | None:
    """Value of the target's metric when the tree reaches the root's goal (methods.md 2); None if it does not.

    Leaves move by what they can: controllability x volatility over the horizon, within the growth their own past
    showed nine times in ten, and rates below one.
    """
    where = filter_of(root)
    found = resolve(
        root, facts_of(root.metric), gather.series(root.metric, root.grain, where), gather.as_of, settings
    )
    if found.goal is None or found.current_period is None:
        return None
    names = [n for n in dict.fromkeys(n.metric for n in node.walk()) if n in metrics()]
    values = gather.values(names, found.current_period, root.grain, where)
    facts = {name: facts_of(name) for name in names}
    steps = max(found.left, 1)
    volatility, caps = movement(gather, facts, values, root.grain, where, steps)
    control = {name: facts[name].controllable for name in names}
    carried = propagate(node, values, found.goal, leaf_betas(node, values, volatility, control), caps)
    return carried.values.get(target.metric) if carried is not None and carried.reachable else None
