"""What a column or a table that is not there yet would unlock: «добавьте себестоимость — увидите маржу и ROMI».

Which columns a metric needs stands in the catalogue and in the measures; nothing is listed here a second time.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from crmkpi.catalog import Metric, metrics
from crmkpi.catalog.in_force import per_catalogue
from crmkpi.catalog.metric import PERIOD_NAMES
from crmkpi.catalog.trees import LEVELS
from crmkpi.engine.available import UNLOCKS
from crmkpi.engine.sources import PHYSICAL
from crmkpi.formula import Formula
from crmkpi.i18n import Words
from crmkpi.measures import MEASURES, REDUCTION_OF, REDUCTIONS
from crmkpi.tables import TABLES
from crmkpi.views.columns import column_name, table_name

NAMED, MOST = 4, 5
# what a file of lines gives of the orders that it is made of
OF_LINES = ("order_id", "customer_id", "ordered_at", "amount")
# a margin typed by hand stands in for the cost of goods
TYPED_MARGIN = "orders.cogs|order_lines.unit_cost"
Needs = frozenset[str]


@dataclass(frozen=True)
class Unlock:
    """One thing to add: the printed column or table, and the metrics that it makes possible."""

    what: str
    metrics: str
    count: int


def unlocks(table: str, mapped: Iterable[str], beside: Iterable[str], t: Words) -> tuple[Unlock, ...]:
    """Optional columns of a table that would make metrics possible, the most useful first.

    `mapped`: canonical columns of this table that the file has; `beside`: `table.column` of the other files.
    """
    have = known_columns({*beside, *(f"{table}.{c}" for c in mapped)})
    lacking = {m.id: needs for m in metrics().values() if (needs := _needs(m.id, have))}
    found = []
    for column in TABLES[table].columns:
        full = f"{table}.{column.name}"
        if full not in have:
            after = have | {full}
            new = [metrics()[i] for i in lacking if full in _named(lacking[i]) and not _needs(i, after)]
            found.append(_unlock(column_name(column.name, t, table), new, t))
    return _best(found)


def table_unlocks(have: Iterable[str], t: Words) -> tuple[Unlock, ...]:
    """Tables that are not there at all and what their files would make possible."""
    have = known_columns(have)
    tables = {full.partition(".")[0] for full in have}
    before = {m.id for m in metrics().values() if not _needs(m.id, have) and _needs(m.id, have) is not None}
    found = []
    for name, table in TABLES.items():
        if name not in tables and name != "dated_values":
            after = known_columns(have | {f"{name}.{c}" for c in table.names})
            new = [m for m in metrics().values() if m.id not in before and _needs(m.id, after) == frozenset()]
            found.append(_unlock(table_name(name, t), new, t))
    return _best(found)


def known_columns(have: Iterable[str]) -> frozenset[str]:
    """The given columns and those that sales tables are made with: orders of a line file, returns of orders."""
    found = set(have)
    tables = {full.partition(".")[0] for full in found}
    if "order_lines" in tables and "orders" not in tables:
        found |= {f"orders.{c}" for c in OF_LINES}
    return frozenset(found)


def _best(found: Sequence[Unlock]) -> tuple[Unlock, ...]:
    useful = [one for one in found if one.count]
    return tuple(sorted(useful, key=lambda one: -one.count)[:MOST])


def _unlock(what: str, new: Sequence[Metric], t: Words) -> Unlock:
    ranked = sorted(new, key=_rank)
    names = ", ".join(t("tree.quoted", name=m.label[t.lang]) for m in ranked[:NAMED])
    more = len(ranked) - NAMED
    return Unlock(what, names if more <= 0 else t("data_ui.and_more", names=names, n=more), len(ranked))


def _rank(metric: Metric) -> tuple[bool, int, str]:
    place = LEVELS.index(metric.level) if metric.level in LEVELS else len(LEVELS)
    return metric.kind != "kpi", place, metric.id


def _named(needs: Needs) -> set[str]:
    return {one for need in needs for one in need.split("|")}


@per_catalogue
def _needs(name: str, have: frozenset[str]) -> Needs | None:
    """What a metric or measure lacks; empty when it can be had, None when no column would help."""
    if name in MEASURES:
        return _needs_of_measure(name, have)
    metric = metrics().get(name)
    if metric is None:
        return _needs_of_period(name) if name in PERIOD_NAMES else None
    own = _absent(metric.requires, have)
    if metric.status != "ready":
        return None
    if metric.cohort or metric.text is None:
        return _joined([own, _needs("revenue_base", have)])
    return _joined([own, _node(Formula(metric.text).tree, have)])


def _needs_of_period(name: str) -> Needs:
    return frozenset({TYPED_MARGIN}) if name == "typed_margin" else frozenset()


def _needs_of_measure(name: str, have: frozenset[str]) -> Needs:
    measure = MEASURES[name]
    tables = REDUCTIONS[REDUCTION_OF[name]].tables if name in REDUCTION_OF else (measure.table,)
    here = {full.partition(".")[0] for full in have}
    here |= {"returns"} if "orders" in here else set()
    absent = [t for t in tables if not here & set(PHYSICAL[t])]
    own = _absent(measure.requires, have)
    return own or frozenset("|".join(UNLOCKS[p] for p in PHYSICAL[t]) for t in absent)


def _absent(requires: Iterable[str], have: frozenset[str]) -> Needs:
    return frozenset(need for need in requires if not have & set(need.split("|")))


def _node(node: ast.expr, have: frozenset[str]) -> Needs | None:
    """A formula needs all its names, but of `coalesce` only the argument that lacks least."""
    if isinstance(node, ast.Name):
        return _needs(node.id, have)
    if isinstance(node, ast.Call):
        parts = [_node(a, have) for a in node.args]
        if isinstance(node.func, ast.Name) and node.func.id == "coalesce":
            return min((p for p in parts if p is not None), key=len, default=None)
        return _joined(parts)
    return _joined([_node(n, have) for n in ast.iter_child_nodes(node) if isinstance(n, ast.expr)])


def _joined(parts: Sequence[Needs | None]) -> Needs | None:
    if any(p is None for p in parts):
        return None
    return frozenset().union(*(p for p in parts if p is not None))
