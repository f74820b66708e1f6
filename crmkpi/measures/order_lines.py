"""Measures over the lines of valid orders: only what cannot be had from the order itself.

Prepared columns of `order_lines`: order, cust, day, t, seg, category (integer code, null = blank), quantity,
amount in minor units. Units and line sums per order are columns of `orders` already.
"""

from __future__ import annotations

import narwhals as nw

from crmkpi.measures.model import KEYS, Frame, Frames, Measure, flag, identified, reduces
from crmkpi.measures.orders import CUSTOMER

CATEGORY = ("order_lines.category", *CUSTOMER)


def _breadth(name: str) -> Measure:
    return Measure(name, "order_lines", "unique", CATEGORY, ("category_code",))


@reduces(_breadth("customer_categories"), _breadth("multi_category_customers"), tables=("order_lines",))
def categories(frames: Frames) -> Frame:
    """Different categories per customer in the period, summed; and customers with two or more."""
    lines = frames["order_lines"].filter(
        identified() & (nw.col("t") >= 0) & ~nw.col("category_code").is_null()
    )
    pairs = lines.select("cust", *KEYS, "category_code").unique()
    per = pairs.group_by("cust", *KEYS).agg(n=nw.len())
    marked = per.with_columns(many=flag(nw.col("n") > 1))
    return marked.group_by(*KEYS).agg(
        customer_categories=nw.col("n").sum(), multi_category_customers=nw.col("many").sum()
    )
