"""Difference in differences, seasonal before/after and the broken trend on numbers whose truth is known."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pytest
from scipy import stats

from crmkpi.analysis.before_after import (
    WindowError,
    did,
    did_with_placebo,
    prais_winsten,
    seasonal_before_after,
    segmented_regression,
)
from crmkpi.analysis.uplift import BadArmError, UnpairedError


def test_did_by_hand() -> None:
    """Treated +4, +6, +5; control +1, +3: 5 - 2 = 3."""
    found = did(([10, 20, 30], [14, 26, 35]), ([5, 9], [6, 12]))
    known = stats.ttest_ind([4, 6, 5], [1, 3], equal_var=False)
    assert found.estimate == pytest.approx(3) and found.method == "did"
    assert found.p_value == pytest.approx(known.pvalue) and found.lift is None
    se = math.sqrt(1 / 3 + 2 / 2)
    assert found.statistic == pytest.approx(3 / se)


def test_did_in_logs_finds_a_relative_effect_when_levels_differ() -> None:
    """Everybody grows by half, the treated by a further 10 %: in money the levels would fake an effect."""
    rng = np.random.default_rng(3)
    before1, before0 = rng.gamma(20, 50, 3000), rng.gamma(20, 5, 3000)
    after1 = before1 * 1.5 * 1.1 * rng.normal(1, 0.1, 3000)
    after0 = before0 * 1.5 * rng.normal(1, 0.1, 3000)
    found = did((before1, after1), (before0, after0), logs=True)
    assert found.estimate == pytest.approx(0.10, abs=0.01)
    assert found.low is not None and found.high is not None and found.low < 0.10 < found.high
    assert found.treated == pytest.approx(0.65, abs=0.02) and found.control == pytest.approx(0.5, abs=0.02)


def test_did_refuses_what_is_no_pair() -> None:
    with pytest.raises(UnpairedError):
        did(([1, 2], [1]), ([1, 2], [1, 2]))
    with pytest.raises(BadArmError):
        did(([1], [1]), ([1, 2], [1, 2]))
    assert did(([0, 0], [1, 2]), ([1, 2], [1, 2]), logs=True).estimate is None


def panel(rng: np.random.Generator, drift: float, effect: float) -> tuple[np.ndarray, np.ndarray]:
    windows = np.arange(4) * 3.0
    level1, level0 = rng.normal(100, 20, (200, 1)), rng.normal(80, 20, (250, 1))
    treated = level1 + windows * (1 + drift) + rng.normal(0, 8, (200, 4))
    control = level0 + windows + rng.normal(0, 8, (250, 4))
    treated[:, 3] += effect
    return treated, control


def test_placebo_passes_on_parallel_groups_and_fails_on_drifting_ones() -> None:
    rng = np.random.default_rng(7)
    fair = [did_with_placebo(*panel(rng, 0.0, 6.0)) for _ in range(200)]
    assert sum(bool(a.passed) for a in fair) / 200 == pytest.approx(0.95, abs=0.045)
    covered = [(a.effect.low or 0) <= 6 <= (a.effect.high or 0) for a in fair]
    assert sum(covered) / 200 == pytest.approx(0.95, abs=0.045)
    drifting = [did_with_placebo(*panel(rng, 1.5, 0.0)) for _ in range(50)]
    assert sum(bool(a.passed) for a in drifting) <= 2
    assert {a.grade for a in drifting} >= {"C"} and fair[0].grade in "BC"
    assert len(fair[0].placebos) == 2 and len(fair[0].treated_means) == 4


def test_without_earlier_windows_there_is_no_placebo_and_no_grade_b() -> None:
    rng = np.random.default_rng(1)
    treated, control = panel(rng, 0, 5)
    found = did_with_placebo(treated[:, 2:], control[:, 2:])
    assert found.passed is None and found.grade == "C" and found.placebos == ()


def daily(effect: float, noise: float, seed: int = 1) -> dict[date, float]:
    rng = np.random.default_rng(seed)
    out = {}
    for i in range(760):
        day = date(2024, 1, 1) + timedelta(days=i)
        season = 1 + 0.3 * math.sin(2 * math.pi * i / 364)
        weekday = 1.4 if day.weekday() >= 5 else 1.0
        trend = 1.2 if day.year > 2024 else 1.0
        lift = 1 + effect if day >= date(2025, 9, 15) else 1.0
        out[day] = 100 * season * weekday * trend * lift * float(rng.normal(1, noise))
    return out


def test_the_season_is_taken_out() -> None:
    """Autumn falls every year; a plain before/after would see a loss where there was a gain."""
    start = date(2025, 9, 15)
    series = daily(0.12, 0.05)
    found = seasonal_before_after(series, start, 56)
    plain = sum(series[start + timedelta(days=i)] for i in range(56))
    plain /= sum(series[start - timedelta(days=i + 1)] for i in range(56))
    assert plain < 1.05
    assert found.estimate == pytest.approx(0.12, abs=0.03)
    assert found.low is not None and found.high is not None and found.low < 0.12 < found.high
    assert found.notes == ("without_control",)


def test_exact_growth_has_an_exact_estimate() -> None:
    series = {date(2024, 1, 1) + timedelta(days=i): 10.0 for i in range(700)}
    start = date(2025, 6, 2)
    series |= {start + timedelta(days=i): 13.0 for i in range(30)}
    found = seasonal_before_after(series, start, 28)
    assert found.estimate == pytest.approx(0.3) and found.low is None and found.notes == ("no_spread",)


def test_windows_outside_the_data_are_refused() -> None:
    series = daily(0, 0.1)
    for start, days in ((date(2024, 9, 1), 56), (date(2026, 1, 20), 56), (date(2025, 9, 15), 13)):
        with pytest.raises(WindowError):
            seasonal_before_after(series, start, days)


def test_broken_trend_is_found() -> None:
    rng = np.random.default_rng(9)
    t = np.arange(120)
    truth = 50 + 0.2 * t + np.where(t >= 80, 9 + 0.5 * (t - 80), 0) + np.where(t % 7 == 5, 6, 0)
    noisy = segmented_regression(list(truth + rng.normal(0, 2, 120)), 80, cycle=7)
    assert noisy.jump.estimate == pytest.approx(9, abs=2) and noisy.jump.proven and noisy.slope.proven
    exact = segmented_regression(list(truth), 80, cycle=7)
    assert exact.jump.estimate == pytest.approx(9) and exact.slope.estimate == pytest.approx(0.5)
    with pytest.raises(WindowError):
        segmented_regression([1.0] * 20, 3)


def test_unrelated_errors_give_ordinary_least_squares() -> None:
    rng = np.random.default_rng(6)
    x = np.column_stack([np.ones(400), rng.normal(size=400)])
    y = x @ [2.0, 3.0] + np.tile([1.0, -1.0], 200) * rng.random(400)
    beta, se, rho = prais_winsten(x, y)
    known = stats.linregress(x[:, 1], y)
    assert rho == 0 and beta[1] == pytest.approx(known.slope) and se[1] == pytest.approx(known.stderr)


@pytest.mark.parametrize("rho", [0.0, 0.6])
def test_a_slow_series_does_not_fake_a_jump(rho: float) -> None:
    rng = np.random.default_rng(12)
    noise = rng.normal(0, 2, (400, 170))
    for i in range(1, 170):
        noise[:, i] += rho * noise[:, i - 1]
    series = noise[:, 50:] + np.arange(120) * 0.2
    found = [segmented_regression(list(row), 80).jump for row in series]
    assert sum(e.proven for e in found) / len(found) == pytest.approx(0.06, abs=0.045)
