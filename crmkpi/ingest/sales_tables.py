"""The tables orders, returns and order_lines from the kept rows of order files and line files.

If an order file was loaded, it says what was sold and lines only tell what was in it; lines alone yield orders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from crmkpi.ingest.bridge import BridgeStep, bridge
from crmkpi.ingest.documents import DocumentRules, Documents, classify
from crmkpi.ingest.enrich import in_time_order, lifecycle
from crmkpi.ingest.files import Entry
from crmkpi.ingest.lines import lines_of_order, order_lines
from crmkpi.ingest.merge import SEQ, SUPERSEDED, Merged, apart, merge
from crmkpi.ingest.physical import with_cust
from crmkpi.ingest.sales import (
    ORDER_MONEY,
    line_rows,
    order_columns,
    order_rows,
    orders_of,
    refunds_of,
    returns_of,
)
from crmkpi.tables import TABLES

Parts = Sequence[tuple[Entry, pl.DataFrame]]
LINE_OWN = ("sku", "product", "category", "quantity", "unit_cost", "returned_quantity")
LINE_DIMENSIONS = ("category", "product", "sku")
NO_DIMENSION = ("status", "currency")


@dataclass
class SalesTables:
    """What the sales files became. `documents` and `lines` keep the classified rows for the report."""

    orders: pl.DataFrame
    returns: pl.DataFrame
    lines: pl.DataFrame | None
    documents: Documents
    bridge: list[BridgeStep]
    dimensions: list[str]
    line_dimensions: list[str]
    source: str
    merged: Merged
    returns_known: bool
    merged_lines: Merged | None = None
    counts: dict[str, int] = field(default_factory=dict)
    as_of_today: list[str] = field(default_factory=list)


def sales_rows(table: str, parts: Parts, scale: int) -> Merged:
    """Rows of all files of `orders` or `order_lines`, money in minor units, later files over earlier ones."""
    ready: list[tuple[Entry, pl.DataFrame]] = []
    for entry, frame in parts:
        if table == "orders":
            answers = entry.answers
            less = answers.get("amount_includes_shipping") == "yes"
            frame = order_rows(_placed(frame), scale, answers.get("duplicate_keys"), less)
        else:
            frame = line_rows(_placed(frame), scale)
        ready.append((entry, frame))
    return merge(table, apart(ready))


def _placed(frame: pl.DataFrame) -> pl.DataFrame:
    """Lines may lack customer and time, which then come from the orders or are unknown."""
    absent: dict[str, pl.DataType | type[pl.DataType]] = {
        "customer_id": pl.String,
        "ordered_at": pl.Datetime("us"),
    }
    return frame.with_columns(
        pl.lit(None, dtype=dtype).alias(name) for name, dtype in absent.items() if name not in frame.columns
    )


def sales_tables(
    orders: Parts,
    lines: Parts,
    ids: pl.DataFrame,
    scale: int,
    rules: DocumentRules,
    customers: pl.DataFrame | None = None,
    of_customers: Sequence[str] = (),
) -> SalesTables:
    """Build the three tables from the files' rows; `ids` numbers the customers (physical.customer_numbers).

    `customers` is the physical customers table; its columns `of_customers` become dimensions of orders that
    lack them, as known today.
    """
    source = "orders" if orders else "order_lines"
    merged = sales_rows(source, orders or lines, scale)
    documents = classify(merged.rows, rules)
    rows = documents.rows
    own, by_line = _dimensions(source, orders or lines, rows)
    made = orders_of(sold_rows(rows, order_columns(rows, own)), own)
    returned = with_cust(_returns(documents, made, own), ids)
    # the name is taken over at once: what else holds a column keeps it in memory
    made = with_cust(made, ids)
    made = lifecycle(in_time_order(made))
    steps, known = bridge(rows, scale), _returns_known(documents)
    out = SalesTables(made, returned, None, documents, steps, own, by_line, source, merged, known)
    if customers is not None:
        _fill_from_customers(out, customers, of_customers)
        own = out.dimensions
    if lines:
        _add_lines(out, lines, scale, rules)
    out.returns = out.returns.sort("cust", "ts", SEQ, nulls_last=True)
    out.returns = out.returns.select("doc_id", "cust", "ts", "day", "amount", "kind", *own)
    out.orders = _in_order(out.orders, own)
    return out


def _returns(documents: Documents, made: pl.DataFrame, own: Sequence[str]) -> pl.DataFrame:
    back = [text for text, found in documents.statuses.items() if found == "refunded"]
    refunded = None
    if back:
        refunded = documents.rows.filter(pl.col("status").is_in(back)).select("order_id")
    notes = returns_of(documents.rows, own)
    if refunded is None and "refund" not in made.columns:
        return notes
    # a return that is written down under the order's own number is not refunded a second time
    noted = made.join(notes.select(pl.col("doc_id").alias("order_id")), on="order_id", how="anti")
    return pl.concat([notes, refunds_of(noted, refunded, own)], how="diagonal_relaxed")


def _returns_known(documents: Documents) -> bool:
    """Whether the files can show returns at all: a refund column, a return status or a return document."""
    rows = documents.rows
    seen = (
        bool((rows["what"] == "returns").any())
        or "refund" in rows.columns
        or "returned_quantity" in rows.columns
    )
    return seen or any(m in ("refunded", "part_refund") for m in documents.statuses.values())


def sold_rows(rows: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """The rows of sales, only these columns (lazily, so that the others are never copied; none is where all are)."""
    if bool((rows["what"] == "sale").all()):
        return rows.select(columns)
    return rows.lazy().filter(pl.col("what") == "sale").select(columns).collect()


def _dimensions(source: str, parts: Parts, rows: pl.DataFrame) -> tuple[list[str], list[str]]:
    """Order-level and line-level dimensions. A column that differs within an order belongs to its lines."""
    spec = TABLES[source]
    found = [c.name for c in spec.columns if c.kind == "category" and c.name not in NO_DIMENSION]
    found += ["campaign_id", *dict.fromkeys(d for entry, _ in parts for d in entry.dimensions)]
    present = [d for d in found if d in rows.columns]
    if source == "orders":
        return present, []
    kept = {"category", *(d for entry, _ in parts for d in entry.dimensions)}
    movable = [d for d in present if d in kept and d != "category"]
    fixed = set(_constant(sold_rows(rows, ["order_id", *movable]), movable)) if movable else set()
    own = [d for d in present if d in fixed or d not in kept]
    return own, [d for d in present if d not in own] + [d for d in ("product", "sku") if d in rows.columns]


def _constant(rows: pl.DataFrame, columns: Sequence[str]) -> list[str]:
    """Columns with at most one known value in every order."""
    differs = [(pl.col(c).min() != pl.col(c).max()).fill_null(False).alias(c) for c in columns]
    any_differs = (
        rows.group_by("order_id").agg(differs).select(pl.col(c).any() for c in columns).row(0, named=True)
    )
    return [c for c, differ in any_differs.items() if not differ]


def _add_lines(out: SalesTables, parts: Parts, scale: int, rules: DocumentRules) -> None:
    """Join the lines to their orders; orders get units, line_sum, categories and a cost known from lines."""
    if out.source == "orders":
        out.merged_lines = sales_rows("order_lines", parts, scale)
        rows = classify(_with_times(out.merged_lines.rows, out.documents.rows), rules).rows
        _count_strays(rows, out)
        own_dimensions = dict.fromkeys(d for entry, _ in parts for d in entry.dimensions)
        named = [d for d in LINE_DIMENSIONS if d in rows.columns]
        out.line_dimensions = named + [
            d for d in own_dimensions if d in rows.columns and d not in out.dimensions
        ]
    else:
        rows = out.documents.rows
    wanted = list(dict.fromkeys(c for c in (*LINE_OWN, *out.line_dimensions) if c in rows.columns))
    rows = sold_rows(rows, ["order_id", "amount", SEQ, *wanted])
    out.lines = order_lines(rows, out.orders, [d for d in out.dimensions if d not in wanted])
    per_order = lines_of_order(out.lines)
    joined = out.orders.join(per_order, on="order", how="left", maintain_order="left")
    if "line_cogs" in per_order.columns:
        known = [pl.col(c) for c in ("cogs", "line_cogs") if c in joined.columns]
        joined = joined.with_columns(pl.coalesce(known).alias("cogs")).drop("line_cogs")
    out.orders = joined
    if "returned_quantity" in out.lines.columns and "refund" not in out.orders.columns:
        out.returns = pl.concat([out.returns, _line_refunds(out)], how="diagonal_relaxed")


def _with_times(lines: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """Lines of an order file need no customer and time of their own: they take the order's."""
    head = (
        orders.drop_nulls("order_id").unique("order_id", keep="first").select("order_id", "at", "customer_id")
    )
    return lines.drop("at", "customer_id").join(head, on="order_id", how="left", maintain_order="left")


