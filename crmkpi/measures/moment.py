"""Orders and messages in one time line: touches before an order, offers at the right moment.

Portable as-of joins: the union of both tables with ordered windows per customer (no join_asof). Prepared columns:
orders.ts, orders.due_day (day + usual interval of the segment), orders.due_t (its period); `offers` is `sends`
without any filter or split: a filter chooses orders, and what was sent before them belongs to the customer.
"""

from __future__ import annotations

import narwhals as nw

from crmkpi.measures.model import KEYS, Frame, Frames, Measure, flag, identified, reduces
from crmkpi.measures.orders import CUSTOMER

HOUR = 3600
LOOKBACK_SECONDS = 30 * 24 * HOUR
NEAR_DAYS = 7
NEVER = -(10**9)
BOTH = (*CUSTOMER, "messages.sent_at")
_MESSAGE, _ORDER, _PROBE = 0, 1, 2


def _offers(sends: Frame) -> Frame:
    """Messages that could have brought an order: known customer, delivered, not transactional."""
    offered = nw.col("kind").is_null() | ~(nw.col("kind") == nw.lit("transactional"))
    return sends.filter(identified() & offered & (nw.col("delivered") > 0))


def _moments(frame: Frame, kind: int, at: nw.Expr) -> Frame:
    number = nw.lit(kind).cast(nw.Int64)
    return frame.select(
        "cust",
        nw.col("order").cast(nw.Int64),
        *[nw.col(k).cast(nw.Int64) for k in KEYS],
        nw.col("dormant").cast(nw.Int64),
        at=at.cast(nw.Int64),
        what=number,
        sent_at=(at if kind == _MESSAGE else nw.lit(NEVER)).cast(nw.Int64),
        one=nw.lit(1 if kind == _MESSAGE else 0).cast(nw.Int64),
    )


def touched_orders(frames: Frames) -> Frame:
    """One row per order of the period: seconds since the last offer (null: none) and offers in 30 days before it."""
    orders = frames["orders"].filter(identified() & (nw.col("t") >= 0))
    blank = nw.lit(-1).cast(nw.Int64)
    sends = _offers(frames["offers"]).with_columns(order=blank, dormant=blank)
    line = nw.concat(
        [
            _moments(sends, _MESSAGE, nw.col("ts")),
            _moments(orders, _ORDER, nw.col("ts")),
            _moments(orders, _PROBE, nw.col("ts") - LOOKBACK_SECONDS),
        ]
    )
    ordered = ["at", "what", "order"]
    line = line.with_columns(
        last=nw.col("sent_at").cum_max().over("cust", order_by=ordered),
        seen=nw.col("one").cum_sum().over("cust", order_by=ordered),
    ).filter(nw.col("what") > 0)
    is_order = nw.col("what") == _ORDER
    line = line.with_columns(
        gap=nw.when(is_order & (nw.col("last") > NEVER)).then(nw.col("at") - nw.col("last")),
        touches=nw.when(is_order).then(nw.col("seen")).otherwise(0 - nw.col("seen")),
    )
    # the split of an order by lines makes one row per segment; both moments of it share order and cell
    return line.group_by("cust", "order", "dormant", *KEYS).agg(
        gap=nw.col("gap").max(), touches=nw.col("touches").sum()
    )


@reduces(
    Measure(
        "time_to_purchase",
        "orders",
        "distribution",
        BOTH,
        ("order", "ts", "dormant"),
        empty=None,
        covered_by="messages",
    ),
    Measure(
        "touches_to_conversion",
        "orders",
        "distribution",
        BOTH,
        ("order", "ts", "dormant"),
        empty=None,
        covered_by="messages",
    ),
    tables=("orders", "offers"),
)
def touches(frames: Frames) -> Frame:
    """Median hours from the last offer to an order within the attribution window; median offers in the 30 days
    before an order that had at least one."""
    near = nw.col("gap") <= frames.window_hours * HOUR
    rows = touched_orders(frames).with_columns(
        hours=nw.when(near).then(nw.col("gap").cast(nw.Float64) / HOUR),
        offers=nw.when(nw.col("touches") > 0).then(nw.col("touches").cast(nw.Float64)),
    )
    return rows.group_by(*KEYS).agg(
        time_to_purchase=nw.col("hours").median(), touches_to_conversion=nw.col("offers").median()
    )


