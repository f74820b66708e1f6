"""Influences pass on only what a stated elasticity says: hand numbers, chains, bands, and a goal that stops."""

from __future__ import annotations

import math

import numpy as np
import pytest

from crmkpi.catalog.metric import Texts
from crmkpi.catalog.trees import Node
from crmkpi.tree.beliefs import influences, needed_below, reached
from crmkpi.tree.cascade import Elasticity


def node(metric: str, edge: str = "identity", identity: str | None = None, children: tuple = ()) -> Node:
    label = Texts(ru=metric, en=metric)
    return Node(id=metric, metric=metric, edge=edge, label=label, identity=identity, children=children)


# revenue = orders x aov; opens are believed to move orders, subject lines are believed to move opens
TREE = node(
    "revenue_base",
    "root",
    "orders_count * aov",
    (
        node(
            "orders_count",
            children=(node("open_rate", "influence", children=(node("sends_count", "influence"),)),),
        ),
        node("aov"),
    ),
)
NOW = {"revenue_base": 1000.0, "orders_count": 10.0, "aov": 100.0, "open_rate": 0.2, "sends_count": 50.0}
OPENS, SENDS = ("open_rate", "orders_count"), ("sends_count", "open_rate")


def test_edges_are_found_with_their_parents():
    assert [i.edge for i in influences(TREE)] == [OPENS, SENDS]


def test_half_an_elasticity_passes_half_the_growth():
    found = reached(TREE, NOW, {"open_rate": 0.22}, {OPENS: Elasticity(0.5, 0.0)})
    assert found.moved == {"orders_count": pytest.approx(10 * 1.1**0.5)}
    assert found.band is None


def test_without_an_elasticity_nothing_passes():
    assert reached(TREE, NOW, {"open_rate": 0.4}, {}).moved == {}
    assert reached(TREE, NOW, {"sends_count": 99.0}, {SENDS: Elasticity(1.0, 0.0)}).moved == {}


def test_along_a_chain_elasticities_multiply():
    stated = {OPENS: Elasticity(0.5, 0.0), SENDS: Elasticity(0.4, 0.0)}
    found = reached(TREE, NOW, {"sends_count": 100.0}, stated)
    assert found.moved["orders_count"] == pytest.approx(10 * 2**0.2)


def test_a_child_moved_itself_hides_what_is_below_it():
    stated = {OPENS: Elasticity(0.5, 0.0), SENDS: Elasticity(0.4, 0.0)}
    found = reached(TREE, NOW, {"sends_count": 100.0, "open_rate": 0.22}, stated)
    assert found.moved["orders_count"] == pytest.approx(10 * 1.1**0.5)


def test_the_band_is_that_of_a_lognormal():
    found = reached(TREE, NOW, {"open_rate": 0.4}, {OPENS: Elasticity(0.5, 0.1)})
    step = math.log(2)
    exact = [1000 * math.exp((0.5 + z * 0.1) * step) for z in (-1.2816, 1.2816)]
    assert (found.band.low, found.band.high) == pytest.approx(exact, rel=0.02)
    assert found.band.middle == pytest.approx(1000 * 2**0.5)
    again = reached(TREE, NOW, {"open_rate": 0.4}, {OPENS: Elasticity(0.5, 0.1)})
    assert again == found


def test_a_lever_moved_by_hand_is_stronger_than_a_belief_about_it():
    found = reached(TREE, NOW, {"open_rate": 0.4}, {OPENS: Elasticity(0.5, 0.0)}, also={"orders_count": 12.0})
    assert found.moved == {}


def test_a_belief_about_a_node_comes_on_top_of_what_moved_below_it():
    tree = TREE.model_copy(update={"children": (*TREE.children, node("nps", "influence"))})
    now = {**NOW, "nps": 10.0}
    stated = {("nps", "revenue_base"): Elasticity(1.0, 0.0)}
    found = reached(tree, now, {"nps": 11.0}, stated, also={"aov": 200.0})
    assert found.moved["revenue_base"] == pytest.approx(2000 * 1.1)


def test_a_share_stays_a_share():
    tree = node("conversion_message", "root", "click_rate * cto", (node("click_rate"), node("cto")))
    tree = tree.model_copy(
        update={
            "children": (
                tree.children[0].model_copy(update={"children": (node("open_rate", "influence"),)}),
                tree.children[1],
            )
        }
    )
    now = {"conversion_message": 0.45, "click_rate": 0.9, "cto": 0.5, "open_rate": 0.2}
    found = reached(
        tree,
        now,
        {"open_rate": 0.22},
        {("open_rate", "click_rate"): Elasticity(3.0, 0.0)},
        frozenset({"click_rate"}),
    )
    assert 0.9 < found.moved["click_rate"] < 1


def test_an_influence_that_is_zero_or_unknown_passes_nothing():
    for value in (0.0, None):
        found = reached(TREE, {**NOW, "open_rate": value}, {"open_rate": 0.4}, {OPENS: Elasticity(0.5, 0.0)})
        assert found.moved == {}


def test_a_goal_goes_below_an_influence_only_with_an_elasticity():
    growth = {"orders_count": math.log(1.1)}
    assert needed_below(growth, TREE, NOW, {}) == {OPENS: None}
    found = needed_below(growth, TREE, NOW, {OPENS: Elasticity(0.5, 0.0)})
    assert found == {OPENS: pytest.approx(0.2 * 1.21)}
    # and back: the needed child gives the parent its growth
    back = reached(TREE, NOW, {"open_rate": found[OPENS]}, {OPENS: Elasticity(0.5, 0.0)})
    assert back.moved["orders_count"] == pytest.approx(11)
    assert np.isfinite(found[OPENS])


def test_two_influences_of_one_parent_add_up():
    tree = TREE.model_copy(
        update={
            "children": (
                TREE.children[0].model_copy(
                    update={"children": (*TREE.children[0].children, node("nps", "influence"))}
                ),
                TREE.children[1],
            )
        }
    )
    stated = {OPENS: Elasticity(0.5, 0.0), ("nps", "orders_count"): Elasticity(0.2, 0.0)}
    found = reached(tree, {**NOW, "nps": 10.0}, {"open_rate": 0.22, "nps": 20.0}, stated)
    assert found.moved["orders_count"] == pytest.approx(10 * 1.1**0.5 * 2**0.2)
