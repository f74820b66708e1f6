"""Beliefs at work: what a moved influence would do to the arithmetic above it, by elasticities that somebody states.

An influence edge is no arithmetic. Only a stated elasticity lets a move of the child reach its parent: d ln(parent) =
e x d ln(child); along a chain of influences the elasticities multiply, several children of one parent add up. The
band comes from the errors of the elasticities (methods.md 3); without a stated elasticity nothing passes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from crmkpi.catalog.trees import Node
from crmkpi.tree.attribution import Values
from crmkpi.tree.cascade import Elasticity, below_influence
from crmkpi.tree.whatif import BAND, DRAWS, SEED, Band, Evaluator, identity_nodes, moved_by

Array = npt.NDArray[np.float64]
Edge = tuple[str, str]  # child, parent


@dataclass(frozen=True)
class Influence:
    """One influence edge of a tree: metrics of child and parent."""

    child: Node
    parent: Node

    @property
    def edge(self) -> Edge:
        """What an elasticity is stated for."""
        return (self.child.metric, self.parent.metric)


@dataclass(frozen=True)
class Reached:
    """`moved`: new value of every arithmetic node that beliefs move, at the middle of their elasticities.

    `band`: where the root lands in 80 % of the draws, None when nothing is moved or an elasticity has no error.
    """

    moved: dict[str, float]
    band: Band | None = None


def influences(root: Node) -> tuple[Influence, ...]:
    """Every influence edge of the tree, parents first; a pair drawn twice counts once."""
    found: dict[Edge, Influence] = {}

    def visit(node: Node) -> None:
        for child in node.children:
            if child.edge == "influence":
                found.setdefault((child.metric, node.metric), Influence(child, node))
            visit(child)

    visit(root)
    return tuple(found.values())


def reached(
    root: Node,
    values: Values,
    moved: Mapping[str, float],
    stated: Mapping[Edge, Elasticity],
    shares: frozenset[str] = frozenset(),
    also: Mapping[str, float] | None = None,
) -> Reached:
    """What moved influences do to the arithmetic nodes of the tree.

    `values`: current value per metric, influences too; `moved`: new value per influence; `shares`: metrics that stay
    below one; `also`: levers moved by hand: a belief about such a metric is left aside, a belief about a node above it
    comes on top. An influence that is zero or unknown now passes nothing.
    """
    edges = [i for i in influences(root) if i.edge in stated]
    board = _Board(Evaluator(root, values), dict(also or {}), shares)
    below = {i.parent.metric for i in edges}
    targets = [n.metric for n in reversed(identity_nodes(root)) if n.metric in below]
    order = [name for name in dict.fromkeys(targets) if name not in board.held]
    middle = {edge: np.array([e.value]) for edge, e in stated.items()}
    steps = {name: _step(name, moved, values, edges, middle, ()) for name in order}
    point, centre = board.settle({name: float(row[0]) for name, row in steps.items()})
    if not point or centre is None or all(stated[i.edge].error == 0 for i in edges):
        return Reached(point)
    rng = np.random.default_rng(SEED)
    drawn = {edge: rng.normal(e.value, e.error, DRAWS) for edge, e in stated.items()}
    rows = {name: _step(name, moved, values, edges, drawn, ()) for name in order if steps[name].any()}
    roots = [board.settle({name: float(row[k]) for name, row in rows.items()})[1] for k in range(DRAWS)]
    known = [r for r in roots if r is not None]
    if len(known) < DRAWS:
        return Reached(point)
    low, high = (float(x) for x in np.percentile(known, BAND))
    return Reached(point, Band(low, centre, high))


@dataclass(frozen=True)
class _Board:
    """The arithmetic under the hand-moved levers, and which metrics are shares."""

    evaluator: Evaluator
    held: dict[str, float]
    shares: frozenset[str]

    def settle(self, steps: Mapping[str, float]) -> tuple[dict[str, float], float | None]:
        """Nodes moved by their steps (given children first) on top of what moved below them, and the root then."""
        done: dict[str, float] = {}
        for name, step in steps.items():
            now = self.evaluator({**self.held, **done}).get(name) if step else None
            if now is not None and now > 0:
                done[name] = moved_by(now, step, name in self.shares)
        return done, self.evaluator({**self.held, **done})[self.evaluator.root.metric]


def _step(
    name: str,
    moved: Mapping[str, float],
    values: Values,
    edges: list[Influence],
    elasticities: Mapping[Edge, Array],
    path: tuple[str, ...],
) -> Array:
    """d ln of a metric: its own move, else the sum over what is believed to move it."""
    now, then = values.get(name), moved.get(name)
    if then is not None:
        known = now is not None and now > 0 and then > 0
        return np.array([math.log(then / now)]) if known and now else np.zeros(1)
    total = np.zeros(1)
    for influence in edges:
        child, parent = influence.edge
        if parent == name and child not in path:
            below = _step(child, moved, values, edges, elasticities, (*path, name))
            total = total + elasticities[influence.edge] * below
    return total


def needed_below(
    growth: Mapping[str, float], root: Node, values: Values, stated: Mapping[Edge, Elasticity]
) -> dict[Edge, float | None]:
    """What each influence alone must become for its parent to grow by ln `growth`: value, None without an elasticity.

    g_child = g_parent / elasticity (methods.md 2); only edges whose parent grows and whose child has a value.
    """
    found: dict[Edge, float | None] = {}
    for influence in influences(root):
        child, parent = influence.edge
        now = values.get(child)
        if growth.get(parent) and now is not None and now > 0:
            step = below_influence(growth[parent], stated.get(influence.edge))
            found[influence.edge] = None if step is None else now * math.exp(step)
    return found
