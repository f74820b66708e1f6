"""Columns to split and filter by: which table holds them, and what a filter keeps.

Names ignore case. An order's own column wins; a customer's column fills in where the table lacks it. A column
of the lines alone turns orders into "orders with such a line".
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from crmkpi.engine.data import DataDir
from crmkpi.errors import CrmKpiError

Way = Literal["own", "customer", "lines", "none"]
# text columns that name a row, not a group
NAMES = {
    "order_id",
    "doc_id",
    "customer_id",
    "message_id",
    "lead_id",
    "ticket_id",
    "session_id",
    "subscription_id",
}
# text columns with a fixed meaning in their table: `returns.kind` says document or refund
INTERNAL = {("returns", "kind")}
LINE_ONLY = ("order_lines",)


class UnknownDimensionError(CrmKpiError):
    """No table has this column to split or filter by: `name`, `known`, `near`."""

    code = "unknown_dimension"


@dataclass(frozen=True)
class Where:
    """Rows whose dimension has one of the values; None is the blank segment."""

    dimension: str
    values: tuple[str | None, ...]

    def test(self, column: pl.Expr) -> pl.Expr:
        """The filter over a text column."""
        real = [v for v in self.values if v is not None]
        kept = column.is_in(real) if real else pl.lit(False)
        kept = kept.fill_null(False)
        return kept | column.is_null() if None in self.values else kept


def text_columns(data: DataDir, table: str) -> list[str]:
    """Columns of a table that group rows."""
    if not data.has(table):
        return []
    schema = pl.read_parquet_schema(data.path(table))
    return [
        name
        for name, kind in schema.items()
        if isinstance(kind, (pl.String, pl.Categorical, pl.Enum))
        and name not in NAMES
        and (table, name) not in INTERNAL
    ]


def dimensions(data: DataDir) -> dict[str, list[str]]:
    """All dimensions with the tables that hold them."""
    found: dict[str, list[str]] = {}
    for table in data.tables():
        if table != "ids":
            for name in text_columns(data, table):
                found.setdefault(name, []).append(table)
    return found


def resolve(data: DataDir, name: str) -> str:
    """The dimension's physical name; UnknownDimensionError with the nearest ones."""
    known = dimensions(data)
    by_fold = {n.casefold(): n for n in known}
    hit = by_fold.get(name.strip().casefold())
    if hit is None:
        near = difflib.get_close_matches(name.casefold(), list(by_fold), n=3, cutoff=0.5)
        shown = ", ".join(by_fold[n] for n in near) or "—"
        raise UnknownDimensionError(name=name, known=", ".join(sorted(known)) or "—", near=shown)
    return hit


def resolve_all(data: DataDir, where: Sequence[Where]) -> tuple[Where, ...]:
    """The filters with physical names, in a fixed order (so that equal questions share a cache)."""
    named = [Where(resolve(data, w.dimension), tuple(w.values)) for w in where]
    return tuple(sorted(named, key=lambda w: (w.dimension, str(w.values))))


def spelled(data: DataDir, where: Sequence[Where]) -> tuple[tuple[Where, ...], tuple[tuple[str, str], ...]]:
    """The filters with values as the data spell them (case is ignored unless the exact value exists), and the
    (dimension, value) pairs that no row has: such a filter keeps nothing, and an honest 0 would look like a fact.

    Raises UnknownDimensionError.
    """
    found: list[Where] = []
    unknown: list[tuple[str, str]] = []
    for one in where:
        name = resolve(data, one.dimension)
        known = values_of(data, name)
        values: list[str | None] = []
        for value in one.values:
            alike = [value] if value is None or value in known else _alike(known, value)
            values += alike or [value]
            if not alike and value is not None:
                unknown.append((name, value))
        found.append(Where(name, tuple(dict.fromkeys(values))))
    return tuple(found), tuple(unknown)


def values_of(data: DataDir, dimension: str) -> set[str]:
    """All values that a dimension has in any table, blank aside."""
    found: set[str] = set()
    for table in dimensions(data).get(dimension, ()):
        column = data.frame(table).select(pl.col(dimension).cast(pl.String).drop_nulls().unique())
        found |= set(column.collect().to_series())
    return found


def _alike(known: set[str], value: str) -> list[str | None]:
    fold = value.strip().casefold()
    return [v for v in sorted(known) if v.casefold() == fold]


def way(data: DataDir, table: str, dimension: str) -> Way:
    """How rows of a table get this dimension."""
    if dimension in text_columns(data, table):
        return "own"
    if table == "orders" and dimension in text_columns(data, "order_lines"):
        return "lines"
    if dimension in text_columns(data, "customers") and "cust" in data.columns(table):
        return "customer"
    return "none"


def of_customer(data: DataDir, dimension: str) -> bool:
    """Whether the column belongs to the customer, not to the order: joined now, or copied to orders at load."""
    info = data.meta.dimensions.get(dimension)
    if not data.has("orders"):
        return dimension in text_columns(data, "customers")
    return way(data, "orders", dimension) == "customer" or (info is not None and info.as_of_today)


def with_dimensions(data: DataDir, frame: pl.LazyFrame, table: str, names: Sequence[str]) -> pl.LazyFrame:
    """Add customers' columns to a table that lacks them (as of today)."""
    joined = [n for n in names if way(data, table, n) == "customer"]
    if not joined:
        return frame
    people = data.frame("customers").select("cust", *[pl.col(n).cast(pl.String) for n in joined])
    return frame.join(people, on="cust", how="left")
