"""Observed LTV: what the customers of a cohort brought by each age, nothing assumed.

Age runs in days since each customer's own first order, so every customer of a cell had the same time to buy. The
formula `ltv_simple` and the model stand beside it (methods.md 8, definitions.md "Margin rate").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from crmkpi.analysis.purchases import margin_rate, order_coverage, purchases
from crmkpi.engine.calendar import day_number
from crmkpi.engine.data import DataDir
from crmkpi.engine.dimensions import Where
from crmkpi.periods import periods_between

AGE_DAYS = 30
# LTV should cover the cost of winning a customer three times (Skok)
ENOUGH = 3.0
FAR_APART = 1.5


@dataclass(frozen=True)
class ObservedLtv:
    """`cells`: cohort, from (Date), customers, age (1 = the first AGE_DAYS days), days (age x step), revenue and
    margin = cumulative per customer of the cohort in units of the currency (margin null if unknown), censored = the
    first cohort of the data may hold older customers.

    `curve`: age, days, customers, cohorts, revenue, margin: all cohorts together, each age's increment over the
    customers who have reached it, then summed (so that the line never falls because the mix changed).
    """

    cells: pl.DataFrame
    curve: pl.DataFrame
    margin_from: str | None

    def margin_at(self, days: int) -> float | None:
        """Margin per customer by an age that is a whole number of steps; None if unknown."""
        hit = self.curve.filter(pl.col("days") == days)["margin"].to_list()
        return hit[0] if hit else None


def observed_ltv(
    data: DataDir, grain: str = "month", where: Sequence[Where] = (), *, age_days: int = AGE_DAYS
) -> ObservedLtv:
    """Cumulative revenue and margin per customer by cohort and age; only ages that all of the cohort have lived.

    A cohort = customers whose first company order lies in the period. A filter chooses customers by that first
    order, all their later orders count: so channels can be set against what they cost. Margin by each order's cost
    of goods where 95 % of revenue has it, else revenue x the typed rate.
    """
    coverage = order_coverage(data)
    rate, source = margin_rate(data)
    reads = ["cogs"] if source == "costs" else []
    everything = purchases(data, (), reads)
    firsts = purchases(data, where, ["order_number"]).filter(pl.col("order_number") == 1)
    chosen = firsts.select("cust", "first_day")
    table = _cohort_table(coverage.first, coverage.last, grain, age_days)
    people = chosen.sort("first_day").join_asof(
        table.lazy().select("start", "cohort").sort("start"), left_on="first_day", right_on="start"
    )
    gain = _margin(source, rate)
    rows = everything.join(people.select("cust", "cohort"), on="cust").select(
        "cohort",
        age=(pl.col("day") - pl.col("first_day")) // age_days + 1,
        revenue=pl.col("amount"),
        margin=gain,
    )
    sums = rows.group_by("cohort", "age").agg(pl.col("revenue").sum(), pl.col("margin").sum())
    sizes = people.group_by("cohort").agg(customers=pl.len())
    cells = _cells(table, sizes.collect(), sums.collect(), data.meta.scale)
    unknown = pl.lit(None, dtype=pl.Float64)
    if source is None:
        cells = cells.with_columns(margin=unknown, margin_step=unknown)
    keep = ("cohort", "from", "customers", "age", "days", "revenue", "margin", "censored")
    return ObservedLtv(cells.select(keep), _curve(cells), source)


def _margin(source: str | None, rate: float | None) -> pl.Expr:
    if source == "costs":
        # an order without a cost is worth its revenue at the rate of the others
        return pl.coalesce((pl.col("amount") - pl.col("cogs")).cast(pl.Float64), pl.col("amount") * rate)
    return pl.col("amount") * (rate if rate is not None else 0.0)


def _cohort_table(first: date, last: date, grain: str, age_days: int) -> pl.DataFrame:
    """Cohorts and how many whole ages the youngest of their customers have lived by the last day."""
    rows = []
    for period in periods_between(first, last, grain):
        lived = (last - min(period.last, last)).days + 1
        censored = period.contains(first)
        rows.append((period.text, period.first, day_number(period.first), lived // age_days, censored))
    names = {
        "cohort": pl.String,
        "from": pl.Date,
        "start": pl.Int32,
        "ages": pl.Int64,
        "censored": pl.Boolean,
    }
    step = pl.lit(age_days, dtype=pl.Int64).alias("step")
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(step)


def _cells(table: pl.DataFrame, sizes: pl.DataFrame, sums: pl.DataFrame, scale: int) -> pl.DataFrame:
    grid = table.join(sizes, on="cohort").filter(pl.col("ages") > 0)
    grid = grid.with_columns(age=pl.int_ranges(1, pl.col("ages") + 1)).explode("age")
    full = grid.join(sums.with_columns(pl.col("age").cast(pl.Int64)), on=["cohort", "age"], how="left")
    steps = [
        (pl.col(c).fill_null(0) / scale / pl.col("customers")).alias(f"{c}_step")
        for c in ("revenue", "margin")
    ]
    totals = [pl.col(f"{c}_step").cum_sum().over("cohort").alias(c) for c in ("revenue", "margin")]
    full = full.sort("start", "age").with_columns(steps).with_columns(totals)
    return full.with_columns(
        days=pl.col("age") * pl.col("step"), customers=pl.col("customers").cast(pl.Int64)
    )


def _curve(cells: pl.DataFrame) -> pl.DataFrame:
    weight = pl.col("customers")
    per = cells.group_by("age", "days").agg(
        customers=weight.sum(),
        cohorts=pl.len(),
        revenue=(pl.col("revenue_step") * weight).sum() / weight.sum(),
        margin=pl.when(pl.col("margin_step").is_not_null().all()).then(
            (pl.col("margin_step") * weight).sum() / weight.sum()
        ),
    )
    return per.sort("age").with_columns(pl.col("revenue", "margin").cum_sum())


@dataclass(frozen=True)
class CacAnswer:
    """LTV by margin against the acquisition cost at one horizon. `enough`: at least three times.

    `payback_days`: the first age at which margin per customer covers the cost; None if not yet.
    """

    horizon_days: int
    ltv: float | None
    cac: float
    ratio: float | None
    enough: bool | None
    payback_days: int | None


def against_cac(observed: ObservedLtv, cac: float, horizon_days: int) -> CacAnswer:
    """The 3x rule on observed margin (revenue is never compared with CAC: without margin the ratio is unknown)."""
    ltv = observed.margin_at(horizon_days)
    ratio = ltv / cac if ltv is not None and cac > 0 else None
    paid = observed.curve.filter(pl.col("margin") >= cac)["days"].to_list()
    return CacAnswer(
        horizon_days=horizon_days,
        ltv=ltv,
        cac=cac,
        ratio=ratio,
        enough=None if ratio is None else ratio >= ENOUGH,
        payback_days=int(paid[0]) if paid else None,
    )


def far_apart(formula: float | None, observed: float | None) -> bool | None:
    """Whether LTV by formula and observed differ more than 1.5 times (a warning stands beside both then)."""
    if formula is None or observed is None or formula <= 0 or observed <= 0:
        return None
    return max(formula / observed, observed / formula) > FAR_APART
