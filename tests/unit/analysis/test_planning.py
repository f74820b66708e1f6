"""Test plans against published numbers and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from crmkpi.analysis.planning import (
    BadShareError,
    control_size,
    crossing_chance,
    mde_mean,
    mde_share,
    obrien_fleming,
    sample_size,
    split_check,
    verdict,
)
from crmkpi.analysis.uplift import BadArmError, two_proportions


def test_vectors() -> None:
    assert mde_share(0.025, 20_000, 20_000) == pytest.approx(0.00437, abs=5e-6)
    assert mde_share(0.025, 36_000, 4_000) == pytest.approx(0.00729, abs=5e-6)
    assert sample_size(0.025, 0.030) == 16_792


def test_the_planned_size_gives_the_promised_power() -> None:
    n = sample_size(0.05, 0.07)
    rng = np.random.default_rng(4)
    hits1, hits0 = rng.binomial(n, 0.07, 4000), rng.binomial(n, 0.05, 4000)
    pooled = (hits1 + hits0) / (2 * n)
    z = (hits1 - hits0) / n / np.sqrt(pooled * (1 - pooled) * 2 / n)
    assert (np.abs(z) > 1.959964).mean() == pytest.approx(0.80, abs=0.02)


@settings(max_examples=60, deadline=None)
@given(st.integers(10, 100_000), st.floats(0.01, 0.5), st.floats(0.002, 0.3))
def test_control_size_is_the_smallest_that_sees_it(audience: int, p: float, expected: float) -> None:
    n = control_size(audience, p, expected)
    if n is None:
        assert mde_share(p, audience - audience // 2, audience // 2) > expected
    else:
        assert mde_share(p, audience - n, n) <= expected
        assert n == 1 or mde_share(p, audience - n + 1, n - 1) > expected


def test_impossible_plans_are_refused() -> None:
    for bad in (0.0, 1.0, 18.0):
        with pytest.raises(BadShareError):
            mde_share(bad, 10, 10)
    with pytest.raises(BadShareError):
        sample_size(0.1, 0.1)
    with pytest.raises(BadArmError):
        mde_mean(1.0, 0, 10)


def test_split_check_equals_scipy_and_stops_a_broken_test() -> None:
    found = split_check([5050, 4950], [0.5, 0.5])
    known = stats.chisquare([5050, 4950])
    assert (found.chi_square, found.p_value) == (pytest.approx(known.statistic), pytest.approx(known.pvalue))
    assert found.sound
    assert not split_check([9400, 600], [0.9, 0.1]).sound
    assert not split_check([5300, 4700], [1, 1]).sound
    with pytest.raises(BadArmError):
        split_check([0, 0], [1, 1])


def test_peeking_ten_times_gives_nineteen_percent() -> None:
    assert crossing_chance([1.959964] * 10) == pytest.approx(0.193, abs=5e-4)
    assert crossing_chance([1.959964]) == pytest.approx(0.05, abs=1e-6)


def test_obrien_fleming_bounds_of_the_published_tables() -> None:
    """Jennison and Turnbull 2000, table 2.3: C for 5 % two-sided."""
    for looks, c in ((2, 1.977), (3, 2.004), (5, 2.040), (10, 2.087)):
        bounds = obrien_fleming(looks)
        assert bounds[-1] == pytest.approx(c, abs=1e-3)
        assert bounds[0] == pytest.approx(bounds[-1] * looks**0.5)
        assert crossing_chance(bounds) == pytest.approx(0.05, abs=2e-4)


def test_no_effect_shown_is_not_no_effect() -> None:
    small = two_proportions(12, 100, 10, 100)
    assert verdict(small, mde_share(0.11, 100, 100), expected=0.02) == "not_shown"
    large = two_proportions(10_010, 100_000, 10_000, 100_000)
    assert verdict(large, mde_share(0.1, 100_000, 100_000), expected=0.02) == "absent"
    assert verdict(large, mde_share(0.1, 100_000, 100_000)) == "not_shown"
    assert verdict(two_proportions(620, 20_000, 500, 20_000), None) == "up"
    assert verdict(two_proportions(500, 20_000, 620, 20_000), None) == "down"
