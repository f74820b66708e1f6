"""Curves, totals and control points: the published vectors, exact sums, and laws."""

from __future__ import annotations

import math
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmkpi.periods import Period, period_of
from crmkpi.targets.assess import Inputs, assess
from crmkpi.targets.calendar import DayWeights, day_weights, weekday_weights
from crmkpi.targets.curves import ImpossibleShapeError, lagged, linear, path, power, seasonal_path
from crmkpi.targets.milestones import judge
from crmkpi.targets.totals import growing_total, level_total, rounded, spread
from tests.unit.targets.series_of import CUSTOMERS, OPEN_RATE, ORDERS, levels, sums, target

SEASON = [0.8, 0.8, 0.9, 0.9, 1, 1, 1, 1, 1.1, 1.1, 1.2, 1.2]


@pytest.mark.parametrize(
    ("shape", "values"),
    [
        ("geometric", [0.18, 0.196, 0.21341, 0.23238, 0.25303, 0.27552, 0.30]),
        ("logit", [0.18, 0.19705, 0.21529, 0.23472, 0.25534, 0.27712, 0.30]),
        ("s_curve", [0.18, 0.18338, 0.19851, 0.24, 0.28149, 0.29662, 0.30]),
        ("linear", [0.18, 0.20, 0.22, 0.24, 0.26, 0.28, 0.30]),
    ],
)
def test_open_rate_from_18_to_30_in_six_steps(shape, values):
    assert path(0.18, 0.30, 6, shape) == pytest.approx(values, abs=5e-6)


def test_power_leaves_the_way_to_the_end_and_a_lag_begins_late():
    assert power(0, 1, 0.5) == 0.25
    assert lagged(1, 6, 2) == 0 and lagged(4, 6, 2) == 0.5 and lagged(6, 6, 2) == 1
    assert path(10, 20, 4, "lag")[:2] == [10, 10]


@given(
    st.sampled_from(["linear", "geometric", "logit", "s_curve", "lag"]),
    st.floats(0.01, 0.99),
    st.floats(0.01, 0.99),
    st.integers(1, 24),
)
def test_every_curve_starts_at_the_baseline_ends_at_the_goal_and_never_turns(shape, start, goal, steps):
    values = path(start, goal, steps, shape)
    assert values[0] == start and values[-1] == goal and len(values) == steps + 1
    sign = 1 if goal >= start else -1
    assert all((b - a) * sign >= -1e-9 for a, b in pairwise(values))


@pytest.mark.parametrize(("shape", "start", "goal"), [("geometric", 0, 5), ("logit", 0.2, 1.0)])
def test_a_curve_that_cannot_join_says_so(shape, start, goal):
    with pytest.raises(ImpossibleShapeError):
        path(start, goal, 3, shape)


def test_seasonal_level_moves_between_deseasonalised_ends():
    values = seasonal_path(80, 150, [0.8, 1.0, 1.2, 1.5])
    assert values == pytest.approx([80, 100, 120, 150])


def test_total_without_an_end_level_grows_from_the_baseline():
    values = growing_total(100, 1500, [1.0, *SEASON], "geometric")
    assert values[0] == pytest.approx(82.548, abs=5e-4)
    assert values[-1] == pytest.approx(174.825, abs=5e-4)
    assert values[-1] / 1.2 == pytest.approx(145.687, abs=5e-4)
    assert math.fsum(values) == pytest.approx(1500, abs=1e-9)


def test_total_with_both_levels_is_scaled_and_rounds_to_the_same_total():
    values = level_total(1500, 100, 130, [1.0, *SEASON], "geometric")
    assert values[0] == pytest.approx(87.589, abs=5e-4)
    assert values[-1] == pytest.approx(167.105, abs=5e-4)
    assert rounded(values) == [88, 90, 103, 105, 119, 122, 125, 128, 143, 147, 163, 167]


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60), st.integers(0, 10**9))
def test_rounded_parts_add_up_exactly_and_move_by_less_than_one(weights, total):
    parts = spread(float(total), weights)
    whole = rounded(parts)
    assert sum(whole) == total
    assert all(abs(a - b) < 1 + 1e-6 for a, b in zip(parts, whole, strict=True))


@given(st.floats(1, 1e6), st.floats(1, 1e8), st.sampled_from(["linear", "geometric", "s_curve"]))
@settings(max_examples=60)
def test_a_growing_total_is_always_the_total(level, total, shape):
    values = growing_total(level, total, [1.0, *SEASON], shape)
    assert math.fsum(values) == pytest.approx(total)
    assert min(values) >= 0


