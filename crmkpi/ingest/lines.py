"""Lines of orders: what a line is worth, and the table order_lines of the valid sales."""

from __future__ import annotations

import polars as pl

from crmkpi.ingest.merge import SEQ

# half a cent: what prices with two decimals may differ by after rounding
CENT = 0.011


def line_money(lines: pl.DataFrame) -> pl.Series:
    """Worth of each line as Float64 currency, after the line's discount.

    The file's own line amount where it has one, else quantity * unit price. A discount column is taken off
    unless the line amount is after it already, which the lines themselves show (quantity * price - discount).
    """
    names = set(lines.columns)
    price = pl.col("quantity") * pl.col("unit_price") if {"quantity", "unit_price"} <= names else None
    if "line_amount" in names:
        whole = pl.coalesce("line_amount", price) if price is not None else pl.col("line_amount")
        less = discount_outside(lines)
    else:
        assert price is not None, "a line needs a price or an amount"
        whole, less = price, "discount" in names
    if less:
        whole = whole - pl.col("discount").abs().fill_null(0)
    return lines.select(whole.alias("money"))["money"]


def discount_outside(lines: pl.DataFrame) -> bool:
    """Whether the line amount still holds the discount: it equals quantity * price on discounted lines."""
    if not {"quantity", "unit_price", "line_amount", "discount"} <= set(lines.columns):
        return False
    cut = lines.filter(pl.col("discount").abs() > CENT).select(
        ((pl.col("quantity") * pl.col("unit_price") - pl.col("line_amount")).abs() <= CENT).mean()
    )
    share = cut.item()
    return share is not None and share > 0.9


def order_lines(lines: pl.DataFrame, orders: pl.DataFrame, shared: list[str]) -> pl.DataFrame:
    """The lines of valid sales with their order's number, customer, time and dimensions, sorted by (cust, ts).

    `lines`: order_id, amount Int64, quantity and the line's own columns; `shared`: order columns that go down
    to the lines. Lines of documents that are no valid sale are left out.
    """
    head = orders.select("order_id", "order", "cust", "ts", "day", *shared)
    own = lines.select(c for c in lines.columns if c == "order_id" or c not in head.columns)
    joined = own.join(head, on="order_id", how="inner").sort("order", SEQ)
    return joined.drop("order_id", SEQ).select(
        "order", "cust", "ts", "day", pl.exclude("order", "cust", "ts", "day")
    )


def lines_of_order(lines: pl.DataFrame) -> pl.DataFrame:
    """Per order: units Float64, line_sum Int64, categories Int32 (how many), line_cogs Int64.

    line_cogs is null where a line of the order has no unit cost: a partial cost would look like margin.
    """
    wanted = [pl.col("amount").sum().alias("line_sum")]
    if "quantity" in lines.columns:
        wanted.append(pl.col("quantity").sum().alias("units"))
    if "category" in lines.columns:
        wanted.append(pl.col("category").drop_nulls().n_unique().cast(pl.Int32).alias("categories"))
    if {"unit_cost", "quantity"} <= set(lines.columns):
        cost = (pl.col("unit_cost") * pl.col("quantity")).round(mode="half_to_even").cast(pl.Int64)
        wanted.append(pl.when(cost.null_count() == 0).then(cost.sum()).alias("line_cogs"))
    return lines.group_by("order").agg(wanted)
