"""Money as integers: the smallest scale that is exact, and rounding only where none is."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmkpi.ingest.money import scale_of, to_minor


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([1.0, 2.0], 1),
        ([1.5], 10),
        ([19.99, 0.1], 100),
        ([0.001], 1000),
        ([0.0625], 10_000),
        ([None, 3.0], 1),
        ([], 1),
        ([123_456_789.99], 100),
        ([0.29, 1.13, 4.35, 8.2, 64.1], 100),
    ],
)
def test_the_smallest_scale_that_holds_every_value(values: list[float | None], scale: int) -> None:
    assert scale_of([pl.Series(values, dtype=pl.Float64)]) == (scale, 0)


def test_what_four_decimals_cannot_hold_is_counted_and_rounded_half_to_even() -> None:
    series = pl.Series([0.00025, 0.00035, 1.0, 0.00025], dtype=pl.Float64)
    assert scale_of([series]) == (10_000, 3)
    assert series.to_frame("m").select(to_minor("m", 10_000))["m"].to_list() == [2, 4, 10_000, 2]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.decimals("-1000000", "10000000", places=2), max_size=30))
def test_sums_in_minor_units_are_exact(values: list[Decimal]) -> None:
    frame = pl.DataFrame({"m": pl.Series([float(v) for v in values], dtype=pl.Float64)})
    scale, rounded = scale_of([frame["m"]])
    assert rounded == 0
    minor = frame.select(to_minor("m", scale)).to_series().to_list()
    assert [Decimal(n) / scale for n in minor] == values
    assert Decimal(sum(minor)) / scale == sum(values, Decimal(0))
