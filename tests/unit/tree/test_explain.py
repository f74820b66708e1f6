"""Whole trees on a made-up shop: identities hold, parts add up, with and without filters."""

from __future__ import annotations

import math
from datetime import date

import polars as pl
import pytest

from crmkpi.catalog.trees import UnknownTreeError, read_template, template
from crmkpi.engine.available import UnknownMetricError
from crmkpi.engine.dimensions import Where
from crmkpi.engine.evaluate import evaluate_periods
from crmkpi.i18n import Words
from crmkpi.periods import parse_period
from crmkpi.tree import answer, coverage, coverages, explain, segment_parts
from crmkpi.tree.coverage import template_list
from tests.unit.tree.shop import raw_orders, store

WEB = (Where("channel", ("web",)),)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return store(tmp_path_factory.mktemp("shop"), raw_orders())


def _leaf_sum(found) -> float:
    parents = {n.parent for n in found.nodes if n.contribution is not None}
    return math.fsum(
        n.contribution for n in found.nodes if n.contribution is not None and n.id not in parents
    )


@pytest.mark.parametrize("name", ["revenue_simple", "ecommerce_revenue", "six_levels", "customer_flow"])
@pytest.mark.parametrize(
    "where", [(), WEB, (Where("channel", ("store", None)),)], ids=["all", "web", "store"]
)
@pytest.mark.parametrize(("period", "vs"), [("2024-09", "2024-08"), ("2025-Q1", "2024-Q4")])
def test_identities_hold_and_parts_add_up(data, name, where, period, vs):
    found = explain(data, name, period, vs, where)
    split = found.attribution
    assert split.residual < 1e-9 and split.folded == ()
    assert split.sum_of_leaves == pytest.approx(split.change, rel=1e-9)
    assert _leaf_sum(found) == pytest.approx(split.change, rel=1e-9)
    assert found.reason is None
    plain = evaluate_periods(data, [found.root], [parse_period(vs), parse_period(period)], where=where)
    assert found.top.before == plain.value(found.root, vs)
    assert found.top.after == plain.value(found.root, period)


def test_moved_nodes_appear_only_under_an_order_filter(data):
    plain = explain(data, "customer_flow", "2024-09", "2024-08")
    web = explain(data, "customer_flow", "2024-09", "2024-08", WEB)
    assert {"moved_in", "moved_out"}.isdisjoint(n.id for n in plain.nodes)
    assert {"moved_in", "moved_out"} <= {n.id for n in web.nodes}


def test_hidden_nodes_keep_the_sum(data):
    whole = explain(data, "ecommerce_revenue", "2024-09", "2024-08")
    found = explain(data, "ecommerce_revenue", "2024-09", "2024-08", hidden=frozenset({"purchase_frequency"}))
    other = next(n for n in found.nodes if n.metric is None)
    frequency = next(n for n in whole.nodes if n.id == "purchase_frequency")
    assert other.contribution == frequency.contribution
    assert _leaf_sum(found) == pytest.approx(found.attribution.change)
    assert other.text(Words("ru")) == "Прочее" and other.text(Words("en")) == "Other"


def test_the_first_quarter_cannot_be_split_below_its_customers(data):
    """Who returned in the first quarter is unknown: the node stays whole, the sum holds."""
    found = explain(data, "ecommerce_revenue", "2024-Q2", "2024-Q1")
    active = next(n for n in found.nodes if n.id == "active_customers")
    new = next(n for n in found.nodes if n.id == "new_customers")
    assert "not_split" in active.warnings and active.contribution is not None
    assert new.contribution is None
    assert _leaf_sum(found) == pytest.approx(found.attribution.change)


def test_the_json_has_the_agreed_shape(data):
    found = explain(data, "ecommerce_revenue", "2024-09", "2024-08").as_dict("en")
    assert {"template", "period", "vs", "root", "nodes", "checks", "method"} <= set(found)
    assert set(found["checks"]) == {"identity_residual", "sum_of_leaf_contributions", "root_change"}
    assert found["method"] == "lmdi"
    node = {"id", "parent", "metric", "label", "level", "better", "edge", "before", "after", "change"}
    node |= {"contribution", "low", "high", "controllable", "warnings"}
    assert all(node <= set(n) for n in found["nodes"])
    assert found["nodes"][0]["label"] == "Revenue from customer base"
    assert found["nodes"][0]["edge"] == "root" and found["nodes"][0]["parent"] is None


