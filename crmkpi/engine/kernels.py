"""Fast forms of three narwhals definitions, held equal to them by a test (tests/unit/measures/test_portable.py).

A window per customer costs a sort; the store is sorted by customer and time already, so neighbours are one shift
over an integer key away.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from crmkpi.measures.flows import NONE, SECOND_ORDER_DAYS

Ints = NDArray[np.int64]


def company_activity(orders: pl.DataFrame, n_periods: int) -> pl.DataFrame:
    """As crmkpi.measures.flows.company_activity: key (customer and period) with both neighbouring periods."""
    key = (pl.col("cust").cast(pl.Int64) * n_periods + pl.col("t")).alias("key")
    live = pl.col("cust").is_not_null() & (pl.col("t") >= 0)
    keys = orders.lazy().filter(live).select(key).collect().to_series()
    keys = keys.sort() if not keys.is_sorted() else keys
    once = keys.filter((keys != keys.shift(1)).fill_null(True))
    frame = pl.DataFrame({"key": once})
    prev, next_ = _neighbours(n_periods)
    return frame.select("key", company_prev=prev, company_next=next_)


def activity(
    orders: pl.DataFrame, company: pl.DataFrame | None, n_periods: int, n_segments: int
) -> pl.DataFrame:
    """As crmkpi.measures.flows.activity; company None: no filter and no split, the two are the same."""
    live = pl.col("cust").is_not_null() & (pl.col("t") >= 0)
    soon = (pl.col("dormant") == 1) & (pl.col("next_day") - pl.col("day") <= SECOND_ORDER_DAYS)
    one = pl.col("cust").cast(pl.Int64) * n_segments + pl.col("seg")
    rows = (
        orders.lazy()
        .filter(live)
        .select(
            "new", "dormant", key=one * n_periods + pl.col("t"), soon=soon.fill_null(False).cast(pl.Int64)
        )
    )
    flat = rows.collect()
    if not flat["key"].is_sorted():
        flat = flat.sort("key")
    flat = flat.with_columns(pl.col("key").set_sorted())
    per = (
        flat.lazy()
        .group_by("key", maintain_order=True)
        .agg(
            new=pl.col("new").max(),
            back=pl.col("dormant").max(),
            back_again=pl.col("soon").max(),
            orders=pl.len(),
        )
    )
    prev, next_ = _neighbours(n_periods)
    linked = per.with_columns(prev_t=prev, next_t=next_, t=pl.col("key") % n_periods)
    who = pl.col("key") // n_periods
    linked = linked.with_columns(cust=who // n_segments, seg=who % n_segments)
    if company is None:
        done = linked.with_columns(company_prev=pl.col("prev_t"), company_next=pl.col("next_t"))
    else:
        linked = linked.with_columns(key=pl.col("cust") * n_periods + pl.col("t"))
        # every activity inside the filter is one of the company: the nearest key is the same key
        met, known = _sorted(linked.collect()), _sorted(company)
        done = met.join_asof(known, on="key", check_sortedness=False).lazy()
    ints = [pl.col(c).cast(pl.Int32) for c in ("t", "seg", "cust")]
    return done.drop("key").with_columns(ints).collect()


def _sorted(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.set_sorted("key") if frame["key"].is_sorted() else frame.sort("key")


def _neighbours(n_periods: int) -> tuple[pl.Expr, pl.Expr]:
    """Period of the previous and the next row of the same customer (and segment) on a sorted key."""
    found = []
    for step in (1, -1):
        other = pl.col("key").shift(step)
        same = other // n_periods == pl.col("key") // n_periods
        found.append(pl.when(same).then(other % n_periods).otherwise(NONE).cast(pl.Int32))
    return found[0], found[1]


def rfm_scores(orders: pl.DataFrame, shown: Sequence[int], n_periods: int) -> pl.DataFrame:
    """As crmkpi.measures.rfm.rfm_scores: the state of every customer carried from one shown period to the next."""
    live = orders.lazy().filter(pl.col("cust").is_not_null() & (pl.col("end_from") < n_periods))
    flat = live.select("cust", "seg", "end_from", "end_year", "day", "amount").collect()
    rows = [
        (t, int(seg), *cell)
        for seg in flat["seg"].unique().sort().to_list()
        for t, cell in _rfm_of_segment(flat.filter(pl.col("seg") == seg), shown)
    ]
    names = ("t", "seg", "rfm_customers", "rfm_top_customers", "rfm_at_risk_value")
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Int64), orient="row")


def _rfm_of_segment(flat: pl.DataFrame, shown: Sequence[int]) -> Iterator[tuple[int, tuple[int, int, int]]]:
    """Period and its three numbers, for the periods in which anybody has ordered."""
    flat = flat.sort("day")
    begin, expire = flat["end_from"].to_numpy(), flat["end_year"].to_numpy()
    who, day, amount = (flat[c].to_numpy() for c in ("cust", "day", "amount"))
    size = int(who.max()) + 1
    last, count, money, fresh = (np.zeros(size, dtype=np.int64) for _ in range(4))
    done = gone = 0  # rows that have begun, rows older than a year (both keep the order of days)
    for t in sorted(shown):
        upto, old = (int(np.searchsorted(at, t, side="right")) for at in (begin, expire))
        came, stale = slice(done, upto), slice(gone, old)
        np.maximum.at(last, who[came], day[came])
        count += np.bincount(who[came], minlength=size)
        gained = _sums(who[came], amount[came], size)
        money += gained
        fresh += gained - _sums(who[stale], amount[stale], size)
        done, gone = upto, old
        if there := int((count > 0).sum()):
            yield t, (there, *_scored(last, count, money, fresh))


def _sums(who: Ints, amount: Ints, size: int) -> Ints:
    """Amounts by customer; sums of minor units below 2^53 are exact in floats."""
    return np.bincount(who, weights=amount, minlength=size).astype(np.int64)


def _scored(last: Ints, count: Ints, money: Ints, fresh: Ints) -> tuple[int, int]:
    """Customers with R, F and M of 4 or 5; amount of the last year of those with R <= 2 and F >= 4.

    Recent days are good scores: the nearest-rank 40th percentile of the days since is the 60th from below of days.
    """
    seen = count > 0
    last, count, money, fresh = last[seen], count[seen], money[seen], fresh[seen]
    n = len(last)
    low, middle = -(-2 * n // 5), -(-3 * n // 5)  # ranks of the 40th and the 60th percentile
    often = count > np.partition(count, middle - 1)[middle - 1]
    rich = money > np.partition(money, middle - 1)[middle - 1]
    recent = last > np.partition(last, n - low)[n - low]
    gone = last <= np.partition(last, n - middle)[n - middle]
    return int((recent & often & rich).sum()), int(fresh[gone & often].sum())
