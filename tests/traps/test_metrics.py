"""Numbers people get wrong, on data where the wrong way gives another number."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pytest

from crmkpi.catalog import metrics
from crmkpi.engine.evaluate import Where, evaluate
from tests.unit.engine.shop import Shop, random_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return random_shop(tmp_path_factory.mktemp("traps"), seed=2, orders=400)


def series(shop, metric: str, grain: str) -> list[float]:
    return evaluate(shop, [metric], grain).rows["value"].drop_nulls().to_list()


def test_a_sum_of_monthly_uniques_is_not_the_number_of_customers(shop):
    months, whole = series(shop, "active_customers", "month"), series(shop, "active_customers", "all")
    assert sum(months) > 1.5 * whole[0]


def test_a_mean_of_monthly_frequency_is_not_the_frequency(shop):
    months, whole = series(shop, "purchase_frequency", "month"), series(shop, "purchase_frequency", "all")
    assert sum(months) / len(months) < 0.7 * whole[0]


def test_a_ratio_is_never_averaged_over_segments(shop):
    parts = evaluate(shop, ["aov"], "all", by="channel").rows
    whole = evaluate(shop, ["aov"], "all").value("aov", "all")
    assert parts["numerator"].sum() / parts["denominator"].sum() == pytest.approx(whole)
    assert parts["value"].mean() != pytest.approx(whole, rel=1e-6)


def test_blank_customers_are_not_one_giant_customer(shop):
    orders = pl.read_parquet(shop.path("orders"))
    assert orders["cust"].null_count() > 5
    known = orders["cust"].drop_nulls().n_unique()
    assert evaluate(shop, ["active_customers"], "all").value("active_customers", "all") == known
    assert evaluate(shop, ["base_size"], "all").value("base_size", "all") == known


def test_anonymous_orders_are_in_the_total_only(shop):
    row = evaluate(shop, ["revenue_total", "revenue_base", "anonymous_revenue"], "all")
    parts = row.value("revenue_base", "all") + row.value("anonymous_revenue", "all")
    assert row.value("revenue_total", "all") == pytest.approx(parts)
    assert row.value("anonymous_revenue", "all") > 0
    assert row.get("revenue_total", "all").n_rows > row.get("revenue_base", "all").n_rows


def test_new_under_a_filter_is_new_to_the_company(tmp_path):
    raw = pd.DataFrame(
        [
            ("o1", "x", "2024-01-05", 10.0, "store"),
            ("o2", "x", "2024-02-05", 10.0, "web"),
            ("o3", "y", "2024-02-06", 10.0, "web"),
        ],
        columns=["order_id", "customer_id", "at", "amount", "channel"],
    )
    raw["at"] = pd.to_datetime(raw["at"])
    data = Shop(tmp_path).orders(raw).done()
    web = evaluate(data, ["new_customers"], "month", where=[Where("channel", ("web",))])
    assert web.value("new_customers", "2024-02") == 1  # y; x is new to the web only


def test_first_in_period_flags_would_lie_under_a_filter(tmp_path):
    # x is new in February, but buys on the web only after a first order in the store
    raw = pd.DataFrame(
        [("o1", "x", "2024-02-01", 10.0, "store"), ("o2", "x", "2024-02-05", 10.0, "web")],
        columns=["order_id", "customer_id", "at", "amount", "channel"],
    )
    raw["at"] = pd.to_datetime(raw["at"])
    data = Shop(tmp_path).orders(raw).done()
    web = evaluate(data, ["new_customers", "acquired_customers"], "month", where=[Where("channel", ("web",))])
    assert web.value("new_customers", "2024-02") == 1
    assert web.value("acquired_customers", "2024-02") == 0  # the channel of the very first order


def test_more_than_ninety_days_means_ninety_one(tmp_path):
    raw = pd.DataFrame(
        [
            ("o0", "z", "2023-01-01", 1.0),
            ("o1", "x", "2024-01-01", 1.0),
            ("o2", "x", "2024-03-31", 1.0),  # 90 days later: not dormant
            ("o3", "y", "2024-01-01", 1.0),
            ("o4", "y", "2024-04-01", 1.0),  # 91 days later: dormant
        ],
        columns=["order_id", "customer_id", "at", "amount"],
    )
    raw["at"] = pd.to_datetime(raw["at"])
    found = evaluate(Shop(tmp_path).orders(raw).done(), ["reactivated_customers"], "month")
    assert found.value("reactivated_customers", "2024-03") == 0
    assert found.value("reactivated_customers", "2024-04") == 1


def test_blank_is_unknown_not_zero(tmp_path):
    raw = pd.DataFrame(
        [
            ("o1", "x", "2024-01-10", 10.0, None),
            ("o2", "y", "2024-02-10", 10.0, 2.0),
            ("o3", "z", "2024-02-29", 5.0, None),
        ],
        columns=["order_id", "customer_id", "at", "amount", "discount"],
    )
    raw["at"] = pd.to_datetime(raw["at"])
    found = evaluate(Shop(tmp_path).orders(raw).done(), ["discount_share"], "month")
    january, february = (found.get("discount_share", p) for p in ("2024-01", "2024-02"))
    assert january.value is None
    assert "all_blank" in january.warnings
    assert february.value == pytest.approx(2 / 17)
    assert "partly_blank" in february.warnings


def test_campaigns_that_messages_cover_count_once(shop):
    covered = pl.read_parquet(shop.path("campaigns")).filter(pl.col("covered") == 1)
    sent = pl.read_parquet(shop.path("messages")).filter(pl.col("control").fill_null(0) == 0).height
    every = pl.read_parquet(shop.path("campaigns"))["sent"].sum() + sent
    found = evaluate(shop, ["sends_count"], "all").value("sends_count", "all")
    assert found == every - covered["sent"].sum()


def test_an_order_of_two_categories_counts_in_both_and_its_money_once(shop):
    found = evaluate(shop, ["orders_count", "revenue_base"], "all", by="category").rows
    lines = pl.read_parquet(shop.path("order_lines")).filter(pl.col("cust").is_not_null())
    orders = found.filter(pl.col("metric") == "orders_count")
    money = found.filter(pl.col("metric") == "revenue_base")
    assert orders["value"].sum() == lines.select(pl.struct("order", "category").n_unique()).item()
    assert orders["value"].sum() > lines["order"].n_unique()
    assert money["value"].sum() == pytest.approx(lines["amount"].sum() / 100)
    assert "segments_overlap" in orders["warnings"].explode().to_list()


def test_costs_once_a_month_cover_the_whole_month(shop):
    found = evaluate(shop, ["crm_cost"], "month")
    assert found.get("crm_cost", "2024-02").complete  # booked on the first of February
    weekly = evaluate(shop, ["crm_cost"], "week").rows
    assert "coarse_costs" in weekly["warnings"].explode().to_list()


def test_a_zero_denominator_is_unknown_not_infinite(tmp_path):
    raw = pd.DataFrame(
        [("o1", "x", "2024-01-10", 10.0), ("o2", "x", "2024-03-10", 10.0)],
        columns=["order_id", "customer_id", "at", "amount"],
    )
    raw["at"] = pd.to_datetime(raw["at"])
    found = evaluate(Shop(tmp_path).orders(raw).done(), ["aov", "retention_rate"], "month")
    assert found.get("aov", "2024-02").value is None
    assert (found.get("aov", "2024-02").numerator, found.get("aov", "2024-02").denominator) == (0, 0)
    assert "zero_denominator" in found.get("aov", "2024-02").warnings


def test_the_identities_of_revenue_hold_in_every_period_and_segment(shop):
    parts = [
        "revenue_base",
        "active_customers",
        "purchase_frequency",
        "aov",
        "units_per_order",
        "avg_unit_price",
    ]
    rows = evaluate(shop, [*parts, "aov_off_lines"], "month", by="channel").rows
    table = rows.pivot("metric", index=["period", "segment"], values="value").drop_nulls(parts)
    assert table.height > 30
    for row in table.iter_rows(named=True):
        whole = row["active_customers"] * row["purchase_frequency"] * row["aov"]
        assert row["revenue_base"] == pytest.approx(whole)
        lines = row["units_per_order"] * row["avg_unit_price"] + row["aov_off_lines"]
        assert row["aov"] == pytest.approx(lines)


def test_the_message_funnel_multiplies_to_its_revenue(shop):
    names = ["crm_revenue", "sends_count", "delivery_rate", "click_rate", "click_to_order", "aov_attributed"]
    rows = evaluate(shop, names, "month").rows
    table = rows.pivot("metric", index="period", values="value").drop_nulls()
    assert table.height > 8
    for row in table.iter_rows(named=True):
        product = 1.0
        for name in names[1:]:
            product *= row[name]
        assert row["crm_revenue"] == pytest.approx(product)


def test_an_ltv_far_from_what_customers_really_brought_says_so(shop):
    names = ["ltv_simple", "ltv_revenue", "ltv_observed"]
    found = evaluate(shop, names, "month")
    seen = 0
    for month in found.rows["period"].unique():
        model, actual = found.value("ltv_revenue", month), found.value("ltv_observed", month)
        if model is not None:
            far = not 1 / 1.5 <= model / actual <= 1.5
            seen += far
            for name in names[:2]:
                assert ("differs_from_observed" in found.get(name, month).warnings) == far
    assert seen > 0


def test_no_value_is_ever_infinite_or_not_a_number(shop):
    for grain in ("week", "month", "all"):
        values = evaluate(shop, None, grain, by="channel").rows["value"].drop_nulls()
        assert values.is_finite().all()


def test_every_ratio_carries_its_fraction(shop):
    rows = evaluate(shop, None, "month").rows.filter(pl.col("value").is_not_null())
    ratios = [m.id for m in metrics().values() if m.klass == "ratio"]
    some = rows.filter(pl.col("metric").is_in(ratios))
    # a margin typed in by hand is a number without a fraction, and LTV/CAC a ratio of models
    bare = some.filter(pl.col("numerator").is_null() | pl.col("denominator").is_null())
    assert set(bare["metric"].unique()) <= {"margin_rate"}
    whole = some.filter(pl.col("denominator").is_not_null() & ~pl.col("metric").is_in(["margin_rate"]))
    for metric, value, a, b in whole.select("metric", "value", "numerator", "denominator").iter_rows():
        assert value == pytest.approx(a / b), metric


def test_a_cut_last_period_ends_on_the_last_day_of_the_data(tmp_path):
    # 78 days of orders: nobody can be silent for more than 90, although March ends on day 91
    raw = pd.DataFrame(
        [("o1", "x", "2024-01-01", 1.0), ("o2", "y", "2024-02-02", 1.0), ("o3", "z", "2024-03-18", 1.0)],
        columns=["order_id", "customer_id", "at", "amount"],
    )
    raw["at"] = pd.to_datetime(raw["at"])
    cut = evaluate(Shop(tmp_path / "cut").orders(raw).done(), ["lost_share_90"], "month")
    assert cut.get("lost_share_90", "2024-03").value is None
    assert "left_censored" in cut.get("lost_share_90", "2024-03").warnings
    raw["at"] = [*raw["at"][:2], pd.Timestamp("2024-03-31")]
    whole = evaluate(Shop(tmp_path / "whole").orders(raw).done(), ["lost_share_90"], "month")
    assert whole.value("lost_share_90", "2024-03") == 0.0  # 1 January is exactly 90 days before its end
