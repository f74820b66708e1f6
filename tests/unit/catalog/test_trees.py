"""The templates: whole, of one form, in the article's own words; and what a broken tree file is told."""

from __future__ import annotations

import random

import pytest

from crmkpi.catalog.metric import metrics
from crmkpi.catalog.trees import LEVELS, BadTreeError, UnknownTreeError, read_template, template, trees
from crmkpi.formula import Formula, UnknownNameError
from crmkpi.i18n import catalogue

ALL = list(trees().values())


def _nodes():
    return [(tree.id, node) for tree in ALL for node in tree.root.walk()]


def test_all_twelve_in_their_order():
    assert list(trees()) == [
        "revenue_simple", "ecommerce_revenue", "six_levels", "ltv_example", "ecommerce_margin", "email_funnel",
        "customer_flow", "subscription", "b2b_leads", "b2b_cac", "horeca", "mobile_app",
    ]  # fmt: skip


def test_each_has_the_nodes_that_were_agreed():
    sizes = {tree.id: sum(1 for _ in tree.root.walk()) for tree in ALL}
    assert sizes == {
        "revenue_simple": 7, "ecommerce_revenue": 28, "six_levels": 34, "ltv_example": 15,
        "ecommerce_margin": 12, "email_funnel": 15, "customer_flow": 7, "subscription": 17, "b2b_leads": 14,
        "b2b_cac": 5, "horeca": 17, "mobile_app": 17,
    }  # fmt: skip


def test_the_articles_tree_keeps_its_words():
    root = template("ltv_example").root
    words = {node.metric: node.label.ru for node in root.walk()}
    assert words["ltv_simple"] == "Цель: Увеличение LTV"
    assert words["churn_rate"] == "Уровень оттока"
    assert words["reactivation_rate"] == "Уровень реактивации"
    assert words["winback_campaigns_successful"] == "Количество успешных реанимационных кампаний"
    assert words["trigger_latency"] == "Своевременность коммуникаций"
    assert words["ontime_offer_share"] == "Доля клиентов, получивших предложение в нужный момент"
    assert words["engagement_rate"] == "Вовлеченность в коммуникации"
    assert [words[m] for m in ("open_rate", "click_rate", "ctr_segment", "conversion_message")] == [
        "Open rate", "Click rate", "CTR по сегментам", "Конверсии из рассылок",
    ]  # fmt: skip


@pytest.mark.parametrize(("tree", "node"), _nodes(), ids=lambda x: getattr(x, "id", x))
def test_every_node_is_complete(tree, node):
    assert node.label.ru.strip() and node.label.en.strip()
    assert node.level is None or node.level in LEVELS
    if node.edge == "influence":
        assert node.why is not None and node.why.ru and node.why.en, "a belief needs its reason"
    if node.identity:
        assert set(Formula(node.identity).names) == {child.metric for child in node.drivers}
    else:
        assert node.drivers == ()


def test_six_levels_hold_all_six():
    levels = {node.level for node in template("six_levels").root.walk()} - {None}
    assert levels == set(LEVELS)


def test_one_metric_has_one_label_inside_a_tree():
    for tree in ALL:
        metric_ids = [node.metric for node in tree.root.walk()]
        assert len(metric_ids) == len(set(metric_ids)), tree.id


def test_every_node_is_a_metric_of_the_catalogue():
    known = metrics()
    strangers = {(tree, node.metric) for tree, node in _nodes() if node.metric not in known}
    assert strangers == set()
    assert {c.metric for tree in ALL for c in tree.instead} <= set(known)


def test_other_roots_keep_or_lose_the_arithmetic():
    ltv = template("ltv_example")
    without_margin = ltv.with_root("ltv_revenue")
    assert "margin_rate" not in [node.metric for node in without_margin.walk()]
    assert {c.metric for c in without_margin.drivers} == set(Formula(without_margin.identity).names)
    romi = template("six_levels").with_root("romi_attributed")
    assert romi.identity is None and romi.drivers == ()
    assert romi.find("retention_rate") is not None
    assert template("six_levels").with_root("revenue_base") == template("six_levels").root
    with pytest.raises(UnknownTreeError):
        ltv.with_root("nps")


def test_an_unknown_template_is_answered_with_similar_ones():
    with pytest.raises(UnknownTreeError) as error:
        template("ecommerce")
    assert "ecommerce_revenue" in error.value.params["near"]


GOOD = """
id = "mine"
title = { ru = "Моё", en = "Mine" }
suits = { ru = "Всё", en = "Anything" }
[[node]]
id = "revenue"
metric = "revenue_base"
edge = "root"
identity = "orders_count * aov"
label = { ru = "Выручка", en = "Revenue" }
[[node]]
id = "orders_count"
parent = "revenue"
label = { ru = "Заказы", en = "Orders" }
[[node]]
id = "aov"
parent = "revenue"
label = { ru = "Чек", en = "Basket" }
"""


