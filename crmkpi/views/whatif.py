"""What if: the levers of a tree with the range of their own past, and what a move does to every number above."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from crmkpi.catalog import metrics
from crmkpi.catalog.trees import Node
from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import Where, available, evaluate, evaluate_periods
from crmkpi.i18n import Words
from crmkpi.periods import Period
from crmkpi.project.document import Project
from crmkpi.targets.gather import facts_of
from crmkpi.tree.beliefs import Edge, Influence, Reached, influences, reached
from crmkpi.tree.cascade import Elasticity, estimate_elasticity
from crmkpi.tree.whatif import Evaluator, identity_nodes, what_if
from crmkpi.views.parts import Part
from crmkpi.views.tree import Asked, arrow, direction, explained_tree, signed_value

# a lever goes this far beyond the smallest and the largest value of its past
BEYOND = 0.25
# and at least this far from where it is now
LEAST = 0.3
STOPS = 40
LOW, HIGH = 10.0, 95.0


@dataclass(frozen=True)
class Lever:
    """One node that can be moved. `stops`: values of its slider with `now` among them; `high`: 95th percentile of its
    past, None without one. `own`: whether the team can do something about it; `top`: what it can be at most."""

    metric: str
    name: str
    unit: str
    now: float
    stops: tuple[float, ...]
    high: float | None
    own: bool
    top: float | None = None


@dataclass(frozen=True)
class BeliefLine:
    """One influence edge: the lever of its child, its parent, why it is believed, and what past movements say."""

    lever: Lever
    parent: str
    parent_name: str
    why: str
    estimated: Elasticity | None

    @property
    def edge(self) -> tuple[str, str]:
        """Metrics of child and parent."""
        return (self.lever.metric, self.parent)


@dataclass(frozen=True)
class Board:
    """A tree at one complete period, ready to be moved. `values`: value per metric of every node that the data feed.

    `beliefs`: the influence edges whose child has a value: moving it does something only by a stated elasticity.
    """

    root: Node
    period: Period
    where: tuple[Where, ...]
    values: dict[str, float | None]
    levers: tuple[Lever, ...]
    unit: str
    reason: str | None = None
    beliefs: tuple[BeliefLine, ...] = ()

    @property
    def now(self) -> float | None:
        """Value of the root in the period."""
        return self.values.get(self.root.metric)


@dataclass(frozen=True)
class Outcome:
    """What a move does: the verdict, the bridge over the moved levers, the numbers between, warnings."""

    headline: str
    direction: str
    text: str
    bridge: tuple[Part, ...]
    between: tuple[Part, ...]
    warnings: tuple[str, ...]


def board(data: DataDir, project: Project, asked: Asked, t: Words) -> Board:
    """The project's tree with all its nodes, at the asked complete period (an unfinished one gives the last whole)."""
    whole = asked if asked.comparison != "to_date" else replace(asked, comparison="auto", period=None)
    shown_all = project.model_copy(update={"tree": project.tree.model_copy(update={"hidden": []})})
    found = explained_tree(data, shown_all, whole)
    root, period = found.drawn, found.period
    gaps = available(data)
    below = [i for i in influences(root) if gaps.get(i.child.metric, "") is None]
    names = sorted({*(n.metric for n in identity_nodes(root)), *(i.child.metric for i in below)})
    result = evaluate_periods(data, names, [period], where=whole.where)
    values = {name: result.value(name, period.text) for name in names}
    reason = None
    if root.identity is None or values.get(root.metric) is None:
        reason = t("whatif.no_identity")
    series = _series(data, names, period, whole.where)
    past = {name: [v for v in line if v is not None] for name, line in series.items()}
    levers = () if reason else _levers(movable(root, values), values, past, t)
    beliefs = () if reason else tuple(_beliefs(below, values, series, past, t))
    return Board(root, period, whole.where, values, levers, found.unit, reason, beliefs)


