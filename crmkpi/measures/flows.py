"""Who came, stayed, left and came back: definitions.md "Flow under any filter F", word for word.

Status belongs to the customer and the company; a filter only chooses which customers count. `activity` makes
one row per customer, segment and period in which a passing order stands, with the neighbouring periods of
activity inside the filter (`prev_t`, `next_t`) and in the company (`company_prev`, `company_next`).
"""

from __future__ import annotations

import narwhals as nw

from crmkpi.measures.model import KEYS, Frame, Frames, Measure, flag, identified, reduces
from crmkpi.measures.orders import CUSTOMER, SECOND_ORDER_DAYS

NONE = -9  # no such period: never a neighbour of a real one
ACTIVITY_READS = ("new", "dormant", "day", "next_day")


def company_activity(orders: Frame) -> Frame:
    """Periods of activity of each customer in the company, before any filter, with both neighbours."""
    seen = orders.filter(identified() & (nw.col("t") >= 0)).select("cust", "t").unique()
    return seen.with_columns(
        company_prev=nw.col("t").shift(1).over("cust", order_by="t").fill_null(NONE),
        company_next=nw.col("t").shift(-1).over("cust", order_by="t").fill_null(NONE),
    )


def activity(orders: Frame, company: Frame) -> Frame:
    """Periods of activity inside the filter, one row per customer, segment and period."""
    inside = orders.filter(identified() & (nw.col("t") >= 0))
    soon = (nw.col("dormant") == 1) & (nw.col("next_day") - nw.col("day") <= SECOND_ORDER_DAYS)
    rows = inside.select("cust", *KEYS, "new", "dormant", soon=flag(soon))
    per = rows.group_by("cust", *KEYS).agg(
        new=nw.col("new").max(),
        back=nw.col("dormant").max(),
        back_again=nw.col("soon").max(),
        orders=nw.len(),
    )
    linked = per.with_columns(
        prev_t=nw.col("t").shift(1).over("cust", "seg", order_by="t").fill_null(NONE),
        next_t=nw.col("t").shift(-1).over("cust", "seg", order_by="t").fill_null(NONE),
    )
    return linked.join(company, on=["cust", "t"], how="left")


def _unique(name: str) -> Measure:
    return Measure(name, "orders", "unique", CUSTOMER, ACTIVITY_READS)


@reduces(
    _unique("active_customers"),
    _unique("new_customers"),
    _unique("retained_customers"),
    _unique("returned_customers"),
    _unique("moved_in"),
    _unique("repeat_customers"),
    _unique("reactivated_customers"),
    _unique("reactivated_again"),
    tables=("activity",),
)
def present(frames: Frames) -> Frame:
    """Customers with a passing order in t, by what they were in t-1.

    active = new + retained + returned + moved_in. repeat_customers: two or more passing orders in t.
    reactivated: an order whose previous one is more than N days earlier; reactivated_again: with another order
    within 90 days of it.
    """
    before = nw.col("t") - 1
    in_company = nw.col("company_prev") == before
    rows = frames["activity"].with_columns(
        kept=flag(nw.col("prev_t") == before),
        moved=flag(in_company & ~(nw.col("prev_t") == before)),
        returned=flag(~in_company & (nw.col("new") == 0)),
        twice=flag(nw.col("orders") > 1),
    )
    return rows.group_by(*KEYS).agg(
        active_customers=nw.len(),
        new_customers=nw.col("new").sum(),
        retained_customers=nw.col("kept").sum(),
        returned_customers=nw.col("returned").sum(),
        moved_in=nw.col("moved").sum(),
        repeat_customers=nw.col("twice").sum(),
        reactivated_customers=nw.col("back").sum(),
        reactivated_again=nw.col("back_again").sum(),
    )


@reduces(
    _unique("active_customers_prev"),
    _unique("lost_customers"),
    _unique("moved_out"),
    tables=("activity",),
)
def absent(frames: Frames) -> Frame:
    """Customers with a passing order in t-1, by where they are in t: lost to the company, or outside the filter."""
    after = nw.col("t") + 1
    in_company = nw.col("company_next") == after
    rows = frames["activity"].with_columns(
        lost=flag(~in_company),
        moved=flag(in_company & ~(nw.col("next_t") == after)),
    )
    shifted = rows.select("seg", "lost", "moved", t=after)
    return shifted.group_by(*KEYS).agg(
        active_customers_prev=nw.len(), lost_customers=nw.col("lost").sum(), moved_out=nw.col("moved").sum()
    )


@reduces(
    Measure("known_before", "company", "stock", CUSTOMER, cumulative=True, scope="company"),
    tables=("company",),
)
def known(frames: Frames) -> Frame:
    """Customers who ordered anything before the first day of t (events: one per customer)."""
    firsts = frames["company"].filter(identified() & (nw.col("order_number") == 1))
    keyed = firsts.select("seg", t=nw.col("start_known")).filter(nw.col("t") < frames.n_periods)
    return keyed.group_by(*KEYS).agg(known_before=nw.len())


@reduces(
    Measure("company_active_prev", "company", "unique", CUSTOMER, scope="company"),
    tables=("company",),
)
def company_before(frames: Frames) -> Frame:
    """Customers of the company active in t-1, whatever the filter on orders."""
    seen = frames["company"].filter(identified() & (nw.col("t") >= 0)).select("cust", *KEYS).unique()
    shifted = seen.select("seg", t=nw.col("t") + 1)
    return shifted.group_by(*KEYS).agg(company_active_prev=nw.len())