def test_the_opening_view_is_the_default(data):
    found = explain(data, "ecommerce_revenue")
    assert (found.period.text, found.vs.text) == ("2025-03", "2024-03")


def test_to_date_compares_the_same_number_of_days(tmp_path):
    orders = [o for o in raw_orders() if o["day"] <= date(2025, 3, 12)]
    data = store(tmp_path, orders)
    last = max(o["day"] for o in orders)
    found = explain(data, "ecommerce_revenue", "2025-03", "2025-02", to_date=True)
    assert found.period.text == f"2025-03-01..{last}"
    assert found.period.days == found.vs.days and found.to_date
    wanted = sum(o["amount"] for o in orders if o["day"] >= date(2025, 3, 1))
    assert found.top.after == pytest.approx(wanted)
    assert found.attribution.sum_of_leaves == pytest.approx(found.attribution.change)


def test_without_lines_the_basket_is_a_leaf_and_the_lines_are_asked_for(tmp_path):
    data = store(tmp_path, raw_orders(), lines=False)
    found = explain(data, "ecommerce_revenue", "2024-09", "2024-08")
    assert "aov" in found.attribution.leaves
    assert any(m.id == "units_per_order" and m.missing for m in found.missing)
    unlocked = {u.table: set(u.metrics) for u in coverage(data, template("ecommerce_revenue")).unlocks}
    assert {"units_per_order", "avg_unit_price", "aov_off_lines"} <= unlocked["order_lines"]


def test_orders_without_lines_leave_the_basket_whole(tmp_path):
    """Units per order speak of orders with lines only: where some lack them, the basket is not cut up."""
    data = store(tmp_path, raw_orders())
    bare = pl.when(pl.col("order") % 7 > 0)
    data.write("orders", data.frame("orders").with_columns(bare.then(pl.col("units", "line_sum"))))
    data.seal()
    found = explain(data, "ecommerce_revenue", "2024-09", "2024-08")
    basket = next(n for n in found.nodes if n.id == "aov")
    assert "not_split" in basket.warnings and "aov" in found.attribution.leaves
    assert _leaf_sum(found) == pytest.approx(found.attribution.change)


def test_a_tree_whose_top_is_unknown_says_why(tmp_path):
    data = store(tmp_path, raw_orders())
    found = explain(data, "email_funnel", "2024-09", "2024-08").as_dict("ru")
    assert found["checks"] is None and found["reason"] == "root_missing"
    assert found["message"].startswith("Данных для показателя")
    assert all(node["contribution"] is None for node in found["nodes"])


def test_another_root_stands_side_by_side(data):
    found = explain(data, "six_levels", "2024-09", "2024-08", root="gross_margin").as_dict("ru")
    assert found["root"] == "gross_margin" and found["reason"] in ("no_identity", "root_missing")
    assert all(node["contribution"] is None for node in found["nodes"])
    frequency = next(n for n in found["nodes"] if n["id"] == "purchase_frequency")
    assert frequency["change"] is not None


def test_ltv_uses_margin_when_there_is_one(tmp_path):
    without = explain(store(tmp_path / "a", raw_orders()), "ltv_example", "2024-09", "2024-08")
    typed = explain(store(tmp_path / "b", raw_orders(), margin=0.3), "ltv_example", "2024-09", "2024-08")
    assert (without.root, typed.root) == ("ltv_revenue", "ltv_simple")
    assert typed.top.after == pytest.approx(0.3 * without.top.after)
    for found in (without, typed):
        assert found.attribution.sum_of_leaves == pytest.approx(found.attribution.change)
        churn = next(n for n in found.nodes if n.id == "churn_rate")
        life = next(n for n in found.nodes if n.id == "lifetime_periods")
        assert churn.contribution == pytest.approx(life.contribution)


def test_the_shops_own_tree_is_the_best_fed(data):
    found = coverages(data)
    assert found[0].template == "ecommerce_revenue"
    assert found[0].covered < found[0].total
    assert [c.root_computable for c in found] == sorted((c.root_computable for c in found), reverse=True)


def test_the_list_of_templates_counts_what_the_data_feed(data):
    found = {row["id"]: row for row in template_list(data, Words("ru"))}
    assert len(found) == 12
    assert (found["customer_flow"]["nodes"], found["customer_flow"]["computable"]) == (7, 7)
    assert not found["horeca"]["suited"]


def test_a_metric_that_does_not_exist_is_named(data):
    with pytest.raises(UnknownMetricError):
        explain(data, read_template(ONE_NODE.format(metric="revenu_base")))
    alone = explain(data, read_template(ONE_NODE.format(metric="revenue_base")))
    assert alone.reason == "no_identity" and alone.as_dict()["checks"] is None


