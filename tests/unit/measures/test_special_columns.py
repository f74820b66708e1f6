"""Measures of columns that few shops have, and the fallbacks of messages, on data small enough to check by eye."""

from __future__ import annotations

import pandas as pd
import pytest

from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import available, evaluate
from tests.unit.engine.shop import Shop


def orders(**columns: list[object]) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    raw = pd.DataFrame({"order_id": [f"o{i}" for i in range(n)], "customer_id": [f"c{i}" for i in range(n)]})
    raw["at"] = pd.to_datetime(["2024-01-31"] * n) + pd.to_timedelta(range(n), unit="min")
    raw["amount"] = [100.0 * (i + 1) for i in range(n)]
    for name, values in columns.items():
        raw[name] = values
    return raw


def test_covers_count_only_cheques_that_state_them(tmp_path):
    data = Shop(tmp_path).orders(orders(guest_count=[2, None, 4])).done()
    found = evaluate(data, ["covers", "avg_check_per_cover", "covers_per_cheque"], "month")
    assert found.value("covers", "2024-01") == 6
    assert found.value("avg_check_per_cover", "2024-01") == pytest.approx((100 + 300) / 6)
    assert found.value("covers_per_cheque", "2024-01") == 3
    assert "partly_blank" in found.get("covers", "2024-01").warnings


def test_margin_from_costs_of_goods_wins_over_the_typed_one(tmp_path):
    data = Shop(tmp_path).orders(orders(cogs=[40.0, 120.0, 150.0])).done(margin_rate=0.9)
    found = evaluate(data, ["margin_rate", "gross_margin"], "month")
    row = found.get("margin_rate", "2024-01")
    assert row.value == pytest.approx((600 - 310) / 600)
    assert (row.numerator, row.denominator) == (290, 600)
    assert "margin_typed" not in row.warnings
    assert found.value("gross_margin", "2024-01") == pytest.approx(290)


def test_costs_for_less_than_95_percent_of_revenue_do_not_make_a_margin(tmp_path):
    shop = Shop(tmp_path).orders(orders(cogs=[40.0, 120.0, None]))
    assert available(shop.done())["margin_rate"].reason == "sparse_costs"
    typed = shop.done(margin_rate=0.3)
    row = evaluate(typed, ["margin_rate"], "month").get("margin_rate", "2024-01")
    assert row.value == 0.3
    assert "margin_typed" in row.warnings


def test_gross_is_rebuilt_from_amount_and_discount(tmp_path):
    data = Shop(tmp_path).orders(orders(discount=[25.0, 0.0, 100.0])).done()
    row = evaluate(data, ["discount_share"], "month").get("discount_share", "2024-01")
    assert (row.numerator, row.denominator) == (125, 725)


def messages(**columns: object) -> pd.DataFrame:
    raw = pd.DataFrame({"customer_id": ["a", "b", "c", "d"]})
    raw["sent_at"] = pd.to_datetime(["2024-01-31 10:00"] * 4)
    for name, values in columns.items():
        raw[name] = values
    return raw


def test_delivered_is_what_the_file_says_else_sent_minus_bounced_else_sent(tmp_path):
    said = Shop(tmp_path / "1").messages(messages(delivered=[1, 0, 1, 0], bounced=[0, 0, 0, 1])).done()
    bounced = Shop(tmp_path / "2").messages(messages(bounced=[0, 0, 0, 1])).done()
    sent = Shop(tmp_path / "3").messages(messages(opened=[1, 0, 0, 0])).done()
    values = [
        evaluate(d, ["delivery_rate"], "month").get("delivery_rate", "2024-01") for d in (said, bounced, sent)
    ]
    assert [v.value for v in values] == [0.5, 0.75, 1.0]
    assert ["delivered_from_sent" in v.warnings for v in values] == [False, False, True]


def test_control_rows_were_not_sent(tmp_path):
    data = Shop(tmp_path).messages(messages(delivered=[1, 1, 1, 1], control=[0, 0, 0, 1])).done()
    assert evaluate(data, ["sends_count"], "month").value("sends_count", "2024-01") == 3


def test_the_attribution_of_the_export_wins(tmp_path):
    own = messages(delivered=1, clicked=[1, 1, 0, 0], revenue=[50.0, None, None, None])
    row = evaluate(Shop(tmp_path).messages(own).done(), ["crm_revenue"], "month").get(
        "crm_revenue", "2024-01"
    )
    assert row.value == 50
    assert "attributed_own" in row.warnings


def test_campaign_reports_alone_feed_the_funnel(tmp_path):
    raw = pd.DataFrame({"campaign_id": ["a", "b"], "sent_at": pd.to_datetime(["2024-01-02", "2024-01-30"])})
    raw["sent"], raw["opens"], raw["clicks"] = [100, 300], [20, 60], [5, 15]
    data = Shop(tmp_path).campaigns(raw).done()
    found = evaluate(
        data, ["sends_count", "open_rate", "ctor", "messages_per_customer", "crm_revenue"], "month"
    )
    assert found.value("sends_count", "2024-01") == 400
    assert found.value("open_rate", "2024-01") == 0.2
    assert found.value("ctor", "2024-01") == 0.25
    row = found.get("open_rate", "2024-01")
    assert (row.n_rows, row.n_customers) == (2, None)
    assert "delivered_from_sent" in row.warnings
    assert {u.metric for u in found.unavailable} == {"messages_per_customer", "crm_revenue"}


def test_reachability_comes_from_sends_without_consents(tmp_path):
    data = Shop(tmp_path).messages(messages(delivered=[1, 1, 0, 1])).done()
    row = evaluate(data, ["reachable_customers"], "month").get("reachable_customers", "2024-01")
    assert row.value == 3
    assert "reachable_from_sends" in row.warnings


def test_customer_metrics_of_messages_are_unknown_while_only_reports_cover_the_time(tmp_path):
    raw = pd.DataFrame({"campaign_id": ["a"], "sent_at": pd.to_datetime(["2023-11-02"]), "sent": [100]})
    data = Shop(tmp_path).messages(messages(delivered=1)).campaigns(raw).done()
    found = evaluate(data, ["messages_per_customer", "sends_count"], "month")
    assert found.value("sends_count", "2023-11") == 100
    assert found.value("messages_per_customer", "2023-11") is None
    assert "outside_coverage" in found.get("messages_per_customer", "2023-11").warnings
    assert found.value("messages_per_customer", "2024-01") is not None


def test_the_store_is_described_by_its_headers_alone(tmp_path):
    data = Shop(tmp_path).messages(messages()).done()
    assert isinstance(data, DataDir)
    assert data.tables() == ["messages"]
    assert not data.has("orders")
    assert available(data)["revenue_base"].missing == ("orders.customer_id|order_lines.customer_id",)
