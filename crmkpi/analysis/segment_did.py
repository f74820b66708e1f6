"""Difference in differences of a segment against all other customers, with placebos on the windows before.

Units are customers who were known before the first window, each in the group of the last order before the start, so
that neither new customers nor later moves between segments make an effect (methods.md 7, grade B).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from crmkpi.analysis.before_after import WEEK, DidAnswer, WindowError, did_with_placebo
from crmkpi.analysis.purchases import order_coverage, purchases
from crmkpi.analysis.uplift import LEVEL
from crmkpi.engine.calendar import day_number
from crmkpi.engine.data import DataDir
from crmkpi.engine.dimensions import Where, of_customer
from crmkpi.errors import CrmKpiError

# windows before the start: one to compare with and two placebos
BEFORE = 3
LEAST_CUSTOMERS = 30


class TooFewCustomersError(CrmKpiError):
    """One of the groups has too few customers for a comparison: `treated`, `control`, `least`."""

    code = "did_too_few"


@dataclass(frozen=True)
class SegmentDid:
    """The relative effect with its placebos, and the extra money of the segment in the window."""

    did: DidAnswer
    passed: bool | None
    change: tuple[float, float, float] | None
    days: int
    customers: int


def segment_did(
    data: DataDir, start: date, days: int, where: Sequence[Where], level: float = LEVEL
) -> SegmentDid:
    """Revenue per customer of the segment against the others: growth in the last window over the others' growth.

    `days` is rounded down to whole weeks; three windows of that length before `start` give the comparison and two
    placebos. The relative effect (in logs, because seasons multiply) becomes money by the segment's own revenue
    before, grown as the others grew. WindowError when the data do not reach back; TooFewCustomersError.
    """
    span = max(days // WEEK * WEEK, 0)
    coverage = order_coverage(data)
    first = start - timedelta(days=BEFORE * max(span, WEEK))
    if span < WEEK or first <= coverage.first or start + timedelta(days=span - 1) > coverage.last:
        raise WindowError(first=first, last=start + timedelta(days=max(span, WEEK) - 1), need=WEEK)
    people = _people(data, start, first, where)
    sums = _sums(data, people, first, span)
    treated, control = (sums.filter(pl.col("inside") == side) for side in (True, False))
    if min(treated.height, control.height) < LEAST_CUSTOMERS:
        raise TooFewCustomersError(treated=treated.height, control=control.height, least=LEAST_CUSTOMERS)
    names = [f"w{k}" for k in range(BEFORE + 1)]
    arrays = [part.select(names).to_numpy().astype(float) / data.meta.scale for part in (treated, control)]
    answer = did_with_placebo(arrays[0], arrays[1], logs=True, level=level)
    return SegmentDid(answer, answer.passed, _money(answer, arrays[0]), span, treated.height)


def _people(data: DataDir, start: date, first: date, where: Sequence[Where]) -> pl.DataFrame:
    """cust, inside: customers with an order before the first window, by their last order before the start."""
    known = purchases(data, as_of=start - timedelta(days=1))
    inside = purchases(data, where, as_of=start - timedelta(days=1)).select("order", inside=pl.lit(True))
    old = known.filter(pl.col("first_day") < day_number(first))
    marked = old.join(inside, on="order", how="left").with_columns(pl.col("inside").fill_null(False))
    by_last = pl.col("inside").sort_by("day", "order").last()
    # a column of the customer holds for all of the customer's orders: any order tells the same
    whole = all(of_customer(data, w.dimension) for w in where)
    return marked.group_by("cust").agg(inside=pl.col("inside").any() if whole else by_last).collect()


def _sums(data: DataDir, people: pl.DataFrame, first: date, span: int) -> pl.DataFrame:
    """Money of every known customer in each window, 0 where nothing was bought."""
    window = (pl.col("day") - day_number(first)) // span
    rows = purchases(data).filter(pl.col("day") >= day_number(first)).with_columns(w=window)
    columns = [pl.col("amount").filter(pl.col("w") == k).sum().alias(f"w{k}") for k in range(BEFORE + 1)]
    per = rows.group_by("cust").agg(columns).collect()
    full = people.join(per, on="cust", how="left")
    return full.with_columns(pl.exclude("cust", "inside").fill_null(0)).sort("cust")


def _money(answer: DidAnswer, treated: np.ndarray) -> tuple[float, float, float] | None:
    effect = answer.effect
    if effect.estimate is None or effect.low is None or effect.high is None or effect.control is None:
        return None
    expected = float(treated[:, BEFORE - 1].sum()) * (1 + effect.control)
    return expected * effect.estimate, expected * effect.low, expected * effect.high
