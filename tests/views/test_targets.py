"""Targets: choices come from the data, starred ones first, and the coach speaks in whole sentences."""

from __future__ import annotations

from datetime import date

import pytest

from crmkpi.targets.target import Target
from crmkpi.views.targets import advice, first_due, metric_choices


def test_starred_metrics_come_first_then_those_of_the_tree(data, shop, t):
    tree = shop.tree.model_copy(update={"starred": ["aov"]})
    choices = metric_choices(data, shop.model_copy(update={"tree": tree}), t)
    assert (choices[0].id, choices[0].starred) == ("aov", True)
    assert "open_rate" not in [c.id for c in choices], "no messages were loaded"


def test_the_first_due_date_ends_a_month_after_the_data(data):
    assert first_due(data, "retention_rate") == date(2026, 6, 30)


def test_the_coach_names_the_baseline_that_pandas_counts(data, rows, t):
    said = advice(
        data, Target(metric="orders_count", goal=80.0, due=date(2026, 6, 30)), "ecommerce_revenue", t
    )
    march = int((rows["month"] == "2026-03").sum())
    assert said.baseline == f"Точка старта: {march}, март 2026."
    assert len(said.letters) == 5
    assert all(letter.message.endswith((".", "!")) for letter in said.letters)
    assert said.chance is None or said.chance == pytest.approx(said.chance)
