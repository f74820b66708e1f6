"""One lever alone: the exact inverse of the tree in one name."""

from __future__ import annotations

import pytest

from crmkpi.catalog.metric import Texts
from crmkpi.catalog.trees import Node
from crmkpi.tree.levers import single_levers

NAME = Texts(ru="—", en="—")


def node(metric, identity=None, *children):
    edge = "identity" if metric != "revenue_base" else "root"
    return Node(id=metric, metric=metric, label=NAME, edge=edge, identity=identity, children=children)


TREE = node(
    "revenue_base",
    "active_customers * purchase_frequency * aov",
    node(
        "active_customers",
        "active_customers_prev * retention_rate",
        node("active_customers_prev"),
        node("retention_rate"),
    ),
    node("purchase_frequency"),
    node("aov"),
)
VALUES = {
    "revenue_base": 100 * 0.4 * 1.5 * 2000,
    "active_customers": 40.0,
    "active_customers_prev": 100.0,
    "retention_rate": 0.4,
    "purchase_frequency": 1.5,
    "aov": 2000.0,
}


def test_each_factor_of_a_product_grows_by_what_the_root_grows():
    goal = VALUES["revenue_base"] * 1.06
    found = single_levers(TREE, VALUES, goal, ["purchase_frequency", "aov", "retention_rate"])
    assert {f.metric: f.needed for f in found} == pytest.approx(
        {"purchase_frequency": 1.59, "aov": 2120.0, "retention_rate": 0.424}
    )


def test_a_share_cannot_pass_one():
    goal = VALUES["revenue_base"] * 3
    (found,) = single_levers(TREE, VALUES, goal, ["retention_rate"], {"retention_rate": 1.0})
    assert found.needed is None


def test_an_inner_node_can_be_asked_for_and_strangers_are_left_out():
    found = single_levers(TREE, VALUES, VALUES["revenue_base"] / 2, ["active_customers", "open_rate"])
    assert [(f.metric, f.needed) for f in found] == [("active_customers", pytest.approx(20.0))]
