"""Fast forms of the measures over messages, alone and beside orders, held equal to their narwhals definitions by a
test (tests/unit/measures/test_portable.py).

A definition unites two tables and runs ordered windows, which any engine can do and which sorts millions of rows.
The store is sorted by customer and time already: here a customer and a moment are one integer, the last message
before an order is one merge of two sorted columns, and rows that repeat a customer stand side by side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from crmkpi.measures.model import KEYS
from crmkpi.measures.moment import HOUR, LOOKBACK_SECONDS, NEAR_DAYS


@dataclass(frozen=True)
class Tables:
    """Prepared tables of one question in memory, and the settings that measures read (see measures.model.Frames)."""

    frames: Mapping[str, pl.DataFrame]
    n_periods: int
    window_hours: int
    shown: tuple[int, ...]

    def __getitem__(self, name: str) -> pl.DataFrame:
        return self.frames[name]


# messages beside orders -----------------------------------------------------------------------------
def touches(tables: Tables) -> pl.DataFrame:
    """As crmkpi.measures.moment.touches: median hours from the last offer to an order, median offers before it."""
    orders = _orders(tables)
    near = pl.col("gap") <= tables.window_hours * HOUR
    hours = pl.when(near).then(pl.col("gap").cast(pl.Float64) / HOUR)
    offers = pl.when(pl.col("touches") > 0).then(pl.col("touches").cast(pl.Float64))
    met = _touched(tables, orders, counted=True).select(*KEYS, hours=hours, offers=offers)
    per = met.lazy().group_by(*KEYS)
    return per.agg(
        time_to_purchase=pl.col("hours").median(), touches_to_conversion=pl.col("offers").median()
    ).collect()


def touched_reactivations(tables: Tables) -> pl.DataFrame:
    """As crmkpi.measures.moment.touched_reactivations: customers who came back after an offer in the window."""
    back = _orders(tables).filter(pl.col("dormant") == 1)
    near = _touched(tables, back, counted=False).filter(pl.col("gap") <= tables.window_hours * HOUR)
    seen = near.lazy().select("cust", *KEYS).unique()
    return seen.group_by(*KEYS).agg(reactivations_count=pl.len()).collect()


def moments(tables: Tables) -> pl.DataFrame:
    """As crmkpi.measures.moment.moments: customers due in a period, and those offered something near the day."""
    waiting = pl.col("next_day").is_null() | (pl.col("next_day") >= pl.col("due_day"))
    due = tables["orders"].lazy().filter(pl.col("cust").is_not_null() & (pl.col("due_t") >= 0) & waiting)
    at = (pl.col("due_day") + NEAR_DAYS).cast(pl.Int64)
    probes = due.select("cust", "seg", t=pl.col("due_t"), at=at).collect()
    met = _last_before(_offers(tables, "day"), probes, 0)
    hit = (pl.col("gap") <= 2 * NEAR_DAYS).fill_null(False).cast(pl.Int64)
    per = met.lazy().select("cust", *KEYS, hit=hit).group_by("cust", *KEYS).agg(pl.col("hit").max())
    return (
        per.group_by(*KEYS)
        .agg(due_customers=pl.len().cast(pl.Int64), ontime_customers=pl.col("hit").sum())
        .collect()
    )


def _orders(tables: Tables) -> pl.DataFrame:
    return tables["orders"].filter(
        pl.col("cust").is_not_null() & (pl.col("t") >= 0) & pl.col("ts").is_not_null()
    )


def _offers(tables: Tables, at: str) -> pl.DataFrame:
    """Customer and moment of the messages that could have brought an order."""
    offered = (pl.col("kind") != "transactional").fill_null(True) & (pl.col("delivered") > 0)
    rows = tables["offers"].lazy().filter(pl.col("cust").is_not_null() & offered & pl.col(at).is_not_null())
    return rows.select("cust", at=pl.col(at).cast(pl.Int64)).collect()


def _touched(tables: Tables, orders: pl.DataFrame, counted: bool) -> pl.DataFrame:
    rows = orders.select("cust", *KEYS, at=pl.col("ts").cast(pl.Int64))
    return _last_before(_offers(tables, "ts"), rows, LOOKBACK_SECONDS if counted else 0)


def _last_before(offers: pl.DataFrame, rows: pl.DataFrame, back: int) -> pl.DataFrame:
    """Rows with `gap`, the time since the last offer to the same customer (null: none), and, with a look back, the
    number of offers in (at - back, at] as `touches`."""
    if offers.is_empty() or rows.is_empty():
        return rows.with_columns(gap=pl.lit(None, dtype=pl.Int64), touches=pl.lit(0, dtype=pl.Int64))
    marks = [frame["at"] for frame in (offers, rows)]
    low = min(int(mark.min()) for mark in marks) - back  # type: ignore[arg-type]
    span = max(int(mark.max()) for mark in marks) - low + 1  # type: ignore[arg-type]
    begin = pl.col("cust").cast(pl.Int64) * span
    place = begin + pl.col("at") - low
    sent = _sorted(offers.select(place=place), "place").with_columns(
        last=pl.col("place"), n=pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
    )
    line = _sorted(rows.with_columns(place=place, begin=begin), "place")
    met = line.join_asof(sent, on="place", check_sortedness=False)
    gap = pl.when(pl.col("last") >= pl.col("begin")).then(pl.col("place") - pl.col("last"))
    met = met.with_columns(gap=gap)
    if back:
        earlier = sent.select("place", before="n")
        met = met.with_columns(pl.col("place") - back).set_sorted("place")
        met = met.join_asof(earlier, on="place", check_sortedness=False)
        met = met.with_columns(touches=pl.col("n").fill_null(0) - pl.col("before").fill_null(0))
    return met


def _sorted(frame: pl.DataFrame, key: str) -> pl.DataFrame:
    return frame.set_sorted(key) if frame[key].is_sorted() else frame.sort(key)


# messages alone -------------------------------------------------------------------------------------
def recipients(tables: Tables) -> pl.DataFrame:
    """As crmkpi.measures.sends.recipients: customers who were sent at least one message."""
    return _customers(tables["sends"], tables.n_periods, "recipients").collect()


def company_before(tables: Tables) -> pl.DataFrame:
    """As crmkpi.measures.flows.company_before: customers of the company active in the period before."""
    counted = _customers(tables["company"], tables.n_periods, "company_active_prev")
    return counted.with_columns(pl.col("t") + 1).collect()


def _customers(rows: pl.DataFrame, n_periods: int, name: str) -> pl.LazyFrame:
    """Different customers by cell: in the store's order those of a cell are runs of one integer."""
    live = rows.lazy().filter(pl.col("cust").is_not_null() & (pl.col("t") >= 0))
    segments = int(rows["seg"].max() or 0) + 1  # type: ignore[arg-type]
    who = pl.col("cust").cast(pl.Int64) * segments + pl.col("seg")
    keys = live.select(key=who * n_periods + pl.col("t")).collect()
    if segments > 1 or not keys["key"].is_sorted():
        keys = keys.unique()
    fresh = keys.lazy().filter((pl.col("key") != pl.col("key").shift(1)).fill_null(True))
    cells = fresh.select(
        t=(pl.col("key") % n_periods).cast(pl.Int32),
        seg=(pl.col("key") // n_periods % segments).cast(pl.Int32),
    )
    return cells.group_by(*KEYS).agg(pl.len().cast(pl.Int64).alias(name))


def from_sends(tables: Tables) -> pl.DataFrame:
    """As crmkpi.measures.reach.from_sends: customers with something delivered in the last 90 days."""
    return _spans(_remembered(tables, pl.col("delivered") > 0), "reachable_from_sends", tables.n_periods)


def engaged(tables: Tables) -> pl.DataFrame:
    """As crmkpi.measures.reach.engaged: customers who clicked, or opened by hand, in the last 90 days."""
    reacted = (pl.col("clicks") > 0) | (pl.col("human_opens") > 0)
    return _spans(_remembered(tables, reacted), "engaged_from_sends", tables.n_periods)


def base_from_sends(tables: Tables) -> pl.DataFrame:
    """As crmkpi.measures.reach.base_from_sends: the same of those customers who ever ordered."""
    firsts = tables["company"].lazy().filter(pl.col("order_number") == 1).select("cust", "first_from")
    held = _remembered(tables, pl.col("delivered") > 0).join(firsts, on="cust", how="inner")
    later = pl.max_horizontal("end_from", "first_from")
    return _spans(held.with_columns(end_from=later), "base_reachable_from_sends", tables.n_periods)


def _remembered(tables: Tables, counted: pl.Expr) -> pl.LazyFrame:
    """Spans (per customer and segment) in which a counted message is at most 90 days old; rows of one day repeat
    each other as empty spans."""
    rows = tables["sends"].lazy().filter(pl.col("cust").is_not_null() & counted)
    kept = rows.select("cust", "seg", "day", "end_from", "end_old").collect()
    if not _by_customer(kept):
        kept = kept.sort("cust", "seg", "day")
    same = (pl.col("cust").shift(-1) == pl.col("cust")) & (pl.col("seg").shift(-1) == pl.col("seg"))
    following = pl.when(same).then(pl.col("end_from").shift(-1))
    return kept.lazy().with_columns(stop=pl.min_horizontal(following, "end_old"))


def _by_customer(rows: pl.DataFrame) -> bool:
    """Whether rows of one segment stand in the order of customers and days."""
    if rows.is_empty() or rows["seg"].min() != rows["seg"].max():
        return rows.is_empty()
    low, high = rows["day"].min(), rows["day"].max()
    span = int(high) - int(low) + 1  # type: ignore[arg-type]
    place = pl.col("cust").cast(pl.Int64) * span + (pl.col("day") - low).cast(pl.Int64)
    return rows.select(place).to_series().is_sorted()


def _spans(rows: pl.LazyFrame, name: str, n_periods: int) -> pl.DataFrame:
    """As crmkpi.measures.stocks.spans: +1 where a span begins and -1 where it stops, summed per cell."""
    alive = rows.filter((pl.col("end_from") < pl.col("stop")) & (pl.col("end_from") < n_periods))
    alive = alive.select("seg", "end_from", "stop").collect().lazy()
    steps = []
    for at, step in (("end_from", 1), ("stop", -1)):
        cells = alive.filter(pl.col(at) < n_periods).group_by("seg", pl.col(at).alias("t"))
        steps.append(cells.agg((pl.len().cast(pl.Int64) * step).alias(name)))
    return pl.concat(steps).group_by(*KEYS).agg(pl.col(name).sum()).collect()
