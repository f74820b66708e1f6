"""Fast polars forms of two narwhals definitions, held equal to them by a test (tests/unit/measures/test_portable.py).

A window per customer costs a sort; the store is sorted by customer and time already, so neighbours are one shift
over an integer key away.
"""

from __future__ import annotations

import polars as pl

from crmkpi.measures.flows import NONE, SECOND_ORDER_DAYS


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
        done = linked.join(company.lazy(), on="key", how="left")
    ints = [pl.col(c).cast(pl.Int32) for c in ("t", "seg", "cust")]
    return done.drop("key").with_columns(ints).collect()


def _neighbours(n_periods: int) -> tuple[pl.Expr, pl.Expr]:
    """Period of the previous and the next row of the same customer (and segment) on a sorted key."""
    found = []
    for step in (1, -1):
        other = pl.col("key").shift(step)
        same = other // n_periods == pl.col("key") // n_periods
        found.append(pl.when(same).then(other % n_periods).otherwise(NONE).cast(pl.Int32))
    return found[0], found[1]
