"""Explain: one template on the project's data, two periods, and what every node did to the root's change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from crmkpi.catalog.metric import metrics
from crmkpi.catalog.trees import Node, TreeTemplate
from crmkpi.catalog.trees import template as template_of
from crmkpi.engine.available import available, chosen
from crmkpi.engine.data import DataDir
from crmkpi.engine.dimensions import Where
from crmkpi.engine.evaluate import evaluate_periods
from crmkpi.engine.result import Result
from crmkpi.errors import CrmKpiError
from crmkpi.i18n import Words
from crmkpi.periods import Coverage, Period, parse_period
from crmkpi.tree.attribution import Attribution, Values, attribute_tree
from crmkpi.tree.coverage import Gaps, chosen_root, computable, template_list
from crmkpi.tree.opening import coverage_of, like_for_like, nearest_complete, opening, partner
from crmkpi.tree.shown import MissingNode, ShownNode, fold_missing, missing_nodes, shown_nodes

Hidden = frozenset[str]
__all__ = ["Explained", "compared", "explain", "explained", "last_day", "template_list"]


class IncompletePeriodError(CrmKpiError):
    """A period without all its days: `period`, `nearest` (complete ones), `first`, `last` day of the data."""

    code = "incomplete_period"


class PeriodOutsideDataError(CrmKpiError):
    """A period without a single day of data: `period`, `first`, `last` day of the data."""

    code = "period_outside_data"


class GrainMismatchError(CrmKpiError):
    """Two periods of different grain cannot be compared: `period`, `vs`."""

    code = "grain_mismatch"


class NothingToCompareError(CrmKpiError):
    """No complete period to compare this one with: `period`, `first`, `last` day of the data."""

    code = "nothing_to_compare"


@dataclass(frozen=True)
class Explained:
    """A tree with two periods. `drawn`: the template's nodes with the identities that the data can use.

    planned: `before` is the plan of the period, and `vs` the period itself.
    reason: why the change is not split, None when it is. no_identity (the root has no arithmetic), root_unknown (no
    value in a period), root_missing (the data cannot give the root), drivers_missing, not_comparable (its drivers
    are unknown in a period).
    """

    template: str
    root: str
    unit: str
    period: Period
    vs: Period
    nodes: tuple[ShownNode, ...]
    missing: tuple[MissingNode, ...]
    attribution: Attribution
    reason: str | None
    drawn: Node
    to_date: bool = False
    planned: bool = False

    @property
    def top(self) -> ShownNode:
        """The root as shown."""
        return self.nodes[0]

    @property
    def table(self) -> str:
        """Prepared table whose days date the root."""
        return _table(self.drawn.metric)

    @property
    def split(self) -> bool:
        """Whether the root's change is split over the tree."""
        return bool(self.attribution.leaves)

    @property
    def moved_together(self) -> tuple[ShownNode, ...]:
        """Influences with values in both periods: they moved too, and get no part of the change."""
        return tuple(n for n in self.nodes if n.edge == "influence" and n.change is not None)

    def children(self, node_id: str) -> tuple[ShownNode, ...]:
        """Shown children of a node."""
        return tuple(node for node in self.nodes if node.parent == node_id)

    def as_dict(self, lang: str = "ru") -> dict[str, Any]:
        """The JSON of `crmkpi tree` (cli.md)."""
        words = Words(lang)
        split = self.attribution
        checks = {
            "identity_residual": split.residual,
            "sum_of_leaf_contributions": split.sum_of_leaves,
            "root_change": split.change,
        }
        return {
            "template": self.template,
            "period": self.period.text,
            "vs": self.vs.text,
            "to_date": self.to_date,
            "root": self.root,
            "nodes": [node.as_dict(words) for node in self.nodes],
            "missing": [node.as_dict(words) for node in self.missing],
            "checks": checks if self.split else None,
            "method": split.method if self.split else None,
            "reason": self.reason,
            "message": None if self.reason is None else words(f"why.{self.reason}"),
        }


def explain(
    data: DataDir,
    template: str | TreeTemplate,
    period: Period | str | None = None,
    vs: Period | str | None = None,
    where: Sequence[Where] = (),
    hidden: Hidden = frozenset(),
    to_date: bool = False,
    root: str | None = None,
) -> Explained:
    """Values of a tree in two periods and the exact split of the root's change.

    `template`: id or a tree of one's own; `period`, `vs`: periods of one grain (default: the opening view);
    `hidden`: ids of nodes the user does not want to see, their part goes to "other"; `to_date`: an incomplete
    period is compared over its first days with the same number of days of the other; `root`: another root of the
    template. Errors: UnknownTreeError, UnknownMetricError (in a tree of one's own), GrainMismatchError,
    IncompletePeriodError, PeriodOutsideDataError, NothingToCompareError and those of the engine.
    """
    tree = template if isinstance(template, TreeTemplate) else template_of(template)
    chosen([node.metric for node in tree.root.walk()])
    gaps = available(data)
    top = tree.with_root(root) if root else chosen_root(tree, gaps)
    now, then = compared(data, _table(top.metric), period, vs, to_date)
    wanted = sorted({node.metric for node in top.walk() if computable(node.metric, gaps)})
    result = evaluate_periods(data, wanted, [then, now], where=where)
    return explained(tree.id, top, now, then, gaps, result, hidden, to_date)


