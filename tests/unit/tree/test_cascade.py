"""The goal going down the tree: published vectors and laws."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmkpi.tree.cascade import (
    Elasticity,
    below_influence,
    by_cost,
    equal_growth,
    estimate_elasticity,
    leaf_betas,
    least_implausible,
    most_likely,
    propagate,
)
from tests.unit.tree.growing import evaluate, grow
from tests.unit.tree.test_attribution import BEFORE, REVENUE

GOAL = math.log(1.2)
SPREADS = (0.08, 0.04, 0.02)


def test_the_least_implausible_growth():
    found = least_implausible(GOAL, SPREADS)
    assert found.growth == pytest.approx((0.138912, 0.034728, 0.008682), abs=1e-6)
    assert [math.expm1(g) for g in found.growth] == pytest.approx((0.1490, 0.0353, 0.0087), abs=5e-5)


def test_caps_push_the_rest_to_the_others():
    found = least_implausible(GOAL, SPREADS, high=(0.10, 0.06, 0.03))
    assert found.growth == pytest.approx((0.10, 0.06, 0.022322), abs=1e-6)
    assert found.reachable


def test_a_goal_beyond_the_caps_names_the_best_possible():
    found = least_implausible(math.log(1.5), SPREADS, high=(0.10, 0.06, 0.03))
    assert (found.reachable, found.growth) == (False, (0.10, 0.06, 0.03))
    assert found.best_share == pytest.approx(0.2092, abs=1e-4)


def test_an_uncontrollable_factor_does_not_move():
    assert least_implausible(GOAL, (0, 0.04, 0.02)).growth == pytest.approx((0, 0.145857, 0.036464), abs=1e-6)


def test_nothing_controllable_reaches_nothing():
    found = least_implausible(GOAL, (0, 0))
    assert (found.reachable, found.growth, found.best) == (False, (0, 0), 0)


def test_a_falling_goal_and_lower_caps():
    found = least_implausible(math.log(0.8), SPREADS, low=(-0.1, -0.3, -0.3))
    assert sum(found.growth) == pytest.approx(math.log(0.8))
    assert found.growth[0] == pytest.approx(-0.1)


def test_equal_growth_is_equal():
    growth = equal_growth(GOAL, 3)
    assert [math.expm1(g) for g in growth] == pytest.approx([0.06266] * 3, abs=1e-5)


def test_history_with_its_covariance():
    covariance = [[0.0064, -0.0008, 0], [-0.0008, 0.0016, 0], [0, 0, 0.0004]]
    found = most_likely(GOAL, (0.01, 0, 0.005), covariance)
    assert found == pytest.approx((0.147794, 0.019685, 0.014842), abs=1e-6)


def test_cheap_factors_move_more():
    found = by_cost(GOAL, (1.0, 4.0)).growth
    assert found[0] == pytest.approx(4 * found[1])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.01, 0.2), st.floats(0.02, 0.3)), min_size=1, max_size=6),
    st.floats(-0.4, 0.4),
)
def test_growth_adds_up_to_the_goal_inside_the_caps(factors, goal):
    spreads, caps = [f[0] for f in factors], [f[1] for f in factors]
    found = least_implausible(goal, spreads, low=[-c for c in caps], high=caps)
    assert all(abs(g) <= c + 1e-12 for g, c in zip(found.growth, caps, strict=True))
    if found.reachable:
        assert sum(found.growth) == pytest.approx(goal, abs=1e-9)
    else:
        assert abs(goal) > sum(caps)


BETAS = {"ret": 0.0016, "reactivated": 0.01, "freq": 0.0009, "upt": 0.0004, "returns": -0.001}


def test_a_whole_tree_gives_the_published_leaves():
    now = evaluate(REVENUE, BEFORE)
    found = propagate(REVENUE, now, now["revenue"] * 1.15, BETAS)
    assert found.scale == pytest.approx(38.460855, abs=1e-5)
    expected = {"ret": 0.5317, "reactivated": 146.9039, "freq": 1.5528, "upt": 2.0310, "returns": 144340.41}
    for leaf, value in expected.items():
        assert found.values[leaf] == pytest.approx(value, abs=0.5 * 10 ** -(4 if value < 1000 else 2))
    assert found.values["new"] == 300
    assert found.reachable and found.best == pytest.approx(now["revenue"] * 1.15)


def test_caps_of_a_tree_stop_a_rate_below_one():
    now = evaluate(REVENUE, BEFORE)
    caps = {"ret": (-math.inf, math.log(1 / 0.5))}
    found = propagate(REVENUE, now, now["revenue"] * 5, {"ret": 0.1}, caps)
    assert not found.reachable
    assert found.values["ret"] == pytest.approx(1.0)
    assert found.best < now["revenue"] * 5


def test_a_lower_goal_goes_the_other_way():
    now = evaluate(REVENUE, BEFORE)
    found = propagate(REVENUE, now, now["revenue"] * 0.9, BETAS)
    assert found.values["ret"] < 0.5 and found.values["returns"] > 150000
    assert evaluate(REVENUE, {**BEFORE, **{m: found.values[m] for m in BETAS}})["revenue"] == pytest.approx(
        now["revenue"] * 0.9
    )


def test_strengths_take_their_sign_from_what_helps():
    tree = grow({"kept": "prev * rate", "rate": "1 - churn"}, "kept")
    now = evaluate(tree, {"prev": 100.0, "churn": 0.6})
    betas = leaf_betas(tree, now, {"prev": 0.1, "churn": 0.2}, {"prev": "no", "churn": "partly"})
    assert betas == pytest.approx({"churn": -0.01})
    found = propagate(tree, now, 50.0, betas)
    assert found.values["churn"] == pytest.approx(0.5)


def test_nothing_to_move_is_no_cascade():
    assert propagate(REVENUE, evaluate(REVENUE, BEFORE), 4e6, {}) is None


def test_below_an_influence_the_growth_is_divided_by_the_elasticity():
    assert below_influence(0.1, Elasticity(0.5, 0.1)) == pytest.approx(0.2)
    assert below_influence(0.1, None) is None
    assert below_influence(0.1, Elasticity(0.0, 0.1)) is None


def _walk(rng: random.Random, n: int) -> list[float]:
    values = [100.0]
    for _ in range(n):
        values.append(values[-1] * math.exp(rng.gauss(0, 0.1)))
    return values


def test_a_planted_elasticity_and_its_lag_are_found():
    rng = random.Random(7)
    child = _walk(rng, 60)
    parent = [1.0] + [50 * child[i - 1] ** 0.6 * math.exp(rng.gauss(0, 0.005)) for i in range(1, 61)]
    found = estimate_elasticity(parent[1:], child[1:])
    assert found.lag == 1 and found.grade == "estimated"
    assert found.value == pytest.approx(0.6, abs=0.06)


def test_noise_is_pulled_to_zero_and_short_history_is_unknown():
    rng = random.Random(3)
    noise = estimate_elasticity(_walk(rng, 40), _walk(rng, 40))
    assert abs(noise.value) < 3 * noise.error
    assert estimate_elasticity(_walk(rng, 20), _walk(rng, 20)) is None
