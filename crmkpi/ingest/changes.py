"""What a load changed in a project that had data: rows that are new, updated or gone, and months restated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date

import polars as pl

from crmkpi.engine.data import DataDir
from crmkpi.ingest.quality import as_date

MOST_MONTHS = 120
# money is compared in units of the finest scale, so that a change of scale is no change of money
FINEST = 10_000


@dataclass(frozen=True)
class TableChange:
    """Rows of one canonical table before and after. `new`, `updated`, `gone` by order number, orders only."""

    table: str
    before: int
    after: int
    new: int | None = None
    updated: int | None = None
    gone: int | None = None


@dataclass(frozen=True)
class MonthChange:
    """A month that had orders before the load and has other sums now (currency). `open`: the data ended in it,
    so growth is no surprise."""

    month: date
    orders_before: int
    orders_after: int
    revenue_before: float
    revenue_after: float
    open: bool


@dataclass(frozen=True)
class Changes:
    """All that a load changed; `restated`: months that had been over already, with other sums now."""

    tables: list[TableChange] = field(default_factory=list)
    months: list[MonthChange] = field(default_factory=list)

    @property
    def restated(self) -> list[MonthChange]:
        """Past months whose numbers moved."""
        return [m for m in self.months if not m.open]

    def as_dict(self) -> dict[str, object]:
        """JSON form, days as ISO text."""
        months = [asdict(m) | {"month": m.month.isoformat()[:7]} for m in self.months]
        return {"tables": [asdict(t) for t in self.tables], "months": months}


def changes(before: DataDir, frames: Mapping[str, pl.DataFrame], scale: int) -> Changes | None:
    """Compare the stored tables with freshly built ones; None where nothing was stored before.

    Revenue is that of all valid orders (with and without a customer), at the orders' own dates.
    """
    names = [n for n in before.tables() if n != "ids"]
    if not names:
        return None
    heights = {n: int(before.frame(n).select(pl.len()).collect().item()) for n in names}
    every = [n for n in dict.fromkeys([*names, *frames]) if n != "ids"]
    tables = [TableChange(n, heights.get(n, 0), frames[n].height if n in frames else 0) for n in every]
    if "orders" not in names or "orders" not in frames:
        return Changes(tables)
    old = before.frame("orders").select("order_id", "day", "amount").collect()
    old = _comparable(old, before.meta.scale)
    new = _comparable(frames["orders"].select("order_id", "day", "amount"), scale)
    tables = [_orders(t, old, new) if t.table == "orders" else t for t in tables]
    return Changes(tables, _months(old, new))


def _comparable(orders: pl.DataFrame, scale: int) -> pl.DataFrame:
    return orders.with_columns(pl.col("amount") * (FINEST // scale))


def _orders(change: TableChange, old: pl.DataFrame, new: pl.DataFrame) -> TableChange:
    both = old.join(new, on="order_id", how="inner", suffix="_new")
    updated = both.filter((pl.col("day") != pl.col("day_new")) | (pl.col("amount") != pl.col("amount_new")))
    return TableChange(
        change.table,
        change.before,
        change.after,
        new.height - both.height,
        updated.height,
        old.height - both.height,
    )


def _months(old: pl.DataFrame, new: pl.DataFrame) -> list[MonthChange]:
    sums = [
        frame.group_by(pl.col("day").cast(pl.Date).dt.truncate("1mo").alias("month")).agg(
            pl.len().alias("orders"), pl.col("amount").sum()
        )
        for frame in (old, new)
    ]
    joined = sums[0].join(sums[1], on="month", how="left", suffix="_new").sort("month")
    moved = joined.filter(
        (pl.col("orders") != pl.col("orders_new").fill_null(0))
        | (pl.col("amount") != pl.col("amount_new").fill_null(0))
    )
    last = old["day"].max()
    assert last is None or isinstance(last, int)
    end = as_date(last).replace(day=1) if last is not None else None
    return [
        MonthChange(month, n, after or 0, money / FINEST, (money_after or 0) / FINEST, month == end)
        for month, n, money, after, money_after in moved.tail(MOST_MONTHS).iter_rows()
    ]
