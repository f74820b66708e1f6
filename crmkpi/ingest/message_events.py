"""Several rows a message: whether a log is one of events, and the rows of a message gathered into one."""

from __future__ import annotations

import polars as pl

from crmkpi.ingest.clean import REPEATED, ROW

STEP = "__step"
# a step of a message comes after those of a lower rank
RANKS = {
    "not_sent": 0, "sent": 1, "delivered": 2, "bounced": 2, "soft": 2, "hard": 2, "opened": 3, "clicked": 4,
    "unsubscribed": 5, "complained": 5, "converted": 5,
}  # fmt: skip
BOUNCES = ("bounced", "soft", "hard")
# steps whose forerunner a log of events has written down
FORERUNNERS = (("delivered", "sent"), ("opened", "delivered"), ("opened", "sent"), ("clicked", "opened"))
UNCLEAR = 0.65
SUMMED = ("orders", "revenue")


def _keys(frame: pl.DataFrame) -> list[str]:
    """What the rows of one message share: its number and recipient, else recipient and campaign."""
    keys: list[str] = [c for c in ("customer_id", "message_id") if c in frame.columns]
    if "message_id" not in frame.columns:
        keys += [c for c in frame.columns if c == "campaign_id"]
    # beside the time of the event the time of sending belongs to the message
    return [*keys, "sent_at"] if {"event_at", "sent_at"} <= set(frame.columns) else keys


def _moment(frame: pl.DataFrame) -> list[str]:
    return (
        [next(c for c in ("event_at", "sent_at") if c in frame.columns)] if "sent_at" in frame.columns else []
    )


def _placed(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows with a known step in the order of their messages and times; `__rank`, `__at` (first order) added."""
    keys, rank = _keys(frame), pl.col(STEP).replace_strict(RANKS, default=None, return_dtype=pl.Int8)
    rows = frame.with_row_index("__at").with_columns(rank.alias("__rank"))
    return rows.sort(*keys, *_moment(frame), "__rank", "__at", nulls_last=True, maintain_order=True)


def log_share(frame: pl.DataFrame) -> float | None:
    """How surely rows are events and not messages: the least share of steps that come straight after their
    forerunner of the same message (clicks after openings, openings after deliveries). None where no message has
    two rows; middling where nothing can tell.

    `frame`: canonical key columns, sent_at and event_at as times, `__step`.
    """
    if "customer_id" not in frame.columns:
        return None
    keys = _keys(frame)
    rows = _placed(frame.filter(pl.col(STEP).is_not_null() & (pl.col(STEP) != "not_sent")))
    if rows.is_empty() or not rows.select(pl.struct(keys).is_duplicated().any()).item():
        return None
    step = pl.col(STEP).replace(dict.fromkeys(BOUNCES, "bounced"))
    rows = rows.select(*keys, step, before=step.shift(1).over(keys))
    steps = set(rows[STEP])
    pairs = [(late, early) for late, early in FORERUNNERS if {late, early} <= steps]
    if ("opened", "delivered") in pairs:
        pairs = [p for p in pairs if p != ("opened", "sent")]
    if not pairs:
        # nothing but openings and clicks: rows of one message are its events
        return 1.0 if "message_id" in keys else None
    share = min(_behind(rows, late, early) for late, early in pairs)
    if keys == ["customer_id"] and pairs[-1][0] == "opened" and len(pairs) == 1:
        # an opening after a delivery to the same person may be of any message
        return min(share, UNCLEAR)
    return share


def _behind(rows: pl.DataFrame, late: str, early: str) -> float:
    """Share of the later steps whose row before, in the same message, is the earlier one or the same again."""
    good = pl.col("before").is_in([early, late] if late != "opened" else [early, late, "clicked"])
    return float(rows.filter(pl.col(STEP) == late).select(good.fill_null(False).mean()).item())


def gathered(frame: pl.DataFrame) -> pl.DataFrame:
    """One row a message. `__said`: its steps; `__last`: the last of delivery and bounce; sent_at: its first time;
    clicked_at: the first click's time where events have times of their own; other columns: their first value.

    Without a message number a new message begins with each «sent» (else each delivery or bounce) of the same
    recipient and campaign.
    """
    rows, keys = _placed(frame), _keys(frame)
    steps = set(frame[STEP].drop_nulls())
    starts = ["sent"] if "sent" in steps else ["delivered", *BOUNCES]
    first = ~pl.struct(keys).eq(pl.struct(keys).shift(1)).fill_null(False)
    begins = first if "message_id" in keys else first | pl.col(STEP).is_in(starts).fill_null(False)
    rows = rows.with_columns(begins.cum_sum().alias("__message"))
    time = _moment(frame)
    own = [c for c in frame.columns if c not in (STEP, ROW, REPEATED, "sent_at", "event_at", *SUMMED)]
    came = pl.col(STEP).is_in(["delivered", *BOUNCES]).fill_null(False)
    made = [
        pl.col(STEP).drop_nulls().alias("__said"),
        pl.col(STEP).filter(came).last().alias("__last"),
        pl.col(ROW).min(),
        pl.col(REPEATED).all(),
        *(pl.col(c).drop_nulls().first() for c in own),
        *(_total(c).alias(c) for c in SUMMED if c in frame.columns),
    ]
    if "sent_at" in frame.columns:
        made.append(pl.col("sent_at").min())
    if time and "clicked_at" not in own:
        clicks = pl.col(time[0]).filter((pl.col(STEP) == "clicked").fill_null(False)).min()
        # events that all bear the time of sending have no time of their own
        several = pl.col(time[0]).n_unique() > 1
        made.append(pl.when(several).then(clicks).alias("clicked_at"))
    out = rows.group_by("__message", maintain_order=True).agg(made).sort(ROW).drop("__message")
    silent = (
        "clicked_at" not in own
        and "clicked_at" in out.columns
        and out["clicked_at"].null_count() == out.height
    )
    return out.drop("clicked_at") if silent else out


def _total(column: str) -> pl.Expr:
    """What the events of a message brought; the same sum on all of its several rows was repeated, not earned twice."""
    value = pl.col(column)
    repeated = (value.n_unique() == 1) & (value.null_count() == 0)
    return pl.when(value.count() > 0).then(pl.when(repeated).then(value.first()).otherwise(value.sum()))