def _beliefs(
    edges: list[Influence],
    values: Mapping[str, float | None],
    series: Mapping[str, list[float | None]],
    past: Mapping[str, list[float]],
    t: Words,
) -> Iterator[BeliefLine]:
    """The influence edges whose child is a number above zero; those of no arithmetic parent need a belief above."""
    for influence in edges:
        for lever in _levers((influence.child,), values, past, t):
            estimated = estimate_elasticity(
                series.get(influence.parent.metric, []), series.get(influence.child.metric, [])
            )
            why = influence.child.why[t.lang] if influence.child.why else ""
            yield BeliefLine(lever, influence.parent.metric, influence.parent.label[t.lang], why, estimated)


def _series(
    data: DataDir, names: list[str], period: Period, where: tuple[Where, ...]
) -> dict[str, list[float | None]]:
    """Values of the complete periods up to the shown one, per metric, all of one length (None = unknown)."""
    rows = evaluate(data, names, period.grain, last=period.last, where=where).rows
    known: dict[str, dict[str, float]] = {}
    starts: dict[str, object] = {}
    wanted = ("metric", "period", "from", "value", "complete")
    for metric, text, first, value, complete in rows.select(wanted).iter_rows():
        starts[text] = first
        if complete and value is not None:
            known.setdefault(metric, {})[text] = value
    line = sorted(starts, key=lambda text: str(starts[text]))
    return {metric: [found.get(text) for text in line] for metric, found in known.items()}


def movable(root: Node, values: Mapping[str, float | None]) -> tuple[Node, ...]:
    """The nodes to move: leaves of the arithmetic, or the node above where a leaf is its only driver.

    Retention instead of churn: 1 - churn is the same fact, and people think in the upper one.
    """
    leaves = set(Evaluator(root, values).leaves)
    found: dict[str, Node] = {}

    def visit(node: Node) -> None:
        alone = len(node.drivers) == 1 and node.drivers[0].metric in leaves and node is not root
        if node.metric in leaves or alone:
            found.setdefault(node.metric, node)
            return
        for child in node.drivers:
            visit(child)

    visit(root)
    return tuple(node for node in found.values() if values.get(node.metric))


def _levers(
    nodes: Sequence[Node], values: Mapping[str, float | None], past: Mapping[str, list[float]], t: Words
) -> tuple[Lever, ...]:
    found = []
    for node in nodes:
        facts, now = metrics()[node.metric], values[node.metric]
        if now is None or now <= 0:
            continue
        history = past.get(node.metric, [])
        high = float(np.percentile(history, HIGH)) if len(history) >= 3 else None
        ceiling = facts_of(node.metric).limits[1]
        stops = _stops(now, history, ceiling, facts.unit == "count")
        own = facts.controllable != "no"
        found.append(Lever(node.metric, node.label[t.lang], facts.unit, now, stops, high, own, ceiling))
    return tuple(found)


def _stops(now: float, history: list[float], ceiling: float | None, whole: bool) -> tuple[float, ...]:
    """Round values from below the smallest to above the largest value seen, with `now` itself among them."""
    usual = [float(v) for v in np.percentile(history, (LOW, 100.0))] if history else []
    low = min([now * (1 - LEAST), *(v * (1 - BEYOND) for v in usual)])
    high = max([now * (1 + LEAST), *(v * (1 + BEYOND) for v in usual)])
    high = high if ceiling is None else min(high, ceiling)
    raw = (high - max(low, 0.0)) / STOPS
    power = 10.0 ** math.floor(math.log10(raw)) if raw > 0 else 1.0
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999)
    step = max(1.0, math.ceil(step)) if whole else step
    digits = max(0, 3 - math.floor(math.log10(step)))
    first, last = math.ceil(max(low, 0.0) / step), math.floor(high / step + 1e-9)
    round_ones = {round(k * step, digits) for k in range(first, last + 1)}
    # a round value beside `now` would look like a second "now" on the slider
    apart = {v for v in round_ones if abs(v - now) > step * 0.4}
    return tuple(sorted(apart | {now}))


