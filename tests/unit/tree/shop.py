"""A small made-up shop as a canonical store, for tests of the tree room."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from crmkpi.engine.data import DataDir, DimensionInfo, Meta, TableCoverage

EPOCH = date(1970, 1, 1)
CHANNELS = ("web", "store", None)


def raw_orders(
    seed: int = 1, customers: int = 80, first: date = date(2024, 1, 1), days: int = 456
) -> list[dict]:
    """Orders of a seeded shop: who, when, where, how many units at which price, and a delivery fee at times."""
    rng = random.Random(seed)
    orders = []
    for customer in range(customers):
        day = rng.randrange(0, days)
        while day < days:
            units, price = rng.randint(1, 5), rng.randint(100, 900)
            orders.append(
                {
                    "customer": customer,
                    "day": first + timedelta(days=day),
                    "channel": rng.choice(CHANNELS),
                    "units": units,
                    "lines": units * price,
                    "amount": units * price + (rng.choice((0, 0, 300)) if rng.random() < 0.5 else 0),
                }
            )
            day += rng.randint(1, 75)
    # the first and the last day have orders, so that the edge months are complete
    for edge in (first, first + timedelta(days=days - 1)):
        orders.append({"customer": 0, "day": edge, "channel": "web", "units": 1, "lines": 500, "amount": 500})
    return sorted(orders, key=lambda o: (o["customer"], o["day"]))


def store(path: Path, orders: list[dict], lines: bool = True, margin: float | None = None) -> DataDir:
    """Write the orders as canonical tables (money in hundredths)."""
    frame = pl.DataFrame(orders, schema_overrides={"channel": pl.String, "units": pl.Float64}).with_columns(
        order=pl.int_range(pl.len(), dtype=pl.Int32),
        cust=pl.col("customer").cast(pl.Int32),
        day=pl.col("day").cast(pl.Int32),
        amount=(pl.col("amount") * 100).cast(pl.Int64),
        line_sum=(pl.col("lines") * 100).cast(pl.Int64),
    )
    # two orders of one customer on one day: the second one a minute later
    minute = pl.int_range(pl.len()).over("cust") * 60
    frame = frame.with_columns(
        order_id=pl.format("n{}", "order"),
        ts=pl.col("day").cast(pl.Int64) * 86400 + 36000 + minute,
        order_number=(pl.int_range(pl.len()).over("cust") + 1).cast(pl.Int32),
        prev_day=pl.col("day").shift(1).over("cust"),
        next_day=pl.col("day").shift(-1).over("cust"),
        first_day=pl.col("day").first().over("cust"),
        categories=pl.lit(1, dtype=pl.Int32),
    )
    data = DataDir(path)
    lifecycle = ["order_number", "prev_day", "next_day", "first_day"]
    plain = ["order", "order_id", "cust", "ts", "day", "amount", *lifecycle, "channel"]
    by_lines = ["units", "line_sum", "categories"] if lines else []
    data.write("orders", frame.select(*plain, *by_lines))
    data.write("ids", frame.select("cust", customer_id=pl.format("c{}", "cust")).unique().sort("cust"))
    data.write("customers", frame.select("cust").unique().sort("cust"))
    columns = {"orders": ["order_id", "customer_id", "ordered_at", "amount", "channel"]}
    if lines:
        data.write("order_lines", _lines(frame))
        columns["order_lines"] = ["order_id", "sku", "quantity", "line_amount", "customer_id", "ordered_at"]
    days = [o["day"] for o in orders]
    data.meta = Meta(
        coverage={"orders": TableCoverage(first=min(days), last=max(days))},
        dimensions={"channel": DimensionInfo(table="orders", label="Channel", values=2)},
        columns=columns,
        margin_rate=margin,
        currency="RUB",
    )
    data.seal()
    return data


def _lines(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(
        "order", "cust", "ts", "day", "channel",
        sku=pl.lit("s1"), product=pl.lit("thing"), category=pl.lit("all"), quantity=pl.col("units"),
        amount=pl.col("line_sum"), unit_cost=pl.lit(None, dtype=pl.Int64),
    )  # fmt: skip
