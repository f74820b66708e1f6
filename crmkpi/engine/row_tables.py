"""Leads, requests, visits, subscriptions, answers, points and ads in the shape that their measures read.

Stored tables hold only the columns that the user's files gave: those that are missing are added here as unknown, so
that one definition of a measure serves every file. What the measures read is written in their docstrings.
"""

from __future__ import annotations

import polars as pl

from crmkpi.engine.calendar import DayMaps
from crmkpi.engine.data import DataDir
from crmkpi.engine.memory import remembered

DAY_SECONDS = 86_400
# words by which exports name platforms and direct visits, lower case
APP_WORDS = r"\bapp\b|приложен|ios|iphone|ipad|android|mobile app"
ACCOUNT_WORDS = r"account|кабинет|\bлк\b|\blk\b|profile|профиль"
DIRECT_WORDS = r"^\(?direct\)?$|^\(?none\)?$|прямы|прямой|прямая"
WINBACK_WORDS = r"win.?back|reactiv|реактив|реанимац|возврат|возвращ|верну"
# tops of the usual scales of marks; a good mark is at least four fifths of the top
SCALES = (1, 5, 10, 100)
GOOD = 0.8

INTEGERS = {
    "leads": ("created_ts", "mql_ts", "sql_ts", "opportunity_ts", "won_ts", "lost_ts", "valid"),
    "tickets": ("created_ts", "first_reply_ts", "resolved_ts"),
    "subscriptions": ("mrr", "started_ts", "ended_ts", "trial_started_ts"),
    "loyalty_points": ("value",),
    "ads": ("cost", "impressions", "reach", "clicks"),
    "sessions": ("ts", "engaged", "branded", "cart"),
}
MONEY_INTEGERS = {"leads": ("deal_amount", "potential_amount")}
TEXTS = {
    "subscriptions": ("end_reason",),
    "loyalty_points": ("kind",),
    "sessions": ("session_id", "platform", "event", "source", "landing", "order_id"),
}
NUMBERS = {"loyalty_points": ("points",)}


def plain_rows(data: DataDir, table: str) -> pl.LazyFrame:
    """A stored table with every column its measures read, unknown where the file had none."""
    have = data.columns(table)
    kinds: dict[str, pl.DataType] = {}
    for names in (INTEGERS, MONEY_INTEGERS):
        kinds |= {name: pl.Int64() for name in names.get(table, ())}
    kinds |= {name: pl.String() for name in TEXTS.get(table, ())}
    kinds |= {name: pl.Float64() for name in NUMBERS.get(table, ())}
    columns = {
        name: pl.col(name).cast(kind) if name in have else pl.lit(None, dtype=kind)
        for name, kind in kinds.items()
    }
    who = {} if "cust" in have else {"cust": pl.lit(None, dtype=pl.Int32)}
    return data.frame(table).with_columns(**columns, **who)


def _day(moment: str) -> pl.Expr:
    return pl.col(moment).floordiv(DAY_SECONDS).cast(pl.Int32)


def won_lead_rows(data: DataDir) -> pl.LazyFrame:
    """Won leads, dated by the day of the win."""
    won = plain_rows(data, "leads").filter(pl.col("won_ts").is_not_null())
    return won.with_columns(day=_day("won_ts"))


def point_rows(data: DataDir) -> pl.LazyFrame:
    """Movements of points; the kind carries the sign, so amounts are positive whatever the export writes."""
    return plain_rows(data, "loyalty_points").with_columns(pl.col("points").abs(), pl.col("value").abs())


@remembered
def names_an_app(data: DataDir) -> bool:
    """Whether any visit says that it was made in an app."""
    if "platform" not in data.columns("sessions"):
        return False
    platforms = data.frame("sessions").select(pl.col("platform").cast(pl.String).unique())
    return bool(platforms.select(_says("platform", APP_WORDS).any()).collect().item())


def _says(column: str, words: str) -> pl.Expr:
    return pl.col(column).str.to_lowercase().str.contains(words).fill_null(False)


def visit_rows(data: DataDir, maps: DayMaps) -> pl.LazyFrame:
    """Visits with flags; the first visit to the app of all is found before any filter."""
    app = _says("platform", APP_WORDS) if names_an_app(data) else pl.lit(True)
    inside = _says("platform", ACCOUNT_WORDS) | _says("platform", APP_WORDS)
    direct = _says("source", DIRECT_WORDS)
    rows = plain_rows(data, "sessions").with_columns(
        ordered=pl.col("order_id").is_not_null().cast(pl.Int64),
        brand=((pl.col("branded") == 1).fill_null(False) | direct).cast(pl.Int64),
        landed=pl.col("landing").is_not_null().cast(pl.Int64),
        named=pl.col("event").is_not_null().cast(pl.Int64),
        inside=inside.cast(pl.Int64),
        in_app=app.cast(pl.Int64),
    )
    first = pl.col("day").filter(pl.col("in_app") == 1).min().over("cust")
    known = pl.col("cust").is_not_null()
    return rows.with_columns(first_day=pl.when(known).then(first)).with_columns(
        t_first=maps.t(pl.col("first_day")), since_first=pl.col("day") - pl.col("first_day")
    )


@remembered
def logs_events(data: DataDir) -> bool:
    """Whether a visit may have several rows, one per event."""
    if "session_id" not in data.columns("sessions"):
        return False
    codes = data.frame("sessions").select(pl.col("session_id").drop_nulls())
    return bool(codes.select(pl.col("session_id").is_duplicated().any()).collect().item())


