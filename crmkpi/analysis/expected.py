"""Expected money of each customer in the next days, from what customers in the same state did in the past.

No model: the number of orders that followed, per state (days since the last order, orders of the last year), on up
to four past dates spread over a year so that every season counts. Orders are counted over the same number of days on
every date: with all of the history, two orders of a young file would pass for two orders of an old one. Good enough to
rank a list and to say what it is worth; `predicted_ltv` is the model for longer horizons.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from crmkpi.analysis.purchases import order_coverage, purchases
from crmkpi.engine.calendar import day_number
from crmkpi.engine.data import DataDir
from crmkpi.engine.memory import remembered

HORIZON_DAYS = 90
DATES = 4
# upper edges of the states; beyond the last edge is one more state
RECENCY_EDGES = (30, 60, 90, 180, 365)
ORDER_EDGES = (0, 1, 2, 4, 9)
YEAR_DAYS = 365
# fewer past customers in a state: its recency alone decides
ENOUGH_SEEN = 30
# one order counts as much as everyone's mean: large single orders rarely repeat in full
PULL = 1


@remembered
def expected_money(data: DataDir, horizon_days: int = HORIZON_DAYS) -> pl.DataFrame:
    """cust, last_day, orders, mean_order, expected_orders, expected_money for every customer at the data's end.

    Money in units of the currency. Expected columns are null when the history is shorter than two horizons. They
    say what usually happens anyway, not what a message would add.
    """
    coverage = order_coverage(data)
    rows = purchases(data).select("cust", "day", "amount").collect()
    dates = [coverage.last - timedelta(days=horizon_days * k) for k in range(1, DATES + 1)]
    usable = [d for d in dates if (d - coverage.first).days + 1 >= horizon_days]
    memory = min(YEAR_DAYS, (min(usable, default=coverage.last) - coverage.first).days + 1)
    now = _states(rows, day_number(coverage.last), memory)
    scale = data.meta.scale
    average = float(rows["amount"].sum()) / rows.height / scale if rows.height else 0.0
    worth = (pl.col("spent") / scale + PULL * average) / (pl.col("orders") + PULL)
    now = now.with_columns(mean_order=pl.col("spent") / scale / pl.col("orders"), worth=worth)
    if not usable:
        now = now.with_columns(expected_orders=pl.lit(None, dtype=pl.Float64))
    else:
        now = _with_expected(
            now, pl.concat([_followed(rows, day_number(d), horizon_days, memory) for d in usable])
        )
    return now.select(
        "cust",
        "last_day",
        "orders",
        "mean_order",
        "expected_orders",
        expected_money=pl.col("expected_orders") * pl.col("worth"),
    ).sort("cust")


def _states(rows: pl.DataFrame, day: int, memory: int) -> pl.DataFrame:
    """Customers who ordered by the day, with the state they are in; `memory` days are counted."""
    per = (
        rows.filter(pl.col("day") <= day)
        .group_by("cust")
        .agg(
            last_day=pl.col("day").max(),
            orders=pl.len().cast(pl.Int64),
            recent=(pl.col("day") > day - memory).sum(),
            spent=pl.col("amount").sum(),
        )
    )
    silent = pl.lit(day) - pl.col("last_day")
    return per.with_columns(
        recency=_place(silent, RECENCY_EDGES), habit=_place(pl.col("recent"), ORDER_EDGES)
    )


def _place(value: pl.Expr, edges: tuple[int, ...]) -> pl.Expr:
    return pl.sum_horizontal([(value > e).cast(pl.Int8) for e in edges]).cast(pl.Int8)


def _followed(rows: pl.DataFrame, day: int, horizon: int, memory: int) -> pl.DataFrame:
    """States on a past day, and the orders in the horizon after it."""
    states = _states(rows, day, memory)
    after = rows.filter((pl.col("day") > day) & (pl.col("day") <= day + horizon))
    counts = after.group_by("cust").agg(followed=pl.len().cast(pl.Int64))
    joined = states.join(counts, on="cust", how="left")
    return joined.select("recency", "habit", followed=pl.col("followed").fill_null(0))


def _with_expected(now: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
    fine = seen.group_by("recency", "habit").agg(fine=pl.col("followed").mean(), n=pl.len())
    coarse = seen.group_by("recency").agg(coarse=pl.col("followed").mean())
    found = now.join(fine, on=["recency", "habit"], how="left").join(coarse, on="recency", how="left")
    trusted = pl.when(pl.col("n") >= ENOUGH_SEEN).then(pl.col("fine"))
    whole = float(seen["followed"].mean() or 0.0)  # type: ignore[arg-type]
    return found.with_columns(expected_orders=pl.coalesce(trusted, pl.col("coarse"), pl.lit(whole)))
