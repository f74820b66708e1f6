"""Several files of one canonical table -> one frame: later files update the rows that they share by key.

The unit of an update is the document for orders and their lines (a file brings an order with all its lines),
the row for everything else that has a key. Columns that only an earlier file has are kept for a shared key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from crmkpi.ingest.files import Entry
from crmkpi.tables import TABLES

SEQ, ENTRY, SUPERSEDED = "__seq", "__entry", "__superseded"
# a line's place in its file fits below the file's place in the sequence of loads
FILE_STEP = 1 << 40
# what makes a row of a table the same row in a later file, where the table has no key of its own
COMPOSED = {
    "order_lines": ("order_id",),
    "messages": ("customer_id", "sent_at", "campaign_id", "channel"),
    "campaigns": ("campaign_id", "sent_at"),
    "ads": ("date", "campaign", "channel"),
    "costs": ("date", "category", "channel", "campaign_id"),
    "subscriptions": ("customer_id", "subscription_id", "started_at"),
    "dated_values": ("metric", "date", "owner"),
}
KEY = "__key"
SAME_SHARE = 0.5


@dataclass
class Merged:
    """Rows of all files of a table with `__seq`, `__entry`, `__superseded`; `shared`: keys two files had."""

    rows: pl.DataFrame
    shared: int
    example: str | None


def merge(table: str, parts: Sequence[tuple[Entry, pl.DataFrame]]) -> Merged:
    """Stack the rows of a table's files in the order of loading and mark what a later file brings again."""
    ordered = sorted(parts, key=lambda part: part[0].order)
    frames = [
        rows.with_columns(
            # the first file's lines are numbered already: adding nothing would only copy the column
            (pl.col("__row") + position * FILE_STEP if position else pl.col("__row")).alias(SEQ),
            pl.lit(position, dtype=pl.Int16).alias(ENTRY),
        )
        for position, (_, rows) in enumerate(ordered)
    ]
    stacked = pl.concat(frames, how="diagonal_relaxed") if len(frames) > 1 else frames[0]
    identity = row_key(table, frames)
    if len(frames) == 1 or identity is None:
        return Merged(stacked.with_columns(pl.lit(False).alias(SUPERSEDED)), 0, None)
    stacked, key = stacked.with_columns(identity.alias(KEY)), KEY
    newest = stacked.group_by(key).agg(
        pl.col(ENTRY).max().alias("newest"), pl.col(ENTRY).min().alias("oldest")
    )
    shared = newest.filter(pl.col(key).is_not_null() & (pl.col("newest") != pl.col("oldest")))
    if shared.is_empty():
        return Merged(stacked.drop(KEY).with_columns(pl.lit(False).alias(SUPERSEDED)), 0, None)
    marked = stacked.join(shared.select(key, "newest"), on=key, how="left", maintain_order="left")
    marked = marked.with_columns((pl.col(ENTRY) < pl.col("newest")).fill_null(False).alias(SUPERSEDED)).drop(
        "newest"
    )
    columns = [set(entry.labels) for entry, _ in ordered]
    return Merged(_completed(marked, key, columns).drop(KEY), shared.height, str(shared[key].min()))


def apart(parts: Sequence[tuple[Entry, pl.DataFrame]]) -> list[tuple[Entry, pl.DataFrame]]:
    """Tell two numberings of orders apart: the site and the till may both count from 1.

    Where files with different headers share order numbers, and the days of most of those do not agree, the
    numbers are not the same orders: the later file's get a suffix. Columns read: order_id, at.
    """
    done: list[tuple[Entry, pl.DataFrame]] = []
    for entry, rows in sorted(parts, key=lambda part: part[0].order):
        for older, known in done:
            if older.group != entry.group and _other_numbering(known, rows):
                mark = pl.lit(f" /{len({e.group for e, _ in done}) + 1}")
                rows = rows.with_columns((pl.col("order_id") + mark).alias("order_id"))
                break
        done.append((entry, rows))
    return done


def _other_numbering(first: pl.DataFrame, second: pl.DataFrame) -> bool:
    days = [
        f.filter(pl.col("at").is_not_null()).group_by("order_id").agg(pl.col("at").min().dt.date())
        for f in (first, second)
    ]
    both = days[0].join(days[1], on="order_id")
    same = both.select((pl.col("at") == pl.col("at_right")).mean()).item()
    return same is not None and same < SAME_SHARE


def row_key(table: str, frames: Sequence[pl.DataFrame]) -> pl.Expr | None:
    """What identifies a row (or a document) in every one of the frames; None if nothing does."""
    own = TABLES[table].key
    if own and all(own in f.columns for f in frames):
        return pl.col(own)
    names = [n for n in COMPOSED.get(table, ()) if any(n in f.columns for f in frames)]
    if not names:
        return None
    # blanks are equal: a cost without a channel is the same cost in the next export
    return pl.concat_str([pl.col(n).cast(pl.String).fill_null("") for n in names], separator="\x1f")


def shared_keys(table: str, first: pl.DataFrame, second: pl.DataFrame) -> int:
    """How many keys of rows stand in both frames."""
    first, second = _same_columns(first, second)
    identity = row_key(table, [first, second])
    if identity is None:
        return 0
    keys = [f.select(identity.alias(KEY))[KEY].drop_nulls().unique() for f in (first, second)]
    return int(keys[0].is_in(keys[1].implode()).sum())


def _same_columns(first: pl.DataFrame, second: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    common = [c for c in first.columns if c in second.columns]
    return first.select(common), second.select(common)


def _completed(rows: pl.DataFrame, key: str, columns: Sequence[set[str]]) -> pl.DataFrame:
    """Columns that the newest file of a key does not have come from the older file, one value per key."""
    old = rows.filter(SUPERSEDED)
    known_columns = sorted(c for c in set().union(*columns) if c in rows.columns)
    lacking = [c for c in known_columns if not all(c in have for have in columns)]
    if not lacking:
        return rows
    known = old.sort(SEQ, descending=True).group_by(key, maintain_order=True)
    best = known.agg(pl.col(c).drop_nulls().first().alias(f"__{c}") for c in lacking)
    joined = rows.join(best, on=key, how="left", maintain_order="left")
    has = {c: {n: c in have for n, have in enumerate(columns)} for c in lacking}
    filled = [
        pl.when(pl.col(ENTRY).replace_strict(has[c], return_dtype=pl.Boolean))
        .then(pl.col(c))
        .otherwise(pl.coalesce(c, f"__{c}"))
        .alias(c)
        for c in lacking
    ]
    return joined.with_columns(filled).drop(f"__{c}" for c in lacking)
