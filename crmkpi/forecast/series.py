"""Series of one metric at one grain, and the scale on which its changes are comparable."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from crmkpi.periods import Period

Array = np.ndarray
ScaleName = Literal["log", "logit", "raw"]


@dataclass(frozen=True)
class Point:
    """Value of one period; None is unknown. `weight` is the denominator of a ratio where it has one."""

    period: Period
    value: float | None
    complete: bool = True
    weight: float | None = None


Series = Sequence[Point]


@dataclass(frozen=True)
class Scale:
    """A transform z(value) on which equal steps mean equal effort.

    log for positive levels, logit for shares inside (0, 1), raw where zeros or negative values occur
    (methods.md 4). `low` and `high` are what the metric can be; paths never leave them.
    """

    name: ScaleName
    low: float | None = None
    high: float | None = None

    def forward(self, value: float) -> float:
        """z of a value; the value must lie where the scale is defined (see `fits`)."""
        if self.name == "log":
            return math.log(value)
        if self.name == "logit":
            return math.log(value / (1 - value))
        return value

    def back(self, z: Array) -> Array:
        """Values of z, clipped to what the metric can be."""
        if self.name == "log":
            value = np.exp(np.minimum(z, 700.0))
        elif self.name == "logit":
            value = 1 / (1 + np.exp(-np.clip(z, -700.0, 700.0)))
        else:
            value = np.asarray(z, dtype=float)
        if self.low is not None or self.high is not None:
            value = np.clip(value, self.low, self.high)
        return value

    def back_one(self, z: float) -> float:
        """Value of one z."""
        return float(self.back(np.asarray(z, dtype=float)))

    def fits(self, value: float | None) -> bool:
        """Whether a value has a z on this scale."""
        if value is None or not math.isfinite(value):
            return False
        if self.name == "log":
            return value > 0
        if self.name == "logit":
            return 0 < value < 1
        return True


def scale_of(values: Sequence[float | None], share: bool, limits: tuple[float | None, float | None]) -> Scale:
    """The scale of a metric from its known values: `share` = bounded by 0 and 1."""
    known = [v for v in values if v is not None]
    low, high = limits
    if share and high == 1 and known and all(0 < v < 1 for v in known):
        return Scale("logit", low, high)
    if known and all(v > 0 for v in known) and not (share and high == 1):
        return Scale("log", low, high)
    return Scale("raw", low, high)


def known_tail(series: Series) -> list[Point]:
    """The unbroken run of complete periods with known values that ends at the last known one.

    A hole ends the run: a method that needs neighbours must not jump over it.
    """
    tail: list[Point] = []
    for point in reversed([p for p in series if p.complete]):
        if point.value is None:
            if tail:
                break
            continue
        if tail and point.period.next() != tail[-1].period:
            break
        tail.append(point)
    return tail[::-1]


def cycle_of(grain: str) -> int:
    """Periods in one season: a year of months, quarters or weeks, a week of days."""
    return {"day": 7, "week": 52, "month": 12, "quarter": 4}.get(grain, 1)


def slot_of(period: Period) -> int:
    """Place of a period in its season: weekday, quarter, else month of its middle day (weeks too).

    52 weekly places would each rest on one or two values; twelve are steadier.
    """
    if period.grain == "day":
        return period.first.weekday()
    middle = period.first + (period.last - period.first) / 2
    if period.grain == "quarter":
        return (middle.month - 1) // 3
    return middle.month - 1


def slots(grain: str) -> int:
    """Number of different places of `slot_of`."""
    return {"day": 7, "quarter": 4}.get(grain, 12)
