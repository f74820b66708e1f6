"""Intervals of parts against a plain bootstrap over customers, written without the product."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest

from crmkpi.engine.dimensions import Where
from crmkpi.tree.explain import explain
from crmkpi.tree.intervals import with_intervals
from tests.unit.tree.shop import raw_orders, store

CUSTOMERS = 600
ORDERS = raw_orders(seed=4, customers=CUSTOMERS)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return store(tmp_path_factory.mktemp("shop"), ORDERS)


def _per_customer(first: date, last: date) -> np.ndarray:
    """Active, orders and money of every customer in a window."""
    found = np.zeros((CUSTOMERS, 3))
    for order in ORDERS:
        if first <= order["day"] <= last:
            found[order["customer"]] += [0, 1, order["amount"]]
    found[:, 0] = found[:, 1] > 0
    return found


def _bootstrap(draws: int = 3000) -> np.ndarray:
    """80 % intervals of the change and of its three LMDI parts."""
    before = _per_customer(date(2024, 7, 1), date(2024, 9, 30))
    after = _per_customer(date(2024, 10, 1), date(2024, 12, 31))
    rng, found = np.random.default_rng(11), []
    for _ in range(draws):
        weights = rng.multinomial(CUSTOMERS, [1 / CUSTOMERS] * CUSTOMERS)
        a, b = weights @ before, weights @ after
        mean = (b[2] - a[2]) / math.log(b[2] / a[2])
        ratios = (b[0] / a[0], b[1] / b[0] * a[0] / a[1], b[2] / b[1] * a[1] / a[2])
        found.append([b[2] - a[2], *(mean * math.log(r) for r in ratios)])
    return np.percentile(found, [10, 90], axis=0)


def test_intervals_agree_with_a_bootstrap_over_customers(data):
    found = with_intervals(data, explain(data, "ecommerce_revenue", "2024-Q4", "2024-Q3"), draws=600)
    shown = {node.id: node for node in found.nodes}
    names = ("revenue_base", "active_customers", "purchase_frequency", "aov")
    for name, low, high in zip(names, *_bootstrap(), strict=True):
        node, width = shown[name], high - low
        assert node.low < node.contribution < node.high
        assert node.low == pytest.approx(low, abs=0.25 * width), name
        assert node.high == pytest.approx(high, abs=0.25 * width), name


def test_the_same_question_gives_the_same_interval_and_values_stay(data):
    plain = explain(data, "customer_flow", "2024-10", "2024-09")
    once, again = with_intervals(data, plain), with_intervals(data, plain)
    assert once == again
    assert [n.contribution for n in once.nodes] == [n.contribution for n in plain.nodes]
    assert all(n.low <= n.high for n in once.nodes if n.low is not None)
    assert once.as_dict()["nodes"][0]["low"] is not None


def test_a_filter_narrows_the_customers_and_keeps_the_interval_honest(data):
    web = (Where("channel", ("web",)),)
    found = with_intervals(data, explain(data, "ecommerce_revenue", "2024-Q4", "2024-Q3", web), web)
    top = found.top
    assert top.low < top.change < top.high


def test_beliefs_and_unsplit_nodes_have_no_interval(data):
    found = with_intervals(data, explain(data, "ecommerce_revenue", "2024-Q2", "2024-Q1"))
    for node in found.nodes:
        if node.contribution is None:
            assert (node.low, node.high) == (None, None)


def test_too_few_customers_have_no_interval(tmp_path):
    small = store(tmp_path, raw_orders(customers=50))
    found = explain(small, "ecommerce_revenue", "2024-10", "2024-09")
    assert with_intervals(small, found) == found
