"""Proof: whether a formula of a tree really gives the node's own value, on the project's own data.

A formula that misses in one complete period is refused, and the period is the reason: what the node is, what the
formula gives, and the difference. Where no period has both values nothing is proven, and the caller says so.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crmkpi.catalog.metric import Texts, metrics
from crmkpi.catalog.trees import Node
from crmkpi.engine.available import available
from crmkpi.engine.data import DataDir
from crmkpi.engine.dimensions import Where
from crmkpi.engine.evaluate import evaluate
from crmkpi.errors import CrmKpiError
from crmkpi.formula import Formula
from crmkpi.i18n import Quantity
from crmkpi.periods import Period, parse_period
from crmkpi.tree.coverage import computable

# beyond rounding of the last digits, relative to the values
TOLERANCE = 1e-9
ROUNDING = 1e-12
GRAIN = "month"


class BrokenIdentityError(CrmKpiError):
    """A formula that the data contradict: `node`, `formula`, `period`, `left`, `right`, `difference`."""

    code = "broken_identity"


@dataclass(frozen=True)
class CounterExample:
    """A complete period in which a formula misses: the node's own value, what the formula gives, and right - left."""

    node: Texts
    metric: str
    period: Period
    left: float
    right: float

    @property
    def difference(self) -> float:
        """What the formula gives beyond the node's own value."""
        return self.right - self.left


@dataclass(frozen=True)
class Proof:
    """What the data say: in how many periods both sides are known, and the worst miss (None: it holds in all)."""

    periods: int
    counter: CounterExample | None


def proof(data: DataDir, node: Node, where: Sequence[Where] = ()) -> Proof:
    """Compare a node's own value with its formula in every complete month of the data.

    The counter-example is the period with the largest miss relative to the value. A node without a formula, or with
    a part that the data cannot feed, is not proven: zero periods.
    """
    if node.identity is None:
        return Proof(0, None)
    formula = Formula(node.identity)
    names = [node.metric, *formula.names]
    gaps = available(data)
    if not all(computable(name, gaps) for name in names):
        return Proof(0, None)
    rows = (
        evaluate(data, names, GRAIN, where=where).rows.filter("complete").select("period", "metric", "value")
    )
    values: dict[str, dict[str, float | None]] = {}
    for period, metric, value in rows.iter_rows():
        values.setdefault(period, {})[metric] = value
    known, worst, counter = 0, 0.0, None
    for period, env in values.items():
        left, right = env.get(node.metric), formula.value(env)
        if left is None or right is None:
            continue
        known += 1
        if math.isclose(left, right, rel_tol=TOLERANCE, abs_tol=_rounding(formula, env)):
            continue
        miss = abs(right - left) / max(abs(left), abs(right))
        if miss > worst:
            worst = miss
            counter = CounterExample(node.label, node.metric, parse_period(period), left, right)
    return Proof(known, counter)


def _rounding(formula: Formula, env: Mapping[str, float | None]) -> float:
    """What may be lost to rounding where large terms cancel: only sums and differences lose digits so."""
    tree = formula.tree
    if not (isinstance(tree, ast.BinOp) and isinstance(tree.op, (ast.Add, ast.Sub))):
        return 0.0
    return ROUNDING * max((abs(env.get(name) or 0.0) for name in formula.names), default=0.0)


def prove(data: DataDir, root: Node, node_id: str) -> Proof:
    """The proof of one node of a tree; a formula that misses is a BrokenIdentityError with the counter-example."""
    node = root.find(node_id)
    if node is None:
        return Proof(0, None)
    found = proof(data, node)
    if found.counter is not None:
        unit = metrics()[node.metric].unit
        raise BrokenIdentityError(
            node=node.label,
            formula=node.identity,
            period=found.counter.period,
            left=Quantity(found.counter.left, unit),
            right=Quantity(found.counter.right, unit),
            difference=Quantity(found.counter.difference, unit),
        )
    return found
