"""Baseline, current value, goal, due period; the few refusals; the file of targets."""

from __future__ import annotations

from datetime import date

import pytest

from crmkpi.errors import CrmKpiError
from crmkpi.forecast.series import Point
from crmkpi.i18n import LANGUAGES, Words
from crmkpi.periods import periods_between
from crmkpi.targets.resolve import (
    ImpossibleGoalError,
    PercentOrShareError,
    PointsNotShareError,
    TotalNotSumError,
    as_of_view,
    last_full,
    resolve,
)
from crmkpi.targets.settings import TargetSettings
from crmkpi.targets.target import Baseline, read_target, read_targets
from tests.unit.targets.series_of import OPEN_RATE, ORDERS, target

RULES = TargetSettings()
AS_OF = date(2025, 6, 30)
MONTHS = periods_between(date(2025, 1, 1), date(2025, 12, 31), "month")
SERIES = [Point(p, 100.0 + 10 * i) for i, p in enumerate(MONTHS[:6])]


def test_baseline_is_the_last_complete_period_by_its_date():
    found = resolve(target(), ORDERS, SERIES, AS_OF, RULES)
    assert (found.baseline_value, found.current_value) == (150, 150)
    early = resolve(target(baseline_date=date(2025, 3, 15)), ORDERS, SERIES, AS_OF, RULES)
    assert (early.baseline_value, early.current_value) == (110, 150)
    assert (early.steps, early.left) == (10, 6)


@pytest.mark.parametrize(
    ("change", "goal", "expected"), [("absolute", 180, 180), ("relative", 0.2, 180), ("relative", -0.1, 135)]
)
def test_kinds_of_change(change, goal, expected):
    found = resolve(target(goal=goal, change_type=change), ORDERS, SERIES, AS_OF, RULES)
    assert found.goal == pytest.approx(expected)


def test_points_are_added_to_a_share():
    series = [Point(p, 0.18) for p in MONTHS[:6]]
    found = resolve(
        target(metric="open_rate", goal=0.12, change_type="points"), OPEN_RATE, series, AS_OF, RULES
    )
    assert found.goal == pytest.approx(0.30)


def test_a_total_compares_with_as_many_periods_before():
    plan = target(
        goal=0.5,
        change_type="relative",
        measure="total",
        due=date(2025, 5, 31),
        baseline_date=date(2025, 3, 31),
    )
    found = resolve(plan, ORDERS, SERIES, date(2025, 4, 30), RULES)
    assert found.baseline_value == 110 + 120
    assert found.goal == pytest.approx(345)
    assert found.start == 0


def test_a_total_counts_the_unfinished_period():
    series = [*SERIES, Point(MONTHS[6], 42.0, complete=False)]
    plan = target(measure="total", baseline_date=date(2025, 4, 30))
    found = resolve(plan, ORDERS, series, date(2025, 7, 10), RULES)
    assert found.current_value == 140 + 150 + 42
    assert not found.current_complete


def test_a_total_before_its_first_day_is_zero():
    assert resolve(target(measure="total"), ORDERS, SERIES, AS_OF, RULES).current_value == 0


def test_a_frozen_baseline_stays_and_tells_when_data_were_restated():
    frozen = Baseline(value=99.0, date=date(2025, 3, 31), period="2025-03")
    found = resolve(target(baseline=frozen), ORDERS, SERIES, AS_OF, RULES)
    assert (found.baseline_value, found.restated) == (99.0, 120.0)
    same = Baseline(value=120.0, date=date(2025, 3, 31), period="2025-03")
    assert resolve(target(baseline=same), ORDERS, SERIES, AS_OF, RULES).restated is None


def test_due_inside_a_period_means_the_last_full_one():
    assert last_full(date(2025, 10, 15), "month").text == "2025-09"
    assert last_full(date(2025, 9, 30), "quarter").text == "2025-Q3"