def _count_strays(lines: pl.DataFrame, out: SalesTables) -> None:
    known = out.documents.rows.select(pl.col("order_id").unique())
    live = lines.filter(~pl.col(SUPERSEDED)).select("order_id")
    out.counts["lines_without_order"] = live.join(known, on="order_id", how="anti").height


def _line_refunds(out: SalesTables) -> pl.DataFrame:
    """Pieces that came back, at the price of their line; one refund per order, dated by the order."""
    assert out.lines is not None
    share = pl.col("returned_quantity").abs() / pl.col("quantity")
    value = (pl.col("amount") * share).round(mode="half_to_even").cast(pl.Int64)
    back = out.lines.filter((pl.col("returned_quantity").abs() > 0) & (pl.col("quantity") > 0))
    sums = back.group_by("order").agg(value.sum().alias("amount"))
    head = out.orders.select(
        "order", pl.col("order_id").alias("doc_id"), "cust", "ts", "day", *out.dimensions
    )
    docs = sums.filter(pl.col("amount") > 0).join(head, on="order").drop("order")
    return docs.with_columns(pl.lit("refund").alias("kind"), pl.lit(0, dtype=pl.Int64).alias(SEQ))


def _in_order(orders: pl.DataFrame, dimensions: Sequence[str]) -> pl.DataFrame:
    first = ["order", "order_id", "cust", "ts", "day", "amount"]
    money = [c for c in ORDER_MONEY if c in orders.columns]
    rest = [c for c in orders.columns if c not in (*first, *money, *dimensions)]
    if "guest_count" in orders.columns:
        orders = orders.with_columns(pl.col("guest_count").round(0).cast(pl.Int32, strict=False))
    return orders.select(*first, *money, *rest, *dimensions)


def _fill_from_customers(out: SalesTables, customers: pl.DataFrame, columns: Sequence[str]) -> None:
    """Give orders and returns the customers' columns that they lack."""
    taken = {*out.orders.columns, *out.line_dimensions}
    lacking = [c for c in columns if c not in taken and c in customers.columns]
    if not lacking:
        return
    known = customers.drop_nulls("cust").select("cust", *lacking)
    out.orders = out.orders.join(known, on="cust", how="left", maintain_order="left")
    out.returns = out.returns.join(known, on="cust", how="left", maintain_order="left")
    out.dimensions = [*out.dimensions, *lacking]
    out.as_of_today = lacking
