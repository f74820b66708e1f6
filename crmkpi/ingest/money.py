"""Money as integers: one scale for the whole store, so that sums are exact on every engine.

A scale is 1, 10, 100, 1,000 or 10,000 units per unit of currency: the smallest in which every amount of the
files is a whole number. What needs more than four decimals is rounded half to even there, and counted.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

SCALES = (1, 10, 100, 1_000, 10_000)
LARGEST = SCALES[-1]
# floats carry about 15.9 digits: what differs less than this from a whole number is a whole number
ABSOLUTE = 1e-6
RELATIVE = 1e-15


def _off(scale: int) -> pl.Expr:
    """Whether a float amount is no whole number of units at the scale; null stays null."""
    scaled = pl.col("money") * scale
    return (scaled - scaled.round()).abs() > pl.max_horizontal(ABSOLUTE, scaled.abs() * RELATIVE)


def scale_of(series: Iterable[pl.Series]) -> tuple[int, int]:
    """Smallest scale that holds every value of these Float64 columns, and how many values even 10^4 does not."""
    scale, rounded = 1, 0
    for one in series:
        values = pl.DataFrame({"money": one.drop_nulls().unique()})
        while scale < LARGEST and values.select(_off(scale).any()).item():
            scale = SCALES[SCALES.index(scale) + 1]
        if scale == LARGEST:
            odd = values.filter(_off(LARGEST))["money"]
            rounded += int(one.is_in(odd.implode()).sum()) if odd.len() else 0
    return scale, rounded


def to_minor(column: str | pl.Expr, scale: int) -> pl.Expr:
    """Float money -> Int64 units of 1/scale, half to even (exact whenever the scale holds the value)."""
    expression = pl.col(column) if isinstance(column, str) else column
    return (expression * scale).round(mode="half_to_even").cast(pl.Int64, strict=False)