def test_a_tree_of_ones_own():
    tree = read_template(GOOD)
    assert [node.id for node in tree.root.walk()] == ["revenue", "orders_count", "aov"]
    assert tree.root.metric == "revenue_base"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('id = "mine"', "id = mine", "syntax"),
        ('title = { ru = "Моё", en = "Mine" }', "", "field"),
        ('edge = "root"', 'edge = "boss"', "field"),
        ('id = "aov"\nparent', 'id = "orders_count"\nparent', "twice"),
        ('id = "aov"\nparent = "revenue"', 'id = "aov"\nparent = "nobody"', "no_parent"),
        ('id = "aov"\nparent = "revenue"', 'id = "aov"', "one_root"),
        ('identity = "orders_count * aov"', "", "no_identity"),
        ('identity = "orders_count * aov"', 'identity = "2 * aov"', "unused"),
    ],
)
def test_a_broken_tree_is_told_what_is_wrong(old, new, reason):
    assert old in GOOD
    with pytest.raises(BadTreeError) as error:
        read_template(GOOD.replace(old, new, 1))
    assert error.value.params["reason"] == reason
    assert error.value.key in catalogue("ru") and error.value.key in catalogue("en")


def test_a_ring_and_an_unknown_name_are_refused():
    ring = GOOD + (
        '[[node]]\nid = "x"\nparent = "y"\nedge = "influence"\nlabel = { ru = "х", en = "x" }\n'
        '[[node]]\nid = "y"\nparent = "x"\nedge = "influence"\nlabel = { ru = "у", en = "y" }\n'
    )
    with pytest.raises(BadTreeError) as error:
        read_template(ring)
    assert error.value.params["reason"] == "ring"
    with pytest.raises(UnknownNameError):
        read_template(GOOD.replace("orders_count * aov", "orders_count * aow"))


def test_a_tree_too_deep_or_too_wide_is_refused():
    def chain(depth: int) -> str:
        nodes = [f'[[node]]\nid = "n{i}"\nparent = "n{i - 1}"\nedge = "influence"\n' for i in range(1, depth)]
        nodes = ['[[node]]\nid = "n0"\nedge = "root"\n', *nodes]
        head = 'id = "t"\ntitle = { ru = "т", en = "t" }\nsuits = { ru = "т", en = "t" }\n'
        return head + "".join(node + 'label = { ru = "л", en = "l" }\n' for node in nodes)

    read_template(chain(20))
    for depth in (21, 201):
        with pytest.raises(BadTreeError) as error:
            read_template(chain(depth))
        assert error.value.params["reason"] == "too_big"


def test_labels_are_not_left_in_the_other_language():
    for _, node in _nodes():
        assert not any("а" <= letter <= "я" for letter in node.label.en.lower()), node.id


# identities between counts of rows: no algebra proves them, data do (tests of the tree and measures rooms)
COUNTED = {"active_customers", "guests_active", "crm_cost", "mau", "mrr", "sessions", "churn_mrr_rate"}
# the basket is split where every order has lines (or guests); elsewhere it is drawn whole
EVERY_ORDER = {
    "orders_with_lines": "orders_count",
    "revenue_with_lines": "revenue_base",
    "orders_with_covers": "orders_count",
    "revenue_with_covers": "revenue_base",
}


def _defined(name: str, measures: dict[str, float]) -> float | None:
    """A metric's value by its definition, from random values of the measures."""
    known, name = metrics(), EVERY_ORDER.get(name, name)
    if name not in known or known[name].text == name:
        return measures.setdefault(name, 1.0 + random.Random(name).random() * 1000)
    formula = Formula(known[name].text)
    return formula.value({n: _defined(n, measures) for n in formula.names})


def _algebraic():
    """Identities whose metrics all have a definition today."""
    found = []
    for tree, node in _nodes():
        names = [node.metric, *(child.metric for child in node.drivers)]
        if (
            node.identity
            and node.metric not in COUNTED
            and all(metrics()[n].status == "ready" for n in names)
        ):
            found.append((tree, node))
    return found


@pytest.mark.parametrize(("tree", "node"), _algebraic(), ids=lambda x: getattr(x, "id", x))
def test_identity_of_children_is_the_nodes_own_value_on_random_numbers(tree, node):
    measures: dict[str, float] = {}
    children = {child.metric: _defined(child.metric, measures) for child in node.drivers}
    assert Formula(node.identity).value(children) == pytest.approx(_defined(node.metric, measures), rel=1e-9)


def test_the_agreed_trees_can_be_proven():
    proven = {node.metric for _, node in _algebraic()}
    assert {"revenue_base", "retention_rate", "aov", "crm_revenue", "click_rate", "ltv_simple"} <= proven
