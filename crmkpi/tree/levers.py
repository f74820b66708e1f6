"""Single levers: what one node alone must become for the root to reach its goal, everything else unchanged."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from scipy.optimize import brentq

from crmkpi.catalog.trees import Node
from crmkpi.tree.attribution import Values
from crmkpi.tree.whatif import Evaluator, identity_nodes

# nobody plans a number twenty times what it is, or a twentieth
REACH = math.log(20.0)
STEPS = 24


@dataclass(frozen=True)
class SingleLever:
    """The value of `metric` at which the root reaches the goal; None where no value in reach does it."""

    metric: str
    now: float
    needed: float | None


def single_levers(
    root: Node,
    values: Values,
    goal: float,
    names: Sequence[str],
    highest: Mapping[str, float] | None = None,
) -> tuple[SingleLever, ...]:
    """Each of `names` moved alone until the root is at `goal`, evaluated exactly on the identities.

    A frequency must be 1.59 and nothing else changes. `highest`: what a metric can be at most (a share: 1).
    Names that are unknown or zero now, or stand outside the identities, are left out.
    """
    evaluator, known = Evaluator(root, values), {node.metric for node in identity_nodes(root)}
    found = []
    for name in names:
        now = values.get(name)
        if name not in known or name == root.metric or now is None or now <= 0:
            continue
        top = (highest or {}).get(name, math.inf)
        found.append(SingleLever(name, now, _needed(evaluator, name, now, goal, top)))
    return tuple(found)


def _needed(evaluator: Evaluator, name: str, now: float, goal: float, top: float) -> float | None:
    root = evaluator.root.metric

    def miss(growth: float) -> float:
        value = evaluator({name: now * math.exp(growth)})[root]
        return math.nan if value is None else value - goal

    ceiling = min(REACH, math.log(top / now)) if top < math.inf and top > 0 else REACH
    for edge in (ceiling, -REACH):
        growth = _crossing(miss, edge)
        if growth is not None:
            return now * math.exp(growth)
    return None


def _crossing(miss: Callable[[float], float], edge: float) -> float | None:
    """The first growth between 0 and `edge` where the miss changes its sign."""
    left, at_left = 0.0, miss(0.0)
    if math.isnan(at_left):
        return None
    for i in range(1, STEPS + 1):
        right = edge * i / STEPS
        at_right = miss(right)
        if math.isnan(at_right):
            return None
        if at_left == 0:
            return left
        if at_left * at_right <= 0:
            return float(brentq(miss, left, right, xtol=1e-13, rtol=1e-14))
        left, at_left = right, at_right
    return None
