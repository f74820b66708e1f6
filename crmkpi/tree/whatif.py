"""What if: move any node of the tree and evaluate the identities above it again, exactly.

Influences are belief: a moved child shifts its parent by an elasticity, with a band that shows how little is known
(methods.md 3).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from crmkpi.catalog.trees import Node
from crmkpi.errors import CrmKpiError
from crmkpi.formula import Formula
from crmkpi.tree.attribution import Attribution, Values, attribute_tree

DRAWS = 2000
SEED = 20121
BAND = (10.0, 90.0)  # the 80 % band


class NotInTreeError(CrmKpiError):
    """A metric to be moved is not an identity node of the tree: `name`, `known`."""

    code = "not_in_tree"


@dataclass(frozen=True)
class WhatIf:
    """Values of every identity node by metric id before and after the move, and the split of the root's change.

    beyond: moved metrics that leave the range seen so far (above the 95th percentile of history).
    """

    before: dict[str, float | None]
    after: dict[str, float | None]
    split: Attribution
    beyond: tuple[str, ...] = ()

    def change(self, metric: str) -> float | None:
        """After minus before; None while one of them is unknown."""
        a, b = self.before.get(metric), self.after.get(metric)
        return None if a is None or b is None else b - a


def identity_nodes(root: Node) -> list[Node]:
    """The root and everything that hangs on it by identities alone, parents first."""
    found = [root]
    for child in root.drivers:
        found += identity_nodes(child)
    return found


class Evaluator:
    """The identities of a tree at given base values, ready to be evaluated again and again.

    A node whose identity does not hold at the base values (or is not complete) counts as a leaf. A node with
    nothing moved below it keeps its own value to the last bit.
    """

    def __init__(self, root: Node, values: Values) -> None:
        self.root, self.values = root, values
        folded = set(attribute_tree(root, values, values).folded)
        self._formulas = {
            node.id: Formula(node.identity)
            for node in identity_nodes(root)
            if node.identity is not None and node.id not in folded
        }
        self.leaves = tuple(dict.fromkeys(node.metric for node in self._reach(root) if self._is_leaf(node)))

    def _is_leaf(self, node: Node) -> bool:
        return node.id not in self._formulas

    def _reach(self, node: Node) -> list[Node]:
        found = [node]
        if not self._is_leaf(node):
            for child in node.drivers:
                found += self._reach(child)
        return found

    def __call__(self, moved: Values) -> dict[str, float | None]:
        """Value of every identity node by metric when the metrics of `moved` have the given values."""
        out: dict[str, float | None] = {}
        self._value(self.root, moved, out)
        return out

    def _value(self, node: Node, moved: Values, out: dict[str, float | None]) -> bool:
        """Fill `out` for the branch; whether anything in it differs from the base values."""
        changed = [self._value(child, moved, out) for child in node.drivers]
        own = self.values.get(node.metric)
        if node.metric in moved:
            out[node.metric] = moved[node.metric]
            return moved[node.metric] != own
        formula = self._formulas.get(node.id)
        if formula is None or not any(changed):
            out[node.metric] = own
            return False
        out[node.metric] = formula.value({child.metric: out[child.metric] for child in node.drivers})
        return True


def what_if(
    root: Node, values: Values, moved: Mapping[str, float], high: Mapping[str, float] | None = None
) -> WhatIf:
    """Set metrics of the tree to new values and evaluate everything above them.

    `values`: current value per metric id; `moved`: new value per metric id, leaves or inner nodes (an inner node
    overrides its own children); `high`: the 95th percentile of each metric's history, to warn beyond it. The split
    adds up to the root's change. A metric outside the identities of the tree is a NotInTreeError.
    """
    known = {node.metric for node in identity_nodes(root)}
    strangers = [name for name in moved if name not in known]
    if strangers:
        raise NotInTreeError(name=", ".join(strangers), known=", ".join(sorted(known)))
    evaluator = Evaluator(root, values)
    before, after = evaluator({}), evaluator(moved)
    split = attribute_tree(_cut(root, set(moved)), before, after)
    beyond = tuple(name for name, value in moved.items() if high and name in high and value > high[name])
    return WhatIf(before, after, split, beyond)


def _cut(node: Node, moved: set[str]) -> Node:
    """The tree with every moved node as a leaf: its own children did not bring the change."""
    if node.metric in moved:
        return node.model_copy(update={"identity": None, "children": ()})
    return node.model_copy(update={"children": tuple(_cut(child, moved) for child in node.children)})


@dataclass(frozen=True)
class Band:
    """Middle and 80 % band of a value."""

    low: float
    middle: float
    high: float


def influence_band(
    parent: float,
    child_before: float,
    child_after: float,
    elasticity: float,
    error: float,
    *,
    share: bool = False,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Band | None:
    """Where a parent may land when a child it is believed to depend on moves.

    d ln(parent) = e d ln(child), e drawn from a normal of mean `elasticity` and standard error `error`; a `share`
    moves on the logit scale by the same first-order step, so it stays inside 0..1. The band holds 80 % of the
    draws. None where a logarithm does not exist (a value of zero or below, a share of one).
    """
    if child_before <= 0 or child_after <= 0 or parent <= 0 or (share and parent >= 1):
        return None
    step = math.log(child_after / child_before)
    drawn = np.random.default_rng(seed).normal(elasticity, error, draws) * step
    low, high = (float(x) for x in np.percentile(drawn, BAND))
    return Band(*(moved_by(parent, x, share) for x in (low, elasticity * step, high)))


def moved_by(value: float, step: float, share: bool) -> float:
    """A positive value moved by a step of its logarithm; a `share` by the same first-order step on the logit scale."""
    if not share:
        return value * math.exp(step)
    logit = math.log(value / (1.0 - value)) + step / (1.0 - value)
    return 1.0 / (1.0 + math.exp(-logit))
