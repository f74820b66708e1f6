"""Seeded files for the measurements: a line file as large as a known real one, and orders by the million."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

START = np.datetime64("2023-01-01T00:00:00", "ms")


def line_file(path: Path, lines: int = 541_909, seed: int = 7) -> Path:
    """Invoice lines: number, code, text, quantity, time, price, customer (a quarter empty), country."""
    if path.exists():
        return path
    rng = np.random.default_rng(seed)
    invoices = lines // 21
    invoice = np.sort(rng.integers(0, invoices, lines))
    customer = rng.zipf(1.4, invoices) % 4400
    anonymous = rng.random(invoices) < 0.1
    minutes = np.sort(rng.integers(0, 373 * 24 * 60, invoices))
    returned = rng.random(invoices) < 0.14
    times = START + minutes.astype("timedelta64[m]").astype("timedelta64[ms]")
    quantity = rng.integers(1, 24, lines) * np.where(returned[invoice], -1, 1)
    frame = pl.DataFrame(
        {
            "InvoiceNo": pl.Series(invoice + 536_365).cast(pl.String),
            "StockCode": pl.Series(rng.integers(20_000, 24_000, lines)).cast(pl.String),
            "Description": pl.Series(rng.integers(0, 4000, lines)).cast(pl.String) + " WHITE METAL LANTERN",
            "Quantity": quantity,
            "InvoiceDate": pl.Series(times[invoice]).dt.strftime("%Y-%m-%d %H:%M:%S"),
            "UnitPrice": np.round(rng.lognormal(1.0, 0.8, lines), 2),
            "CustomerID": pl.Series(customer[invoice] + 12_000).cast(pl.String) + ".0",
            "Country": pl.Series(
                rng.choice(["United Kingdom", "Germany", "France", "EIRE"], invoices)[invoice]
            ),
        }
    ).with_columns(
        InvoiceNo=pl.when(pl.Series(returned[invoice]))
        .then("C" + pl.col("InvoiceNo"))
        .otherwise("InvoiceNo"),
        CustomerID=pl.when(pl.Series(anonymous[invoice])).then(pl.lit("")).otherwise("CustomerID"),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_csv(path)
    return path


def order_file(path: Path, orders: int = 1_000_000, seed: int = 11) -> Path:
    """Orders of a shop: id, customer, time, amount, discount, cost, channel, segment, city, status."""
    if path.exists():
        return path
    rng = np.random.default_rng(seed)
    customers = max(10, orders // 8)
    weight = rng.gamma(0.7, 1.0, customers)
    customer = rng.choice(customers, orders, p=weight / weight.sum())
    seconds = rng.integers(0, 730 * 86_400, orders)
    gross = np.round(rng.lognormal(7.2, 0.7, orders), 2)
    discount = np.round(gross * rng.choice([0, 0, 0.1, 0.2], orders), 2)
    frame = pl.DataFrame(
        {
            "order_id": pl.Series(np.arange(orders) + 100_000).cast(pl.String),
            "customer_id": pl.Series(customer + 1).cast(pl.String).str.zfill(8),
            "ordered_at": pl.Series(START + (seconds * 1000).astype("timedelta64[ms]")).dt.strftime(
                "%Y-%m-%d %H:%M:%S"
            ),
            "status": rng.choice(
                ["completed", "completed", "completed", "cancelled"], orders, p=[0.4, 0.3, 0.25, 0.05]
            ),
            "gross": gross,
            "discount": discount,
            "amount": np.round(gross - discount, 2),
            "cogs": np.round(gross * 0.5, 2),
            "channel": rng.choice(["site", "app", "store"], orders),
            "segment": rng.choice(["new", "loyal", "vip", "sleeping"], orders),
            "city": pl.Series(rng.integers(0, 60, orders)).cast(pl.String) + " city",
        }
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_csv(path)
    return path
