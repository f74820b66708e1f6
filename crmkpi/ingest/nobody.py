"""Ids that stand for no customer: 0, guest, «Розничный покупатель». Counted as one giant customer they ruin
frequency, retention and the average of everything."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from crmkpi.ingest.files import Entry

WORDS = frozenset({
    "guest", "guest checkout", "guest customer", "anonymous", "unknown", "no customer", "walk-in", "walk in", "none",
    "null", "undefined", "гость", "аноним", "анонимный покупатель", "без клиента", "без карты", "не указан",
    "неизвестно", "неизвестный покупатель", "розничный покупатель", "розничный клиент", "частное лицо", "физлицо",
    "физическое лицо", "покупатель", "розница",
})  # fmt: skip
NUMBERS = frozenset({"0", "-1", "00000000", "99999999", "9999999999"})
# a number may be a real customer; it is nobody when it carries this share of the rows and far more than others
SHARE, TIMES = 0.03, 20


def placeholders(parts: Sequence[tuple[Entry, pl.DataFrame]]) -> dict[str, int]:
    """Customer ids of the sales files that are nobody -> rows that carry them."""
    series = [
        f["customer_id"]
        for e, f in parts
        if e.table in ("orders", "order_lines") and "customer_id" in f.columns
    ]
    if not series:
        return {}
    counts = pl.concat(series).drop_nulls().value_counts(name="n")
    if counts.is_empty():
        return {}
    usual, total = counts.select(pl.col("n").median().cast(pl.Float64), pl.col("n").sum().alias("all")).row(0)
    plain = pl.col("customer_id").str.to_lowercase().str.strip_chars()
    heavy = (pl.col("n") > SHARE * total) & (pl.col("n") > TIMES * usual)
    found = counts.filter(plain.is_in(list(WORDS)) | (plain.is_in(list(NUMBERS)) & heavy))
    return dict(found.sort("customer_id").iter_rows())


def without_placeholders(frame: pl.DataFrame, nobody: dict[str, int]) -> pl.DataFrame:
    """The same rows, with nobody as no customer (null)."""
    if not nobody or "customer_id" not in frame.columns:
        return frame
    known = ~pl.col("customer_id").is_in(list(nobody))
    return frame.with_columns(pl.when(known).then(pl.col("customer_id")).alias("customer_id"))
