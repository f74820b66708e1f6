"""Messages, campaigns and customers in the one shape that measures of communications read (measures/sends.py)."""

from __future__ import annotations

import polars as pl

from crmkpi.engine.data import DataDir

BEGINNING = -(10**6)  # long before any data: consents without a date held from the start
PROFILE = ("registered_day", "segment", "acquisition_channel", "consent_email", "consent_sms", "consent_push")


def _col(have: list[str], name: str, kind: pl.DataType | type[pl.DataType] = pl.Int64) -> pl.Expr:
    return pl.col(name).cast(kind) if name in have else pl.lit(None, dtype=kind)


def message_rows(data: DataDir) -> pl.LazyFrame:
    """One row per recipient and send. Control rows (nothing was sent to them) are left out."""
    have = data.columns("messages")
    frame = data.frame("messages")
    if "control" in have:
        frame = frame.filter(pl.col("control").fill_null(0) == 0)
    delivered, bounced = _delivered(data, have)
    opens, machine = _col(have, "opened"), _col(have, "machine_open")
    own = own_attribution(data)
    orders = _own_orders(data, have) if own else _col(have, "attributed_orders")
    revenue = _col(have, "revenue") if own else _col(have, "attributed_revenue")
    by_human = pl.when(machine.fill_null(0) == 1).then(0).otherwise(opens)
    return frame.with_columns(
        sent=pl.lit(1, dtype=pl.Int64),
        delivered=delivered,
        bounced=bounced,
        bounced_hard=(_col(have, "bounce_kind", pl.String) == "hard").fill_null(False).cast(pl.Int64),
        opens=opens,
        human_opens=by_human,
        delivered_human=pl.when(machine.fill_null(0) == 1).then(0).otherwise(delivered),
        clicks=_col(have, "clicked"),
        conversions=(orders > 0).cast(pl.Int64),
        orders=orders,
        revenue=revenue,
        unsubscribes=_col(have, "unsubscribed"),
        complaints=_col(have, "complained"),
        personalised=_col(have, "personalised"),
        kind=_col(have, "kind", pl.String),
        channel=_col(have, "channel", pl.String),
        event_ts=_col(have, "event_ts"),
        clicked_ts=_col(have, "clicked_ts"),
    )


def own_attribution(data: DataDir) -> bool:
    """Whether the messages' export says itself which orders each message brought."""
    return any(data.meta.has("messages", c) for c in ("revenue", "converted", "orders"))


def _own_orders(data: DataDir, have: list[str]) -> pl.Expr:
    if data.meta.has("messages", "orders"):
        return _col(have, "orders")
    if data.meta.has("messages", "converted"):
        return _col(have, "converted")
    return (_col(have, "revenue") > 0).cast(pl.Int64)


def _delivered(data: DataDir, have: list[str]) -> tuple[pl.Expr, pl.Expr]:
    """Delivered as the file says; else sent - bounced; else sent."""
    bounced = _col(have, "bounced")
    if data.meta.has("messages", "delivered"):
        return _col(have, "delivered"), bounced
    if data.meta.has("messages", "bounced"):
        return pl.lit(1, dtype=pl.Int64) - bounced.fill_null(0), bounced
    return pl.lit(1, dtype=pl.Int64), bounced


def campaign_rows(data: DataDir, covered: bool = False) -> pl.LazyFrame:
    """One row per campaign or campaign-day, without those that messages cover (covered: all of them)."""
    have = data.columns("campaigns")
    frame = data.frame("campaigns")
    if "covered" in have and not covered:
        frame = frame.filter(pl.col("covered").fill_null(0) == 0)
    hard, soft = _col(have, "bounces_hard"), _col(have, "bounces_soft")
    bounced = pl.sum_horizontal(hard, soft)
    any_bounce = data.meta.has("campaigns", "bounces_hard") or data.meta.has("campaigns", "bounces_soft")
    sent = _col(have, "sent")
    delivered = sent - bounced if any_bounce else sent
    if data.meta.has("campaigns", "delivered"):
        delivered = _col(have, "delivered")
    code = pl.coalesce(_col(have, "campaign_id", pl.String), _col(have, "campaign", pl.String))
    nothing = pl.lit(None, dtype=pl.Int64)
    return frame.with_columns(
        cust=pl.lit(None, dtype=pl.Int32),
        ts=_col(have, "ts"),
        sent=sent,
        delivered=delivered,
        bounced=bounced if any_bounce else nothing,
        bounced_hard=hard,
        opens=_col(have, "opens"),
        human_opens=nothing,
        delivered_human=nothing,
        clicks=_col(have, "clicks"),
        conversions=_col(have, "orders"),
        orders=_col(have, "orders"),
        revenue=_col(have, "revenue"),
        unsubscribes=_col(have, "unsubscribes"),
        complaints=_col(have, "complaints"),
        personalised=nothing,
        segmented=_col(have, "segmented"),
        kind=_col(have, "kind", pl.String),
        channel=_col(have, "channel", pl.String),
        campaign_code=code.cast(pl.Categorical).to_physical().cast(pl.Int64),
        event_ts=nothing,
        clicked_ts=nothing,
    )


def contact_rows(data: DataDir) -> pl.LazyFrame:
    """One row per customer: the days on which consent, list membership and loyalty begin and end.

    Consent without a date held from the start; it ends at the unsubscription or the first hard bounce.
    """
    have = data.columns("customers")
    consents = [_col(have, c) for c in ("consent_email", "consent_sms", "consent_push") if c in have]
    agreed = pl.max_horizontal(consents) if consents else pl.lit(None, dtype=pl.Int64)
    subscribed, gone = _col(have, "subscribed_day"), _col(have, "unsubscribed_day")
    registered = _col(have, "registered_day")
    start = pl.coalesce(subscribed, registered, pl.lit(BEGINNING, dtype=pl.Int64))
    ever = (agreed == 1) | ((agreed == 0) & gone.is_not_null())
    joined = _col(have, "loyalty_joined_day")
    tiered = _col(have, "loyalty_tier", pl.String).is_not_null()
    fields = [c for c in PROFILE if c in have]
    frame = data.frame("customers").join(_hard_bounces(data), on="cust", how="left")
    return frame.with_columns(
        reach_day=pl.when(ever).then(start),
        gone_day=pl.min_horizontal(gone, pl.col("bounce_day")),
        list_day=subscribed,
        left_day=gone,
        known_day=start,
        loyal_day=pl.coalesce(joined, pl.when(tiered).then(pl.lit(BEGINNING, dtype=pl.Int64))),
        push=_col(have, "consent_push"),
        fields=pl.lit(len(fields), dtype=pl.Int64),
        filled=pl.sum_horizontal([pl.col(c).is_not_null().cast(pl.Int64) for c in fields])
        if fields
        else pl.lit(0, dtype=pl.Int64),
    )


def _hard_bounces(data: DataDir) -> pl.LazyFrame:
    if not data.has("messages") or "bounce_kind" not in data.columns("messages"):
        return pl.LazyFrame(schema={"cust": pl.Int32, "bounce_day": pl.Int64})
    hard = data.frame("messages").filter((pl.col("bounce_kind") == "hard") & pl.col("cust").is_not_null())
    if "control" in data.columns("messages"):
        hard = hard.filter(pl.col("control").fill_null(0) == 0)
    return hard.group_by("cust").agg(bounce_day=pl.col("day").min().cast(pl.Int64))
