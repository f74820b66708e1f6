"""A small shop in canonical tables: orders with lifecycle columns, from a seed, up to any day."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from crmkpi.engine.data import DataDir, DimensionInfo, Meta, TableCoverage
from crmkpi.periods import usual_gap

EPOCH = date(1970, 1, 1)
COUNTRIES = ("UK", "France", "Germany")


def raw_orders(first: date, last: date, customers: int = 240, seed: int = 5) -> pl.DataFrame:
    """customer, day, amount, country: seasonal, growing a little, every day has orders."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range((last - first).days + 1):
        day = first + timedelta(days=i)
        season = 1 + 0.35 * np.cos(2 * np.pi * (day.timetuple().tm_yday - 340) / 365)
        lift = 1.4 if day.weekday() == 5 else 0.95
        for _ in range(1 + rng.poisson(6 * season * lift * (1 + i / 4000))):
            cust = int(customers * rng.beta(1, 3))
            rows.append(
                (cust, (day - EPOCH).days, round(float(rng.gamma(4, 25)) + 1, 2), COUNTRIES[cust % 3])
            )
    return pl.DataFrame(rows, schema=["cust", "day", "amount", "country"], orient="row")


def shop(root: Path, raw: pl.DataFrame, until: date | None = None) -> DataDir:
    """Write the tables of a shop; `until` cuts the raw rows first, as if the file had ended there."""
    if until is not None:
        raw = raw.filter(pl.col("day") <= (until - EPOCH).days)
    orders = (
        raw.with_row_index("order")
        .with_columns(
            pl.col("order").cast(pl.Int32),
            pl.col("cust").cast(pl.Int32),
            pl.col("day").cast(pl.Int32),
            order_id=pl.format("o{}", pl.col("order")),
            ts=pl.col("day").cast(pl.Int64) * 86400 + pl.col("order") % 86400,
            amount=(pl.col("amount") * 100).round().cast(pl.Int64),
        )
        .sort("cust", "ts")
        .with_columns(
            order_number=pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("cust"),
            prev_day=pl.col("day").shift(1).over("cust"),
            next_day=pl.col("day").shift(-1).over("cust"),
            first_day=pl.col("day").min().over("cust"),
        )
    )
    data = DataDir(root)
    data.write("orders", orders)
    data.write(
        "ids", orders.select("cust", customer_id=pl.format("c{}", pl.col("cust"))).unique().sort("cust")
    )
    days = [EPOCH + timedelta(days=d) for d in orders["day"].unique().sort()]
    coverage = TableCoverage(first=days[0], last=days[-1], usual_gap=usual_gap(days))
    meta = Meta(
        scale=100,
        currency="GBP",
        coverage={"orders": coverage},
        dimensions={"country": DimensionInfo(table="orders", label="Country", values=3)},
        columns={"orders": ["order_id", "customer_id", "ordered_at", "amount", "country"]},
    )
    data.meta = meta
    data.seal()
    return data
