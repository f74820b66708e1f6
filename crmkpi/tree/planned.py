"""Planned: what every node of a tree was meant to be in a period, from the few numbers that somebody planned.

A plan seldom names all leaves. Nodes with a plan of their own keep it; a planned node above the leaves, and at last
the root, is carried down to the leaves that have none (methods.md 2), starting from a base period whose structure the
plan inherits. The result fulfils every identity, so plan against fact splits exactly like period against period.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from crmkpi.catalog.trees import Node
from crmkpi.tree.attribution import Values
from crmkpi.tree.cascade import leaf_betas, propagate
from crmkpi.tree.whatif import Evaluator, identity_nodes

Source = Literal["own", "shared", "base", "sum"]
# a plan that the leaves miss by more than this share was not met by them
NEAR = 1e-6


@dataclass(frozen=True)
class Planned:
    """`values`: planned value per metric of every identity node. `sources` says where each is from.

    own: somebody planned it; shared: a leaf that a plan above was carried down to; base: as in the base period; sum:
    follows from the nodes below. `unmet`: planned nodes that the other plans do not allow (their value follows from
    below instead).
    """

    values: dict[str, float | None]
    sources: dict[str, Source]
    unmet: tuple[str, ...] = ()


def planned_values(
    root: Node,
    base: Values,
    plans: Mapping[str, float],
    volatility: Mapping[str, float],
    control: Mapping[str, str],
    highest: Mapping[str, float] | None = None,
) -> Planned | None:
    """The whole tree as planned. `base`: value per metric in the base period; `plans`: planned value per metric.

    `volatility` and `control` decide which leaves carry a plan from above (as in the cascade); where none of them may,
    all open leaves carry it alike. `highest`: what a metric can be at most (a share: 1). None without a plan for any
    identity node, or without values to start from.
    """
    nodes = identity_nodes(root)
    wanted = {node.metric: plans[node.metric] for node in nodes if node.metric in plans}
    if not wanted or base.get(root.metric) is None:
        return None
    evaluator, ground = Evaluator(root, base), _Ground(volatility, control, highest or {})
    fixed = {m: v for m, v in wanted.items() if m in evaluator.leaves}
    sources: dict[str, Source] = dict.fromkeys(fixed, "own")
    moved, unmet = dict(fixed), []
    for node in reversed(nodes):  # children first, the root at last
        if node.metric not in wanted or node.metric in fixed:
            continue
        shared = _carry(node, evaluator(moved), wanted[node.metric], set(moved), ground)
        moved |= shared
        sources |= dict.fromkeys(shared, "shared")
        found = evaluator(moved)[node.metric]
        if found is None or abs(found - wanted[node.metric]) > NEAR * abs(wanted[node.metric]):
            unmet.append(node.metric)
        else:
            sources[node.metric] = "own"
    for node in nodes:
        leaf = node.metric in evaluator.leaves
        sources.setdefault(node.metric, "base" if leaf else "sum")
    return Planned(evaluator(moved), sources, tuple(unmet))


@dataclass(frozen=True)
class _Ground:
    """How far leaves usually move, who controls them, and what they can be at most."""

    volatility: Mapping[str, float]
    control: Mapping[str, str]
    highest: Mapping[str, float]


def _carry(node: Node, values: Values, goal: float, taken: set[str], ground: _Ground) -> dict[str, float]:
    """Values of the open leaves below a node at which it reaches its plan; empty when no leaf is open."""
    leaves = {m: v for m in Evaluator(node, values).leaves if m not in taken and (v := values.get(m))}
    usual = leaf_betas(node, values, {m: ground.volatility.get(m, 0.0) for m in leaves}, ground.control)
    betas = usual or leaf_betas(node, values, dict.fromkeys(leaves, 1.0), dict.fromkeys(leaves, "yes"))
    tops = {m: ground.highest[m] for m in leaves if m in ground.highest}
    caps = {m: (-math.inf, max(0.0, math.log(top / leaves[m]))) for m, top in tops.items() if leaves[m] > 0}
    found = propagate(node, values, goal, betas, caps)
    if found is None:
        return {}
    return {m: v for m in betas if (v := found.values.get(m)) is not None}
