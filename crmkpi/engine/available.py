"""Which metrics the data can feed, and what is missing for the others. Reads the meta and table headers only."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field

from crmkpi.catalog.metric import PERIOD_NAMES, Metric, metrics
from crmkpi.engine import facts, send_rows
from crmkpi.engine.data import DataDir
from crmkpi.engine.dimensions import Where, way
from crmkpi.engine.prepare import WHOLE_ORDER
from crmkpi.engine.result import Unavailable
from crmkpi.engine.sheet import NEEDS, catalogue_of, sheet_names
from crmkpi.engine.sheet import TABLE as SHEET
from crmkpi.engine.slots import coverage_of
from crmkpi.engine.sources import PHYSICAL
from crmkpi.errors import CrmKpiError
from crmkpi.formula import Formula
from crmkpi.measures import MEASURES, REDUCTION_OF, REDUCTIONS, Measure

SHEET_COLUMN = NEEDS[0]
# tables read without filter and split: any dimension is fine
FREE = {"company", "offers", "members", "purchases", "everyone_visits", "reminders", "groups_any"}
# measures that need the margin of each order
OF_MARGIN = {"cac_payback", "winback_campaigns_successful"}
# the column to ask for when a whole table is missing
UNLOCKS = {
    "orders": "orders.amount",
    "order_lines": "order_lines.quantity",
    "returns": "orders.refund",
    "costs": "costs.amount",
    "messages": "messages.sent_at",
    "campaigns": "campaigns.sent",
    "customers": "customers.customer_id",
    "leads": "leads.lead_id",
    "tickets": "tickets.ticket_id",
    "surveys": "surveys.score",
    "loyalty_points": "loyalty_points.points",
    "ads": "ads.cost",
    "sessions": "sessions.session_id",
    "subscriptions": "subscriptions.mrr",
    "dated_values": "dated_values.metric",
}


# what a message earned: as its export says, else by the last click before an order
OWN_ATTRIBUTION, CLICKS = "messages.revenue", frozenset({"messages.clicked", "messages.clicked_at"})


class UnknownMetricError(CrmKpiError):
    """The catalogue has no such metric: `name`, `near`."""

    code = "unknown_metric"


@dataclass
class Lack:
    """What keeps a name from having a value."""

    columns: dict[str, None] = field(default_factory=dict)
    reason: str = "missing_columns"


def chosen(ids: Sequence[str] | None, data: DataDir | None = None) -> list[Metric]:
    """Metrics by id, all for None, with the user's own ones of these data; UnknownMetricError names the nearest."""
    known = metrics() if data is None else catalogue_of(data)
    if ids is None:
        return list(known.values())
    for name in ids:
        if name not in known:
            near = difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)
            raise UnknownMetricError(name=name, near=", ".join(near) or "—")
    return [known[name] for name in dict.fromkeys(ids)]


