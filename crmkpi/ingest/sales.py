"""Rows of an order file, or lines, -> valid sales and returns: one row per document, before the lifecycle.

Money is Int64 minor units. See documents.py for which rows are sales; here they become orders.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from crmkpi.ingest.documents import DOC
from crmkpi.ingest.enrich import clock
from crmkpi.ingest.merge import SEQ
from crmkpi.ingest.money import to_minor
from crmkpi.ingest.text_table import ROW

ORDER_MONEY = ("gross", "discount", "refund", "shipping", "tax", "cogs")
# charges that an export may repeat on every row of a document
CHARGES = ("shipping", "tax")
LINE_FACTS = ("customer_id", "at", "status")
POLICIES = ("once", "sum", "last")


def _minor(column: str, scale: int) -> pl.Expr:
    """Money in minor units; what is taken off is a size, whichever sign the export gives it."""
    value = to_minor(column, scale)
    return value.abs() if column in ("discount", "refund") else value


def order_rows(frame: pl.DataFrame, scale: int, repeats: str | None, less_shipping: bool) -> pl.DataFrame:
    """Rows of an order file ready to classify: at, raw, amount, `__repeated`; other money in minor units.

    `repeats` says what a number on several rows means: `once` (the total repeated, or on the first row only),
    `last` (a later state of the same order), `sum` (parts), None (every number stands once).
    `less_shipping`: the amount column holds shipping, which is no part of the goods.
    """
    money = [c for c in ("amount", *ORDER_MONEY) if c in frame.columns]
    rows = frame.with_columns(_minor(c, scale) for c in money).rename({"ordered_at": "at", "amount": "raw"})
    if repeats is not None:
        rows = _one_row_each(rows, repeats)
    net = (
        pl.col("raw") - pl.col("shipping").fill_null(0)
        if less_shipping and "shipping" in money
        else pl.col("raw")
    )
    return rows.with_columns(net.alias("amount"))


def line_rows(frame: pl.DataFrame, scale: int) -> pl.DataFrame:
    """Lines ready to classify: at, raw and amount from `__money` (Float64), unit_cost in minor units.

    Customer, time and status that stand only on some lines of a document hold for all of them.
    """
    money = [_minor(c, scale) for c in ("unit_cost", "discount", *CHARGES) if c in frame.columns]
    worth = to_minor("__money", scale)
    rows = frame.with_columns(worth.alias("raw"), worth.alias("amount"), *money).drop("__money")
    rows = rows.rename({"ordered_at": "at"})
    gaps = [f for f in LINE_FACTS if f in rows.columns and 0 < rows[f].null_count() < rows.height]
    for fact in gaps:
        rows = _filled_down(rows, fact)
    return rows


def _filled_down(rows: pl.DataFrame, fact: str) -> pl.DataFrame:
    known = rows.filter(pl.col(fact).is_not_null()).unique("order_id", keep="first", maintain_order=True)
    open_ids = rows.filter(pl.col(fact).is_null())["order_id"].unique()
    best = known.filter(pl.col("order_id").is_in(open_ids.implode())).select("order_id", fact)
    return rows if best.is_empty() else _filled(rows, best, [fact])


def _one_row_each(rows: pl.DataFrame, repeats: str) -> pl.DataFrame:
    """Mark the surplus rows of a document as repeated; the row that stays takes the others' facts."""
    doc = pl.col("order_id")
    # a negative row is a return under the order's number, not another state of the order
    states = rows.filter(doc.is_not_null() & (pl.col("raw").is_null() | (pl.col("raw") >= 0)))
    many = states.filter(doc.is_duplicated())
    if many.is_empty():
        return rows
    facts = [c for c in rows.columns if not c.startswith("__") and c not in ("order_id", "raw")]
    ranked = many.sort(ROW, descending=repeats == "last")
    given = pl.col("raw").is_not_null()
    keep = ranked.filter(given).unique("order_id", keep="first", maintain_order=True).select("order_id", ROW)
    best = ranked.group_by("order_id", maintain_order=True).agg(pl.col(f).drop_nulls().first() for f in facts)
    if repeats == "sum":
        return _filled(rows, best, [f for f in facts if f not in ORDER_MONEY])
    rows = _filled(rows, best, facts)
    surplus = many.select("order_id", ROW).join(keep, on=["order_id", ROW], how="anti")
    # a document without any amount keeps its rows and is rejected as such
    surplus = surplus.join(keep.select("order_id"), on="order_id", how="semi")
    return rows.with_columns(pl.col(ROW).is_in(surplus[ROW].implode()).alias("__repeated"))


