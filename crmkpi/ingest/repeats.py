"""An order number on several rows of an order file: a total repeated, parts of one order, or later states?

Exports that write one row per line repeat the order's total on each row, or write it on the first row only;
adding it up would multiply revenue. What it is, the rows themselves show.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from crmkpi.ingest.questions import Question

CODE = "duplicate_keys"
OPTIONS = ("once", "sum", "last")
# a handful of numbers with two amounts is an order that was changed and exported again
FEW = 0.01
# parts of orders are the habit of an export, not an accident: many orders, and amounts that mostly differ
PARTS_FROM, MOST = 20, 0.5


@dataclass(frozen=True)
class Repeats:
    """What was seen: orders in the file, orders on several rows, and those among them with differing amounts."""

    orders: int
    several: int
    differing: int
    sum_all: float
    sum_once: float
    sum_last: float

    @property
    def evidence(self) -> str | None:
        """The reading that the rows prove or strongly suggest; None if a person must say."""
        if self.several == 0 or self.differing == 0:
            return "once"
        if self.differing <= FEW * self.orders:
            return "last"
        habit = self.several >= PARTS_FROM and self.differing >= MOST * self.several
        return "sum" if habit else None


def repeats(frame: pl.DataFrame) -> Repeats:
    """Look at an order file: columns order_id and amount (Float64), in the file's order.

    A negative row is a return under the order's number, not another state of the order.
    """
    rows = frame.select("order_id", "amount").drop_nulls("order_id")
    rows = rows.filter(pl.col("amount").is_null() | (pl.col("amount") >= 0))
    total = float(rows["amount"].sum())
    again = rows["order_id"].is_duplicated()
    if not again.any():
        return Repeats(rows.height, 0, 0, total, total, total)
    shared = rows.filter(again)
    single = float(rows.filter(~again)["amount"].sum())
    docs = shared.group_by("order_id", maintain_order=True).agg(
        (pl.col("amount").min() != pl.col("amount").max()).fill_null(False).alias("differs"),
        pl.col("amount").drop_nulls().first().alias("once"),
        pl.col("amount").drop_nulls().last().alias("last"),
    )
    return Repeats(
        orders=rows.height - shared.height + docs.height,
        several=docs.height,
        differing=int(docs["differs"].sum()),
        sum_all=total,
        sum_once=single + float(docs["once"].sum()),
        sum_last=single + float(docs["last"].sum()),
    )


def question(seen: Repeats) -> Question | None:
    """Ask only where numbers repeat with differing amounts; both results are in the parameters."""
    if seen.differing == 0:
        return None
    params: dict[str, object] = {
        "count": seen.differing,
        "once": round(seen.sum_once, 2),
        "sum": round(seen.sum_all, 2),
        "last": round(seen.sum_last, 2),
    }
    return Question(CODE, None, OPTIONS, seen.evidence, True, params)
