"""Orders attributed to messages: the last click within five times 24 hours before the order.

Each order belongs to at most one message, ties go to the latest send (definitions.md, "Attribution of orders
to messages", rule 2). Used only where the export brings no attribution of its own.
"""

from __future__ import annotations

import polars as pl

SECONDS_A_DAY = 86_400
DEFAULT_DAYS = 5


def attribute_messages(
    messages: pl.DataFrame, orders: pl.DataFrame, days: int = DEFAULT_DAYS, by: str = "clicked"
) -> pl.DataFrame:
    """Add attributed_orders Int32 and attributed_revenue Int64 (minor units) to the messages.

    `messages`: msg, cust, ts (sent), the 0/1 column `by` (clicked or opened), optional clicked_ts and control;
    `orders`: cust, ts, amount of valid sales. A click without its own time is dated by its send. Orders whose
    times are all midnight are dates only: they count as made at the end of their day.
    """
    touches = _touches(messages, by)
    bought = orders.filter(pl.col("cust").is_not_null()).select("cust", "ts", "amount")
    if bought.height and bought.select((pl.col("ts") % SECONDS_A_DAY == 0).all()).item():
        bought = bought.with_columns(pl.col("ts") + SECONDS_A_DAY - 1)
    won = _last_touch(touches, bought, days * SECONDS_A_DAY)
    sums = won.group_by("msg").agg(
        pl.len().cast(pl.Int32).alias("attributed_orders"), pl.col("amount").sum().alias("attributed_revenue")
    )
    joined = messages.join(sums, on="msg", how="left", maintain_order="left")
    return joined.with_columns(
        pl.col("attributed_orders").fill_null(0), pl.col("attributed_revenue").fill_null(0)
    )


def _touches(messages: pl.DataFrame, by: str) -> pl.DataFrame:
    touched = messages.filter((pl.col(by) == 1) & pl.col("cust").is_not_null())
    if "control" in messages.columns:
        touched = touched.filter(pl.col("control").fill_null(0) == 0)
    own = "clicked_ts" in messages.columns and by == "clicked"
    moment = pl.coalesce("clicked_ts", "ts") if own else pl.col("ts")
    return touched.select("msg", "cust", moment.alias("at"), pl.col("ts").alias("sent"))


def _last_touch(touches: pl.DataFrame, orders: pl.DataFrame, window: int) -> pl.DataFrame:
    """One row per order that has a touch in its window: msg, amount. Union, one sort, one forward fill."""
    union = pl.concat(
        [
            touches.with_columns(pl.lit(None, dtype=pl.Int64).alias("amount"), pl.lit(0, dtype=pl.Int8).alias("side")),
            orders.select(
                pl.lit(None, dtype=touches.schema["msg"]).alias("msg"),
                "cust",
                pl.col("ts").alias("at"),
                pl.lit(None, dtype=pl.Int64).alias("sent"),
                "amount",
                pl.lit(1, dtype=pl.Int8).alias("side"),
            ),
        ]
    ).sort("cust", "at", "side", "sent", "msg", nulls_last=True)  # fmt: skip
    touch = pl.col("msg").is_not_null()
    filled = union.with_columns(
        pl.col("msg").forward_fill(),
        pl.when(touch).then(pl.col("at")).forward_fill().alias("touched"),
        pl.when(touch).then(pl.col("cust")).forward_fill().alias("who"),
    )
    # the fill runs over customers' borders, so the touch must be the same customer's
    return filled.filter(
        (pl.col("side") == 1)
        & (pl.col("who") == pl.col("cust"))
        & (pl.col("at") - pl.col("touched") <= window)
    ).select("msg", "amount")
