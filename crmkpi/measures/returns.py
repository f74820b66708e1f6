"""Measures over returns: documents and refunds, each dated by itself (definitions.md "Returns").

Prepared columns of `returns`: cust (null = anonymous), day, amount (value returned, positive, minor units), t, seg.
"""

from __future__ import annotations

import narwhals as nw

from crmkpi.measures.model import KEYS, Frame, Frames, Measure, additive, flag, identified, reduces
from crmkpi.measures.orders import CUSTOMER


@additive("returns", reads=("amount",), where=identified, money=True)
def returned_value() -> nw.Expr:
    """Value of returns of identified customers dated in the period."""
    return nw.col("amount")


@additive("returns", where=identified)
def return_documents() -> nw.Expr:
    """Return documents, or orders with a refund, of identified customers dated in the period."""
    return nw.lit(1)


def _unique(name: str) -> Measure:
    return Measure(name, "returns", "unique", CUSTOMER)


@reduces(_unique("returning_goods_customers"), _unique("buyers_or_returners"), tables=("orders", "returns"))
def returners(frames: Frames) -> Frame:
    """Identified customers with a return in the period; those with a valid order or a return in it."""
    live = identified() & (nw.col("t") >= 0)
    bought = frames["orders"].filter(live).select("cust", *KEYS).unique()
    brought = frames["returns"].filter(live).select("cust", *KEYS).unique()
    both = nw.concat(
        [
            bought.with_columns(back=nw.lit(0).cast(nw.Int64)),
            brought.with_columns(back=nw.lit(1).cast(nw.Int64)),
        ]
    )
    per = both.group_by("cust", *KEYS).agg(back=nw.col("back").max())
    return per.group_by(*KEYS).agg(
        returning_goods_customers=nw.col("back").sum(),
        buyers_or_returners=flag(nw.col("back") >= 0).sum(),
    )
