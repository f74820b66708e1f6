"""From the store to the tables that measures read: the columns asked for, filtered, with period and segment.

Everything becomes integers here (see the docstrings of crmkpi/measures); only the columns that the asked
measures read are computed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from crmkpi.engine import facts
from crmkpi.engine.calendar import Calendar, DayMaps
from crmkpi.engine.data import DataDir
from crmkpi.engine.dimensions import Where, of_customer, way, with_dimensions
from crmkpi.engine.row_tables import (
    answer_rows,
    holdout_rows,
    once_a_visit,
    plain_rows,
    point_rows,
    subscription_rows,
    visit_rows,
    won_lead_rows,
)
from crmkpi.engine.send_rows import campaign_rows, contact_rows, message_rows
from crmkpi.engine.sources import PHYSICAL
from crmkpi.periods import Coverage

# columns an order loses when it is cut into its lines: they belong to the whole order
WHOLE_ORDER = ("gross", "discount", "refund", "shipping", "tax", "cogs", "guest_count")


@dataclass
class Preparation:
    """One question's frames: calendar, split and filter over a data directory."""

    data: DataDir
    calendar: Calendar
    by: str | None = None
    where: tuple[Where, ...] = ()
    coverages: dict[str, Coverage] = field(default_factory=dict)

    @cached_property
    def segments(self) -> list[str | None]:
        """Values of the split in order; the blank segment last. [None] without a split."""
        if self.by is None:
            return [None]
        return facts.segment_values(self.data, self.by)

    @cached_property
    def days_idle(self) -> int:
        """Inactivity threshold N."""
        return self.data.meta.inactivity_days

    @property
    def split_by_customer(self) -> bool:
        """Whether the split is by a column of customers, not of orders."""
        return self.by is not None and of_customer(self.data, self.by)

    @property
    def split_by_lines(self) -> bool:
        """Whether the split cuts orders into their lines."""
        return self.by is not None and way(self.data, "orders", self.by) == "lines"

    def holds(self, table: str) -> bool:
        """Whether any table behind this prepared one was loaded."""
        return any(self.data.has(physical) for physical in PHYSICAL[table])

    def maps(self, table: str) -> DayMaps:
        """Day lookups of a table."""
        return self.calendar.maps(self.coverages[table])

    # frames ----------------------------------------------------------------------------------------
    def orders(self, reads: Iterable[str]) -> pl.LazyFrame:
        """Valid orders that pass the filter."""
        return self._orders(set(reads), self.by, self.where)

    def company(self) -> pl.LazyFrame:
        """All orders of the customers that pass the filters on customers; split only by a customer's column."""
        own = tuple(w for w in self.where if of_customer(self.data, w.dimension))
        by = self.by if self.split_by_customer else None
        return self._orders({"order_number", "start_known", "first_from"}, by, own)

    def everyone(self) -> pl.LazyFrame:
        """Customer, day and period of every order, no filter at all."""
        return self._orders(set(), None, ())

    def order_lines(self) -> pl.LazyFrame:
        """Lines of valid orders that pass the filter, the category as a code."""
        frame = self._cut(self.data.frame("order_lines"), "order_lines", self.by, self.where)
        if "order" in self.data.columns("order_lines"):
            frame = frame.filter(pl.col("order").is_not_null())
        code = pl.col("category").cast(pl.Categorical).to_physical().cast(pl.Int64)
        return self._timed(frame, "orders", "order_lines", self.by).select(
            "cust", "t", "seg", category_code=code
        )

    def table(self, name: str, *columns: str) -> pl.LazyFrame:
        """A plain table (returns, costs ...) that passes the filter."""
        frame = self._cut(self.data.frame(name), name, self.by, self.where)
        who = ["cust"] if "cust" in self.data.columns(name) else []
        return self._timed(frame, name, name, self.by).select(*who, "day", "t", "seg", *columns)

    def sends(self, plain: bool = False) -> pl.LazyFrame:
        """Messages and the campaigns they do not cover; plain: without filter and split."""
        by, where = (None, ()) if plain else (self.by, self.where)
        parts = []
        for table, rows in (("messages", message_rows), ("campaigns", campaign_rows)):
            if not self.data.has(table):
                continue
            cut = self._cut(rows(self.data), table, by, where)
            parts.append(self._timed(cut, "sends", table, by))
        return pl.concat(parts, how="diagonal")

    def campaigns(self) -> pl.LazyFrame:
        """Campaigns (also those whose messages are there), for counts of campaigns."""
        cut = self._cut(campaign_rows(self.data, covered=True), "campaigns", self.by, self.where)
        return self._timed(cut, "sends", "campaigns", self.by)

    def contacts(self, plain: bool = False) -> pl.LazyFrame:
        """Customers with the periods in which they can be reached."""
        by, where = (None, ()) if plain else (self.by, self.where)
        rows = self._cut(contact_rows(self.data), "customers", by, where)
        maps = self.maps("contacts")
        rows = rows.with_columns(
            reach_from=maps.ends_from(pl.col("reach_day")),
            reach_to=maps.ends_from(pl.col("gone_day")),
            list_from=pl.when(pl.col("list_day").is_not_null()).then(
                maps.starts_from(pl.col("list_day") + 1)
            ),
            list_to=maps.starts_from(pl.col("left_day") + 1),
            known_from=maps.ends_from(pl.col("known_day")),
            upper=facts.upper_tier(self.data),
            loyal_from=pl.when(pl.col("loyal_day").is_not_null()).then(maps.ends_from(pl.col("loyal_day"))),
        )
        if "control" not in self.data.columns("customers"):
            rows = rows.with_columns(control=pl.lit(None, dtype=pl.Int64))
        return rows.with_columns(self._segment(by, "customers"))

    def purchases(self) -> pl.LazyFrame:
        """Every valid order, no filter and no split: what a customer did after a message."""
        return self._orders({"ts", "amount", "earned"}, None, ())

    def visits(self, everyone: bool = False) -> pl.LazyFrame:
        """Visits that pass the filter; everyone: under filters on customers only, split by a customer's column only."""
        by, where = self.by, self.where
        if everyone:
            where = tuple(w for w in where if way(self.data, "sessions", w.dimension) == "customer")
            by = by if self.split_by_customer else None
        rows = visit_rows(self.data, self.maps("visits"))
        timed = self._timed(self._cut(rows, "sessions", by, where), "visits", "sessions", by)
        return once_a_visit(self.data, timed)

    def subscriptions(self, trials: bool = False) -> pl.LazyFrame:
        """Subscriptions that pass the filter; trials: those with a trial, dated by its first day."""
        rows = subscription_rows(self.data, self.maps("subscriptions"))
        rows = self._cut(rows, "subscriptions", self.by, self.where)
        if trials:
            rows = rows.filter(pl.col("trial_day").is_not_null()).with_columns(day=pl.col("trial_day"))
        return self._timed(rows, "subscriptions", "subscriptions", self.by)

    def answers(self) -> pl.LazyFrame:
        """Answers to surveys and marks of requests as one."""
        parts = []
        for table in PHYSICAL["answers"]:
            if self.data.has(table):
                rows = self._cut(answer_rows(self.data, table), table, self.by, self.where)
                timed = self._timed(rows, "answers", table, self.by)
                parts.append(timed.select("cust", "day", "t", "seg", "kind", "score", "good", "invited"))
        return pl.concat(parts)

    def rows(self, table: str) -> pl.LazyFrame:
        """Leads, won leads, requests, points or ads that pass the filter, with all columns of their measures."""
        stored = PHYSICAL[table][0]
        special = {"won_leads": won_lead_rows, "loyalty_points": point_rows}
        rows = special[table](self.data) if table in special else plain_rows(self.data, stored)
        return self._timed(self._cut(rows, stored, self.by, self.where), table, stored, self.by)

    def reminders(self) -> pl.LazyFrame:
        """Delivered trigger messages (without kinds: all but transactional ones), no filter and no split."""
        sent = message_rows(self.data).filter(pl.col("delivered") > 0)
        if "kind" in self.data.columns("messages"):
            sent = sent.filter(pl.col("kind") == "trigger")
        return sent.select("cust", "ts")

    def holdouts(self) -> pl.LazyFrame:
        """Messages and withheld messages of known groups that pass the filter."""
        rows = self._cut(holdout_rows(self.data), "messages", self.by, self.where)
        timed = self._timed(rows, "holdouts", "messages", self.by)
        return timed.select("cust", "ts", "day", "t", "seg", "code", "control", "winback", "cost")

    def list_changes(self, day: str) -> pl.LazyFrame:
        """Customers who joined or left the mailing list, dated by that day."""
        rows = self._cut(self.data.frame("customers"), "customers", self.by, self.where)
        dated = rows.filter(pl.col(day).is_not_null()).with_columns(day=pl.col(day))
        return self._timed(dated, "subscribed", "customers", self.by).select("cust", "day", "t", "seg")

    # parts -----------------------------------------------------------------------------------------
    def _orders(self, reads: set[str], by: str | None, where: tuple[Where, ...]) -> pl.LazyFrame:
        names = [*([by] if by else []), *[w.dimension for w in where]]
        by_lines = [n for n in names if way(self.data, "orders", n) == "lines"]
        frame = self.data.frame("orders")
        if by_lines:
            frame = self._orders_by_lines(frame, by_lines, by, where)
        frame = self._cut(frame, "orders", by, where)
        derived = facts.order_columns(self.data, self.maps("orders"), self.days_idle, reads)
        frame = frame.with_columns(t=self.maps("orders").t(pl.col("day"))).with_columns(
            self._segment(by, "orders")
        )
        kept = ["order", "cust", "day", "t", "seg"]
        have = (
            set(self.data.columns("orders"))
            | set(by_lines)
            | ({"cogs"} if by_lines and self._lines_cost else set())
        )
        lost = [c for c in WHOLE_ORDER if by_lines and not (c == "cogs" and self._lines_cost)]
        plain = [
            c for c in sorted(reads) if c in have and c not in derived and c not in lost and c not in kept
        ]
        empty = {c: pl.lit(None, dtype=pl.Int64) for c in reads - set(plain) - set(derived) - set(kept)}
        return frame.select(*kept, *plain, **derived, **empty)

    @property
    def _lines_cost(self) -> bool:
        return "unit_cost" in self.data.columns("order_lines")

    def _orders_by_lines(
        self, orders: pl.LazyFrame, names: list[str], by: str | None, where: tuple[Where, ...]
    ) -> pl.LazyFrame:
        """Orders with such a line: amount, units and line sum are those of the lines that pass."""
        lines = self.data.frame("order_lines")
        for one in where:
            if one.dimension in names:
                lines = lines.filter(one.test(pl.col(one.dimension).cast(pl.String)))
        keys = [by] if by in names else []
        sums = {"amount": pl.col("amount").sum(), "line_sum": pl.col("amount").sum()}
        sums["units"] = pl.col("quantity").sum()
        if self._lines_cost:
            cost = (pl.col("unit_cost") * pl.col("quantity")).round().cast(pl.Int64)
            known = pl.col("unit_cost").is_not_null().all()
            sums["cogs"] = pl.when(known).then(cost.sum())
        per = lines.group_by("order", *keys).agg(**sums)
        replaced = [c for c in sums if c in self.data.columns("orders")]
        return orders.drop(replaced).join(per, on="order", how="inner")

    def _cut(self, frame: pl.LazyFrame, table: str, by: str | None, where: tuple[Where, ...]) -> pl.LazyFrame:
        """Apply the filters this table can answer and bring the columns they and the split need."""
        names = [w.dimension for w in where] + ([by] if by else [])
        frame = with_dimensions(self.data, frame, table, list(dict.fromkeys(names)))
        for one in where:
            how = way(self.data, table, one.dimension)
            if how in ("own", "customer"):
                frame = frame.filter(one.test(pl.col(one.dimension).cast(pl.String)))
            elif how == "none":
                frame = frame.filter(pl.lit(False))
        return frame

    def _timed(self, frame: pl.LazyFrame, table: str, physical: str, by: str | None) -> pl.LazyFrame:
        """Add period and segment; rows of a table that lacks the split's column stand in the blank segment."""
        maps = self.maps(table)
        extra = {}
        if table == "sends":
            extra = {
                "end_from": maps.ends_from(pl.col("day")),
                "end_old": maps.ends_from(pl.col("day") + facts.MEMORY_DAYS),
            }
        return frame.with_columns(t=maps.t(pl.col("day")), **extra).with_columns(self._segment(by, physical))

    def _segment(self, by: str | None, physical: str) -> pl.Expr:
        """Code of the segment: position in `segments`; 0 without a split; blank where the table lacks the column."""
        if by is None or way(self.data, physical, by) == "none":
            only = 0 if by is None else len(self.segments) - 1
            return pl.lit(only, dtype=pl.Int32).alias("seg")
        values = [v for v in self.segments if v is not None]
        code = pl.col(by).cast(pl.String).cast(pl.Enum(values)).to_physical().cast(pl.Int32)
        return code.fill_null(len(values)).alias("seg")
