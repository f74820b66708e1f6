"""Lifecycle columns against pandas, row by row."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from crmkpi.ingest.enrich import clock, in_time_order, lifecycle

ROWS = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(0, 4)), st.integers(0, 40), st.integers(0, 86_399)),
    max_size=40,
)


def orders(rows: list[tuple[int | None, int, int]]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "cust": pl.Series([r[0] for r in rows], dtype=pl.Int32),
            "ts": pl.Series([r[1] * 86_400 + r[2] for r in rows], dtype=pl.Int64),
            "day": pl.Series([r[1] for r in rows], dtype=pl.Int32),
            "__seq": pl.Series(range(len(rows)), dtype=pl.Int64),
            "name": pl.Series([str(n) for n in range(len(rows))], dtype=pl.String),
        }
    )


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_lifecycle_equals_pandas_groupby(rows: list[tuple[int | None, int, int]]) -> None:
    found = lifecycle(orders(rows))
    frame = pd.DataFrame(
        {"cust": [r[0] for r in rows], "day": [r[1] for r in rows], "second": [r[2] for r in rows]}
    )
    frame["name"] = [str(n) for n in range(len(rows))]
    known = frame.dropna(subset=["cust"]).sort_values(["cust", "day", "second"], kind="stable")
    by = known.groupby("cust")
    expected = pd.DataFrame(
        {
            "order_number": by.cumcount() + 1,
            "prev_day": by["day"].shift(1),
            "next_day": by["day"].shift(-1),
            "first_day": by["day"].transform("first"),
        }
    )
    got = {r["name"]: r for r in found.filter(pl.col("cust").is_not_null()).iter_rows(named=True)}
    assert len(got) == len(known)
    for name, row in zip(known["name"], expected.itertuples(), strict=True):
        for column in ("order_number", "prev_day", "next_day", "first_day"):
            value = getattr(row, column)
            assert got[name][column] == (None if pd.isna(value) else int(value)), (name, column)


@settings(max_examples=40, deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_in_time_is_that_of_a_plain_sort(rows, chance) -> None:
    shuffled = list(range(len(rows)))
    chance.shuffle(shuffled)
    given_rows = orders(rows).with_columns(pl.Series("__seq", shuffled, dtype=pl.Int64))
    expected = given_rows.sort("cust", "ts", "__seq", nulls_last=True)
    made = in_time_order(given_rows.clone())
    assert made.equals(expected)
    assert in_time_order(made) is made and made.equals(expected)


def test_orders_without_a_customer_have_no_lifecycle_and_come_last() -> None:
    found = lifecycle(orders([(None, 1, 0), (0, 5, 0), (None, 3, 0), (0, 2, 0)]))
    assert found["cust"].to_list() == [0, 0, None, None]
    assert found.select("order_number", "prev_day", "next_day", "first_day").row(2) == (
        None,
        None,
        None,
        None,
    )
    assert found["order"].to_list() == [0, 1, 2, 3]


def test_orders_of_the_same_moment_keep_the_order_of_the_file() -> None:
    found = lifecycle(orders([(0, 1, 10), (0, 1, 10), (0, 1, 10)]))
    assert found["name"].to_list() == ["0", "1", "2"]
    assert found["order_number"].to_list() == [1, 2, 3]


def test_clock_floors_days_before_1970_too() -> None:
    frame = pl.DataFrame({"at": [datetime(1969, 12, 31, 23, 0), datetime(1970, 1, 2)]})
    ts, day = clock("at")
    assert frame.select(ts.alias("t"), day.alias("d")).rows() == [(-3600, -1), (86_400, 1)]
