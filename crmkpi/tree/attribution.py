"""Attribution: the change of the root, split over the leaves of a tree so that the parts add up exactly.

Every node gets a multiplier (the root 1); a part is multiplier x the node's own change, in units of the root. The
multiplier is also the answer to "what is one more unit here worth up there". Only identities take part; influence
edges are belief and get nothing. Formulas and sources: see `terms`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from crmkpi.catalog.trees import Node
from crmkpi.formula import Formula
from crmkpi.tree.terms import Term, term

Values = Mapping[str, float | None]
# an identity that misses the node's own value by more than this (relative) is not an identity on these data
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Attribution:
    """The split of the root's change.

    contributions: node id -> part of the root's change, in root units; a branch = the sum of its leaves.
    multipliers: node id -> root units per unit of the node. leaves: ids whose contributions add up to the change.
    change: the root's change, None when the root is unknown in a period (then nothing is split).
    residual: largest |identity(children) - own value| over the tree and both periods, relative to the values.
    folded: ids whose identity could not be used: the identity does not hold, or a child is unknown.
    """

    contributions: dict[str, float]
    multipliers: dict[str, float]
    leaves: tuple[str, ...]
    change: float | None
    method: str = "lmdi"
    residual: float | None = None
    folded: tuple[str, ...] = ()

    @property
    def sum_of_leaves(self) -> float | None:
        """Sum of the leaves' parts; None when nothing was split."""
        if not self.leaves:
            return None
        return math.fsum(self.contributions[leaf] for leaf in self.leaves)


@dataclass
class _Walk:
    """What the walk down the tree gathers."""

    before: Values
    after: Values
    contributions: dict[str, float] = field(default_factory=dict)
    multipliers: dict[str, float] = field(default_factory=dict)
    leaves: list[str] = field(default_factory=list)
    folded: list[str] = field(default_factory=list)
    residuals: list[float] = field(default_factory=list)
    shapley: bool = False


def attribute(formula: Formula, before: Values, after: Values) -> dict[str, float] | None:
    """Parts of the change of one formula by its names; they add up to the change.

    A name unknown in one period takes its value of the other (an undefined rate did not move, methods.md 1).
    None when the formula has no value in a period.

    >>> parts = attribute(Formula("a * b"), {"a": 2, "b": 3}, {"a": 2, "b": 5})
    >>> parts["a"], round(parts["b"], 12)
    (0.0, 4.0)
    """
    pairs = {name: filled(before.get(name), after.get(name)) for name in formula.names}
    whole = _term(formula, pairs)
    if whole.before is None or whole.after is None:
        return None
    slopes: dict[str, float] = {}
    whole.push(1.0, slopes)
    return {name: _part(slopes.get(name, 0.0), pair) for name, pair in pairs.items()}


def attribute_tree(root: Node, before: Values, after: Values) -> Attribution:
    """Split the root's change over the identity leaves of the tree.

    `before` and `after` hold a value per metric id (None or absent = unknown). A node is treated as a leaf when
    one of its identity children has no value in either period, or when the identity misses the node's own value.
    Parts of the leaves add up to the root's change to rounding; an unchanged leaf gets exactly 0.
    """
    walk = _Walk(before, after)
    a, b = before.get(root.metric), after.get(root.metric)
    if a is None or b is None or root.identity is None:
        change = None if a is None or b is None else b - a
        return Attribution({}, {}, (), change)
    _visit(root, 1.0, walk)
    return Attribution(
        contributions=walk.contributions,
        multipliers=walk.multipliers,
        leaves=tuple(walk.leaves),
        change=b - a,
        method="shapley" if walk.shapley else "lmdi",
        residual=max(walk.residuals, default=None),
        folded=tuple(walk.folded),
    )


def filled(a: float | None, b: float | None) -> tuple[float | None, float | None]:
    """A value unknown in one period takes that of the other: an undefined 0/0 rate did not change."""
    return (b if a is None else a, a if b is None else b)


def _term(formula: Formula, pairs: Mapping[str, tuple[float | None, float | None]]) -> Term:
    return term(formula, {n: p[0] for n, p in pairs.items()}, {n: p[1] for n, p in pairs.items()})


def _part(multiplier: float, pair: tuple[float | None, float | None]) -> float:
    a, b = pair
    if a is None or b is None or a == b:
        return 0.0
    return multiplier * (b - a) + 0.0  # no minus zero


def _visit(node: Node, multiplier: float, walk: _Walk) -> float:
    """Walk down one branch; returns the branch's part, the sum of its leaves."""
    own = filled(walk.before.get(node.metric), walk.after.get(node.metric))
    walk.multipliers[node.id] = multiplier
    slopes = _slopes(node, own, walk)
    if slopes is None:
        walk.leaves.append(node.id)
        part = _part(multiplier, own)
    else:
        part = math.fsum(
            _visit(child, multiplier * slopes.get(child.metric, 0.0), walk) for child in node.drivers
        )
    walk.contributions[node.id] = part
    return part


def _slopes(node: Node, own: tuple[float | None, float | None], walk: _Walk) -> dict[str, float] | None:
    """Multiplier of each identity child per unit of this node; None when the node has to be a leaf."""
    if node.identity is None:
        return None
    formula = Formula(node.identity)
    nothing = 0.0 if own == (0, 0) else None  # a rate of nobody, both times: nothing happened here
    pairs = {c.metric: _driver(c.metric, nothing, walk) for c in node.drivers}
    whole = _term(formula, pairs)
    misses = [
        _miss(value, mine, whole.size) for value, mine in zip((whole.before, whole.after), own, strict=True)
    ]
    known = all(walk.before.get(n) is not None and walk.after.get(n) is not None for n in formula.names)
    if known and None not in misses:
        walk.residuals += [miss for miss in misses if miss is not None]
    if any(miss is None or miss > TOLERANCE for miss in misses):
        walk.folded.append(node.id)
        return None
    slopes: dict[str, float] = {}
    whole.push(1.0, slopes)
    walk.shapley = walk.shapley or whole.uses_shapley
    return slopes


def _driver(metric: str, nothing: float | None, walk: _Walk) -> tuple[float | None, float | None]:
    a, b = filled(walk.before.get(metric), walk.after.get(metric))
    return (nothing, nothing) if a is None else (a, b)


def _miss(value: float | None, own: float | None, size: float) -> float | None:
    """Relative distance of the identity from the node's own value; None when one of them is unknown."""
    if value is None or own is None:
        return None
    scale = max(abs(own), abs(value), size)
    return abs(value - own) / scale if scale > 0 else 0.0
