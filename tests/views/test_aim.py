"""Suggestions on screen: each with its source and reason, dates that end a period, nothing without explanation."""

from __future__ import annotations

from datetime import date

from crmkpi.targets.target import Target
from crmkpi.views.aim import aims_view


def test_every_suggestion_says_where_it_comes_from(data, shop, t):
    draft = Target(metric="orders_count", goal=0, due=date(2026, 6, 30), lever="новая цепочка", id="draft")
    view = aims_view(data, shop, draft, None, t)
    assert view.goals or view.blocked
    for chip in view.goals:
        assert chip.source and chip.why.endswith(".")
    assert view.dues
    assert all(
        (chip.day.replace(day=28).month != (chip.day.toordinal() and chip.day.month + 1))
        for chip in view.dues
    )


def test_an_impossible_question_is_one_sentence(data, shop, t):
    draft = Target(metric="aov", goal=0, due=date(2026, 6, 30), measure="total", id="draft")
    view = aims_view(data, shop, draft, None, t)
    assert not view.goals and "нельзя складывать" in view.blocked