@reduces(
    Measure(
        "reactivations_count", "orders", "unique", BOTH, ("order", "ts", "dormant"), covered_by="messages"
    ),
    tables=("orders", "offers"),
)
def touched_reactivations(frames: Frames) -> Frame:
    """Reactivated customers who were sent an offer within the attribution window before that order."""
    near = nw.col("gap") <= frames.window_hours * HOUR
    rows = touched_orders(frames).filter((nw.col("dormant") == 1) & near)
    seen = rows.select("cust", *KEYS).unique()
    return seen.group_by(*KEYS).agg(reactivations_count=nw.len())


@reduces(
    Measure(
        "due_customers", "orders", "unique", BOTH, ("due_day", "due_t", "next_day"), covered_by="messages"
    ),
    Measure(
        "ontime_customers", "orders", "unique", BOTH, ("due_day", "due_t", "next_day"), covered_by="messages"
    ),
    tables=("orders", "offers"),
)
def moments(frames: Frames) -> Frame:
    """Customers whose expected next order lies in the period and has not come earlier; those of them with a
    delivered mass or trigger message within 7 days of the expected day, before or after."""
    waiting = nw.col("next_day").is_null() | (nw.col("next_day") >= nw.col("due_day"))
    due = frames["orders"].filter(identified() & (nw.col("due_t") >= 0) & waiting)
    probes = due.select(
        "cust",
        nw.col("seg").cast(nw.Int64),
        t=nw.col("due_t").cast(nw.Int64),
        at=(nw.col("due_day") + NEAR_DAYS).cast(nw.Int64),
        what=nw.lit(1).cast(nw.Int64),
        sent=nw.lit(NEVER).cast(nw.Int64),
    )
    offers = _offers(frames["offers"]).select(
        "cust",
        seg=nw.lit(0).cast(nw.Int64),
        t=nw.lit(0).cast(nw.Int64),
        at=nw.col("day").cast(nw.Int64),
        what=nw.lit(0).cast(nw.Int64),
        sent=nw.col("day").cast(nw.Int64),
    )
    line = nw.concat([offers, probes]).with_columns(
        last=nw.col("sent").cum_max().over("cust", order_by=["at", "what"])
    )
    rows = line.filter(nw.col("what") == 1).with_columns(
        hit=flag(nw.col("last") >= nw.col("at") - 2 * NEAR_DAYS)
    )
    per = rows.group_by("cust", *KEYS).agg(hit=nw.col("hit").max())
    return per.group_by(*KEYS).agg(
        due_customers=flag(nw.col("hit") >= 0).sum(), ontime_customers=nw.col("hit").sum()
    )


@reduces(
    Measure(
        "clicked_order_revenue",
        "orders",
        "sum",
        (*CUSTOMER, "messages.clicked_at"),
        ("order", "ts", "amount"),
        money=True,
        covered_by="messages",
    ),
    tables=("orders", "offers"),
)
def clicked_orders(frames: Frames) -> Frame:
    """Amount of orders with a click on a message within the attribution window before them, dated by the order."""
    orders = frames["orders"].filter(identified() & (nw.col("t") >= 0))
    clicks = frames["offers"].filter(identified() & ~nw.col("clicked_ts").is_null())
    line = nw.concat([_paid(orders, nw.col("ts"), _ORDER), _paid(clicks, nw.col("clicked_ts"), _MESSAGE)])
    line = line.with_columns(last=nw.col("clicked").cum_max().over("cust", order_by=["at", "what", "order"]))
    near = nw.col("at") - nw.col("last") <= frames.window_hours * HOUR
    won = line.filter((nw.col("what") == _ORDER) & (nw.col("last") > NEVER) & near)
    return won.group_by(*KEYS).agg(clicked_order_revenue=nw.col("amount").sum())


def _paid(frame: Frame, at: nw.Expr, what: int) -> Frame:
    is_order = what == _ORDER
    nothing = nw.lit(0)
    return frame.select(
        "cust",
        *[nw.col(k).cast(nw.Int64) for k in KEYS],
        order=(nw.col("order") if is_order else nw.lit(-1)).cast(nw.Int64),
        amount=(nw.col("amount") if is_order else nothing).cast(nw.Int64),
        at=at.cast(nw.Int64),
        what=nw.lit(what).cast(nw.Int64),
        clicked=(nw.lit(NEVER) if is_order else at).cast(nw.Int64),
    )
