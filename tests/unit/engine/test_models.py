"""Metrics that are models of a customer base: RFM, payback, tiers of loyalty."""

from __future__ import annotations

import pandas as pd
import pytest

from crmkpi.analysis.rfm import rfm
from crmkpi.engine.evaluate import Where, evaluate
from tests.unit.engine.shop import Shop, random_orders


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return Shop(tmp_path_factory.mktemp("rfm")).orders(random_orders(8, orders=700, customers=90)).done()


@pytest.mark.parametrize("where", [(), (Where("channel", ("web", "app")),)])
def test_rfm_is_the_same_number_as_on_the_customers_page(shop, where):
    found = evaluate(shop, ["rfm_top_share", "rfm_at_risk_value"], "quarter", where=where).rows
    assert found.height > 6
    for row in found.iter_rows(named=True):
        end = min(row["to"], shop.meta.coverage["orders"].last)
        page = rfm(shop, as_of=end, where=where)
        expected = page.champions_share() if row["metric"] == "rfm_top_share" else page.at_risk_value()
        assert row["value"] == pytest.approx(expected), (row["metric"], row["period"])


def test_rfm_is_for_months_and_longer(shop):
    found = evaluate(shop, ["rfm_top_share", "aov"], "week")
    assert found.reason("rfm_top_share").reason == "short_grain"
    assert set(found.rows["metric"]) == {"aov"}


def test_equal_customers_have_equal_scores_so_none_is_above_the_rest(tmp_path):
    raw = pd.DataFrame(
        [(f"o{i}", f"c{i}", pd.Timestamp("2024-01-10"), 10.0) for i in range(20)],
        columns=["order_id", "customer_id", "at", "amount"],
    )
    data = Shop(tmp_path).orders(raw).done()
    assert evaluate(data, ["rfm_top_share"], "month").value("rfm_top_share", "2024-01") == 0


def payback_shop(tmp_path, cost: float):
    days = ["2024-01-10", "2024-02-20", "2024-03-15", "2024-05-30"]
    raw = pd.DataFrame(
        [(f"o{i}", "x", pd.Timestamp(d), 100.0) for i, d in enumerate(days)],
        columns=["order_id", "customer_id", "at", "amount"],
    )
    costs = pd.DataFrame([{"date": pd.Timestamp("2024-01-01"), "amount": cost, "category": "acquisition"}])
    return Shop(tmp_path).orders(raw).costs(costs).done(margin_rate=0.5)


@pytest.mark.parametrize(("cost", "months"), [(50, 1), (60, 2), (100, 2), (150, 3), (200, 5)])
def test_payback_is_the_month_in_which_margin_covers_the_cost(tmp_path, cost, months):
    found = evaluate(payback_shop(tmp_path, cost), ["cac_payback"], "month")
    assert found.value("cac_payback", "2024-01") == months


def test_a_cohort_that_has_not_paid_back_says_so(tmp_path):
    found = evaluate(payback_shop(tmp_path, 201), ["cac_payback"], "month").get("cac_payback", "2024-01")
    assert found.value is None
    assert "not_paid_back" in found.warnings


def tiers(tmp_path, **meta: object):
    people = pd.DataFrame(
        {
            "customer_id": ["a", "b", "c", "d", "e"],
            "loyalty_tier": ["gold", "silver", "silver", "basic", None],
            "registered_at": pd.Timestamp("2024-01-01"),
        }
    )
    raw = pd.DataFrame(
        [("o1", "a", 500.0), ("o2", "b", 90.0), ("o3", "c", 60.0), ("o4", "d", 10.0), ("o5", "e", 10.0)],
        columns=["order_id", "customer_id", "amount"],
    ).assign(at=pd.Timestamp("2024-01-10"))
    data = Shop(tmp_path).orders(raw).customers(people).done(**meta)
    return evaluate(data, ["loyalty_tier_share"], "month").get("loyalty_tier_share", "2024-01")


def test_tiers_stand_by_what_their_members_spend(tmp_path):
    found = tiers(tmp_path)
    assert (found.value, found.numerator, found.denominator) == (0.75, 3, 4)
    assert "tiers_by_spend" in found.warnings


def test_a_given_order_of_tiers_holds(tmp_path):
    found = tiers(tmp_path, loyalty_tiers=["basic", "silver", "gold"], loyalty_floor="gold")
    assert found.value == 0.25
    assert "tiers_by_spend" not in found.warnings
