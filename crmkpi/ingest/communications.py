"""Messages and campaigns: which campaigns the messages cover, which orders a message won."""

from __future__ import annotations

import polars as pl

from crmkpi.ingest.attribute_messages import attribute_messages


def numbered(messages: pl.DataFrame) -> pl.DataFrame:
    """Add the dense id msg Int32 in the table's order (customer, time)."""
    return messages.with_columns(pl.int_range(pl.len(), dtype=pl.Int32).alias("msg")).select(
        "msg", pl.exclude("msg")
    )


def attributed(messages: pl.DataFrame, orders: pl.DataFrame | None, days: int, by: str) -> pl.DataFrame:
    """Messages with attributed_orders and attributed_revenue, unless the export brings its own or there is
    nothing to attribute by (no orders, no clicks)."""
    own = {"revenue", "converted"} & set(messages.columns)
    column = by if by in messages.columns else "clicked"
    if orders is None or own or column not in messages.columns:
        return messages
    return attribute_messages(messages, orders, days, column)


def covered(campaigns: pl.DataFrame, messages: pl.DataFrame | None) -> pl.DataFrame:
    """Add covered Int8: 1 where the messages table holds this campaign, whose aggregate must not count too."""
    if messages is None or "campaign_id" not in messages.columns or "campaign_id" not in campaigns.columns:
        return campaigns.with_columns(pl.lit(0, dtype=pl.Int8).alias("covered"))
    known = messages["campaign_id"].drop_nulls().unique().str.strip_chars().str.to_lowercase()
    same = pl.col("campaign_id").str.strip_chars().str.to_lowercase().is_in(known.implode())
    return campaigns.with_columns(same.fill_null(False).cast(pl.Int8).alias("covered"))
