"""Numbers about goals that people get wrong."""

from __future__ import annotations

import math
from datetime import date
from itertools import pairwise

import pytest

from crmkpi.forecast.forecast import Forecast, forecast
from crmkpi.forecast.series import Point
from crmkpi.periods import periods_between
from crmkpi.targets.assess import Inputs, assess
from crmkpi.targets.status import progress
from tests.unit.targets.series_of import CUSTOMERS, OPEN_RATE, ORDERS, levels, sums, target

AS_OF = date(2025, 6, 30)


def test_progress_is_counted_from_the_baseline():
    """21 % on the way from 18 % to 30 % is a quarter of the way; 21 / 30 = 70 % flatters."""
    assert progress(0.18, 0.21, 0.30) == pytest.approx(0.25)


def test_a_monthly_customer_goal_is_not_cut_into_four_weekly_ones():
    """1,000 customers a month are about 300 a week, because people come more than once; not 250 or 231."""
    monthly = levels(date(2024, 1, 1), AS_OF, lambda d: 1000 + d.day / 100)["month"]
    weekly = levels(date(2024, 1, 1), AS_OF, lambda d: 300 + d.day / 100)["week"]
    plan = target(metric="active_customers", goal=1000.31, due=date(2025, 9, 30))
    found = assess(Inputs(plan, CUSTOMERS, {"month": monthly, "week": weekly}, AS_OF))
    weeks = [m.value for m in found.milestones if m.grain == "week"]
    assert weeks and all(v == pytest.approx(300, rel=0.01) for v in weeks)


def test_a_rate_goal_is_the_same_size_every_week():
    """An open rate of 30 % a month is 30 % a week too, never 7 %."""
    series = levels(date(2024, 1, 1), AS_OF, lambda d: 0.25 + d.day / 10_000)
    plan = target(metric="open_rate", goal=0.30, due=date(2025, 8, 31))
    found = assess(Inputs(plan, OPEN_RATE, series, AS_OF))
    assert all(0.25 <= m.value <= 0.30 for m in found.milestones)


def test_february_of_a_seasonal_shop_is_not_behind_plan():
    """A straight line from the Christmas peak would call every normal February a failure."""
    series = sums(date(2021, 1, 1), date(2025, 2, 28))
    december = {"goal": 0.05, "change_type": "relative", "baseline_date": date(2024, 12, 31)}
    seasonal = assess(Inputs(target(**december), ORDERS, series, date(2025, 2, 28)))
    straight = assess(Inputs(target(**december, shape="linear"), ORDERS, series, date(2025, 2, 28)))
    february = [m for m in seasonal.milestones if m.grain == "month"][1]
    assert february.status in ("met", "within_band")
    assert [m for m in straight.milestones if m.grain == "month"][1].status == "missed"


def test_a_half_month_is_not_a_fall():
    """The month that runs has half its orders; it is no baseline, no actual, and not in the forecast's history."""
    series = sums(date(2022, 1, 1), date(2025, 6, 15))
    found = assess(Inputs(target(goal=700), ORDERS, series, date(2025, 6, 15)))
    assert found.resolved.current_period is not None and found.resolved.current_period.text == "2025-05"
    june = next(m for m in found.milestones if m.grain == "month")
    assert june.actual is None and june.status == "upcoming"


def test_rounded_parts_do_not_lose_the_goal():
    """1,000 over three months: 333 + 333 + 333 is 999."""
    series = sums(date(2025, 1, 1), AS_OF)
    plan = target(goal=1000, measure="total", due=date(2025, 9, 30), shape="seasonal")
    found = assess(Inputs(plan, ORDERS, series, AS_OF))
    assert sum(m.value for m in found.milestones if m.grain == "month") == 1000


def test_normal_noise_of_a_random_walk_is_not_the_common_narrow_band():
    """The usual sd sqrt(h) forgets that the drift itself was estimated: its band is too narrow."""
    months = periods_between(date(2024, 1, 1), date(2025, 12, 31), "month")
    values = [100, 104, 103, 108, 112, 110, 115, 119, 118, 124, 127]
    found = forecast([Point(months[i], float(v)) for i, v in enumerate(values)], months[16])
    assert isinstance(found, Forecast)
    steps = [math.log(b / a) for a, b in pairwise(values)]
    mean = sum(steps) / len(steps)
    sd = math.sqrt(sum((s - mean) ** 2 for s in steps) / (len(steps) - 1))
    common = 2 * 1.2816 * sd * math.sqrt(6)
    assert math.log(found.high[-1] / found.low[-1]) > 1.2 * common


def test_growth_from_nothing_is_unknown_not_infinite():
    series = {"month": [Point(p, 0.0) for p in periods_between(date(2024, 1, 1), AS_OF, "month")]}
    found = assess(Inputs(target(goal=10), ORDERS, series, AS_OF))
    assert found.gap.relative is None and found.gap.sigmas is None and found.probability is None
    assert found.status == "not_enough_data"
