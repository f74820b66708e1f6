"""States of the customer base at a date: each customer stands where the latest company order stands.

One order of a customer is the latest from its own day until the day of the next one; so a stock is the running
sum of events: +1 where an order begins to count, -1 where it stops. Events at n_periods never happen.
"""

from __future__ import annotations

import narwhals as nw

from crmkpi.measures.model import KEYS, Frame, Frames, Measure, flag, identified, reduces
from crmkpi.measures.orders import CUSTOMER


def spans(rows: Frame, start: str, stop: str, name: str, n_periods: int) -> Frame:
    """Events of rows that count in the periods start <= t < stop: +1 and -1, summed per cell."""
    alive = rows.filter((nw.col(start) < nw.col(stop)) & (nw.col(start) < n_periods))
    begin = alive.select("seg", t=nw.col(start), step=nw.lit(1).cast(nw.Int64))
    end = alive.select("seg", t=nw.col(stop), step=nw.lit(-1).cast(nw.Int64)).filter(nw.col("t") < n_periods)
    return nw.concat([begin, end]).group_by(*KEYS).agg(nw.col("step").sum().alias(name))


def _stock(name: str, *reads: str) -> Measure:
    return Measure(name, "orders", "stock", CUSTOMER, reads, cumulative=True)


@reduces(_stock("base_size", "end_from", "end_next"), tables=("orders",))
def base(frames: Frames) -> Frame:
    """Customers who ever ordered by the period's end."""
    rows = frames["orders"].filter(identified())
    return spans(rows, "end_from", "end_next", "base_size", frames.n_periods)


@reduces(_stock("lost_base", "end_lost", "end_next"), tables=("orders",))
def lost_base(frames: Frames) -> Frame:
    """Customers whose last order is more than N days before the period's end."""
    rows = frames["orders"].filter(identified())
    return spans(rows, "end_lost", "end_next", "lost_base", frames.n_periods)


@reduces(_stock("dormant_customers", "start_dormant", "start_next"), tables=("orders",))
def dormant(frames: Frames) -> Frame:
    """Customers whose last order before t is more than N days before t's first day."""
    rows = frames["orders"].filter(identified())
    return spans(rows, "start_dormant", "start_next", "dormant_customers", frames.n_periods)


@reduces(
    Measure(
        "dormant_returned",
        "orders",
        "unique",
        CUSTOMER,
        ("start_dormant", "start_next", "t_next"),
        cumulative=False,
    ),
    tables=("orders",),
)
def dormant_returned(frames: Frames) -> Frame:
    """Of dormant_customers(t): those with an order in t. Never more than they are."""
    rows = frames["orders"].filter(identified() & (nw.col("t_next") >= 0))
    back = rows.filter(nw.col("start_dormant") <= nw.col("t_next"))
    keyed = back.select("seg", t=nw.col("t_next"), one=flag(nw.col("t_next") >= 0))
    return keyed.group_by(*KEYS).agg(dormant_returned=nw.col("one").sum())


@reduces(
    Measure(
        "revenue_to_date", "orders", "stock", CUSTOMER, ("end_from", "amount"), money=True, cumulative=True
    ),
    tables=("orders",),
)
def revenue_to_date(frames: Frames) -> Frame:
    """Amount of all orders of identified customers by the period's end."""
    rows = frames["orders"].filter(identified() & (nw.col("end_from") < frames.n_periods))
    keyed = rows.select("seg", "amount", t=nw.col("end_from"))
    return keyed.group_by(*KEYS).agg(revenue_to_date=nw.col("amount").sum())
