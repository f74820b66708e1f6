"""What if on a real tree: numbers by pandas, the bridge adds up, ranges come from the past."""

from __future__ import annotations

import pytest

from crmkpi.views.tree import Asked
from crmkpi.views.whatif import board, outcome


@pytest.fixture(scope="module")
def found(data, shop, t):
    return board(data, shop, Asked(), t)


def test_a_moved_frequency_moves_revenue_by_the_same_per_cent(found, rows, t):
    now = rows[rows["month"] == "2026-03"]["amount"].sum()
    lever = next(x for x in found.levers if x.metric == "purchase_frequency")
    result = outcome(found, {"purchase_frequency": lever.now * 1.2}, t)
    assert result.bridge[0].value == pytest.approx(now)
    assert result.bridge[-1].value == pytest.approx(now * 1.2)
    assert result.direction == "good"


def test_the_bridge_over_several_levers_ends_at_the_root(found, t):
    moved = {
        x.metric: x.now * 1.1
        for x in found.levers
        if x.metric in ("purchase_frequency", "aov", "comeback_rate")
    }
    assert len(moved) > 1
    before, *parts, after = (part.value for part in outcome(found, moved, t).bridge)
    assert before + sum(parts) == pytest.approx(after)


def test_every_lever_can_stay_where_it_is_and_shares_stay_below_one(found):
    for lever in found.levers:
        assert lever.now in lever.stops
        assert list(lever.stops) == sorted(lever.stops)
        assert lever.stops[0] < lever.now < lever.stops[-1] or lever.now in (lever.stops[0], lever.stops[-1])
        if lever.unit == "share":
            assert lever.stops[-1] <= 1.0


def test_beyond_the_95th_percentile_of_its_past_a_lever_warns(found, rows, t):
    active = (
        rows[rows["customer"] != ""].groupby("month").agg(n=("order", "count"), who=("customer", "nunique"))
    )
    high = (active["n"] / active["who"]).quantile(0.95)
    lever = next(x for x in found.levers if x.metric == "purchase_frequency")
    assert lever.high == pytest.approx(high)
    assert outcome(found, {"purchase_frequency": high * 1.01}, t).warnings
    assert not outcome(found, {"purchase_frequency": high * 0.99}, t).warnings


def test_nothing_moved_says_where_we_are(found, t):
    result = outcome(found, {}, t)
    assert result.direction == "neutral"
    assert not result.bridge
