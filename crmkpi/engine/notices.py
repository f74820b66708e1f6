"""What to know about a number: warnings by metric and period, and the periods in which it is unknown.

Codes (texts in i18n `warning.<code>`): incomplete, closed_by_pause, unsettled, first_period, no_previous_period,
left_censored, immature, segments_overlap, moved_between, as_of_today, all_blank, partly_blank, zero_denominator,
above_one, differs_from_observed, margin_typed, includes_shipping, delivered_from_sent, reachable_from_sends,
attributed_own, attributed_last_click, outside_coverage, coarse_costs, campaigns_left_out, partial_lines,
from_sheet, tiers_by_spend, not_paid_back, reach_not_added, base_by_last_order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from crmkpi.catalog.metric import Metric
from crmkpi.engine import facts
from crmkpi.engine.available import Availability
from crmkpi.engine.calendar import Slot, read_on
from crmkpi.engine.cells import covered, remembers
from crmkpi.engine.dimensions import way
from crmkpi.engine.prepare import Preparation
from crmkpi.engine.send_rows import own_attribution
from crmkpi.engine.slots import MONTHLY_GAP
from crmkpi.engine.sources import PHYSICAL
from crmkpi.measures import MEASURES, REDUCTION_OF, REDUCTIONS, Measure
from crmkpi.periods import Coverage

SHORT_GRAINS = ("day", "week")
DELIVERED = {"delivered_count", "trigger_delivered", "mass_delivered", "sms_delivered", "push_delivered"}
ATTRIBUTED = {"crm_revenue", "attributed_orders", "converted_count", "trigger_converted", "mass_converted"}
TODAY_TABLES = {"contacts", "members", "groups", "groups_any"}
REACHABLE = {"reachable_from_sends", "base_reachable_from_sends"}


@dataclass(frozen=True)
class Traits:
    """Of a metric and all below it: kinds of history, days to ripen and to settle, measures, prepared tables."""

    histories: frozenset[str]
    mature: int
    settle: int
    measures: tuple[Measure, ...]
    tables: frozenset[str]


@dataclass
class Notices:
    """Answers for one evaluation: the metrics with all they stand on."""

    prep: Preparation
    metrics: Mapping[str, Metric]
    availability: Availability
    overlap: Mapping[str, set[int]] = field(default_factory=dict)
    _roots: dict[str, frozenset[str]] = field(default_factory=dict)
    _inherited: dict[str, Traits] = field(default_factory=dict)

    # what a metric stands on -------------------------------------------------------------------------
    def roots(self, name: str) -> frozenset[str]:
        """All names below a metric: metrics and measures, itself included; only what the data feed."""
        if name not in self._roots:
            found = {name}
            metric = None if name in self.availability.given else self.metrics.get(name)
            if metric is not None and metric.text is not None:
                for other in metric.names:
                    if other != name and self.availability.has(other):
                        found |= self.roots(other)
                    elif other == name:
                        found.add(other)
            self._roots[name] = frozenset(found)
        return self._roots[name]

    def _traits(self, name: str) -> Traits:
        """What a metric inherits from the metrics below it."""
        if name not in self._inherited:
            given = self.availability.given
            below = [self.metrics[n] for n in self.roots(name) if n in self.metrics and n not in given]
            self._inherited[name] = Traits(
                histories=frozenset(m.history for m in below if m.history),
                mature=max((m.mature_days for m in below), default=0),
                settle=max((self._settle(m) for m in below), default=0),
                measures=tuple(MEASURES[n] for n in sorted(self.roots(name)) if n in MEASURES),
                tables=frozenset(self._tables(name)),
            )
        return self._inherited[name]

    def _settle(self, metric: Metric) -> int:
        """Days after a period's end in which the metric still ripens."""
        if metric.settle_by == "sales_cycle":
            return max(metric.settle_days, facts.sales_cycle_days(self.prep.data))
        return metric.settle_days

    def _tables(self, name: str) -> set[str]:
        tables: set[str] = set()
        for root in self.roots(name):
            if root in REDUCTION_OF:
                tables |= set(REDUCTIONS[REDUCTION_OF[root]].tables)
            elif root in MEASURES:
                tables.add(MEASURES[root].table)
        return tables

    # periods -----------------------------------------------------------------------------------------
    def unknown(self, metric: Metric) -> list[int]:
        """Indices of the periods in which the metric cannot be known."""
        return [t for t in range(self.prep.calendar.n) if self._why_unknown(metric, t)]

    def _why_unknown(self, metric: Metric, t: int) -> list[str]:
        coverage = self.prep.coverages.get(self.availability.table_of(metric))
        slot = self.prep.calendar.slots[t]
        if coverage is None:
            return []
        traits = self._traits(metric.id)
        kinds, mature = traits.histories, traits.mature
        why = []
        if "previous" in kinds:
            before = self.prep.calendar.previous(t)
            if before is None:
                why.append("no_previous_period" if slot.period.grain == "all" else "first_period")
            elif before.first < coverage.first:
                why.append("first_period")
        if "inactivity" in kinds and read_on(slot, coverage) < coverage.first + self._idle:
            why.append("left_censored")
        if mature and slot.last + timedelta(days=mature) > coverage.last:
            why.append("immature")
        return why

    @cached_property
    def _idle(self) -> timedelta:
        return timedelta(days=self.prep.days_idle)

    def of_period(self, metric: Metric, t: int, coverage: Coverage) -> list[str]:
        """Warnings that depend on the period alone."""
        slot = self.prep.calendar.slots[t]
        codes = self._why_unknown(metric, t)
        kinds = self._traits(metric.id).histories
        early = slot.first < coverage.first + self._idle
        if kinds & {"warn", "inactivity"} and early and "left_censored" not in codes and not self._older:
            codes.append("left_censored")
        if not complete(slot, coverage):
            codes.append("incomplete")
        elif slot.period.grain != "all" and coverage.closed_by_pause(slot.period):
            codes.append("closed_by_pause")
        settle = self._traits(metric.id).settle
        if settle and complete(slot, coverage) and slot.last + timedelta(days=settle) > coverage.last:
            codes.append("unsettled")
        codes += self._outside(metric, slot)
        return codes

    @cached_property
    def _older(self) -> bool:
        """Registrations reach back at least N days before the first order: first orders can be trusted."""
        customers = self.prep.data.meta.coverage.get("customers")
        orders = self.prep.coverages.get("orders")
        if customers is None or orders is None:
            return False
        return customers.first <= orders.first - self._idle

    def _outside(self, metric: Metric, slot: Slot) -> list[str]:
        codes = []
        known, tables = self._traits(metric.id).measures, self._traits(metric.id).tables
        if any(m.table in self.prep.coverages and not covered(m, slot, self.prep.coverages) for m in known):
            codes.append("outside_coverage")
        elif any(not remembers(m, slot, self.prep.coverages) for m in known):
            codes.append("left_censored")
        if "costs" in tables and slot.period.grain in SHORT_GRAINS:
            costs = self.prep.data.meta.coverage.get("costs")
            if costs and costs.usual_gap >= MONTHLY_GAP:
                codes.append("coarse_costs")
        return codes

    # the whole evaluation ------------------------------------------------------------------------------
    def of_metric(self, metric: Metric) -> list[str]:
        """Warnings that hold in every row."""
        roots, tables, meta = self.roots(metric.id), self._tables(metric.id), self.prep.data.meta
        codes = []
        if tables & TODAY_TABLES or self._dimension_of_today(tables):
            codes.append("as_of_today")
        if "margin_rate" in roots and not self.availability.has("known_margin"):
            codes.append("margin_typed")
        money = any(n in MEASURES and MEASURES[n].money and MEASURES[n].table == "orders" for n in roots)
        if money and "includes_shipping" in meta.flags:
            codes.append("includes_shipping")
        if roots & DELIVERED and self._delivered_is_sent:
            codes.append("delivered_from_sent")
        if roots & REACHABLE and not self.availability.has("reachable_by_consent"):
            codes.append("reachable_from_sends")
        if roots & ATTRIBUTED:
            codes.append(self._attribution)
        if roots & self.availability.given:
            codes.append("from_sheet")
        if "upper_tier_members" in roots and not meta.loyalty_tiers:
            codes.append("tiers_by_spend")
        if "sends" in tables and self._campaigns_left_out:
            codes.append("campaigns_left_out")
        return codes

    def _dimension_of_today(self, tables: set[str]) -> bool:
        data = self.prep.data
        for dimension in self.availability.dimensions:
            info = data.meta.dimensions.get(dimension)
            if info is not None and info.as_of_today and tables & {"orders", "activity"}:
                return True
            for table in tables:
                for physical in PHYSICAL[table]:
                    joins = physical != "customers" and data.has(physical)
                    if joins and way(data, physical, dimension) == "customer":
                        return True
        return False

    @cached_property
    def _delivered_is_sent(self) -> bool:
        data = self.prep.data
        lacking = []
        if data.has("messages"):
            lacking.append(
                not (data.meta.has("messages", "delivered") or data.meta.has("messages", "bounced"))
            )
        if data.has("campaigns") and not data.has("messages"):
            columns = ("delivered", "bounces_hard", "bounces_soft")
            lacking.append(not any(data.meta.has("campaigns", c) for c in columns))
        return any(lacking)

    @property
    def _attribution(self) -> str:
        last_click = self.prep.data.has("messages") and not own_attribution(self.prep.data)
        return "attributed_last_click" if last_click else "attributed_own"

    @cached_property
    def _campaigns_left_out(self) -> bool:
        data = self.prep.data
        if not (data.has("messages") and data.has("campaigns")):
            return False
        return any(way(data, "campaigns", d) == "none" for d in self.availability.dimensions)


def complete(slot: Slot, coverage: Coverage) -> bool:
    """Whether a row shows a whole period; a window that cuts it makes it incomplete."""
    if slot.period.grain == "all":
        return True
    return not slot.clipped and coverage.complete(slot.period)
