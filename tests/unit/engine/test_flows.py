"""Customer flow under any filter: the example of definitions.md, and laws on random shops."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmkpi.catalog import metrics
from crmkpi.engine.evaluate import Where, evaluate
from crmkpi.engine.reduce import COMPANIES
from crmkpi.formula import Formula
from tests.unit.engine.shop import Shop, random_orders, random_shop

FLOW = [
    "active_customers",
    "active_customers_prev",
    "new_customers",
    "retained_customers",
    "returned_customers",
    "moved_in",
    "lost_customers",
    "moved_out",
    "lapsed_customers",
    "comeback_rate",
    "retention_rate",
    "churn_rate",
]
# month 0: E web, G store; month 1: A, C, D web, B, G store; month 2: A, B, C, E, H web, F store then web
VISITS = """
2024-01 E web
2024-01 G store
2024-02 A web
2024-02 C web
2024-02 D web
2024-02 B store
2024-02 G store
2024-03 A web
2024-03 B web
2024-03 C web
2024-03 E web
2024-03 H web
2024-03 F store
2024-03 F web
"""


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    rows = [line.split() for line in VISITS.strip().splitlines()]
    raw = pd.DataFrame(rows, columns=["month", "customer_id", "channel"])
    raw["order_id"] = [f"o{i}" for i in range(len(raw))]
    raw["at"] = pd.to_datetime(raw.pop("month") + "-01") + pd.to_timedelta(range(len(raw)), unit="h")
    raw["amount"] = 10.0
    return Shop(tmp_path_factory.mktemp("flow")).orders(raw).done()


def test_the_channel_example_of_the_definitions(example):
    found = evaluate(example, FLOW, "month", by="channel")
    march = {s: {m: found.value(m, "2024-03", s) for m in FLOW} for s in ("web", "store")}
    web = {"active_customers": 6, "active_customers_prev": 3, "new_customers": 2, "returned_customers": 1}
    web |= {"moved_in": 1, "lost_customers": 1, "moved_out": 0, "retained_customers": 2}
    store = {"active_customers": 1, "active_customers_prev": 2, "new_customers": 1, "returned_customers": 0}
    store |= {"moved_in": 0, "lost_customers": 1, "moved_out": 1, "retained_customers": 0}
    for segment, expected in (("web", web), ("store", store)):
        assert {m: march[segment][m] for m in expected} == expected, segment


def test_a_filter_gives_what_the_split_gives(example):
    split = evaluate(example, FLOW, "month", by="channel")
    for segment in ("web", "store"):
        alone = evaluate(example, FLOW, "month", where=[Where("channel", (segment,))])
        for metric in FLOW:
            for month in ("2024-02", "2024-03"):
                assert alone.value(metric, month) == split.value(metric, month, segment), (metric, segment)


def test_nothing_moves_without_a_filter(example):
    found = evaluate(example, ["moved_in", "moved_out"], "month")
    assert set(found.rows["value"].drop_nulls()) == {0.0}


LAWS = {
    "active_customers": "active_customers_prev + new_customers + returned_customers + moved_in"
    " - lost_customers - moved_out",
    "retained_customers": "active_customers - new_customers - returned_customers - moved_in",
    "returned_customers": "lapsed_customers * comeback_rate",
}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10**6),
    grain=st.sampled_from(["week", "month", "quarter"]),
    channels=st.sets(st.sampled_from(["web", "store", "app", None])),
)
def test_the_flow_closes_exactly(tmp_path, seed, grain, channels):
    raw = random_orders(seed, orders=120, customers=25, days=300)
    data = Shop(tmp_path / str(seed)).orders(raw).done()
    where = [Where("channel", tuple(channels))] if channels else []
    rows = evaluate(data, FLOW, grain, where=where).rows
    table = rows.pivot("metric", index="period", values="value").drop_nulls(["lapsed_customers"])
    assert table.height > 0
    for row in table.iter_rows(named=True):
        for name, law in LAWS.items():
            value = Formula(law).value(row)
            if value is not None:
                assert row[name] == pytest.approx(value, abs=1e-9), (name, row)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return random_shop(tmp_path_factory.mktemp("random"), seed=21, orders=350)


@pytest.mark.parametrize("dimension", ["channel", "category", "segment", "kind"])
def test_each_segment_of_a_split_equals_the_filter_on_it(shop, dimension):
    split = evaluate(shop, None, "quarter", by=dimension)
    blank_tables = {"sends"} if dimension in ("channel", "kind") else set()
    for segment in sorted(split.rows["segment"].drop_nulls().unique())[:2]:
        alone = evaluate(shop, None, "quarter", where=[Where(dimension, (segment,))])
        part = split.rows.filter(pl.col("segment") == segment)
        both = part.join(alone.rows, on=["metric", "period"], how="inner")
        assert both.height == part.height
        for metric, left, right in both.select("metric", "value", "value_right").iter_rows():
            if metrics()[metric].table in blank_tables:
                continue  # a message with no such column stands in the blank segment, and in no filter
            assert left == (None if right is None else pytest.approx(right)), (metric, segment)


def test_sums_add_up_over_segments(shop):
    sums = [m.id for m in metrics().values() if m.klass == "sum" and m.table == "orders"]
    whole = evaluate(shop, sums, "month").rows
    parts = evaluate(shop, sums, "month", by="channel").rows
    total = parts.group_by("metric", "period").agg(pl.col("value").sum())
    both = whole.join(total, on=["metric", "period"])
    both = both.filter(pl.col("value").is_not_null())
    assert both.height > 50
    for metric, left, right in both.select("metric", "value", "value_right").iter_rows():
        assert left == pytest.approx(right), metric


def test_lapsed_customers_belong_to_the_company_not_to_an_orders_filter(shop):
    whole = evaluate(shop, ["lapsed_customers"], "month")
    web = evaluate(shop, ["lapsed_customers"], "month", where=[Where("channel", ("web",))])
    vip = evaluate(shop, ["lapsed_customers"], "month", where=[Where("segment", ("vip",))])
    assert web.rows["value"].equals(whole.rows["value"])
    assert vip.value("lapsed_customers", "2023-12") < whole.value("lapsed_customers", "2023-12")
    parts = evaluate(shop, ["lapsed_customers"], "month", by="segment").rows
    assert parts.filter(pl.col("period") == "2023-12")["value"].sum() == whole.value(
        "lapsed_customers", "2023-12"
    )


def test_company_activity_is_kept_between_filters(shop):
    COMPANIES.clear()
    first = evaluate(shop, FLOW, "month", where=[Where("channel", ("app",))])
    second = evaluate(shop, FLOW, "month", where=[Where("channel", ("app", "web"))])
    COMPANIES.clear()
    again = evaluate(shop, FLOW, "month", where=[Where("channel", ("web", "app"))], first=None)
    assert second.rows.height == first.rows.height
    assert again.rows.height == second.rows.height
