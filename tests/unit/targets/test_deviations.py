"""Deviations: the vectors of the method, measured false alarms, no partial periods, one message per root cause."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from scipy import stats

from crmkpi.forecast.series import Point
from crmkpi.i18n import Words
from crmkpi.periods import period_of, periods_between
from crmkpi.targets.check import Finding, check, one_per_metric
from crmkpi.targets.deviations import Signal, limits_for, one_step, sigmas_for, signal_of
from crmkpi.targets.target import Target
from tests.unit.targets.series_of import OPEN_RATE, ORDERS
from tests.unit.targets.shop import EPOCH, raw_orders, shop


def weeks(values) -> list[Point]:
    found = periods_between(date(2025, 1, 6), date(2030, 12, 31), "week")
    return [Point(p, float(v)) for p, v in zip(found, values, strict=False)]


def noise(seed: int, n: int, phi: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    out, last = np.empty(n), 0.0
    for i, step in enumerate(rng.normal(0, 1, n)):
        last = out[i] = phi * last + step
    return 100 * np.exp(0.05 * out)


# budget -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("budget", "watched", "z"),
    [(1.0, {"day": 50}, 3.403), (0.5, {"day": 50}, 3.588), (1.0, {"week": 20}, 2.527)],
)
def test_budget_vectors(budget, watched, z):
    assert sigmas_for(budget, watched) == pytest.approx(z, abs=0.001)


def test_fifty_daily_metrics_at_three_sigma_are_four_false_alarms_a_month():
    assert 50 * 30 * 2 * stats.norm.sf(3) == pytest.approx(4.05, abs=0.01)
    assert sigmas_for(50 * 30 * 2 * stats.norm.sf(3), {"day": 50}) == pytest.approx(3.0)


def test_no_budget_means_three_sigma_and_the_ewma_of_the_method():
    assert limits_for(None, {"week": 3}) == (3.0, 2.86)
    assert limits_for(100.0, {"month": 1}) == (2.5, 2.5)


# signals ------------------------------------------------------------------------------------------------
def test_nothing_is_said_below_twelve_points_and_about_a_constant():
    assert signal_of(ORDERS, weeks([100] * 11 + [500])) is None
    assert signal_of(ORDERS, weeks([100, 101, 99, 100, 102, 98, 100, 101, 99, 100, 500])) is None
    assert signal_of(ORDERS, weeks([100] * 30)) is None
    assert signal_of(ORDERS, []) is None


def test_a_jump_is_seen_with_what_was_expected():
    values = [*noise(1, 30), 150]
    found = signal_of(ORDERS, weeks(values))
    assert found is not None and found.kind == "jump" and found.up and found.good
    assert found.low < found.expected < found.high < found.value == 150
    assert found.expected == pytest.approx(100, rel=0.05)
    fallen = signal_of(ORDERS, weeks([*noise(1, 30), 60]))
    assert fallen is not None and not fallen.up and fallen.good is False


def test_a_lasting_shift_is_seen_as_a_drift_though_no_week_is_a_jump():
    seen = 0
    for seed in range(40):
        values = noise(seed, 38)
        values[-8:] *= math.exp(0.05 * 1.8)
        found = signal_of(ORDERS, weeks(values))
        seen += found is not None and found.up
    assert seen >= 20


@pytest.mark.parametrize("phi", [0.0, 0.3, 0.6])
def test_false_alarms_stay_near_the_budget(phi):
    """At 3 sigma and L 2.86 a point alarms by chance in about .27 % + .42 %; 2 % would be four times that."""
    alarms = sum(signal_of(ORDERS, weeks(noise(1000 + s, 40, phi))) is not None for s in range(600))
    assert alarms / 600 < 0.02


def test_a_steady_growth_is_no_news():
    rng = np.random.default_rng(3)
    alarms = 0
    for _ in range(100):
        values = 100 * np.exp(0.02 * np.arange(40) + 0.03 * rng.standard_normal(40))
        alarms += signal_of(ORDERS, weeks(values)) is not None
    assert alarms <= 6


def test_the_season_is_no_news():
    months = periods_between(date(2021, 1, 1), date(2024, 12, 31), "month")
    rng = np.random.default_rng(8)
    values = [
        100 * (1.8 if p.first.month == 12 else 1.0) * math.exp(0.03 * rng.standard_normal()) for p in months
    ]
    series = [Point(p, v) for p, v in zip(months, values, strict=True)]
    assert signal_of(ORDERS, series) is None
    series[-1] = Point(months[-1], 100.0)
    found = signal_of(ORDERS, series)
    assert found is not None and not found.up


def test_partial_and_unknown_periods_are_not_judged():
    series = weeks(noise(5, 30))
    usual = signal_of(ORDERS, series)
    running = Point(series[-1].period.next(), 3.0, complete=False)
    assert signal_of(ORDERS, [*series, running]) == usual


def test_shares_stay_shares():
    rng = np.random.default_rng(2)
    values = [*(0.2 + 0.004 * rng.standard_normal(30)), 0.9]
    found = signal_of(OPEN_RATE, weeks(values))
    assert found is not None and 0 < found.low < found.high < 1


def test_errors_of_a_random_walk_are_its_steps():
    z = np.cumsum(np.random.default_rng(4).normal(0, 1, 80))
    _, errors = one_step(z)
    assert np.corrcoef(errors[20:], np.diff(z)[19:])[0, 1] > 0.9


# the check ----------------------------------------------------------------------------------------------
FIRST, LAST = date(2024, 1, 1), date(2025, 8, 17)


@pytest.fixture(scope="module")
def raw():
    return raw_orders(FIRST, LAST)


def broken(raw: pl.DataFrame, factor: float) -> pl.DataFrame:
    """The last whole week loses (or multiplies) the size of its orders; their number stays."""
    week = period_of(LAST, "week")
    inside = pl.col("day").is_between((week.first - EPOCH).days, (week.last - EPOCH).days)
    return raw.with_columns(
        amount=pl.when(inside).then(pl.col("amount") * factor).otherwise(pl.col("amount")).round(2)
    )


def test_one_message_per_root_cause(raw, tmp_path):
    data = shop(tmp_path, broken(raw, 0.3))
    found = check(data, words=Words("ru", "GBP"), template="ecommerce_revenue")["findings"]
    metrics = [f["metric"] for f in found]
    assert "revenue_base" in metrics and "aov" not in metrics
    (main,) = [f for f in found if f["metric"] == "revenue_base"]
    assert main["code"] == "jump" and main["direction"] == "down" and main["good"] is False
    assert "aov" in {cause["metric"] for cause in main["causes"]}
    assert "«Средний чек»" in main["message"] and main["period"] == period_of(LAST, "week").text


def test_a_past_day_reads_nothing_later(raw, tmp_path):
    data = shop(tmp_path / "broken", broken(raw, 0.3))
    day = period_of(LAST, "week").first - timedelta(days=1)
    then = shop(tmp_path / "then", raw, until=day)
    early, truth = (check(d, as_of=day, template="ecommerce_revenue") for d in (data, then))
    assert early["findings"] == truth["findings"] and early["watched"] == truth["watched"]


def test_a_missed_control_point_is_a_finding(raw, tmp_path):
    data = shop(tmp_path, broken(raw, 0.05))
    week = period_of(LAST, "week")
    target = Target(
        id="t",
        metric="aov",
        goal=120,
        due=date(2025, 9, 28),
        grain="week",
        baseline_date=week.first - timedelta(days=8),
    )
    found = check(data, [target], words=Words("en", "GBP"))["findings"]
    assert {"milestone_missed", "jump"} <= {f["code"] for f in found}
    assert next(f for f in found if f["code"] == "milestone_missed")["target"] == "t"


def test_a_shop_as_usual_is_quiet(raw, tmp_path):
    found = check(shop(tmp_path, raw), template="ecommerce_revenue", false_alarms=0.25)
    assert len(found["findings"]) <= 1
    assert found["watched"]["week"] >= 4 and found["false_alarms_per_month"] == 0.25


def test_a_metric_seen_by_week_and_month_is_one_message():
    def finding(grain: str, score: float) -> Finding:
        period = period_of(date(2025, 8, 10), grain)
        return Finding("jump", Signal("aov", "jump", period, 1.0, 2.0, 1.5, 2.5, score, False, False))

    (only,) = one_per_metric([finding("week", 1.2), finding("month", 1.9)])
    assert only.signal.period.grain == "month"
