"""How long a cohort of new customers takes to bring back what it cost to win them."""

from __future__ import annotations

import narwhals as nw

from crmkpi.measures.model import KEYS, Frame, Frames, Measure, identified, reduces
from crmkpi.measures.orders import CUSTOMER

# a month of age is 365.25 / 12 days = 1461 / 48
PARTS, DAYS = 48, 1461


@reduces(
    Measure(
        "cac_payback",
        "orders",
        "distribution",
        (*CUSTOMER, "costs.category"),
        ("day", "first_day", "t_first", "earned", "cogs", "amount", "costs.amount", "costs.category"),
        empty=None,
    ),
    tables=("orders", "costs"),
)
def payback(frames: Frames) -> Frame:
    """Smallest k so that the margin of the cohort's orders in its first k months covers the acquisition costs of
    the period. The size of the cohort stands on both sides, so sums are compared. Unknown while it does not."""
    orders = frames["orders"].filter(identified() & (nw.col("t_first") >= 0))
    age = (nw.col("day") - nw.col("first_day")) * PARTS // DAYS + 1
    rows = orders.select("seg", t=nw.col("t_first"), k=age, earned=nw.col("earned").cast(nw.Float64))
    per = rows.group_by(*KEYS, "k").agg(earned=nw.col("earned").sum())
    per = per.with_columns(so_far=nw.col("earned").cum_sum().over(*KEYS, order_by="k"))
    won = frames["costs"].filter((nw.col("t") >= 0) & (nw.col("category") == nw.lit("acquisition")))
    cost = won.group_by(*KEYS).agg(cost=nw.col("amount").sum())
    back = per.join(cost, on=list(KEYS), how="inner")
    paid = back.filter((nw.col("cost") > 0) & (nw.col("so_far") >= nw.col("cost")))
    return paid.group_by(*KEYS).agg(cac_payback=nw.col("k").min())
