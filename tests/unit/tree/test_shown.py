"""What is drawn: missing nodes leave, hidden ones become "other", sums hold."""

from __future__ import annotations

import math

import pytest

from crmkpi.catalog.trees import template, trees
from crmkpi.engine.result import Unavailable
from crmkpi.tree.attribution import attribute_tree
from crmkpi.tree.coverage import chosen_root, template_coverage
from crmkpi.tree.shown import fold_missing, missing_nodes, shown_nodes

ROOT = template("ecommerce_revenue").root
BEFORE = {
    "new_customers": 60.0, "moved_in": 0.0, "active_customers_prev": 100.0, "churn_rate": 0.7,
    "retention_rate": 0.3, "retained_customers": 30.0, "lapsed_customers": 200.0, "comeback_rate": 0.05,
    "returned_customers": 10.0, "active_customers": 100.0, "purchase_frequency": 1.5, "units_per_order": 2.0,
    "avg_unit_price": 500.0, "aov_off_lines": 0.0, "aov": 1000.0, "revenue_base": 150000.0,
}  # fmt: skip
AFTER = {
    **BEFORE,
    "new_customers": 50.0, "churn_rate": 0.6, "retention_rate": 0.4, "retained_customers": 40.0,
    "comeback_rate": 0.1, "returned_customers": 20.0, "active_customers": 110.0, "units_per_order": 2.2,
    "aov": 1100.0, "revenue_base": 181500.0,
}  # fmt: skip
ALL_THERE: dict[str, Unavailable | None] = dict.fromkeys(BEFORE)


def _lacking(*names: str, column: str = "order_lines.quantity") -> dict[str, Unavailable | None]:
    return ALL_THERE | {name: Unavailable(name, (column,), "missing_columns") for name in names}


def _draw(gaps=None, hidden=frozenset(), before=BEFORE, after=AFTER):
    gaps = ALL_THERE if gaps is None else gaps
    usable = fold_missing(ROOT, gaps)
    split = attribute_tree(usable, before, after)
    return shown_nodes(usable, before, after, split, gaps, hidden), split


def _leaf_sum(nodes) -> float:
    parents = {node.parent for node in nodes if node.contribution is not None}
    return math.fsum(n.contribution for n in nodes if n.contribution is not None and n.id not in parents)


def test_everything_there_adds_up_and_zero_closing_nodes_are_not_drawn():
    nodes, split = _draw()
    ids = [node.id for node in nodes]
    assert nodes[0].id == "revenue_base" and nodes[0].contribution == pytest.approx(31500)
    assert "moved_in" not in ids and "aov_off_lines" not in ids
    assert "engagement_rate" not in ids  # no such data: it waits under "what is missing"
    assert _leaf_sum(nodes) == pytest.approx(31500) and split.sum_of_leaves == pytest.approx(31500)


def test_a_closing_node_is_drawn_when_it_is_not_zero():
    after = {**AFTER, "aov_off_lines": 10.0, "aov": 1110.0, "revenue_base": 110 * 1.5 * 1110}
    nodes, _ = _draw(after=after)
    assert "aov_off_lines" in [node.id for node in nodes]
    assert _leaf_sum(nodes) == pytest.approx(after["revenue_base"] - 150000)


def test_a_node_with_a_missing_driver_becomes_a_leaf():
    gaps = _lacking("units_per_order", "avg_unit_price", "aov_off_lines")
    nodes, split = _draw(gaps)
    ids = [node.id for node in nodes]
    assert "aov" in split.leaves and "units_per_order" not in ids
    assert _leaf_sum(nodes) == pytest.approx(31500)
    lost = {node.id: node for node in missing_nodes(ROOT, gaps)}
    assert lost["units_per_order"].missing == ("order_lines.quantity",)
    assert lost["engagement_rate"].reason == "not_yet"  # the engine does not know it at all


def test_a_driver_beside_a_missing_one_is_drawn_without_a_part():
    nodes, _ = _draw(_lacking("comeback_rate"))
    shown = {node.id: node for node in nodes}
    assert shown["lapsed_customers"].contribution is None
    assert shown["returned_customers"].contribution is not None
    assert _leaf_sum(nodes) == pytest.approx(31500)


@pytest.mark.parametrize(
    "hidden",
    [{"purchase_frequency"}, {"active_customers"}, {"new_customers", "returned_customers"}, {"churn_rate"}],
)
def test_hidden_nodes_leave_their_part_under_their_parent(hidden):
    nodes, _ = _draw(hidden=frozenset(hidden))
    assert hidden.isdisjoint(node.id for node in nodes)
    assert _leaf_sum(nodes) == pytest.approx(31500)


def test_other_holds_exactly_the_hidden_parts():
    everything = {node.id: node for node in _draw()[0]}
    nodes, _ = _draw(hidden=frozenset({"new_customers", "returned_customers"}))
    other = next(node for node in nodes if node.metric is None)
    assert (other.id, other.parent) == ("active_customers.other", "active_customers")
    assert other.contribution == pytest.approx(
        everything["new_customers"].contribution + everything["returned_customers"].contribution
    )


def test_hiding_all_drivers_makes_a_leaf_without_other():
    nodes, _ = _draw(hidden=frozenset({"units_per_order", "avg_unit_price", "aov_off_lines"}))
    assert "aov.other" not in [node.id for node in nodes]
    assert _leaf_sum(nodes) == pytest.approx(31500)


def test_what_hangs_below_a_missing_belief_moves_up():
    tree = template("ltv_example").root
    known = dict.fromkeys(["ltv_simple", "lifetime_periods", "churn_rate", "ontime_offer_share"])
    usable = fold_missing(tree, known)
    split = attribute_tree(usable, {}, {})
    nodes = {n.id: n for n in shown_nodes(usable, {}, {}, split, known)}
    assert nodes["ontime_offer_share"].parent == "lifetime_periods"
    assert nodes["ontime_offer_share"].edge == "influence"


def test_beliefs_never_get_a_part():
    gaps = ALL_THERE | {"repeat_rate_90": None}
    nodes, _ = _draw(gaps, before={**BEFORE, "repeat_rate_90": 0.1}, after={**AFTER, "repeat_rate_90": 0.3})
    node = next(n for n in nodes if n.id == "repeat_rate_90")
    assert (node.edge, node.contribution) == ("influence", None)
    assert node.change == pytest.approx(0.2)


def test_coverage_counts_metrics_and_names_what_would_unlock():
    gaps = _lacking("units_per_order", "avg_unit_price", "aov_off_lines")
    found = template_coverage(template("ecommerce_revenue"), gaps)
    assert (found.total, found.covered, found.tied) == (28, 13, 13)
    assert found.root_computable
    shown = {node.metric: node for node in found.nodes}
    assert not shown["units_per_order"].computable and shown["aov"].computable


def test_the_root_without_margin_is_the_revenue_one():
    ltv = template("ltv_example")
    lack = Unavailable("x", ("orders.cogs",), "missing_columns")
    gaps = {"ltv_simple": lack, "margin_rate": lack, "ltv_revenue": None, "aov": None}
    assert chosen_root(ltv, gaps).metric == "ltv_revenue"
    assert chosen_root(ltv, {"ltv_simple": None}).metric == "ltv_simple"
    assert chosen_root(ltv, {}).metric == "ltv_simple"  # nothing fits: the tree's own


def test_no_data_at_all_covers_nothing():
    for tree in trees().values():
        found = template_coverage(tree, {})
        assert (found.covered, found.tied, found.root_computable) == (0, 0, False)
