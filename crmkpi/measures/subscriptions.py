"""Measures over subscriptions: monthly recurring revenue at the start and the end of a period, and what moved it.

Prepared columns of `subscriptions`: cust, seg, mrr in minor units, `end_from` and `end_to`: the row counts at the end
of the periods end_from <= t < end_to; `start_from` and `start_to`: the same for the start of a period (the end of
the day before it); t_first: the period of the customer's first paid subscription of all; unpaid: 1 if the row ended
because a payment failed. A subscription does not count on the day it ends any more.

Each customer stands with S at the start and E at the end. Then, exactly, E = S - churn - contraction + expansion +
new + reactivation summed over customers. S and E change only in periods with an event, so only those are looked
at. Inside a filter (a plan) a customer who comes from another plan is counted as come back, one who goes as gone.
"""

from __future__ import annotations

import narwhals as nw

from crmkpi.measures.model import KEYS, Frame, Frames, Measure, additive, flag, reduces

MRR = ("subscriptions.mrr",)
REASON = ("subscriptions.mrr", "subscriptions.end_reason")
TRIAL = ("subscriptions.trial_started_at",)


def _steps(frames: Frames) -> Frame:
    """A row per customer, segment and period in which S or E changes: both changes, and whether a payment failed."""
    rows = frames["subscriptions"].filter(nw.col("mrr") > 0)
    nothing, plus = nw.lit(0).cast(nw.Int64), nw.col("mrr").cast(nw.Int64)
    parts = []
    for column, sign, at_end in (
        ("end_from", 1, True),
        ("end_to", -1, True),
        ("start_from", 1, False),
        ("start_to", -1, False),
    ):
        step = plus * sign
        failed = nw.col("unpaid").cast(nw.Int64) if column == "end_to" else nothing
        part = rows.select(
            "cust",
            "seg",
            "t_first",
            t=nw.col(column),
            end=step if at_end else nothing,
            start=nothing if at_end else step,
            unpaid=failed,
        )
        parts.append(part.filter(nw.col("t") < frames.n_periods))
    return (
        nw.concat(parts)
        .group_by("cust", *KEYS)
        .agg(
            end=nw.col("end").sum(),
            start=nw.col("start").sum(),
            unpaid=nw.col("unpaid").max(),
            t_first=nw.col("t_first").min(),
        )
    )


@reduces(
    Measure("mrr", "subscriptions", "stock", MRR, money=True, cumulative=True),
    Measure("start_mrr", "subscriptions", "stock", MRR, money=True, cumulative=True),
    tables=("subscriptions",),
)
def recurring(frames: Frames) -> Frame:
    """Recurring revenue at the end and at the start of the period (events)."""
    return _steps(frames).group_by(*KEYS).agg(mrr=nw.col("end").sum(), start_mrr=nw.col("start").sum())


def movements(frames: Frames) -> Frame:
    """A row per customer, segment and period with an event: S and E as `before` and `after`."""
    return _steps(frames).with_columns(
        before=nw.col("start").cum_sum().over("cust", "seg", order_by="t"),
        after=nw.col("end").cum_sum().over("cust", "seg", order_by="t"),
    )


def _money(name: str) -> Measure:
    return Measure(name, "subscriptions", "sum", MRR, money=True)


@reduces(
    _money("new_mrr"),
    _money("reactivation_mrr"),
    _money("expanded_mrr"),
    _money("contracted_mrr"),
    _money("churned_mrr"),
    Measure("churned_mrr_by_choice", "subscriptions", "sum", REASON, money=True),
    Measure("churned_mrr_by_payment", "subscriptions", "sum", REASON, money=True),
    Measure("new_subscriptions", "subscriptions", "unique", MRR),
    Measure("churned_by_choice", "subscriptions", "unique", REASON),
    Measure("churned_by_payment", "subscriptions", "unique", REASON),
    tables=("subscriptions",),
)
def moved_revenue(frames: Frames) -> Frame:
    """What moved recurring revenue, by customers. Gone for a failed payment: any of the customer's subscriptions
    ended so in the period; every other end, a blank reason too, is the customer's own choice."""
    before, after = nw.col("before"), nw.col("after")
    rows = movements(frames).with_columns(
        came=flag((before == 0) & (after > 0)),
        gone=flag((before > 0) & (after == 0)),
        first=flag(nw.col("t") == nw.col("t_first")),
        up=nw.when((before > 0) & (after > before)).then(after - before).otherwise(0),
        down=nw.when((before > after) & (after > 0)).then(before - after).otherwise(0),
    )
    came, gone, first, failed = nw.col("came"), nw.col("gone"), nw.col("first"), nw.col("unpaid")
    rows = rows.select(
        *KEYS,
        "up",
        "down",
        new=came * first * after,
        back=came * (1 - first) * after,
        churned=gone * before,
        unpaid_mrr=gone * failed * before,
        newcomer=came * first,
        left=gone * (1 - failed),
        unpaid=gone * failed,
    )
    return rows.group_by(*KEYS).agg(
        new_mrr=nw.col("new").sum(),
        reactivation_mrr=nw.col("back").sum(),
        expanded_mrr=nw.col("up").sum(),
        contracted_mrr=nw.col("down").sum(),
        churned_mrr=nw.col("churned").sum(),
        churned_mrr_by_choice=(nw.col("churned") - nw.col("unpaid_mrr")).sum(),
        churned_mrr_by_payment=nw.col("unpaid_mrr").sum(),
        new_subscriptions=nw.col("newcomer").sum(),
        churned_by_choice=nw.col("left").sum(),
        churned_by_payment=nw.col("unpaid").sum(),
    )


@reduces(
    Measure("subscribers_paying_start", "subscriptions", "stock", MRR, cumulative=True),
    tables=("subscriptions",),
)
def paying_at_start(frames: Frames) -> Frame:
    """Customers who pay at the start of the period (events: they begin and cease to)."""
    rows = movements(frames).with_columns(earlier=nw.col("before") - nw.col("start"))
    pays, paid = flag(nw.col("before") > 0), flag(nw.col("earlier") > 0)
    return (
        rows.select(*KEYS, step=pays - paid)
        .group_by(*KEYS)
        .agg(subscribers_paying_start=nw.col("step").sum())
    )


@additive("trials", requires=TRIAL)
def trials() -> nw.Expr:
    """Trials begun in the period."""
    return nw.lit(1)


@additive("trials", requires=(*TRIAL, *MRR))
def trials_paid() -> nw.Expr:
    """Of the trials begun in the period: those whose customer paid later."""
    return nw.col("paid")
