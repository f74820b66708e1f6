"""Canonical stores for the engine's measurements, made straight from seeded numbers: no file is read for them."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from crmkpi.engine.data import DataDir, DimensionInfo, Meta, TableCoverage

FIRST = date(2023, 1, 1)
DAYS = 730
SECONDS_A_DAY = 86_400
BEGIN = (FIRST - date(1970, 1, 1)).days
BANDS = ("under 1000", "1000 to 3000", "3000 and over")
EDGES = (100_000, 300_000)


def engine_store(root: Path, orders: int, messages: int, seed: int = 11) -> DataDir:
    """Orders with lifecycle columns and four dimensions, and messages, of the same customers over 24 months."""
    data = DataDir(root)
    if data.has("orders"):
        return data
    rng = np.random.default_rng(seed)
    people = max(10, orders // 8)
    data.write("orders", _orders(rng, orders, people))
    data.write("messages", _messages(rng, messages, people))
    cover = TableCoverage(first=FIRST, last=FIRST + timedelta(days=DAYS - 1), usual_gap=1)
    named = {
        name: DimensionInfo(table="orders", label=name) for name in ("channel", "city", "band", "segment")
    }
    data.meta = Meta(
        scale=100,
        coverage={"orders": cover, "messages": cover},
        dimensions=named,
        columns={
            "orders": [
                "order_id",
                "customer_id",
                "ordered_at",
                "amount",
                "gross",
                "discount",
                "cogs",
                *named,
            ],
            "messages": [
                "customer_id",
                "sent_at",
                "delivered",
                "opened",
                "clicked",
                "unsubscribed",
                "orders",
                "revenue",
            ],
        },
    )
    data.seal()
    return data


def _when(rng: np.random.Generator, rows: int, people: int) -> tuple[np.ndarray, np.ndarray]:
    """Customer and second of each row, sorted by both; a few customers have many rows."""
    weight = rng.gamma(0.7, 1.0, people)
    cust = np.searchsorted(np.cumsum(weight) / weight.sum(), rng.random(rows)).clip(0, people - 1)
    place = cust * (DAYS * SECONDS_A_DAY) + rng.integers(0, DAYS * SECONDS_A_DAY, rows)
    place.sort()
    return (place // (DAYS * SECONDS_A_DAY)).astype(np.int32), place % (DAYS * SECONDS_A_DAY)


def _picked(rng: np.random.Generator, names: list[str], rows: int) -> pl.Series:
    return pl.Series(names).gather(pl.Series(rng.integers(0, len(names), rows).astype(np.uint32)))


def _orders(rng: np.random.Generator, rows: int, people: int) -> pl.DataFrame:
    cust, second = _when(rng, rows, people)
    gross = (rng.lognormal(7.2, 0.7, rows) * 100).astype(np.int64) + 1
    discount = gross * rng.choice([0, 0, 10, 20], rows) // 100
    band = np.searchsorted(np.array(EDGES), gross - discount, side="right").astype(np.uint32)
    frame = pl.DataFrame(
        {
            "order": np.arange(rows, dtype=np.int32),
            "order_id": pl.Series(np.arange(rows) + 100_000).cast(pl.String),
            "cust": cust,
            "ts": second + BEGIN * SECONDS_A_DAY,
            "day": (second // SECONDS_A_DAY + BEGIN).astype(np.int32),
            "amount": gross - discount,
            "gross": gross,
            "discount": discount,
            "cogs": gross // 2,
            "channel": _picked(rng, ["site", "app", "store"], rows),
            "city": _picked(rng, [f"city {i}" for i in range(60)], rows),
            "band": pl.Series(BANDS).gather(pl.Series(band)),
            "segment": _picked(rng, ["new", "loyal", "vip", "sleeping"], rows),
        }
    )
    start = (pl.col("cust") != pl.col("cust").shift(1)).fill_null(True)
    end = (pl.col("cust") != pl.col("cust").shift(-1)).fill_null(True)
    at = pl.int_range(pl.len(), dtype=pl.Int32)
    return frame.with_columns(
        order_number=at - pl.when(start).then(at).forward_fill() + 1,
        prev_day=pl.when(~start).then(pl.col("day").shift(1)),
        next_day=pl.when(~end).then(pl.col("day").shift(-1)),
        first_day=pl.when(start).then(pl.col("day")).forward_fill(),
    )


def _messages(rng: np.random.Generator, rows: int, people: int) -> pl.DataFrame:
    cust, second = _when(rng, rows, people)
    delivered = rng.random(rows) < 0.97
    opened = delivered & (rng.random(rows) < 0.25)
    clicked = opened & (rng.random(rows) < 0.2)
    bought = clicked & (rng.random(rows) < 0.1)
    flags = {"delivered": delivered, "opened": opened, "clicked": clicked, "orders": bought}
    return pl.DataFrame(
        {
            "msg": np.arange(rows, dtype=np.int32),
            "cust": cust,
            "ts": second + BEGIN * SECONDS_A_DAY,
            "day": (second // SECONDS_A_DAY + BEGIN).astype(np.int32),
            **{name: flag.astype(np.int8) for name, flag in flags.items()},
            "unsubscribed": (opened & (rng.random(rows) < 0.01)).astype(np.int8),
            "revenue": np.where(bought, (rng.lognormal(7.2, 0.7, rows) * 100).astype(np.int64), 0),
            "channel": _picked(rng, ["email", "sms", "push"], rows),
        }
    )
