"""Rows of an event log -> visits: one row per visit, platform and event, all with the facts of the whole visit.

A log has a row per event, so the visit's facts are spread over its rows: the cart was filled in one, the order was
made in another. Every kept row carries them all; the engine counts a visit once (row_tables.once_a_visit) and still
knows every event of it.
"""

from __future__ import annotations

import polars as pl

from crmkpi.ingest.merge import SEQ

KEY = "session_id"
# what tells the rows of a visit apart
APART = ("platform", "event")
# a visit has a cart, is engaged or branded if any of its rows says so
ANY = ("cart", "engaged", "branded")
# where it came from is what its first row says; all else is what is known last
FIRST = ("source", "landing")


def visits(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of visits with several rows become one per visit, platform and event; others stay as they are.

    Columns read: session_id, at, `__seq` and any other column of `sessions`. A visit is dated by its first row, and
    the customer who logs in later made all of it. A row of a visit without an event says nothing beside one with.
    """
    rows = rows.sort(KEY, "at", SEQ, nulls_last=True)
    repeated = pl.col(KEY).is_not_null() & pl.col(KEY).is_duplicated()
    many = rows.filter(repeated)
    if many.is_empty():
        return rows
    apart = [c for c in APART if c in rows.columns]
    facts = [c for c in rows.columns if c not in (KEY, *apart)]
    whole = many.group_by(KEY, maintain_order=True).agg(_fact(c) for c in facts)
    named = many.select(KEY, *apart).unique(maintain_order=True)
    if "event" in apart:
        silent = pl.col("event").is_null() & pl.col("event").is_not_null().any().over(KEY)
        named = named.filter(~silent | _only_place(apart))
    joined = named.join(whole, on=KEY, how="left", maintain_order="left")
    return pl.concat([rows.filter(~repeated), joined.select(rows.columns)])


def _only_place(apart: list[str]) -> pl.Expr:
    """A row without an event still tells that the visit touched a platform that no event names."""
    if "platform" not in apart:
        return pl.lit(False)
    told = pl.col("event").is_not_null().any().over(KEY, "platform")
    return pl.col("platform").is_not_null() & ~told


def _fact(column: str) -> pl.Expr:
    value = pl.col(column).drop_nulls()
    if column in ANY:
        return value.max()
    return value.first() if column in ("at", SEQ, *FIRST) else value.last()
