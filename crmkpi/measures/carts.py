"""Abandoned carts that were reminded of, and those that came back.

A cart is a visit of a known customer with a cart and without an order (prepared `visits`). The reminder is the first
message after it within 7 days (`reminders`: delivered trigger messages; where the file names no kinds, all but
transactional ones). It is recovered when the customer orders after the reminder and within 7 days of the visit
(`purchases`: every valid order). No as-of joins: time runs backwards in one line per customer, and the smallest
later moment is a running minimum.
"""

from __future__ import annotations

import narwhals as nw

from crmkpi.measures.model import KEYS, Frame, Frames, Measure, flag, identified, reduces
from crmkpi.measures.orders import CUSTOMER

CART_SECONDS = 7 * 86_400
NEVER = 10**12
_CART, _REMINDER, _ORDER = 0, 1, 2
CARTS = ("sessions.cart", "sessions.customer_id", "messages.sent_at", *CUSTOMER)


def _moments(rows: Frame, what: int) -> Frame:
    number = nw.lit(what).cast(nw.Int64)
    order_at = nw.col("ts").cast(nw.Int64) if what == _ORDER else nw.lit(NEVER).cast(nw.Int64)
    return rows.select("cust", back=(0 - nw.col("ts")).cast(nw.Int64), what=number, order_at=order_at)


def _reminders(frames: Frames) -> Frame:
    """Reminders with the moment of the customer's next order (NEVER: none)."""
    sent = frames["reminders"].filter(identified()).select("cust", "ts").unique()
    bought = frames["purchases"].filter(identified()).select("cust", "ts").unique()
    line = nw.concat([_moments(sent, _REMINDER), _moments(bought, _ORDER)])
    # backwards in time, at one moment the order after the message stands first
    line = line.with_columns(neg=0 - nw.col("what"))
    line = line.with_columns(next_order=nw.col("order_at").cum_min().over("cust", order_by=["back", "neg"]))
    return line.filter(nw.col("what") == _REMINDER).select("cust", "back", "next_order")


@reduces(
    Measure("carts_reminded", "visits", "sum", CARTS),
    Measure("carts_recovered", "visits", "sum", CARTS),
    tables=("visits", "reminders", "purchases"),
)
def recovered_carts(frames: Frames) -> Frame:
    """Abandoned carts with a reminder; those of them with an order after it, within 7 days of the visit."""
    left = frames["visits"].filter(
        identified() & (nw.col("t") >= 0) & (nw.col("cart") == 1) & (nw.col("ordered") == 0)
    )
    carts = left.select(
        "cust",
        *[nw.col(k).cast(nw.Int64) for k in KEYS],
        back=(0 - nw.col("ts")).cast(nw.Int64),
        what=nw.lit(1).cast(nw.Int64),
        sent_at=nw.lit(NEVER).cast(nw.Int64),
        next_order=nw.lit(NEVER).cast(nw.Int64),
    )
    sent = _reminders(frames).select(
        "cust",
        *[nw.lit(0).cast(nw.Int64).alias(k) for k in KEYS],
        "back",
        what=nw.lit(0).cast(nw.Int64),
        sent_at=0 - nw.col("back"),
        next_order=nw.col("next_order"),
    )
    keys = ["back", "what"]
    line = nw.concat([carts, sent]).with_columns(
        reminder=nw.col("sent_at").cum_min().over("cust", order_by=keys),
        order=nw.col("next_order").cum_min().over("cust", order_by=keys),
    )
    last = CART_SECONDS - nw.col("back")
    rows = line.filter((nw.col("what") == 1) & (nw.col("reminder") <= last))
    rows = rows.select(*KEYS, hit=flag(nw.col("order") <= last))
    return rows.group_by(*KEYS).agg(carts_reminded=nw.len(), carts_recovered=nw.col("hit").sum())