# days ------------------------------------------------------------------------------------------------------
def test_weekday_weights_find_the_strong_saturday():
    series = sums(date(2024, 1, 1), date(2024, 12, 31))
    weights = weekday_weights(series["day"])
    assert sum(weights) == pytest.approx(7)
    assert weights[5] == pytest.approx(7 * 1.5 / (1.5 + 6 * 0.9), rel=0.05)


def test_weekdays_are_equal_below_four_weeks():
    assert weekday_weights(sums(date(2024, 1, 1), date(2024, 1, 26))["day"]) == (1.0,) * 7


def test_days_of_a_month_have_the_weight_of_the_month():
    series = sums(date(2022, 1, 1), date(2024, 12, 31))
    weights = day_weights(series["day"], series["month"])
    assert weights.seasonal
    march = period_of(date(2025, 3, 1), "month")
    as_window = Period(march.first, march.last, "window")
    assert weights.period(as_window) == pytest.approx(weights.period(march))
    assert weights.period(period_of(date(2025, 12, 1), "month")) > weights.period(march)


def test_without_two_years_a_month_weighs_its_days():
    assert DayWeights().period(period_of(date(2025, 2, 1), "month")) == pytest.approx(28 / 30.4375)


# control points --------------------------------------------------------------------------------------------
def by_grain(found, grain):
    return [m for m in found.milestones if m.grain == grain]


def test_weeks_and_months_of_a_total_both_add_up_to_the_goal_exactly():
    series = sums(date(2022, 1, 1), date(2025, 6, 30))
    found = assess(Inputs(target(goal=4003, measure="total"), ORDERS, series, date(2025, 6, 30)))
    months, weeks = by_grain(found, "month"), by_grain(found, "week")
    assert sum(m.value for m in months) == 4003
    assert sum(m.value for m in weeks) == 4003
    assert all(m.value == int(m.value) for m in found.milestones)
    assert weeks[0].period.first == date(2025, 7, 1) and weeks[-1].period.last == date(2025, 12, 31)
    assert sum(m.days for m in weeks) == 184
    assert found.way.notes == ()


def test_total_follows_the_season_and_says_so_when_it_cannot():
    long = sums(date(2022, 1, 1), date(2025, 6, 30))
    short = sums(date(2024, 9, 1), date(2025, 6, 30))
    plan = target(goal=4000, measure="total", shape="seasonal")
    with_season = assess(Inputs(plan, ORDERS, long, date(2025, 6, 30)))
    without = assess(Inputs(plan, ORDERS, short, date(2025, 6, 30)))
    values = [m.value for m in by_grain(with_season, "month")]
    assert max(values) == values[-1] > 1.3 * min(values)
    assert without.way.notes == ("no_seasonality",)
    equal_days = spread(4000.0, [31, 31, 30, 31, 30, 31])
    assert [m.value for m in by_grain(without, "month")] == rounded(equal_days)


def test_weeks_inside_months_are_the_sums_of_their_days():
    series = sums(date(2022, 1, 1), date(2025, 6, 30))
    found = assess(Inputs(target(goal=700, shape="linear"), ORDERS, series, date(2025, 6, 30)))
    months, weeks = by_grain(found, "month"), by_grain(found, "week")
    assert math.fsum(m.value for m in weeks) == pytest.approx(math.fsum(m.value for m in months))
    assert months[-1].value == 700
    inside_august = [w for w in weeks if w.period.first.month == w.period.last.month == 8]
    assert len({round(w.value, 9) for w in inside_august}) == 1


def test_a_ratio_is_never_divided():
    series = levels(date(2024, 1, 1), date(2025, 6, 30), lambda d: 0.18 + 0.004 * math.sin(d.toordinal()))
    plan = target(metric="open_rate", goal=0.30, due=date(2025, 12, 31))
    found = assess(Inputs(plan, OPEN_RATE, series, date(2025, 6, 30)))
    start = found.resolved.baseline_value
    assert start is not None
    months, weeks = by_grain(found, "month"), by_grain(found, "week")
    assert [m.value for m in months] == pytest.approx([linear(start, 0.3, k / 6) for k in range(1, 7)])
    assert all(start <= w.value <= 0.30 for w in weeks)
    # the last week that ends in September is near September's value, not a quarter of it
    assert weeks[12].period.last == date(2025, 9, 28)
    assert weeks[12].value == pytest.approx(months[2].value, abs=0.002)


