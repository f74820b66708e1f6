"""A goal carried down the tree: what every lever must become, how far the tree can go, and each lever alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from crmkpi.catalog import metrics
from crmkpi.catalog.trees import Node
from crmkpi.engine.data import DataDir
from crmkpi.i18n import Words
from crmkpi.periods import Period
from crmkpi.project.document import Project
from crmkpi.targets.facts import Facts
from crmkpi.targets.gather import Gather, data_to, facts_of
from crmkpi.targets.movement import movement
from crmkpi.targets.plan import freeze
from crmkpi.targets.target import Target
from crmkpi.tree.beliefs import Edge, needed_below
from crmkpi.tree.cascade import Cascade, Elasticity, leaf_betas, propagate
from crmkpi.tree.levers import single_levers
from crmkpi.tree.whatif import Evaluator, identity_nodes
from crmkpi.views.gap import printed
from crmkpi.views.parts import Part
from crmkpi.views.tree import arrow, direction, signed_value
from crmkpi.views.whatif import Board, movable

# equal: every lever by the same per cent; likely: those that can and usually do move; capped: as far as the past went
MODES = ("capped", "likely", "equal")
HORIZONS = (1, 3, 6, 12)
# how far "as far as it goes" is asked for
FAR = 1e4
# with more targets than this nobody keeps an eye on any
MOST_TARGETS = 4
# a growth below this is rounding of the search, not a goal
NOTHING = 1e-6
Caps = dict[str, tuple[float, float]]


@dataclass(frozen=True)
class ChildGoal:
    """What one lever must become. `goal` in the metric's unit; texts are ready to print."""

    metric: str
    goal: float
    part: Part


@dataclass(frozen=True)
class GoalView:
    """The goal carried down: verdict, children, the most that the tree can do, and each lever alone."""

    headline: str
    direction: str
    text: str
    reachable: bool
    children: tuple[ChildGoal, ...]
    alone: tuple[str, ...]
    below: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ground:
    """What the sharing out stands on: strengths and caps per leaf over the horizon."""

    volatility: dict[str, float]
    caps: Caps
    control: dict[str, str]


def ground(data: DataDir, board: Board, steps: int) -> Ground:
    """How far every metric of the tree usually moves in `steps` periods, and who controls it."""
    names = [node.metric for node in identity_nodes(board.root)]
    facts: dict[str, Facts] = {name: facts_of(name) for name in names}
    gather = Gather(data, data_to(data))
    volatility, caps = movement(gather, facts, board.values, board.period.grain, board.where, steps)
    return Ground(volatility, caps, {name: facts[name].controllable for name in names})


def goal_view(
    board: Board,
    found: Ground,
    goal: float,
    mode: str,
    t: Words,
    stated: Mapping[Edge, Elasticity] | None = None,
) -> GoalView:
    """Carry the root's goal to the levers. `mode` is one of MODES; `goal` in the root's unit.

    Below an influence the goal goes only by a `stated` elasticity; where there is none it stops, and that is said.
    """
    now = board.now or 0.0
    carried = _carried(board, found, goal, mode)
    best = _best(board, found, goal)
    unit, label = board.unit, metrics()[board.root.metric].label[t.lang]
    goal_text, best_text = t.value(goal, unit, short=True), t.value(best, unit, short=True)
    if carried is None:
        return GoalView(t("cascade.nobody"), "neutral", t("cascade.nobody_text"), False, (), ())
    children = tuple(_child(node, board, carried, t) for node in _moved(board, carried))
    change = t("whatif.change", change=signed_value(goal - now, unit, t), share=t.change(now, goal, unit))
    alone = _alone(board, found, goal, t)
    below = _below(board, carried, stated or {}, t)
    if not carried.reachable:
        reached = t.value(carried.best, unit, short=True)
        headline = t("cascade.short", name=label, goal=goal_text, best=reached)
        return GoalView(headline, "bad", t("cascade.short_text"), False, children, alone, below)
    headline = t("cascade.way", name=label, goal=goal_text)
    text = f"{change} {t('cascade.best', best=best_text) if best is not None else ''}".strip()
    beyond = best is not None and abs(goal - now) > abs(best - now)
    tone = "warn" if beyond else "good"
    if beyond:
        text = f"{change} {t('cascade.beyond', best=best_text)}"
    return GoalView(headline, tone, text, True, children, alone, below)


def _carried(board: Board, found: Ground, goal: float, mode: str) -> Cascade | None:
    root, values = board.root, board.values
    if mode == "equal":
        leaves = Evaluator(root, values).leaves
        ours = {m: "yes" for m in leaves if found.control.get(m, "no") != "no"}
        betas = leaf_betas(root, values, dict.fromkeys(leaves, 1.0), ours)
    else:
        betas = leaf_betas(root, values, found.volatility, found.control)
    caps = found.caps if mode == "capped" else _ceilings(board)
    return propagate(root, values, goal, betas, caps)


def _ceilings(board: Board) -> Caps:
    """What arithmetic alone forbids: a share above one."""
    caps = {}
    for name in Evaluator(board.root, board.values).leaves:
        value, top = board.values.get(name), facts_of(name).limits[1]
        if value and value > 0 and top is not None:
            caps[name] = (-math.inf, max(0.0, math.log(top / value)))
    return caps