ONE_NODE = """
id = "one"
title = {{ ru = "т", en = "t" }}
suits = {{ ru = "т", en = "t" }}
[[node]]
id = "{metric}"
edge = "root"
label = {{ ru = "л", en = "l" }}
"""


def test_a_tree_of_ones_own(data):
    tree = read_template(
        'id = "mine"\ntitle = { ru = "т", en = "t" }\nsuits = { ru = "т", en = "t" }\n'
        '[[node]]\nid = "revenue_base"\nedge = "root"\nidentity = "orders_count * aov"\n'
        'label = { ru = "Выручка", en = "Revenue" }\n'
        '[[node]]\nid = "orders_count"\nparent = "revenue_base"\nlabel = { ru = "Заказы", en = "Orders" }\n'
        '[[node]]\nid = "aov"\nparent = "revenue_base"\nlabel = { ru = "Чек", en = "Basket" }\n'
    )
    found = explain(data, tree, "2024-09", "2024-08")
    assert found.attribution.sum_of_leaves == pytest.approx(found.attribution.change)


def test_an_unknown_tree_is_named():
    with pytest.raises(UnknownTreeError):
        explain(None, "no_such_tree")  # type: ignore[arg-type]


def test_segments_of_revenue_add_up(data):
    period, vs = parse_period("2024-09"), parse_period("2024-08")
    found = segment_parts(data, "revenue_base", "channel", period, vs)
    assert found.kind == "sum" and {p.segment for p in found.parts} == {"web", "store", None}
    assert math.fsum(p.contribution for p in found.parts) == pytest.approx(found.change)
    assert found.overlap == 0
    assert math.fsum(p.excess for p in found.parts) == pytest.approx(0, abs=1e-6)


def test_segments_of_the_basket_split_into_rate_and_mix(data):
    period, vs = parse_period("2024-09"), parse_period("2024-08")
    found = segment_parts(data, "aov", "channel", period, vs)
    assert found.kind == "ratio"
    assert math.fsum(p.rate + p.mix for p in found.parts) == pytest.approx(found.change)
    orders = {p.segment: p.after for p in segment_parts(data, "orders_count", "channel", period, vs).parts}
    total = sum(orders.values())
    assert {p.segment: p.weight_after for p in found.parts} == pytest.approx(
        {s: n / total for s, n in orders.items()}
    )


def test_customers_in_two_channels_are_said_not_hidden(data):
    period, vs = parse_period("2025-Q1"), parse_period("2024-Q4")
    found = segment_parts(data, "active_customers", "channel", period, vs)
    assert found.overlap == pytest.approx(found.change - math.fsum(p.contribution for p in found.parts))
    assert "segments_overlap" in found.warnings


def test_a_median_stands_side_by_side(data):
    period, vs = parse_period("2024-09"), parse_period("2024-08")
    found = segment_parts(data, "interpurchase_days", "channel", period, vs)
    assert found.kind == "side_by_side" and found.overlap is None
    assert all(p.contribution is None for p in found.parts)


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_the_answer_is_two_or_three_plain_sentences(data, lang):
    words = Words(lang, "RUB")
    for period, vs in (("2024-09", "2024-08"), ("2024-10", "2024-09"), ("2025-03", "2024-03")):
        found = answer(explain(data, "ecommerce_revenue", period, vs), words)
        assert 2 <= len(found) <= 3
        assert all(s.endswith(".") and "{" not in s and "None" not in s for s in found)
        assert found[0].startswith("Выручка" if lang == "ru" else "Revenue")


def test_the_answer_names_the_largest_driver_with_its_amount(data):
    found = explain(data, "ecommerce_revenue", "2024-10", "2024-09")
    drivers = [n for n in found.children("revenue_base") if n.contribution * found.top.change > 0]
    largest = max(drivers, key=lambda n: abs(n.contribution))
    words = Words("en", "RUB")
    sentences = answer(found, words)
    assert f"“{largest.label.en}”" in sentences[1]
    assert words.money(abs(largest.contribution), short=True) in sentences[1].replace("−", "")
    assert words.money(abs(found.top.change), short=True) in sentences[0].replace("−", "")


def test_an_answer_without_a_split_gives_the_reason(data):
    found = answer(explain(data, "email_funnel", "2024-09", "2024-08"), Words("ru"))
    assert len(found) == 2 and "разложить изменение нельзя" in found[1]