def _filled(rows: pl.DataFrame, best: pl.DataFrame, facts: Sequence[str]) -> pl.DataFrame:
    """Fill blanks of a document's rows with what another row of the document says."""
    blank = [f for f in facts if rows[f].null_count()]
    if not blank:
        return rows
    joined = rows.join(best.select("order_id", *(pl.col(f).alias(f"__{f}") for f in blank)),
                       on="order_id", how="left", maintain_order="left")  # fmt: skip
    return joined.with_columns(pl.col(f).fill_null(pl.col(f"__{f}")) for f in blank).drop(
        f"__{f}" for f in blank
    )


def order_columns(rows: pl.DataFrame, dimensions: Sequence[str]) -> list[str]:
    """The columns that orders_of needs, of those that are there."""
    facts = ("customer_id", "guest_count", "session_id", *dimensions)
    return ["order_id", "at", "amount", DOC, SEQ, *(c for c in (*facts, *ORDER_MONEY) if c in rows.columns)]


def orders_of(sales: pl.DataFrame, dimensions: Sequence[str]) -> pl.DataFrame:
    """Valid sales, one row per order_id: customer_id, ts, day, amount, known money, dimensions, `__seq`.

    Several rows of one order (lines, parts) are added; the time is the earliest, facts are the first known.
    Orders whose amount is not above zero do not come out.
    """
    money = [c for c in ORDER_MONEY if c in sales.columns]
    facts = [c for c in ("customer_id", "guest_count", "session_id", *dimensions) if c in sales.columns]
    if sales[DOC].n_unique() == sales.height:
        orders = sales.select("order_id", "at", "amount", SEQ, *facts, *money)
    else:
        orders = sales.group_by(DOC).agg(
            pl.col("order_id").first(),
            pl.col("at").min(),
            pl.col("amount").sum(),
            pl.col(SEQ).min(),
            *(_first(sales, f) for f in facts),
            *(_charge(c) if c in CHARGES else _total(c) for c in money),
        )
    ts, day = clock("at")
    # a filter copies all columns, also where it drops nothing
    return (
        (
            orders
            if bool((orders["amount"] > 0).all(ignore_nulls=False))
            else orders.filter(pl.col("amount") > 0)
        )
        .with_columns(ts.alias("ts"), day.alias("day"))
        .drop("at", DOC, strict=False)
    )


def _first(rows: pl.DataFrame, column: str) -> pl.Expr:
    # skipping nulls inside groups is slow, and mostly there are none to skip
    return pl.col(column).first() if rows[column].null_count() == 0 else pl.col(column).drop_nulls().first()


def _total(column: str) -> pl.Expr:
    return pl.when(pl.col(column).count() > 0).then(pl.col(column).sum()).alias(column)


def _charge(column: str) -> pl.Expr:
    """A charge that stands equal on every row is one charge; different ones add up."""
    value = pl.col(column)
    return pl.when(value.min() == value.max()).then(value.max()).otherwise(_total(column)).alias(column)


def returns_of(rows: pl.DataFrame, dimensions: Sequence[str]) -> pl.DataFrame:
    """Return documents: doc_id, customer_id, ts, day, amount (positive value given back), kind `document`."""
    facts = [c for c in ("customer_id", *dimensions) if c in rows.columns]
    wanted = rows.lazy().filter(pl.col("what") == "returns").select("order_id", "at", "amount", SEQ, *facts)
    back = wanted.collect()
    docs = back.group_by("order_id").agg(
        pl.col("at").min(), pl.col("amount").sum().abs(), pl.col(SEQ).min(), *(_first(back, f) for f in facts)
    )
    return _returns(docs.filter(pl.col("amount") > 0), "document")


def refunds_of(
    orders: pl.DataFrame, refunded: pl.DataFrame | None, dimensions: Sequence[str]
) -> pl.DataFrame:
    """Refunds noted on sales, dated by the order: the refund column, else the whole amount of an order whose
    status says that it came back (`refunded`: order_id of such orders)."""
    value = pl.col("refund").abs() if "refund" in orders.columns else pl.lit(None, dtype=pl.Int64)
    if refunded is not None and refunded.height:
        whole = pl.col("order_id").is_in(refunded["order_id"].implode()) & (value.fill_null(0) == 0)
        value = pl.when(whole).then(pl.col("amount")).otherwise(value)
    facts = [c for c in ("customer_id", *dimensions) if c in orders.columns]
    back = orders.with_columns(value.alias("amount")).filter(pl.col("amount") > 0)
    return _returns(back.select("order_id", "ts", "day", "amount", SEQ, *facts), "refund")


def _returns(docs: pl.DataFrame, kind: str) -> pl.DataFrame:
    if "at" in docs.columns:
        ts, day = clock("at")
        docs = docs.with_columns(ts.alias("ts"), day.alias("day")).drop("at")
    return docs.rename({"order_id": "doc_id"}).with_columns(pl.lit(kind).alias("kind"))
