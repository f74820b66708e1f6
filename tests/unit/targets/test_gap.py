"""Gap, progress, status: hand numbers, and the article's open rate from 18 % to 30 %."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmkpi.forecast.series import Point, Scale
from crmkpi.periods import periods_between
from crmkpi.targets.gap import gap_of, rating
from crmkpi.targets.history import History, history_of
from crmkpi.targets.settings import StatusRule, TargetSettings
from crmkpi.targets.status import Situation, progress, status_of

RULES = TargetSettings()
MONTHS = periods_between(date(2023, 1, 1), date(2026, 12, 31), "month")


class Known(History):
    """A history whose sigma is given."""

    def sigma(self, h: int) -> float | None:
        return 0.15


def logit(p: float) -> float:
    return math.log(p / (1 - p))


def test_the_articles_open_rate_from_18_to_30():
    history = Known(Scale("logit", 0, 1), np.array([logit(0.18)] * 8))
    gap = gap_of(0.18, 0.30, history, 6, 184, RULES)
    assert gap.absolute == pytest.approx(0.12)
    assert gap.relative == pytest.approx(2 / 3)
    assert math.log(0.30 / 0.18) == pytest.approx(0.5108, abs=5e-5)
    assert gap.z == pytest.approx(0.6690, abs=5e-5)
    assert gap.sigmas == pytest.approx(4.46, abs=0.005)
    assert gap.rating == "very_large"
    assert gap.stages >= 6
    assert {"many_sigmas", "large_relative", "long_way"} <= set(gap.split_reasons)


@pytest.mark.parametrize(
    ("sigmas", "word"),
    [(0.0, "small"), (0.49, "small"), (0.5, "medium"), (1.5, "large"), (3.0, "very_large"), (None, None)],
)
def test_rating_words(sigmas, word):
    assert rating(sigmas, RULES) == word


def test_stages_are_the_gap_over_a_good_months_step():
    values = [100 * math.exp(s) for s in np.cumsum([0, 0.02, -0.01, 0.03, -0.02, 0.04, 0.02, -0.01, 0.03])]
    history = history_of([Point(MONTHS[i], v) for i, v in enumerate(values)])
    usual = np.quantile([0.02, 0.03, 0.04, 0.02, 0.03], 0.75)
    gap = gap_of(values[-1], values[-1] * 1.3, history, 3, 91, RULES)
    assert gap.stages == math.ceil(math.log(1.3) / usual)


def test_a_small_near_gap_is_not_split():
    values = [100 * math.exp(0.05 * (-1) ** i) for i in range(14)]
    history = history_of([Point(MONTHS[i], v) for i, v in enumerate(values)])
    gap = gap_of(100, 101, history, 2, 61, RULES)
    assert gap.stages == 1 and gap.split_reasons == ()


def test_no_history_no_sigmas_but_the_gap_is_there():
    gap = gap_of(100, 120, history_of([]), 3, 90, RULES)
    assert (gap.absolute, gap.relative, gap.sigmas, gap.rating) == (20, 0.2, None, None)


def test_zero_now_has_no_relative_gap():
    assert gap_of(0, 5, history_of([]), 3, 90, RULES).relative is None


def test_unknown_now_is_an_unknown_gap():
    assert gap_of(None, 5, history_of([]), 3, 90, RULES).absolute is None


def test_percentile_ranks_the_wanted_change_among_past_ones():
    values = [100 * math.exp(s) for s in np.cumsum([0, 0.1, 0.2, 0.3, 0.4])]
    history = history_of([Point(MONTHS[i], v) for i, v in enumerate(values)])
    assert history.percentile(0.25, 1, up=True) == pytest.approx(2.5 / 5)
    assert history.percentile(1.0, 1, up=True) == pytest.approx(4.5 / 5)
    assert history.percentile(-0.05, 1, up=False) == pytest.approx(4.5 / 5)
    assert history.independent(2) == pytest.approx(1.5)


def test_season_is_no_part_of_a_wanted_change():
    season = [math.sin(2 * math.pi * m / 12) * 0.4 for m in range(12)]
    points = [Point(MONTHS[i], 100 * math.exp(season[i % 12])) for i in range(36)]
    history = history_of(points)
    low, high = points[33], points[27]
    wanted = history.distance(low.value, high.value, low.period, high.period)
    assert history.seasonal and wanted is not None
    assert abs(wanted) < 0.45 < abs(history.distance(low.value, high.value) or 0)


# progress --------------------------------------------------------------------------------------------------
def test_open_rate_at_21_is_a_quarter_of_the_way_not_70_per_cent():
    assert progress(0.18, 0.21, 0.30) == pytest.approx(0.25)


def test_progress_works_downwards_and_is_unknown_without_a_way():
    assert progress(0.10, 0.08, 0.05) == pytest.approx(0.4)
    assert progress(0.10, 0.12, 0.05) == pytest.approx(-0.4)
    assert progress(5, 6, 5) is None
    assert progress(None, 6, 5) is None


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_progress_is_nothing_at_the_start_and_all_at_the_goal(start, goal):
    if goal != start:
        assert progress(start, start, goal) == 0
        assert progress(start, goal, goal) == 1


# status ----------------------------------------------------------------------------------------------------
def situation(**changes):
    base = {
        "value_known": True, "reached": False, "stays": False, "held": False, "due_passed": False,
        "guardrails_ok": True, "milestone": None, "chance": 0.6,
    }  # fmt: skip
    return Situation(**(base | changes))


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "on_track"),
        ({"value_known": False}, "not_enough_data"),
        ({"chance": None}, "not_enough_data"),
        ({"reached": True}, "done"),
        ({"reached": True, "guardrails_ok": False}, "at_risk"),
        ({"due_passed": True}, "off_track"),
        ({"due_passed": True, "reached": True}, "done"),
        ({"milestone": "missed", "chance": 0.1}, "off_track"),
        ({"milestone": "missed", "chance": 0.3}, "at_risk"),
        ({"milestone": "missed", "chance": None}, "off_track"),
        ({"milestone": "within_band", "chance": None}, "on_track"),
        ({"milestone": "met", "chance": 0.1}, "at_risk"),
        ({"chance": 0.3}, "on_track"),
        ({"chance": 0.01}, "at_risk"),
        ({"guardrails_ok": False}, "at_risk"),
        ({"stays": True, "held": False}, "off_track"),
        ({"stays": True, "held": True}, "on_track"),
        ({"stays": True, "held": True, "due_passed": True}, "done"),
        ({"stays": True, "held": False, "due_passed": True}, "off_track"),
        ({"stays": True, "held": True, "chance": None}, "on_track"),
    ],
)
def test_status_rules_in_order(changes, status):
    assert status_of(situation(**changes), RULES)[0] == status


def test_a_person_may_change_the_rules():
    strict = TargetSettings(status_rules=(StatusRule(status="off_track", when=("chance_fair",)),))
    assert status_of(situation(chance=0.3), strict)[0] == "off_track"
    assert status_of(situation(chance=0.9), strict)[0] == "not_enough_data"
