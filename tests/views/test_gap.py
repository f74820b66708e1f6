"""Result: what is left is printed unsigned and in the unit of the metric."""

from __future__ import annotations

from datetime import date

import pytest

from crmkpi.targets.plan import freeze
from crmkpi.targets.target import Target
from crmkpi.views.gap import chance_text, gap_view, goes_up, left_text

DUE = date(2026, 12, 31)


def found(gap, goal, base):
    return {"gap": gap, "goal": goal, "baseline": {"value": base}}


@pytest.mark.parametrize(
    ("row", "unit", "expected"),
    [
        (found(0.12, 0.30, 0.18), "share", "осталось +12,0\u00a0п.п."),
        (found(-0.05, 0.20, 0.28), "share", "осталось снизить на 5,0\u00a0п.п."),
        (found(-0.02, 0.30, 0.18), "share", "достигнуто с запасом 2,0\u00a0п.п."),
        (found(0.0, 10.0, 5.0), "count", "достигнуто"),
        (found(None, None, None), "count", "разрыв неизвестен"),
    ],
)
def test_what_is_left_is_unsigned(row, unit, expected, t):
    assert left_text(row, unit, t) == expected


@pytest.mark.parametrize(
    ("target", "base", "now", "expected"),
    [
        (
            Target(metric="open_rate", goal=0.25, due=DUE, kind="stay_above"),
            0.30,
            0.33,
            "достигнуто с запасом",
        ),
        (Target(metric="open_rate", goal=0.25, due=DUE, kind="stay_above"), 0.30, 0.20, "осталось +5,0"),
        (Target(metric="churn_rate", goal=0.25, due=DUE, kind="stay_below"), 0.20, 0.30, "осталось снизить"),
        (
            Target(metric="churn_rate", goal=0.25, due=DUE, kind="stay_below"),
            0.20,
            0.21,
            "достигнуто с запасом",
        ),
        (Target(metric="aov", goal=0.25, due=DUE), 0.30, 0.20, "осталось +0,05"),
        (Target(metric="churn_rate", goal=0.25, due=DUE), 0.20, 0.30, "осталось снизить"),
    ],
)
def test_the_good_side_is_that_of_the_kind_and_the_metric_not_of_the_baseline(target, base, now, expected, t):
    row = found(target.goal - now, target.goal, base)
    unit = "money" if target.metric == "aov" else "share"
    assert left_text(row, unit, t, goes_up(target, base, target.goal)).replace("−", "-").startswith(expected)


@pytest.mark.parametrize(
    ("chance", "expected"), [(0.0005, "меньше 1\u00a0%"), (0.9999, "больше 99\u00a0%"), (None, None)]
)
def test_a_chance_is_never_quite_nothing_or_everything(chance, expected, t):
    assert chance_text(chance, t) == expected


def test_the_way_begins_at_the_baseline_and_ends_at_the_goal(data, shop, rows, t):
    target = freeze(data, Target(metric="orders_count", goal=80.0, due=date(2026, 6, 30), shape="linear"))
    view = gap_view(data, shop.model_copy(update={"targets": [target]}), t)
    path = dict(view.rows[0].paths)["month"]
    march = int((rows["month"] == "2026-03").sum())
    plan = [p for p in path.points if p.planned is not None]
    past = [p for p in path.points if p.planned is None]
    assert plan[0].actual == march
    february = int((rows["month"] == "2026-02").sum())
    assert past[-1].actual == february, "history ends just before the baseline"
    assert path.points[-1].planned == pytest.approx(80.0)
    assert [p.tick for p in plan] == ["март 26", "апр 26", "май 26", "июнь 26"]