@pytest.mark.parametrize(
    ("fields", "facts", "error"),
    [
        ({"metric": "open_rate", "goal": 1.2}, OPEN_RATE, ImpossibleGoalError),
        ({"goal": -5}, ORDERS, ImpossibleGoalError),
        ({"goal": 0.1, "change_type": "points"}, ORDERS, PointsNotShareError),
        ({"metric": "open_rate", "goal": 0.3, "measure": "total"}, OPEN_RATE, TotalNotSumError),
        ({"goal": 15, "change_type": "relative"}, ORDERS, PercentOrShareError),
        ({"metric": "open_rate", "goal": 12, "change_type": "points"}, OPEN_RATE, PercentOrShareError),
    ],
)
def test_only_the_impossible_is_refused(fields, facts, error):
    value = 0.2 if facts is OPEN_RATE else 100.0
    series = [Point(p, value) for p in MONTHS[:6]]
    with pytest.raises(error) as caught:
        resolve(target(**fields), facts, series, AS_OF, RULES)
    for lang in LANGUAGES:
        text = Words(lang)(caught.value.key, **caught.value.params)
        assert "{" not in text and text.endswith(".")


def test_a_question_exits_with_three_and_can_be_confirmed():
    assert PercentOrShareError.exit_status == 3
    sure = target(goal=6, change_type="relative", confirmed=True)
    assert resolve(sure, ORDERS, SERIES, AS_OF, RULES).goal == pytest.approx(1050)


def test_the_past_knows_nothing_later():
    series = [*SERIES, Point(MONTHS[6], 7.0, complete=False)]
    seen = as_of_view(series, date(2025, 4, 20), date(2025, 7, 5))
    assert [p.period for p in seen] == MONTHS[:4]
    assert [p.complete for p in seen] == [True, True, True, False]


def test_values_that_ripen_are_unknown_before():
    seen = as_of_view(SERIES, AS_OF, AS_OF, mature_days=45)
    assert [p.value is not None for p in seen] == [True] * 4 + [False] * 2
    assert [p.complete for p in seen] == [True] * 4 + [False] * 2


# files -----------------------------------------------------------------------------------------------------
GOOD = b"""
[[target]]
metric = "open_rate"
goal = 0.3
due = 2026-12-31
where = { country = "UK", channel = ["email", "sms"] }
guardrail = [{ metric = "click_rate", floor = 0.02 }, { metric = "unsub_rate" }]
[settings]
chance_low = 0.25
"""


def test_a_file_of_targets_is_read():
    document = read_targets(GOOD)
    found = document.target[0]
    assert found.where == {"country": ("UK",), "channel": ("email", "sms")}
    assert [g.floor for g in found.guardrail] == [0.02, None]
    assert (found.owner, found.grain, found.measure, found.kind) == ("me", "month", "level", "reach")
    assert document.settings.chance_low == 0.25


def one(line: str) -> bytes:
    return f'[[target]]\nmetric = "aov"\ngoal = 1\ndue = 2026-01-31\n{line}\n'.encode()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "no_targets"),
        (b"[settings]\nchance_low = 0.3", "no_targets"),
        (b"target = ", "targets_file"),
        (b"\xff\xfe[", "targets_file"),
        (b'[[target]]\nmetric = "aov"\ndue = 2026-01-31', "target_field_missing"),
        (one("gaol = 2"), "target_field_unknown"),
        (one('kind = "reech"'), "target_field_bad"),
        (one('grain = "year"'), "target_field_bad"),
        (one('baseline_date = "soon"'), "target_field_bad"),
        (one('owner = ""'), "target_field_bad"),
        (one("[settings]\nmin_periods = 0"), "target_field_bad"),
        (b'[[target]]\nmetric = "aov"\ngoal = inf\ndue = 2026-01-31', "target_field_bad"),
        (b'[[target]]\nmetric = "aov"\ngoal = nan\ndue = 2026-01-31', "target_field_bad"),
    ],
)
def test_a_bad_file_is_one_clear_sentence(content, code):
    with pytest.raises(CrmKpiError) as caught:
        read_targets(content, "t.toml")
    assert caught.value.code == code
    for lang in LANGUAGES:
        text = Words(lang)(caught.value.key, **caught.value.params)
        assert text.endswith((".", "…")) and "{" not in text.replace("{ country", "")


def test_a_form_is_checked_like_a_file():
    with pytest.raises(CrmKpiError):
        read_target({"metric": "aov", "goal": "many", "due": "2026-01-31"})
    assert read_target({"metric": "aov", "goal": "12.5", "due": "2026-01-31"}).goal == 12.5
