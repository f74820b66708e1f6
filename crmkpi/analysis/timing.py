"""Time between a message and the purchase after it, and the number of touches before an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import narwhals as nw
import polars as pl

from crmkpi.analysis.purchases import order_coverage, slots_preparation
from crmkpi.engine import facts
from crmkpi.engine.calendar import Slot
from crmkpi.engine.data import DataDir, NoTableError
from crmkpi.engine.dimensions import Where
from crmkpi.measures.model import Frames
from crmkpi.measures.moment import touched_orders
from crmkpi.periods import Period

HOUR = 3600
# upper edges in hours; orders with bare dates are read by whole days
EDGES = (1, 3, 6, 12, 24, 48, 72, 120, 336, 720)
DAY_EDGES = (24, 48, 72, 120, 336, 720)
MOST_TOUCHES = 6


@dataclass(frozen=True)
class Timing:
    """`hours`: from, to (hours, to null = longer), orders, share, running = share of orders up to `to`, among
    orders after at least one offer. `touches`: offers in the 30 days before an order (0..MOST_TOUCHES, the last means
    that many or more), orders, share of all orders. `median_hours` without a time limit; `by_day`: times of orders are
    unknown, a bare date counts as the end of its day. `orders` of identified customers in the span; `touched` of them
    had an offer before."""

    hours: pl.DataFrame
    touches: pl.DataFrame
    median_hours: float | None
    by_day: bool
    orders: int
    touched: int


def message_to_purchase(
    data: DataDir, first: date | None = None, last: date | None = None, where: Sequence[Where] = ()
) -> Timing:
    """Distribution of the time from the last delivered mass or trigger message to an order, orders of first..last.

    A filter chooses orders; what was sent before them belongs to the customer. NoTableError without messages.
    Not attribution: an order soon after a message may have come anyway.
    """
    if not data.has("messages"):
        raise NoTableError(table="messages", known=", ".join(data.tables()) or "—")
    coverage, sent = order_coverage(data), data.meta.coverage["messages"]
    span = Period(max(first or coverage.first, sent.first), last or coverage.last, "window")
    prep = slots_preparation(data, [Slot(span, span.first, span.last)], where)
    orders = prep.orders({"ts", "dormant"})
    offers = prep.sends(plain=True).select("cust", "day", "t", "seg", "kind", "delivered", "ts", "clicked_ts")
    frames = Frames({"orders": nw.from_native(orders), "offers": nw.from_native(offers)}, n_periods=1)
    rows = touched_orders(frames).to_native().collect()
    by_day = facts.dates_only(data)
    gaps = rows.select(hours=pl.col("gap") / HOUR).drop_nulls()
    median = gaps["hours"].median()
    return Timing(
        hours=_bins(gaps, DAY_EDGES if by_day else EDGES),
        touches=_touches(rows),
        median_hours=float(median) if isinstance(median, (int, float)) else None,
        by_day=by_day,
        orders=rows.height,
        touched=gaps.height,
    )


def _bins(gaps: pl.DataFrame, edges: Sequence[int]) -> pl.DataFrame:
    place = pl.sum_horizontal([(pl.col("hours") > e).cast(pl.Int8) for e in edges]).cast(pl.Int64)
    counts = gaps.group_by(bin=place).agg(orders=pl.len().cast(pl.Int64))
    low, high = [0, *edges], [*edges, None]
    table = pl.DataFrame({"bin": range(len(low)), "from": low, "to": high})
    full = table.join(counts, on="bin", how="left", maintain_order="left").drop("bin")
    full = full.with_columns(pl.col("orders").fill_null(0))
    total = gaps.height
    share = pl.col("orders") / total if total else pl.lit(None, dtype=pl.Float64)
    return full.with_columns(share=share).with_columns(running=pl.col("share").cum_sum())


def _touches(rows: pl.DataFrame) -> pl.DataFrame:
    capped = pl.col("touches").clip(0, MOST_TOUCHES).cast(pl.Int64)
    counts = rows.group_by(touches=capped).agg(orders=pl.len().cast(pl.Int64))
    table = pl.DataFrame({"touches": range(MOST_TOUCHES + 1)}, schema={"touches": pl.Int64})
    full = table.join(counts, on="touches", how="left", maintain_order="left")
    total = rows.height
    share = pl.col("orders") / total if total else pl.lit(None, dtype=pl.Float64)
    return full.with_columns(pl.col("orders").fill_null(0)).with_columns(share=share)
