"""What messages added, against customers held out at random.

Two designs. *By campaign* (`messages.control`): prepared `holdouts`, a row per message or withheld message: cust,
ts of it, code (campaign), control (1: withheld), winback (1: the campaign's goal is to win customers back), cost in
minor units, t, seg. Outcome: amount of the customer's orders in the attribution window after the first send of the
campaign. Only campaigns with both groups count. *By list* (`customers.control`): prepared `groups`, a row per
customer: control, known_from, seg. Outcome: amount of the customer's orders in the period.
All members of a group count, buyers or not: leaving out those who did nothing would compare the keen with everybody.
"""

from __future__ import annotations

import narwhals as nw

from crmkpi.measures.model import KEYS, Frame, Frames, Measure, flag, identified, reduces
from crmkpi.measures.orders import CUSTOMER

BY_CAMPAIGN = ("messages.control", *CUSTOMER)
BY_LIST = ("customers.control", *CUSTOMER)
WINBACK = (*BY_CAMPAIGN, "campaigns.goal")
Z_SQUARED = 1.959963984540054**2
HOUR_SECONDS = 3600
_ORDER, _OPEN, _CLOSE = 1, 0, 2


def _units(frames: Frames) -> Frame:
    """A row per customer and campaign: group, first send, period of it."""
    rows = frames["holdouts"].filter(identified() & ~nw.col("control").is_null())
    return rows.group_by("cust", "code", "seg").agg(
        control=nw.col("control").max(),
        at=nw.col("ts").min(),
        t=nw.col("t").min(),
        winback=nw.col("winback").max(),
        cost=nw.col("cost").max(),
    )


def _spent(frames: Frames) -> Frame:
    """Units with what the customer spent in the window after the first send: amount and margin."""
    orders = frames["purchases"].filter(identified())
    units = _units(frames).filter(nw.col("t") >= 0)
    window = frames.window_hours * HOUR_SECONDS
    zero = nw.lit(0).cast(nw.Int64)
    names = ("code", "seg", "control", "t", "winback", "cost")
    paid = orders.select(
        "cust",
        at=nw.col("ts").cast(nw.Int64),
        what=nw.lit(_ORDER).cast(nw.Int64),
        amount=nw.col("amount").cast(nw.Float64),
        earned=nw.col("earned").cast(nw.Float64),
        code=nw.lit("").cast(nw.String),
        **{name: zero for name in names if name != "code"},
    )
    probes = [
        units.select(
            "cust",
            at=(nw.col("at") + shift).cast(nw.Int64),
            what=nw.lit(what).cast(nw.Int64),
            amount=nw.lit(0.0),
            earned=nw.lit(0.0),
            code=nw.col("code"),
            **{name: nw.col(name).cast(nw.Int64) for name in names if name != "code"},
        )
        for what, shift in ((_OPEN, -1), (_CLOSE, window))
    ]
    line = nw.concat([paid, *probes])
    ordered = ["at", "what", "code", "seg"]
    line = line.with_columns(
        sum_amount=nw.col("amount").cum_sum().over("cust", order_by=ordered),
        sum_earned=nw.col("earned").cum_sum().over("cust", order_by=ordered),
    ).filter(~(nw.col("what") == _ORDER))
    sign = nw.when(nw.col("what") == _CLOSE).then(nw.lit(1.0)).otherwise(nw.lit(-1.0))
    line = line.with_columns(amount=sign * nw.col("sum_amount"), earned=sign * nw.col("sum_earned"))
    return line.group_by("cust", *names).agg(amount=nw.col("amount").sum(), earned=nw.col("earned").sum())


def _campaigns(frames: Frames) -> Frame:
    """A row per campaign (with both groups) and cell: sizes, means, the variance of the difference of means."""
    held = nw.col("control") == 1
    rows = _spent(frames)
    parts = {
        "n1": flag(~held),
        "n0": flag(held),
        **{
            f"{name}{g}": nw.when(held == bool(1 - g)).then(nw.col(name)).otherwise(0.0)
            for name in ("amount", "earned")
            for g in (0, 1)
        },
    }
    rows = rows.with_columns(**parts)
    rows = rows.with_columns(
        square1=nw.col("amount1") * nw.col("amount1"), square0=nw.col("amount0") * nw.col("amount0")
    )
    sums = [*parts, "square1", "square0"]
    keys = ["code", "winback", "cost", *KEYS]
    per = rows.group_by(*keys).agg(*[nw.col(n).sum() for n in sums])
    return per.filter((nw.col("n1") > 0) & (nw.col("n0") > 0))