def test_unique_customers_of_a_week_keep_their_own_level():
    monthly = levels(date(2024, 1, 1), date(2025, 6, 30), lambda d: 1000 + 30 * math.sin(d.toordinal()))
    weekly = levels(date(2024, 1, 1), date(2025, 6, 30), lambda d: 300 + 10 * math.sin(d.toordinal()))
    plan = target(metric="active_customers", goal=0.2, change_type="relative")
    series = {"month": monthly["month"], "week": weekly["week"]}
    found = assess(Inputs(plan, CUSTOMERS, series, date(2025, 6, 30)))
    last = by_grain(found, "week")[-1]
    start = [p.value for p in weekly["week"] if date(2025, 6, 1) <= p.period.last <= date(2025, 6, 30)]
    usual = math.exp(math.fsum(math.log(v) for v in start if v) / len(start))
    assert last.value == pytest.approx(usual * 1.2, rel=0.01)


def test_without_a_weekly_series_uniques_have_no_weekly_points():
    monthly = levels(date(2024, 1, 1), date(2025, 6, 30), lambda d: 1000 + 30 * math.sin(d.toordinal()))
    plan = target(metric="active_customers", goal=1200)
    found = assess(Inputs(plan, CUSTOMERS, {"month": monthly["month"]}, date(2025, 6, 30)))
    assert by_grain(found, "week") == []
    assert len(by_grain(found, "month")) == 6


def test_weekly_bands_are_relatively_wider_than_monthly_ones():
    series = sums(date(2022, 1, 1), date(2025, 6, 30))
    found = assess(Inputs(target(goal=700), ORDERS, series, date(2025, 6, 30)))

    def width(m):
        return (m.high - m.low) / m.value

    whole_weeks = [m for m in by_grain(found, "week") if m.days == 7]
    assert min(map(width, whole_weeks)) > max(map(width, by_grain(found, "month"))) * 0.9


def test_actuals_stand_beside_the_points_that_are_over():
    series = sums(date(2022, 1, 1), date(2025, 9, 17))
    plan = target(goal=700, baseline_date=date(2025, 6, 30))
    found = assess(Inputs(plan, ORDERS, series, date(2025, 9, 17)))
    months, weeks = by_grain(found, "month"), by_grain(found, "week")
    truth = {p.period: p.value for p in series["month"]}
    assert [m.actual for m in months[:2]] == [truth[m.period] for m in months[:2]]
    assert [m.status for m in months[2:]] == ["upcoming"] * 4
    assert all(m.actual is not None for m in weeks if m.period.last <= date(2025, 9, 14))
    assert all(m.actual is None for m in weeks if m.period.last > date(2025, 9, 17))
    cut = weeks[0]
    days = {p.period.first: p.value for p in series["day"]}
    assert cut.period.first == date(2025, 7, 1)
    assert cut.actual == pytest.approx(math.fsum(days[date(2025, 7, d)] for d in range(1, 7)))


def test_quarter_targets_have_months_and_weeks_that_add_up():
    series = sums(date(2021, 1, 1), date(2025, 6, 30))
    found = assess(Inputs(target(goal=2500, grain="quarter"), ORDERS, series, date(2025, 6, 30)))
    months = by_grain(found, "month")
    assert len(months) == 6
    assert math.fsum(m.value for m in months[3:]) == pytest.approx(2500)


def test_weekly_targets_show_a_month_by_its_last_week():
    series = sums(date(2023, 1, 2), date(2025, 6, 29))
    plan = target(goal=200, grain="week", due=date(2025, 9, 28), shape="linear")
    found = assess(Inputs(plan, ORDERS, series, date(2025, 6, 29)))
    weeks, months = by_grain(found, "week"), by_grain(found, "month")
    assert len(weeks) == 13 and weeks[-1].value == 200
    assert [m.period for m in months] == [w.period for w in weeks if w.period.last.day > 24]


@pytest.mark.parametrize(
    ("actual", "up", "status"),
    [(100, True, "met"), (95, True, "within_band"), (80, True, "missed"), (None, True, "unknown"),
     (100, False, "met"), (105, False, "within_band"), (120, False, "missed")],
)  # fmt: skip
def test_only_outside_the_band_is_missed(actual, up, status):
    assert judge(100, 90, 110, actual, up) == status