def outcome(
    board: Board,
    by_hand: Mapping[str, float],
    t: Words,
    believed: Mapping[str, float] | None = None,
    stated: Mapping[Edge, Elasticity] | None = None,
) -> Outcome:
    """The whole tree with these levers moved, exactly; `by_hand` holds only those that differ from now.

    `believed`: influences that were moved; they pass on what the `stated` elasticities say, with a band.
    """
    high = {lever.metric: lever.high for lever in board.levers if lever.high is not None}
    shares = frozenset(n.metric for n in identity_nodes(board.root) if metrics()[n.metric].unit == "share")
    passed = reached(board.root, board.values, believed or {}, stated or {}, shares, by_hand)
    moved = {**passed.moved, **by_hand}
    result = what_if(board.root, board.values, moved, high)
    names = {node.metric: node.label[t.lang] for node in identity_nodes(board.root)}
    root, unit = board.root.metric, board.unit
    label, before, after = metrics()[root].label[t.lang], result.before[root], result.after[root]
    if not moved or before is None or after is None:
        value = t.value(before, unit, short=True)
        text = t("whatif.start_text", period=t.period(board.period))
        return Outcome(t("whatif.start", name=label, value=value), "neutral", text, (), (), ())
    change = after - before
    headline = t(
        "whatif.becomes",
        name=label,
        after=t.value(after, unit, short=True),
        before=t.value(before, unit, short=True),
    )
    text = t("whatif.change", change=signed_value(change, unit, t), share=t.change(before, after, unit))
    better = metrics()[root].better
    warnings = [
        t("whatif.beyond", name=names[m], high=t.value(high[m], metrics()[m].unit)) for m in result.beyond
    ]
    if passed.moved:
        warnings.append(_belief_note(passed, unit, t))
    between = tuple(
        _moved_line(name, names[name], result.before[name], result.after[name], t)
        for name in names
        if name != root and name not in moved and result.change(name)
    )
    bridge = _bridge(board, moved, result.split.contributions, before, after, t)
    return Outcome(headline, direction(change, before, better), text, bridge, between, tuple(warnings))


def _belief_note(passed: Reached, unit: str, t: Words) -> str:
    """That part of the answer is belief, with the 80 % band of the root where the errors are stated."""
    if passed.band is None:
        return t("belief.part")
    low, high = t.value(passed.band.low, unit, short=True), t.value(passed.band.high, unit, short=True)
    return t("belief.band", low=low, high=high)


def _moved_line(metric: str, name: str, before: float | None, after: float | None, t: Words) -> Part:
    facts = metrics()[metric]
    change = None if before is None or after is None else after - before
    values = f"{t.value(before, facts.unit, short=True)} → {t.value(after, facts.unit, short=True)}"
    text = arrow(change) + t.change(before, after, facts.unit)
    return Part(name, after, text, direction(change, before, facts.better), values)


def _bridge(
    board: Board,
    moved: Mapping[str, float],
    parts: Mapping[str, float],
    before: float,
    after: float,
    t: Words,
) -> tuple[Part, ...]:
    """From the root now through the part of every moved lever to the root then."""
    better = metrics()[board.root.metric].better
    rows = []
    for node in identity_nodes(board.root):
        value = parts.get(node.id)
        if node.metric not in moved or value is None:
            continue
        unit = metrics()[node.metric].unit
        was, will = t.value(board.values[node.metric], unit), t.value(moved[node.metric], unit)
        text = signed_value(value, board.unit, t)
        rows.append(Part(node.label[t.lang], value, text, direction(value, None, better), f"{was} → {will}"))
    ends = [
        Part(name, value, t.value(value, board.unit, short=True), "total")
        for name, value in ((t.period(board.period), before), (t("whatif.then"), after))
    ]
    return (ends[0], *rows, ends[1])