def _difference(name: str) -> nw.Expr:
    return nw.col(f"{name}1") / nw.col("n1") - nw.col(f"{name}0") / nw.col("n0")


def _spread(group: int) -> nw.Expr:
    """Variance of the mean of a group (sample variance / n)."""
    n, total, squares = nw.col(f"n{group}"), nw.col(f"amount{group}"), nw.col(f"square{group}")
    return (squares - total * total / n) / (n - 1) / n


@reduces(
    Measure("campaign_treated", "holdouts", "unique", BY_CAMPAIGN),
    Measure(
        "campaign_incremental",
        "holdouts",
        "sum",
        BY_CAMPAIGN,
        ("purchases.amount", "purchases.earned"),
        money=True,
        empty=None,
    ),
    tables=("holdouts", "purchases"),
)
def campaign_uplift(frames: Frames) -> Frame:
    """Customers who got campaigns that held others out, and treated x (mean treated - mean control) over these
    campaigns. A customer of two campaigns counts in both."""
    per = _campaigns(frames).with_columns(extra=nw.col("n1") * _difference("amount"))
    return per.group_by(*KEYS).agg(
        campaign_treated=nw.col("n1").sum(), campaign_incremental=nw.col("extra").sum()
    )


@reduces(
    Measure(
        "winback_campaigns_successful", "holdouts", "sum", WINBACK, ("purchases.amount", "purchases.earned")
    ),
    tables=("holdouts", "purchases"),
)
def winbacks(frames: Frames) -> Frame:
    """Win-back campaigns whose uplift is proven (lower bound of the 95 % interval of the difference of means above
    zero, groups of two and more) and whose extra margin exceeds the campaign's cost (blank cost: none)."""
    per = _campaigns(frames).filter((nw.col("winback") == 1) & (nw.col("n1") > 1) & (nw.col("n0") > 1))
    per = per.with_columns(
        difference=_difference("amount"),
        spread=_spread(1) + _spread(0),
        margin=nw.col("n1") * _difference("earned"),
    )
    difference = nw.col("difference")
    proven = (difference > 0) & (difference * difference > Z_SQUARED * nw.col("spread"))
    per = per.select(*KEYS, hit=flag(proven & (nw.col("margin") > nw.col("cost"))))
    return per.group_by(*KEYS).agg(winback_campaigns_successful=nw.col("hit").sum())


def _group(name: str) -> Measure:
    return Measure(name, "groups", "stock", BY_LIST, cumulative=True)


@reduces(_group("list_treated"), _group("list_control"), tables=("groups",))
def list_groups(frames: Frames) -> Frame:
    """Customers of the list by the period's end: those who may be sent messages, those held out."""
    rows = frames["groups"].filter(~nw.col("control").is_null() & (nw.col("known_from") < frames.n_periods))
    rows = rows.select(
        "seg",
        t=nw.col("known_from"),
        held=flag(nw.col("control") == 1),
        free=flag(nw.col("control") == 0),
    )
    return rows.group_by(*KEYS).agg(list_treated=nw.col("free").sum(), list_control=nw.col("held").sum())


def _revenue(name: str) -> Measure:
    return Measure(name, "orders", "sum", BY_LIST, ("amount",), money=True)


@reduces(_revenue("list_treated_revenue"), _revenue("list_control_revenue"), tables=("orders", "groups_any"))
def list_revenue(frames: Frames) -> Frame:
    """Amounts of the period's orders of both groups of the list."""
    groups = frames["groups_any"].filter(~nw.col("control").is_null())
    groups = groups.select("cust", "known_from", held=flag(nw.col("control") == 1))
    orders = frames["orders"].filter(identified() & (nw.col("t") >= 0)).select("cust", "amount", *KEYS)
    rows = orders.join(groups, on="cust", how="inner").filter(nw.col("known_from") <= nw.col("t"))
    rows = rows.select(*KEYS, held=nw.col("held") * nw.col("amount"), every=nw.col("amount"))
    return rows.group_by(*KEYS).agg(
        list_treated_revenue=(nw.col("every") - nw.col("held")).sum(),
        list_control_revenue=nw.col("held").sum(),
    )