def _best(board: Board, found: Ground, goal: float) -> float | None:
    """The root's value when every lever goes as far as its own past went, in the goal's direction."""
    now = board.now or 0.0
    edge = now * FAR if goal >= now else now / FAR
    betas = leaf_betas(board.root, board.values, found.volatility, found.control)
    carried = propagate(board.root, board.values, edge, betas, found.caps)
    return None if carried is None else carried.best


def _moved(board: Board, carried: Cascade) -> list[Node]:
    found = []
    for node in movable(board.root, board.values):
        now, then = board.values.get(node.metric), carried.values.get(node.metric)
        if now is not None and then is not None and abs(then - now) > 1e-9 * max(abs(now), abs(then)):
            found.append(node)
    return found


def _child(node: Node, board: Board, carried: Cascade, t: Words) -> ChildGoal:
    facts = metrics()[node.metric]
    now, then = board.values[node.metric] or 0.0, carried.values[node.metric] or 0.0
    text = arrow(then - now) + t.change(now, then, facts.unit)
    note = t("cascade.row", now=t.value(now, facts.unit), goal=printed(then, facts.unit, t))
    return ChildGoal(
        node.metric,
        then,
        Part(node.label[t.lang], then, text, direction(then - now, None, facts.better), note),
    )


def _alone(board: Board, found: Ground, goal: float, t: Words) -> tuple[str, ...]:
    """«Others unchanged, frequency must be 1.59», for every lever that somebody controls."""
    nodes = [n for n in movable(board.root, board.values) if metrics()[n.metric].controllable != "no"]
    tops = [(n.metric, facts_of(n.metric).limits[1]) for n in nodes]
    highest = {name: top for name, top in tops if top is not None}
    names = {n.metric: n.label[t.lang] for n in nodes}
    seen = {lever.metric: lever.stops[-1] for lever in board.levers}
    said = []
    for lever in single_levers(board.root, board.values, goal, list(names), highest):
        unit, name = metrics()[lever.metric].unit, names[lever.metric]
        if lever.needed is None:
            said.append(t("cascade.alone_never", name=name))
            continue
        key = "cascade.alone_far" if lever.needed > seen.get(lever.metric, math.inf) else "cascade.alone"
        needed, now = printed(lever.needed, unit, t), t.value(lever.now, unit)
        said.append(t(key, name=name, needed=needed, now=now, change=t.change(lever.now, lever.needed, unit)))
    return tuple(said)


def _below(board: Board, carried: Cascade, stated: Mapping[Edge, Elasticity], t: Words) -> tuple[str, ...]:
    """What each believed influence alone must become for its parent's goal; then where the goal stops."""
    growth = {
        name: math.log(then / now)
        for name, then in carried.values.items()
        if then and (now := board.values.get(name)) and now > 0 and then > 0 and abs(then / now - 1) > NOTHING
    }
    lines = {line.edge: line for line in board.beliefs}
    said, stopped = [], []
    for edge, value in needed_below(growth, board.root, board.values, stated).items():
        line = lines.get(edge)
        if line is None:
            continue
        if value is None:
            stopped.append(line.lever.name)
            continue
        top = facts_of(edge[0]).limits[1]
        key = "belief.needed" if top is None or value <= top else "belief.never"
        needed, now_text = printed(value, line.lever.unit, t), t.value(line.lever.now, line.lever.unit)
        said.append(t(key, name=line.lever.name, parent=line.parent_name, needed=needed, now=now_text))
    if stopped:
        said.append(t("belief.stops", names=", ".join(dict.fromkeys(stopped))))
    return tuple(said)


def due_period(board: Board, steps: int) -> Period:
    """The period in which the goal should stand: so many after the shown one."""
    period = board.period
    for _ in range(steps):
        following = period.next()
        assert following is not None
        period = following
    return period


def with_goals(
    data: DataDir, project: Project, board: Board, view: GoalView, goal: float, steps: int
) -> Project:
    """The project with the root's goal and its strongest children as targets; same metric and filter is replaced.

    Errors are those of `freeze` (a goal that cannot be).
    """
    due = due_period(board, steps).last
    where = {w.dimension: tuple(w.values) for w in board.where}
    strongest = sorted(view.children, key=lambda c: -abs(_growth(board, c)))[:MOST_TARGETS]
    wanted = [(board.root.metric, goal), *((c.metric, c.goal) for c in strongest)]
    made = [
        freeze(
            data,
            Target.model_validate(
                {
                    "metric": metric,
                    "goal": rounded(value),
                    "due": due,
                    "grain": board.period.grain,
                    "where": where,
                    "kind": "reach",
                }
            ),
        )
        for metric, value in wanted
    ]
    taken = {target.metric for target in made}
    others = [x for x in project.targets if x.metric not in taken or dict(x.where) != where]
    return project.model_copy(update={"targets": [*others, *made]})


def _growth(board: Board, child: ChildGoal) -> float:
    now = board.values.get(child.metric)
    return math.log(child.goal / now) if now and child.goal > 0 else 0.0


def rounded(value: float) -> float:
    """A goal as a person would write it: three significant digits."""
    if not value:
        return value
    return round(value, 2 - math.floor(math.log10(abs(value))))
