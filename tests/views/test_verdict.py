"""Verdict: three answers per KPI, with the money counted apart by pandas."""

from __future__ import annotations

from datetime import date

import pytest

from crmkpi.targets.plan import freeze
from crmkpi.targets.target import Target
from crmkpi.views.verdict import _Money, _pays, effect_so_far, verdict_view


def found(now=120.0, base=100.0, goal=150.0, effect=500.0, root="revenue_base", **more):
    """One target as `plan` gives it."""
    return {
        "metric": "aov",
        "grain": "month",
        "kind": "reach",
        "measure": "level",
        "baseline": {"value": base},
        "current": {"value": now},
        "goal": goal,
        "root_effect": effect,
        "root": root,
        **more,
    }


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (found(), 200.0),  # 20 of 50 of the way: two fifths of 500
        (found(now=90.0), -100.0),
        (found(now=100.0), 0.0),
        (found(base=20.0, goal=10.0, now=15.0, effect=300.0), 150.0),  # less is better
        (found(now=None), None),
        (found(effect=None), None),
        (found(goal=100.0), None),
        (found(measure="total"), None),
    ],
)
def test_the_effect_so_far_is_the_share_of_the_way_gone(row, expected):
    assert effect_so_far(row) == expected


@pytest.mark.parametrize(
    ("row", "money", "tone", "key"),
    [
        (found(), _Money(), "neutral", "no_cost"),
        (found(), _Money(cost=100.0, margin=0.5), "good", "yes"),  # 200 x 0.5 covers 100
        (found(), _Money(cost=101.0, margin=0.5), "bad", "no"),
        (found(), _Money(cost=50.0), "warn", "from_margin"),
        (found(), _Money(cost=300.0), "bad", "below_cost"),
        (found(now=90.0), _Money(cost=50.0, margin=0.5), "bad", "no_gain"),
        (found(root="active_customers"), _Money(cost=50.0), "neutral", "no_effect"),
        (found(effect=None), _Money(cost=50.0, romi=0.2), "neutral", "no_effect_romi"),
        (
            found(root="gross_margin"),
            _Money(cost=150.0, margin=0.1),
            "good",
            "yes",
        ),  # margin is not taken twice
    ],
)
def test_payback_sets_margin_against_the_whole_cost(row, money, tone, key, t):
    answer = _pays(row, money, t)
    assert answer.tone == tone
    known = t(f"verdict.pays.{key}", gain="", profit="", cost="", per="", margin="", romi="")
    assert answer.text.split(":")[0] == known.split(":")[0] or answer.text[:12] == known[:12]


def test_the_margin_from_which_it_pays_is_cost_over_gain(t):
    assert "25\u00a0%" in _pays(found(), _Money(cost=50.0), t).text


def test_the_worth_of_a_bigger_basket_is_its_rise_times_the_orders(data, shop, rows, t):
    target = freeze(
        data, Target(metric="aov", goal=9000.0, due=date(2026, 9, 30), baseline_date=date(2025, 12, 31))
    )
    view = verdict_view(data, shop.model_copy(update={"targets": [target]}), t)
    by_month = rows.groupby("month")["amount"].agg(["mean", "size"])
    december, march = by_month.loc["2025-12"], by_month.loc["2026-03"]
    effect = (march["mean"] - december["mean"]) * march["size"]
    row = view.rows[0]
    assert row.helps.tone == ("good" if effect > 0 else "bad")
    assert t.money(effect, short=True).lstrip("+") in row.helps.text
    assert row.pays.tone == "neutral"  # the shop's only file holds no costs


def test_a_goal_worse_than_the_start_is_never_called_help(data, shop, t):
    target = freeze(data, Target(metric="aov", goal=1.0, due=date(2026, 9, 30)))
    view = verdict_view(data, shop.model_copy(update={"targets": [target]}), t)
    assert view.rows[0].helps.tone == "bad"
    assert view.rows[0].helps.text.startswith("Нет")


def test_without_targets_there_is_nothing_to_judge(data, shop, t):
    view = verdict_view(data, shop.model_copy(update={"targets": []}), t)
    assert view.rows == ()
    assert view.headline == t("verdict.none")


def test_steps_name_the_next_control_point(data, shop, t):
    target = freeze(data, Target(metric="orders_count", goal=200.0, due=date(2026, 6, 30)))
    view = verdict_view(data, shop.model_copy(update={"targets": [target]}), t)
    assert len(view.rows[0].steps) <= 3
    assert any("30 апреля 2026" in step for step in view.rows[0].steps)
