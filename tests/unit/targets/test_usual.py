"""The noise gate against numbers by hand."""

from __future__ import annotations

import math

import pytest

from crmkpi.forecast.series import Point
from crmkpi.periods import parse_period
from crmkpi.targets.usual import usual_of

# every step is a factor of 1.1 up or down: mean moving range of logs = ln 1.1
VALUES = [100.0, 110.0, 100.0, 110.0, 100.0, 110.0]


def points(last):
    values = [*VALUES, last]
    return [Point(parse_period(f"2025-{i + 1:02d}"), v) for i, v in enumerate(values)]


def test_the_range_is_two_noises_wide_around_the_earlier_value():
    found = usual_of("revenue_base", points(100.0), parse_period("2025-07"), parse_period("2025-06"))
    width = 1.96 * math.sqrt(2) * math.log(1.1) / 1.128
    assert (found.low, found.high) == pytest.approx((110 * math.exp(-width), 110 * math.exp(width)))
    assert found.inside


def test_a_jump_is_outside():
    found = usual_of("revenue_base", points(200.0), parse_period("2025-07"), parse_period("2025-06"))
    assert not found.inside


def test_too_short_a_history_says_nothing():
    short = points(100.0)[-3:]
    assert usual_of("revenue_base", short, parse_period("2025-07"), parse_period("2025-06")) is None
