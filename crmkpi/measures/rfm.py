"""Recency, frequency, money at the period's end, over orders inside the filter.

Quintile rule (the same as crmkpi.analysis.rfm, held equal by a test): the four cut-offs are the nearest-rank 20th,
40th, 60th and 80th percentile over customers; a score is 1 + the number of cut-offs the customer is strictly better
than, so equal values share one score. A count below a value decides without naming the cut-off: more orders than the
60th percentile (F >= 4) means that at least three fifths of the customers have fewer.
"""

from __future__ import annotations

import narwhals as nw

from crmkpi.measures.model import KEYS, Frame, Frames, Measure, flag, identified, reduces
from crmkpi.measures.orders import CUSTOMER

READS = ("end_from", "end_year", "amount", "day")


def _states(frames: Frames) -> Frame:
    """A row per customer, segment and shown period: last day, orders and amount so far, amount of the last year."""
    orders = frames["orders"].filter(identified() & (nw.col("end_from") < frames.n_periods))
    per = orders.group_by("cust", "seg", "end_from", "end_year").agg(
        last=nw.col("day").max(), n=nw.len(), amount=nw.col("amount").sum()
    )
    parts = []
    for t in frames.shown:
        now = per.filter(nw.col("end_from") <= t)
        fresh = nw.when(nw.col("end_year") > t).then(nw.col("amount")).otherwise(0)
        states = (
            now.with_columns(fresh=fresh)
            .group_by("cust", "seg")
            .agg(
                last=nw.col("last").max().cast(nw.Int64),
                n=nw.col("n").sum().cast(nw.Int64),
                amount=nw.col("amount").sum().cast(nw.Int64),
                fresh=nw.col("fresh").sum().cast(nw.Int64),
            )
        )
        parts.append(states.with_columns(t=nw.lit(t).cast(nw.Int64)))
    return nw.concat(parts)


def _below(states: Frame, column: str, name: str) -> Frame:
    """Distinct values of a column per cell with the number of customers strictly below them."""
    counts = states.group_by(*KEYS, column).agg(same=nw.len())
    upto = nw.col("same").cum_sum().over(*KEYS, order_by=column)
    return counts.with_columns((upto - nw.col("same")).alias(name)).select(*KEYS, column, name)


@reduces(
    Measure("rfm_customers", "orders", "stock", CUSTOMER, READS),
    Measure("rfm_top_customers", "orders", "stock", CUSTOMER, READS),
    Measure("rfm_at_risk_value", "orders", "stock", CUSTOMER, READS, money=True),
    tables=("orders",),
)
def rfm_scores(frames: Frames) -> Frame:
    """Customers with an order so far; those with R, F and M of 4 or 5; amount of the last 365 days of customers
    with R <= 2 and F >= 4."""
    states = _states(frames)
    size = states.group_by(*KEYS).agg(size=nw.len())
    rows = states.join(size, on=list(KEYS), how="inner")
    for column, name in (("last", "older"), ("n", "rarer"), ("amount", "poorer")):
        rows = rows.join(_below(states, column, name), on=[*KEYS, column], how="inner")
    # R: customers whose last order is at least as recent = size - older; few of them: a good score
    least = 3 * nw.col("size")
    often = 5 * nw.col("rarer") >= least
    rich = 5 * nw.col("poorer") >= least
    recent = 5 * (nw.col("size") - nw.col("older")) < 2 * nw.col("size")
    gone = 5 * (nw.col("size") - nw.col("older")) >= least
    rows = rows.select(
        *KEYS,
        top=flag(recent & often & rich),
        risk=flag(gone & often) * nw.col("fresh"),
    )
    return rows.group_by(*KEYS).agg(
        rfm_customers=nw.len(), rfm_top_customers=nw.col("top").sum(), rfm_at_risk_value=nw.col("risk").sum()
    )
