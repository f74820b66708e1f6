"""Forecast models against plain loops, statistics by hand, and the vectors of the methods document."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from crmkpi.forecast.backtest import candidates, choose, origins
from crmkpi.forecast.chance import chance_at, chance_of_holding, chance_of_total
from crmkpi.forecast.forecast import (
    Forecast,
    NotEnough,
    closed_form_chance,
    closed_form_paths,
    forecast,
)
from crmkpi.forecast.models import fit_all, fit_seasonal_naive, grid, naive_centre, naive_spread
from crmkpi.forecast.season import centred_average, index_of, seasonal_index, seasonal_part
from crmkpi.forecast.series import Point, Scale, known_tail, scale_of, slot_of
from crmkpi.periods import Period, periods_between

MONTHS = periods_between(date(2018, 1, 1), date(2027, 12, 31), "month")
VECTOR = [100, 104, 103, 108, 112, 110, 115, 119, 118, 124, 127, 126]


def monthly(values: list[float], start: int = 0) -> list[Point]:
    return [Point(MONTHS[start + i], float(v)) for i, v in enumerate(values)]


def noisy(n: int, seed: int = 1, season: float = 0.2, sigma: float = 0.05) -> list[float]:
    rng = np.random.default_rng(seed)
    t = np.arange(n)
    return list(500 * np.exp(0.01 * t + season * np.sin(2 * np.pi * t / 12) + sigma * rng.standard_normal(n)))


# closed form ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("goal", "chance"), [(130, 0.724028), (140, 0.215678), (150, 0.028228), (170, 0.000505)]
)
def test_closed_form_gives_the_published_chances(goal, chance):
    assert closed_form_chance(VECTOR, goal, 3) == pytest.approx(chance, abs=1e-6)


def test_chance_of_falling_is_the_other_side():
    up = closed_form_chance(VECTOR, 140, 3)
    assert closed_form_chance(VECTOR, 140, 3, at_least=False) == pytest.approx(1 - up)


@pytest.mark.parametrize("values", [[1, 2, 3], [1, 2, 0, 4, 5], [5, 5, 5, 5, 5], [1, -2, 3, 4]])
def test_no_chance_without_a_usable_history(values):
    assert closed_form_chance(values, 4, 2) is None


def test_simulated_random_walk_has_the_margin_of_student_t():
    z = np.log(VECTOR)
    centre, draws = closed_form_paths(z, 3, 60_000, np.random.default_rng(4))
    change = np.diff(z)
    n = len(change)
    for k in (1, 3):
        spread = change.std(ddof=1) * np.sqrt(k + k**2 / n)
        expected = centre[k - 1] + spread * stats.t.ppf([0.1, 0.5, 0.9], n - 1)
        assert np.quantile(draws[:, k - 1], [0.1, 0.5, 0.9]) == pytest.approx(expected, abs=spread * 0.03)


# models ----------------------------------------------------------------------------------------------------
def holt_by_hand(z, alpha, beta, phi, level, trend):
    errors = []
    for value in z[1:]:
        error = value - level - phi * trend
        errors.append(error)
        level = level + phi * trend + alpha * error
        trend = phi * trend + beta * error
    return level, trend, errors


def test_batched_fit_equals_a_plain_loop_for_every_beginning():
    z = np.log(noisy(30))
    lengths = np.array([12, 20, 30])
    for fit in fit_all(np.repeat(z[None], 3, axis=0), lengths):
        for row, length in enumerate(lengths):
            part = z[:length]
            slope = np.polyfit(np.arange(length), part, 1)[0]
            first = {
                "drift": (part[-1] - part[0]) / (length - 1),
                "theta": slope / 2,
                "holt": 0.5 * (part[4] - part[0]) / 4,
            }[fit.name]
            level, trend, errors = holt_by_hand(
                part, fit.alpha[row], fit.beta[row], fit.phi[row], part[0], first
            )
            assert fit.level[row] == pytest.approx(level)
            assert fit.trend[row] == pytest.approx(trend, abs=1e-12)
            own = fit.errors[row][np.isfinite(fit.errors[row])]
            assert own == pytest.approx(errors)


def test_chosen_parameters_have_the_least_squared_error_of_the_grid():
    z = np.log(noisy(24, seed=3))
    holt = fit_all(z[None], np.array([24]))[2]
    columns = grid()
    best = min(
        sum(e * e for e in holt_by_hand(z, a, b, p, z[0], 0.5 * (z[4] - z[0]) / 4)[2])
        for a, b, p, f in zip(columns.alpha, columns.beta, columns.phi, columns.family, strict=True)
        if f == 2
    )
    assert np.nansum(holt.errors**2) == pytest.approx(best)


def test_drift_forecast_continues_the_mean_step():
    fit = fit_all(np.array([[1.0, 2.0, 4.0, 7.0]]), np.array([4]))[0]
    assert fit.centre(3)[0] == pytest.approx([9, 11, 13])


def test_spread_of_drift_is_that_of_a_random_walk_with_unknown_drift():
    fit = fit_all(np.log(np.array([VECTOR], dtype=float)), np.array([12]))[0]
    k = np.arange(1, 5)
    assert fit.spread(4)[0] == pytest.approx(fit.sigma[0] * np.sqrt(k + k**2 / 11))


def test_seasonal_naive_repeats_last_year():
    z = np.arange(24.0)[None]
    lengths = np.array([24])
    assert naive_centre(z, lengths, 12, 14)[0] == pytest.approx([*range(12, 24), 12, 13])
    fit = fit_seasonal_naive(z, lengths, 12)
    assert fit is not None
    assert naive_spread(fit.sigma, 12, 13)[0][[0, 11, 12]] == pytest.approx(fit.sigma[0] * np.sqrt([1, 1, 2]))


def test_seasonal_naive_needs_pairs_of_seasons():
    assert fit_seasonal_naive(np.arange(14.0)[None], np.array([14]), 12) is None


def test_a_clean_seasonal_series_is_not_forecast_by_a_straight_line():
    values = noisy(48, season=0.4, sigma=0.01)
    found = forecast(monthly(values), MONTHS[59])
    assert isinstance(found, Forecast)
    assert found.seasonal
    truth = noisy(60, season=0.4, sigma=0.0)[48:]
    assert found.centre == pytest.approx(truth, rel=0.15)


# season ----------------------------------------------------------------------------------------------------
def test_centred_average_of_an_even_cycle_halves_the_ends():
    values = np.array([1.0, 5, 2, 8, 3, 9, 4])
    assert centred_average(values, 4)[2] == pytest.approx((0.5 * 1 + 5 + 2 + 8 + 0.5 * 3) / 4)
    assert np.isnan(centred_average(values, 4)[[0, 1, -1, -2]]).all()


def test_index_is_shrunk_by_the_number_of_years():
    true = np.array([0.5] * 6 + [1.5] * 6)
    for years in (2, 3, 4):
        index = seasonal_index(list(np.tile(true, years) * 100), list(range(12)) * years, 12, 12)
        assert index is not None
        assert np.mean(index) == pytest.approx(1)
        full = seasonal_index(list(np.tile(true, 40) * 100), list(range(12)) * 40, 12, 12)
        assert full is not None
        raw = 1 + (np.array(index) - 1) * (years + 2) / years
        assert raw == pytest.approx(1 + (np.array(full) - 1) * 42 / 40, abs=1e-9)


def test_less_than_two_years_is_no_season():
    assert index_of(monthly(noisy(23))) is None
    assert index_of(monthly(noisy(24))) is not None
    assert seasonal_part(np.log(noisy(23)), np.arange(23) % 12, 12, 12) is None


def test_season_of_a_growing_series_is_not_its_growth():
    values = [100 * 1.03**i for i in range(36)]
    index = index_of(monthly(values))
    assert index is not None
    assert max(abs(v - 1) for v in index) < 0.002


def test_slot_of_a_week_is_the_month_of_its_middle():
    assert slot_of(Period(date(2026, 6, 29), date(2026, 7, 5), "week")) == 6
    assert slot_of(Period(date(2026, 7, 1), date(2026, 9, 30), "quarter")) == 2


# series ----------------------------------------------------------------------------------------------------
def test_a_hole_ends_the_usable_history_and_ripening_ends_are_skipped():
    points = monthly([1, 2, 3, 4, 5, 6])
    points[2] = Point(points[2].period, None)
    points.append(Point(MONTHS[6], None))
    points.append(Point(MONTHS[7], 9.0, complete=False))
    assert [p.value for p in known_tail(points)] == [4, 5, 6]


@pytest.mark.parametrize(
    ("values", "share", "name"),
    [
        ([0.1, 0.4], True, "logit"),
        ([0.0, 0.4], True, "raw"),
        ([3, 4], False, "log"),
        ([0, 4], False, "raw"),
        ([1.2, 2], True, "raw"),
    ],
)
def test_scale_follows_the_values(values, share, name):
    assert scale_of(values, share, (0.0, 1.0 if share else None)).name == name


@given(st.floats(0.001, 0.999))
def test_scales_come_back(value):
    for name in ("log", "logit", "raw"):
        scale = Scale(name)
        assert scale.back_one(scale.forward(value)) == pytest.approx(value)


# not enough ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("values", "until", "reason"),
    [
        ([1, 2, 3, 4, 5], 7, "short_history"),
        ([0] * 20, 22, "no_variation"),
        ([1, 2, 3, 4, 5, 6], 40, "far_horizon"),
        ([1, 2, 3, 4, 5, 6, 7], 3, "no_future"),
    ],
)
def test_says_why_there_is_no_forecast(values, until, reason):
    found = forecast(monthly(values), MONTHS[until])
    assert isinstance(found, NotEnough)
    assert found.reason == reason


def test_six_periods_use_the_closed_form_and_twelve_choose_a_model():
    short = forecast(monthly(noisy(7)), MONTHS[8])
    longer = forecast(monthly(noisy(14)), MONTHS[15])
    assert isinstance(short, Forecast) and short.model == "drift_closed_form" and short.coverage is None
    assert isinstance(longer, Forecast) and longer.model != "drift_closed_form"


# forecast --------------------------------------------------------------------------------------------------
def test_nothing_after_the_last_complete_period_is_read():
    points = monthly(noisy(30))
    later = [*points, Point(MONTHS[30], 1e9, complete=False)]
    a, b = forecast(points, MONTHS[33]), forecast(later, MONTHS[33])
    assert isinstance(a, Forecast) and isinstance(b, Forecast)
    assert a.centre == b.centre and a.low == b.low


def test_same_input_gives_the_same_numbers():
    a, b = (forecast(monthly(noisy(30)), MONTHS[33]) for _ in range(2))
    assert isinstance(a, Forecast) and isinstance(b, Forecast)
    assert (a.paths == b.paths).all()


def test_scale_of_money_does_not_matter():
    a = forecast(monthly(noisy(30)), MONTHS[35])
    b = forecast(monthly([v * 1000 for v in noisy(30)]), MONTHS[35])
    assert isinstance(a, Forecast) and isinstance(b, Forecast)
    assert np.array(b.centre) == pytest.approx(np.array(a.centre) * 1000)
    assert np.array(b.high) == pytest.approx(np.array(a.high) * 1000)


@given(st.lists(st.floats(0.01, 0.99), min_size=6, max_size=40), st.integers(1, 8))
@settings(max_examples=40, deadline=None)
def test_a_share_stays_a_share_and_bands_are_in_order(values, steps):
    found = forecast(
        monthly(values), MONTHS[len(values) + steps - 1], share=True, limits=(0.0, 1.0), paths=200
    )
    if isinstance(found, NotEnough):
        return
    assert len(found.periods) == steps
    assert (found.paths >= 0).all() and (found.paths <= 1).all()
    assert all(low <= high for low, high in zip(found.low, found.high, strict=True))


def test_counts_with_zeros_never_go_below_zero():
    found = forecast(monthly([3, 0, 2, 0, 1, 4, 0, 0, 2, 1, 0, 3, 0, 1]), MONTHS[16], limits=(0.0, None))
    assert isinstance(found, Forecast)
    assert found.scale.name == "raw"
    assert (found.paths >= 0).all()


def test_fewer_planned_observations_widen_the_band_of_a_rate():
    rng = np.random.default_rng(2)
    points = [Point(MONTHS[i], float(rng.binomial(5000, 0.2)) / 5000, True, 5000) for i in range(24)]
    same = forecast(points, MONTHS[25], share=True, limits=(0.0, 1.0), planned_weight=5000)
    fewer = forecast(points, MONTHS[25], share=True, limits=(0.0, 1.0), planned_weight=200)
    assert isinstance(same, Forecast) and isinstance(fewer, Forecast)
    assert fewer.high[0] - fewer.low[0] > 2 * (same.high[0] - same.low[0])


# back-test -------------------------------------------------------------------------------------------------
def test_each_origin_forecasts_from_its_own_beginning_only():
    values = noisy(36, seed=8)
    z = np.log(values)
    places, future = np.arange(36) % 12, (36 + np.arange(3)) % 12
    full = candidates(z, places, future, 12, 12, 3)
    changed = z.copy()
    changed[30:] += 5
    other = candidates(changed, places, future, 12, 12, 3)
    rows = np.flatnonzero(origins(36, 3) <= 30)
    assert len(rows) > 3
    for a, b in zip(full, other, strict=True):
        assert a.centre[rows] == pytest.approx(b.centre[rows], abs=1e-9), a.name


def test_the_chosen_candidate_has_the_least_mase():
    z = np.log(noisy(40, seed=5))
    places, future = np.arange(40) % 12, (40 + np.arange(4)) % 12
    found = candidates(z, places, future, 12, 12, 4)
    lengths = found[0].fit.lengths
    means = []
    for one in found:
        errors = [
            abs(one.centre[r, k] - z[length + k]) / np.abs(np.diff(z[:length])).mean()
            for r, length in enumerate(lengths)
            for k in range(4)
            if length + k < 40
        ]
        means.append(np.mean(errors))
    chosen = choose(z, found)
    assert chosen.mase == pytest.approx(min(means))
    assert chosen.best is found[int(np.argmin(means))]


def test_eighty_per_cent_bands_hold_about_four_times_in_five():
    rng = np.random.default_rng(91)
    held = []
    for i in range(60):
        n = int(rng.integers(14, 48))
        steps = rng.normal(0.005, 0.08, n + 3) if i % 2 else np.diff(rng.normal(0, 0.08, n + 4))
        values = list(800 * np.exp(np.cumsum(steps)))
        for extra in range(2):
            found = forecast(monthly(values[: n + extra]), MONTHS[n + extra + 1], paths=400)
            assert isinstance(found, Forecast)
            held.append(found.low[-1] <= values[n + extra + 1] <= found.high[-1])
    assert 0.70 <= np.mean(held) <= 0.90


# chance ----------------------------------------------------------------------------------------------------
def plain(paths: list[list[float]]) -> Forecast:
    array = np.array(paths, dtype=float)
    h = array.shape[1]
    return Forecast(
        "drift", False, Scale("raw"), tuple(MONTHS[:h]), (0.0,) * h, (0.0,) * h, (0.0,) * h, array
    )


def test_chances_are_counted_with_one_more_hit_and_two_more_draws():
    found = plain([[1, 5], [2, 3], [9, 1], [4, 4]])
    assert chance_at(found, 4, at_least=True) == pytest.approx(3 / 6)
    assert chance_at(found, 4, at_least=True, step=0) == pytest.approx(3 / 6)
    assert chance_of_holding(found, 2, at_least=True) == pytest.approx(3 / 6)
    assert chance_of_total(found, 16, at_least=True, done=8, rest=[1, 0.5]) == pytest.approx(2 / 6)


@given(st.floats(100, 2000), st.floats(100, 2000))
@settings(max_examples=25, deadline=None)
def test_a_higher_goal_is_never_more_likely(a, b):
    found = forecast(monthly(noisy(24)), MONTHS[26], paths=300)
    assert isinstance(found, Forecast)
    low, high = sorted((a, b))
    assert chance_at(found, low, at_least=True) >= chance_at(found, high, at_least=True)
