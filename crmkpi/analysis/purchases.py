"""Purchases of identified customers as the models read them: rows of orders under a filter, one row per customer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from crmkpi.engine import facts
from crmkpi.engine.calendar import Calendar, Slot, day_number
from crmkpi.engine.data import DataDir, NoTableError
from crmkpi.engine.dimensions import Where, resolve_all
from crmkpi.engine.prepare import Preparation
from crmkpi.engine.slots import coverages
from crmkpi.periods import Coverage, Period

WEEK = 7


def order_coverage(data: DataDir) -> Coverage:
    """Days covered by orders; NoTableError without orders."""
    found = coverages(data).get("orders")
    if found is None:
        raise NoTableError(table="orders", known=", ".join(data.tables()) or "—")
    return found


def slots_preparation(data: DataDir, slots: Sequence[Slot], where: Sequence[Where]) -> Preparation:
    """The engine's frames for these adjacent periods under a filter."""
    return Preparation(data, Calendar(tuple(slots)), None, resolve_all(data, where), coverages(data))


def purchases(
    data: DataDir, where: Sequence[Where] = (), reads: Sequence[str] = (), as_of: date | None = None
) -> pl.LazyFrame:
    """Valid orders of identified customers that pass the filter, up to `as_of`: order, cust, day, amount (minor
    units), first_day of the company, and the columns in `reads`."""
    coverage = order_coverage(data)
    whole = Period(coverage.first, coverage.last, "all")
    prep = slots_preparation(data, [Slot(whole, whole.first, whole.last)], where)
    columns = ["amount", "first_day", *reads]
    frame = prep.orders(set(columns)).filter(pl.col("cust").is_not_null())
    if as_of is not None:
        frame = frame.filter(pl.col("day") <= day_number(as_of))
    return frame.select("order", "cust", "day", *dict.fromkeys(columns))


def repeat_summary(data: DataDir, where: Sequence[Where] = (), as_of: date | None = None) -> pl.DataFrame:
    """One row per customer as BG/NBD reads it, at the end of `as_of` (default: the last day of the data).

    Orders of one day are one purchase. cust, x = purchase days after the first, t_x = weeks from the first to the
    last, age = weeks from the first to as_of, mean = mean amount of the x repeat days in units of the currency
    (null for x = 0), spent = amount of all orders.
    """
    end = as_of or order_coverage(data).last
    scale = data.meta.scale
    days = purchases(data, where, as_of=end).group_by("cust", "day").agg(amount=pl.col("amount").sum())
    first, last = pl.col("day").min(), pl.col("day").max()
    again = pl.col("amount").filter(pl.col("day") > first)
    per = days.group_by("cust").agg(
        x=(pl.len() - 1).cast(pl.Int64),
        t_x=(last - first) / WEEK,
        age=(pl.lit(day_number(end)) - first) / WEEK,
        mean=again.mean() / scale,
        spent=pl.col("amount").sum() / scale,
    )
    return per.sort("cust").collect()


def usual_gap_days(data: DataDir, where: Sequence[Where] = ()) -> float | None:
    """Median days from the company's previous purchase day to a purchase under the filter; None if nobody came
    twice."""
    gap = (pl.col("day") - pl.col("prev_day")).alias("gap")
    # a second order of the same day is the same purchase
    gaps = purchases(data, where, ["prev_day"]).select(gap).filter(pl.col("gap") > 0)
    value = gaps.select(pl.col("gap").median()).collect().item()
    return None if value is None else float(value)


def margin_rate(data: DataDir) -> tuple[float | None, str | None]:
    """Margin per unit of revenue and where it is from: `costs` (known for 95 % of revenue), `typed`, or None."""
    if facts.costed_share(data) >= facts.COSTED_SHARE:
        known = pl.col("cust").is_not_null() & pl.col("cogs").is_not_null()
        sums = data.frame("orders").filter(known).select(pl.col("amount").sum(), pl.col("cogs").sum())
        amount, cogs = sums.collect().row(0)
        if amount:
            return (amount - cogs) / amount, "costs"
    typed = data.meta.margin_rate
    return typed, None if typed is None else "typed"