def explained(
    name: str,
    root: Node,
    period: Period,
    vs: Period,
    gaps: Gaps,
    result: Result,
    hidden: Hidden = frozenset(),
    to_date: bool = False,
) -> Explained:
    """The same from values that are already there (the engine's result for both periods).

    A metric that a filter cannot reach (the result says so) is missing like one without columns.
    """
    gaps = {**gaps, **{lack.metric: lack for lack in result.unavailable}}
    before = {m: result.value(m, vs.text) for m in _known(root, gaps)}
    after = {m: result.value(m, period.text) for m in _known(root, gaps)}
    found = between(name, root, period, vs, gaps, before, after, hidden, _warnings(result))
    return replace(found, to_date=to_date and "window" in (period.grain, vs.grain))


def between(
    name: str,
    root: Node,
    period: Period,
    vs: Period,
    gaps: Gaps,
    before: Values,
    after: Values,
    hidden: Hidden = frozenset(),
    warnings: Mapping[str, tuple[str, ...]] | None = None,
) -> Explained:
    """The same from two sets of values by metric id: of two periods, or a plan and what came of it."""
    usable = fold_missing(root, gaps)
    split = attribute_tree(usable, before, after)
    return Explained(
        template=name,
        root=root.id,
        unit=metrics()[root.metric].unit,
        period=period,
        vs=vs,
        nodes=shown_nodes(usable, before, after, split, gaps, hidden, warnings),
        missing=missing_nodes(root, gaps),
        attribution=split,
        reason=_reason(root, usable, split, gaps),
        drawn=usable,
    )


def compared(
    data: DataDir,
    table: str,
    period: Period | str | None,
    vs: Period | str | None,
    to_date: bool = False,
) -> tuple[Period, Period]:
    """The two periods to compare, checked: of one grain, inside the data, complete or cut like for like."""
    now = parse_period(period) if isinstance(period, str) else period
    then = parse_period(vs) if isinstance(vs, str) else vs
    covered = coverage_of(data, table)
    if now is None:
        if to_date:
            now = _running(covered)
        else:
            opened = opening(data, table)
            now, then = opened.period, then or opened.vs
    if then is None:
        then = partner(covered, now)
        if then is None:
            raise NothingToCompareError(period=now.text, first=covered.first, last=covered.last)
    if now.grain != then.grain:
        raise GrainMismatchError(period=now.text, vs=then.text)
    for one in (now, then):
        _check(covered, one, to_date)
    return like_for_like(covered, now, then) if to_date else (now, then)


def _running(covered: Coverage) -> Period:
    """The month that holds the last day of the data."""
    return parse_period(f"{covered.last:%Y-%m}")


def _check(covered: Coverage, period: Period, to_date: bool) -> None:
    if period.last < covered.first or period.first > covered.last:
        raise PeriodOutsideDataError(period=period.text, first=covered.first, last=covered.last)
    cut_at_the_end = period.first >= covered.first
    if not covered.complete(period) and not (to_date and cut_at_the_end):
        nearest = ", ".join(p.text for p in nearest_complete(covered, period)) or "—"
        raise IncompletePeriodError(
            period=period.text, nearest=nearest, first=covered.first, last=covered.last
        )


def _table(metric: str) -> str:
    known = metrics().get(metric)
    return known.table if known is not None else "orders"


def _known(root: Node, gaps: Gaps) -> set[str]:
    return {node.metric for node in root.walk() if computable(node.metric, gaps)}


def _warnings(result: Result) -> dict[str, tuple[str, ...]]:
    """Warnings per metric over both periods, each once, in the order of the rows."""
    found: dict[str, dict[str, None]] = {}
    for metric, codes in result.rows.select("metric", "warnings").iter_rows():
        found.setdefault(metric, {}).update(dict.fromkeys(codes or ()))
    return {metric: tuple(codes) for metric, codes in found.items()}


def _reason(root: Node, usable: Node, split: Attribution, gaps: Gaps) -> str | None:
    if not computable(root.metric, gaps):
        return "root_missing"
    if root.identity is None:
        return "no_identity"
    if split.change is None:
        return "root_unknown"
    if usable.identity is None:
        return "drivers_missing"
    return "not_comparable" if root.id in split.folded else None


def last_day(data: DataDir, metric: str) -> date:
    """The last day with data of the table that dates a metric: the product's today."""
    return coverage_of(data, _table(metric)).last
