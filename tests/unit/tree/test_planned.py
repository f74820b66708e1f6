"""The whole tree as planned, from a few planned numbers: checked against hand numbers and the identities."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmkpi.catalog.trees import template
from crmkpi.formula import Formula
from crmkpi.tree.attribution import attribute_tree
from crmkpi.tree.planned import planned_values
from crmkpi.tree.whatif import identity_nodes

WHOLE = template("ecommerce_revenue").root
# the shop's tree with its three factors as leaves
ROOT = WHOLE.model_copy(
    update={"children": tuple(c.model_copy(update={"identity": None, "children": ()}) for c in WHOLE.drivers)}
)
BASE = {"revenue_base": 120_000.0, "active_customers": 100.0, "purchase_frequency": 1.5, "aov": 800.0}
EVEN = dict.fromkeys(BASE, 0.1)
YES = dict.fromkeys(BASE, "yes")


def leaf_names() -> list[str]:
    return [node.metric for node in identity_nodes(ROOT) if node is not ROOT]


def test_the_template_is_the_product_of_the_hand_numbers():
    assert set(leaf_names()) == set(BASE) - {"revenue_base"}
    assert Formula(ROOT.identity).value(BASE) == BASE["revenue_base"]


def test_a_planned_root_is_shared_out_alike_when_all_move_alike():
    found = planned_values(ROOT, BASE, {"revenue_base": 159_720.0}, EVEN, YES)
    # 159720 / 120000 = 1.331 = 1.1 cubed
    assert found.values["active_customers"] == pytest.approx(110)
    assert found.values["purchase_frequency"] == pytest.approx(1.65)
    assert found.values["aov"] == pytest.approx(880)
    assert set(found.sources.values()) == {"own", "shared"}


def test_a_planned_leaf_keeps_its_plan_and_the_others_carry_the_rest():
    found = planned_values(ROOT, BASE, {"revenue_base": 145_200.0, "aov": 800.0}, EVEN, YES)
    assert found.values["aov"] == 800.0
    assert found.values["active_customers"] == pytest.approx(110)
    assert found.values["purchase_frequency"] == pytest.approx(1.65)
    assert found.sources["aov"] == "own"


def test_leaves_alone_make_the_root_and_the_unplanned_stay_as_they_were():
    found = planned_values(ROOT, BASE, {"aov": 900.0}, EVEN, YES)
    assert found.values["revenue_base"] == pytest.approx(100 * 1.5 * 900)
    assert found.values["active_customers"] == 100.0
    assert found.sources == {
        "revenue_base": "sum", "active_customers": "base", "purchase_frequency": "base", "aov": "own"
    }  # fmt: skip


def test_plans_that_contradict_each_other_are_told():
    leaves = {"aov": 900.0, "active_customers": 100.0, "purchase_frequency": 1.5}
    found = planned_values(ROOT, BASE, {"revenue_base": 500_000.0, **leaves}, EVEN, YES)
    assert found.unmet == ("revenue_base",)
    assert found.values["revenue_base"] == pytest.approx(135_000)


def test_nobody_controls_a_leaf_then_all_carry_the_plan_alike():
    no = dict.fromkeys(BASE, "no")
    found = planned_values(ROOT, BASE, {"revenue_base": 159_720.0}, {}, no)
    assert found.values["aov"] == pytest.approx(880)


def test_without_a_plan_or_a_base_there_is_nothing():
    assert planned_values(ROOT, BASE, {}, EVEN, YES) is None
    assert planned_values(ROOT, BASE, {"open_rate": 0.2}, EVEN, YES) is None
    assert planned_values(ROOT, {**BASE, "revenue_base": None}, {"aov": 1.0}, EVEN, YES) is None


@settings(max_examples=60, deadline=None)
@given(
    plan=st.floats(1e3, 1e7),
    leaf=st.floats(1.0, 5e3),
    fact=st.tuples(st.floats(1, 1e4), st.floats(0.5, 20), st.floats(1, 1e4)),
)
def test_plan_against_fact_splits_without_a_rest(plan, leaf, fact):
    found = planned_values(ROOT, BASE, {"revenue_base": plan, "aov": leaf}, EVEN, YES)
    assert Formula(ROOT.identity).value(found.values) == pytest.approx(found.values["revenue_base"])
    after = dict(zip(("active_customers", "purchase_frequency", "aov"), fact, strict=True))
    after["revenue_base"] = math.prod(fact)
    split = attribute_tree(ROOT, found.values, after)
    change = after["revenue_base"] - found.values["revenue_base"]
    # the law holds to 1e-9 of the sizes that were subtracted: a change of nothing is a difference of large numbers
    size = max(after["revenue_base"], found.values["revenue_base"])
    assert split.sum_of_leaves == pytest.approx(change, rel=1e-9, abs=1e-9 * size)


def test_a_plan_of_an_inner_node_is_carried_to_the_leaves_below_it():
    root = template("ecommerce_revenue").root
    names = [n.metric for n in identity_nodes(root)]
    base = _whole_tree(root)
    found = planned_values(
        root, base, {"active_customers": 130.0}, dict.fromkeys(names, 0.1), dict.fromkeys(names, "yes")
    )
    assert found.unmet == ()
    assert found.values["active_customers"] == pytest.approx(130.0)
    assert found.values["aov"] == pytest.approx(base["aov"])
    for node in identity_nodes(root):
        if node.identity:
            assert Formula(node.identity).value(found.values) == pytest.approx(found.values[node.metric])


def _whole_tree(root) -> dict[str, float]:
    """Numbers that fulfil every identity: leaves by hand, the rest from below."""
    values: dict[str, float] = {
        "churn_rate": 0.4, "active_customers_prev": 100.0, "new_customers": 30.0, "lapsed_customers": 50.0,
        "comeback_rate": 0.2, "purchase_frequency": 1.5, "units_per_order": 2.0, "avg_unit_price": 400.0,
    }  # fmt: skip
    for node in reversed(identity_nodes(root)):
        if node.identity:
            for child in node.drivers:
                values.setdefault(child.metric, 0.0)
            values[node.metric] = Formula(node.identity).value(values)
    return values


def test_a_plan_above_and_a_plan_inside_are_both_met():
    names = [n.metric for n in identity_nodes(WHOLE)]
    spreads, control = dict.fromkeys(names, 0.1), dict.fromkeys(names, "yes")
    base = _whole_tree(WHOLE)
    goal = base["revenue_base"] * 1.3
    plans = {"revenue_base": goal, "active_customers": 130.0}
    found = planned_values(WHOLE, base, plans, spreads, control)
    assert found.unmet == ()
    assert found.values["active_customers"] == pytest.approx(130.0)
    assert found.values["revenue_base"] == pytest.approx(goal)
