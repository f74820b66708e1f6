"""A goal carried down: the children bring the root exactly there, or the screen says how far it goes."""

from __future__ import annotations

import pytest

from crmkpi.tree.whatif import what_if
from crmkpi.views.cascade import MODES, goal_view, ground, rounded, with_goals
from crmkpi.views.tree import Asked
from crmkpi.views.whatif import board


@pytest.fixture(scope="module")
def found(data, shop, t):
    return board(data, shop, Asked(), t)


@pytest.fixture(scope="module")
def base(data, found):
    return ground(data, found, 3)


@pytest.mark.parametrize("mode", MODES)
def test_the_children_bring_the_root_to_its_goal(found, base, mode, t):
    goal = found.now * 1.05
    view = goal_view(found, base, goal, mode, t)
    assert view.reachable
    moved = {child.metric: child.goal for child in view.children}
    assert what_if(found.root, found.values, moved).after[found.root.metric] == pytest.approx(goal)


def test_equal_means_the_same_per_cent_for_every_leaf(found, base, t):
    view = goal_view(found, base, found.now * 1.05, "equal", t)
    growth = [c.goal / found.values[c.metric] for c in view.children if c.metric != "retention_rate"]
    assert max(growth) == pytest.approx(min(growth))


def test_a_goal_beyond_the_past_is_said_with_the_most_that_can_be(found, base, t):
    view = goal_view(found, base, found.now * 50, "capped", t)
    assert not view.reachable
    assert "самое большее" in view.headline


def test_each_lever_alone_is_the_inverse_of_the_tree(found, base, t):
    view = goal_view(found, base, found.now * 1.2, "likely", t)
    needed = t.value(found.values["purchase_frequency"] * 1.2, "ratio")
    assert any(f"должно стать {needed}" in sentence for sentence in view.alone), (needed, view.alone)


def test_the_goals_become_targets_with_a_baseline(data, shop, found, base, t):
    goal = found.now * 1.05
    view = goal_view(found, base, goal, "equal", t)
    saved = with_goals(data, shop, found, view, goal, 3).targets
    assert saved[0].metric == "revenue_base"
    assert saved[0].goal == rounded(goal)
    assert {str(x.due) for x in saved} == {"2026-06-30"}
    assert all(x.baseline is not None for x in saved)
    again = with_goals(data, shop.model_copy(update={"targets": saved}), found, view, goal, 3).targets
    assert len(again) == len(saved)