def once_a_visit(data: DataDir, rows: pl.LazyFrame) -> pl.LazyFrame:
    """Visits of an event log have a row per event: only the first row of each visit and segment counts as a visit and
    carries its order, cart and source; customers and what they did are known from all rows."""
    if not logs_events(data):
        return rows.with_columns(visit=pl.lit(1, dtype=pl.Int64))
    code = pl.col("session_id")
    first = code.is_null() | pl.struct("session_id", "seg").is_first_distinct()
    silent = {name: pl.when(first).then(pl.col(name)) for name in ("cart", "engaged")}
    none = {name: pl.when(first).then(pl.col(name)).otherwise(0) for name in ("ordered", "brand", "landed")}
    return rows.with_columns(visit=first.cast(pl.Int64), **silent, **none)


def subscription_rows(data: DataDir, maps: DayMaps) -> pl.LazyFrame:
    """Subscriptions with the periods at whose end and start they count, and the first paid one of each customer."""
    rows = plain_rows(data, "subscriptions").filter(pl.col("cust").is_not_null())
    begun, ended = _day("started_ts"), _day("ended_ts")
    paid = pl.when(pl.col("mrr") > 0).then(begun)
    rows = rows.with_columns(
        begun=begun,
        ended=ended,
        trial_day=_day("trial_started_ts"),
        first_day=paid.min().over("cust"),
        last_day=paid.max().over("cust"),
        unpaid=(pl.col("end_reason") == "payment").fill_null(False).cast(pl.Int64),
    )
    lasting = pl.col("ended").is_null() | (pl.col("ended") > pl.col("begun"))
    return rows.with_columns(
        t_first=maps.t(pl.col("first_day")),
        end_from=pl.when(lasting).then(maps.ends_from(pl.col("begun"))).otherwise(maps.n),
        end_to=pl.when(lasting).then(maps.ends_from(pl.col("ended"))).otherwise(maps.n),
        start_from=pl.when(lasting).then(maps.starts_from(pl.col("begun") + 1)).otherwise(maps.n),
        start_to=pl.when(lasting).then(maps.starts_from(pl.col("ended") + 1)).otherwise(maps.n),
        paid=(pl.col("last_day") >= pl.col("trial_day")).fill_null(False).cast(pl.Int64),
    )


@remembered
def mark_scale(data: DataDir, table: str, column: str) -> int:
    """Top of the scale on which satisfaction is marked: the smallest usual one that holds every mark."""
    marks = data.frame(table)
    if table == "surveys":
        marks = marks.filter(pl.col("kind") == "csat")
    top = marks.select(pl.col(column).max()).collect().item()
    return next((scale for scale in SCALES if top is None or top <= scale), SCALES[-1])


def answer_rows(data: DataDir, table: str) -> pl.LazyFrame:
    """Answers to surveys, or marks of requests as answers of kind csat."""
    have = data.columns(table)
    column = "score" if table == "surveys" else "csat"
    score = pl.col(column).cast(pl.Float64) if column in have else pl.lit(None, dtype=pl.Float64)
    kind = pl.col("kind").cast(pl.String) if table == "surveys" else pl.lit("csat")
    invited = pl.col("invited").cast(pl.Int64) if "invited" in have else pl.lit(None, dtype=pl.Int64)
    who = {} if "cust" in have else {"cust": pl.lit(None, dtype=pl.Int32)}
    top = mark_scale(data, table, column) if column in have else SCALES[0]
    rows = data.frame(table).with_columns(score=score, kind=kind, invited=invited, **who)
    rows = rows.with_columns(good=(pl.col("score") >= GOOD * top).fill_null(False).cast(pl.Int64))
    return rows if table == "surveys" else rows.filter(pl.col("score").is_not_null())


def holdout_rows(data: DataDir) -> pl.LazyFrame:
    """Messages and withheld messages of campaigns with a control group, with the goal and cost of the campaign."""
    have = data.columns("messages")
    code = pl.col("campaign_id").cast(pl.String) if "campaign_id" in have else pl.lit(None, dtype=pl.String)
    control = pl.col("control").cast(pl.Int64) if "control" in have else pl.lit(None, dtype=pl.Int64)
    rows = data.frame("messages").with_columns(code=code.fill_null("—"), control=control)
    return rows.join(_campaign_goals(data), on="code", how="left").with_columns(
        pl.col("winback").fill_null(0), cost=pl.col("campaign_cost").fill_null(0)
    )


def _campaign_goals(data: DataDir) -> pl.LazyFrame:
    have = data.columns("campaigns")
    if "campaign_id" not in have:
        kinds = {"code": pl.String, "winback": pl.Int64, "campaign_cost": pl.Int64}
        return pl.LazyFrame(schema=kinds)
    goal = pl.col("goal").cast(pl.String) if "goal" in have else pl.lit(None, dtype=pl.String)
    cost = pl.col("cost").cast(pl.Int64) if "cost" in have else pl.lit(0, dtype=pl.Int64)
    rows = data.frame("campaigns").with_columns(goal=goal, campaign_cost=cost)
    return rows.group_by(pl.col("campaign_id").cast(pl.String).alias("code")).agg(
        winback=_says("goal", WINBACK_WORDS).any().cast(pl.Int64), campaign_cost=pl.col("campaign_cost").sum()
    )
