"""Measures over the customer list: members, consents, how full the profiles are.

Prepared table `contacts`, one row per customer: `known_from`, `loyal_from` (the first period whose last day is not
before the date; null: not a member), `push` (consent 0/1 or null), `upper` (1: of the chosen loyalty tier or above),
`filled` and `fields` (key columns filled, asked). `members` is `contacts` without any filter or split. Consents and
profiles have no history: the file states them as of today.
"""

from __future__ import annotations

import narwhals as nw

from crmkpi.measures.model import KEYS, Frame, Frames, Measure, identified, reduces
from crmkpi.measures.orders import CUSTOMER

MEMBER = ("customers.loyalty_joined_at|customers.loyalty_tier",)
PUSH = ("customers.consent_push",)


def _stock(name: str, requires: tuple[str, ...]) -> Measure:
    return Measure(name, "contacts", "stock", requires, cumulative=True)


@reduces(_stock("loyalty_members", MEMBER), tables=("contacts",))
def members(frames: Frames) -> Frame:
    """Loyalty members by the period's end."""
    rows = frames["contacts"].filter(nw.col("loyal_from") < frames.n_periods)
    return rows.select("seg", t=nw.col("loyal_from")).group_by(*KEYS).agg(loyalty_members=nw.len())


@reduces(_stock("upper_tier_members", ("customers.loyalty_tier",)), tables=("contacts",))
def upper_tier(frames: Frames) -> Frame:
    """Loyalty members of the chosen tier and above by the period's end."""
    rows = frames["contacts"].filter((nw.col("upper") == 1) & (nw.col("loyal_from") < frames.n_periods))
    return rows.select("seg", t=nw.col("loyal_from")).group_by(*KEYS).agg(upper_tier_members=nw.len())


@reduces(
    Measure("active_members", "orders", "unique", (*MEMBER, *CUSTOMER)),
    tables=("orders", "members"),
)
def active_members(frames: Frames) -> Frame:
    """Loyalty members with a valid order in the period."""
    bought = frames["orders"].filter(identified() & (nw.col("t") >= 0)).select("cust", *KEYS).unique()
    joined = frames["members"].select("cust", "loyal_from")
    both = bought.join(joined, on="cust", how="inner").filter(nw.col("loyal_from") <= nw.col("t"))
    return both.group_by(*KEYS).agg(active_members=nw.len())


@reduces(_stock("push_known", PUSH), _stock("push_enabled", PUSH), tables=("contacts",))
def push(frames: Frames) -> Frame:
    """Customers whose push consent is known, and those who gave it."""
    rows = frames["contacts"].filter(~nw.col("push").is_null() & (nw.col("known_from") < frames.n_periods))
    keyed = rows.select("seg", "push", t=nw.col("known_from"))
    return keyed.group_by(*KEYS).agg(push_known=nw.len(), push_enabled=nw.col("push").sum())


@reduces(
    _stock("profile_fields", ("customers.customer_id",)),
    _stock("profile_filled", ("customers.customer_id",)),
    tables=("contacts",),
)
def profiles(frames: Frames) -> Frame:
    """Key fields of the customer list, and those of them that are filled."""
    rows = frames["contacts"].filter(nw.col("known_from") < frames.n_periods)
    keyed = rows.select("seg", "filled", "fields", t=nw.col("known_from"))
    return keyed.group_by(*KEYS).agg(
        profile_fields=nw.col("fields").sum(), profile_filled=nw.col("filled").sum()
    )