class Availability:
    """Answers for one data set, split and filter."""

    def __init__(self, data: DataDir, by: str | None = None, where: Sequence[Where] = ()) -> None:
        self.data = data
        self.dimensions = list(dict.fromkeys([*([by] if by else []), *[w.dimension for w in where]]))
        self._tables = set(data.tables())
        self._known: dict[str, Lack | None] = {}
        # metrics whose values come from a sheet; it knows no segments
        self.given: set[str] = set()
        self._sheet = set() if self.dimensions else set(sheet_names(data))
        self._metrics = catalogue_of(data)

    def of(self, metric: Metric) -> Unavailable | None:
        """None if the metric has rows, else what is missing."""
        lack = self._name(metric.id)
        return None if lack is None else Unavailable(metric.id, tuple(lack.columns), lack.reason)

    def has(self, name: str) -> bool:
        """Whether a measure or metric can be had."""
        return self._name(name) is None

    def table_of(self, metric: Metric) -> str:
        """Prepared table whose days date the metric: its own, or the sheet that feeds it."""
        own = metric.id not in self.given and coverage_of(self.data, metric.table) is not None
        return metric.table if own else SHEET

    def _name(self, name: str) -> Lack | None:
        if name not in self._known:
            self._known[name] = self._find(name)
        return self._known[name]

    def _find(self, name: str) -> Lack | None:
        metric = self._metrics.get(name)
        if metric is None:
            return self._period_name(name) if name in PERIOD_NAMES else self._measure(name)
        lack = self._rows_of(metric)
        if lack is None or name not in self._sheet:
            return lack
        self.given.add(name)
        return None

    def _rows_of(self, metric: Metric) -> Lack | None:
        """What keeps tables of rows (or counts of the sheet) from feeding a metric."""
        lack = self._columns(metric.requires)
        if metric.status == "sheet":
            return lack or Lack({SHEET_COLUMN: None})
        if lack is not None and metric.formula is not None and self._from_given(metric):
            return self._node(Formula(metric.formula).tree)
        if metric.status == "model":
            return Lack(lack.columns if lack else {}, "missing_columns" if lack else "by_model")
        if lack is not None:
            return lack
        if metric.cohort:
            return self._measure("revenue_base")
        if metric.measure is not None:
            return self._measure(metric.measure)
        assert metric.formula is not None
        return self._node(Formula(metric.formula).tree)

    def _from_given(self, metric: Metric) -> bool:
        """Whether a formula stands on numbers of the sheet, which needs no columns."""
        return any(n in self._metrics and self.has(n) and self._given_below(n) for n in metric.names)

    def _given_below(self, name: str) -> bool:
        metric = self._metrics.get(name)
        if name in self.given or metric is None:
            return name in self.given
        return any(self._given_below(n) for n in metric.names if n != name and self.has(n))

    def _node(self, node: ast.expr) -> Lack | None:
        """A formula needs all its names, but of `coalesce` only one argument."""
        if isinstance(node, ast.Name):
            return self._name(node.id)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "coalesce":
            return self._first_of(node.args)
        lacks = [self._node(n) for n in ast.iter_child_nodes(node) if isinstance(n, ast.expr)]
        real = [x for x in lacks if x is not None]
        if isinstance(node, ast.Call):
            real = [x for x in (self._node(a) for a in node.args) if x is not None]
        if not real:
            return None
        return Lack({c: None for x in real for c in x.columns}, real[0].reason)

    def _first_of(self, args: list[ast.expr]) -> Lack | None:
        """`coalesce`: the first argument that the data feed decides, whatever the split and the filter ask."""
        first: Lack | None = None
        for arg in args:
            lack = self._node(arg)
            if lack is None or lack.reason == "not_by_dimension":
                return lack
            first = first or lack
        return first

    def _measure(self, name: str) -> Lack | None:
        measure = MEASURES[name]
        tables: tuple[str, ...] = (measure.table,)
        if name in REDUCTION_OF:
            tables = REDUCTIONS[REDUCTION_OF[name]].tables
        lack = self._columns(measure.requires)
        absent = [t for t in tables if not self._tables & set(PHYSICAL[t])]
        if lack is not None or absent:
            columns = dict(lack.columns) if lack else {}
            for table in absent if not columns else ():
                columns["|".join(UNLOCKS[p] for p in PHYSICAL[table])] = None
            return Lack(columns)
        for table in tables:
            if table not in FREE and (bad := self._undivided(table)):
                return Lack({bad: None}, "not_by_dimension")
        if whole := self._of_whole_order(measure):
            return Lack({f"order_lines.{whole}": None}, "not_by_dimension")
        if name in ("known_margin", "revenue_with_cost") and (
            facts.costed_share(self.data) < facts.COSTED_SHARE
        ):
            return Lack({"orders.cogs": None}, "sparse_costs")
        if name in OF_MARGIN and facts.margin_rate(self.data) is None:
            return Lack({"orders.cogs|order_lines.unit_cost": None})
        if name == "clicked_order_revenue" and send_rows.own_attribution(self.data):
            return Lack({"messages.clicked_at": None})  # the export's own attribution counts, never both
        return None

    def _of_whole_order(self, measure: Measure) -> str | None:
        """A column of the whole order that a question about lines cannot share out among them."""
        if measure.table != "orders" or not any(
            way(self.data, "orders", d) == "lines" for d in self.dimensions
        ):
            return None
        whole = [c for c in WHOLE_ORDER if c in measure.reads]
        if "unit_cost" in self.data.columns("order_lines"):
            whole = [c for c in whole if c != "cogs"]
        return whole[0] if whole else None

    def _undivided(self, table: str) -> str | None:
        """The first dimension that no physical table behind this one can answer."""
        physical = [p for p in PHYSICAL[table] if p in self._tables]
        for dimension in self.dimensions:
            ways = {way(self.data, p, dimension) for p in physical}
            if ways <= {"none"} or (table != "orders" and table != "activity" and ways == {"lines"}):
                return f"{physical[0]}.{dimension}"
        return None

    def _columns(self, requires: Sequence[str]) -> Lack | None:
        missing: dict[str, None] = {}
        for need in requires:
            found = [o for o in need.split("|") if self.data.meta.has(*o.split(".", 1))]
            if not found:
                missing[need] = None
            elif OWN_ATTRIBUTION in need and CLICKS.issuperset(found) and "orders" not in self._tables:
                missing[UNLOCKS["orders"]] = None  # a click earns money only through an order
        return Lack(missing) if missing else None

    def _period_name(self, name: str) -> Lack | None:
        if name == "typed_margin" and self.data.meta.margin_rate is None:
            return Lack({"orders.cogs|order_lines.unit_cost": None})
        if name in ("days_in_season", "days_off_season"):
            coverage = self.data.meta.coverage.get("orders")
            year = coverage is not None and (coverage.last - coverage.first).days + 1 >= facts.DAYS_OF_A_YEAR
            return None if year else Lack({}, "short_history")
        return None


def available(data: DataDir) -> dict[str, Unavailable | None]:
    """Every metric of the catalogue: None where it has rows, else what is missing."""
    answers = Availability(data)
    return {name: answers.of(metric) for name, metric in catalogue_of(data).items()}
