"""Customer lists against the metrics they open from, and expected money against what really followed."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from crmkpi.analysis.expected import expected_money
from crmkpi.analysis.lists import (
    FLOWS,
    LIST_COLUMNS,
    NoPreviousPeriodError,
    UnknownFlowError,
    customers_of,
    customers_of_cohort,
    customers_of_segment,
)
from crmkpi.analysis.rfm import SEGMENTS, rfm, segment_table
from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import Where, cohorts, evaluate_periods
from crmkpi.periods import parse_period
from tests.unit.engine.shop import Shop, random_orders, random_shop, twelve_orders

APP = (Where("channel", ("App",)),)
WHERES = [(), APP, (Where("segment", ("Small towns",)),), (Where("channel", (None,)),)]


@pytest.mark.parametrize("where", WHERES, ids=["all", "channel", "segment", "blank"])
@pytest.mark.parametrize("text", ["2026-07", "2026-Q2", "2026-W30", "2026-05-03..2026-06-11"])
def test_every_list_counts_what_its_metric_counts(
    sample: DataDir, text: str, where: tuple[Where, ...]
) -> None:
    period = parse_period(text)
    result = evaluate_periods(sample, list(FLOWS.values()), [period], where=where)
    for flow, metric in FLOWS.items():
        row = result.get(metric, period.text)
        assert row is not None
        number = row.numerator if flow == "inactive" else row.value
        found = customers_of(sample, flow, period, where)
        assert found.height == number, flow
        assert found["cust"].n_unique() == found.height


def test_lists_under_a_filter_on_lines(tmp_path: Path) -> None:
    """Customers with a line of tea; the split of orders by lines must not double anybody."""
    data = random_shop(tmp_path, orders=900)
    where, period = (Where("category", ("tea",)),), parse_period("2023-09")
    result = evaluate_periods(data, [m for f, m in FLOWS.items() if f != "inactive"], [period], where=where)
    for flow, metric in FLOWS.items():
        if flow != "inactive":
            assert customers_of(data, flow, period, where).height == result.value(metric, period.text), flow
    tea = data.frame("order_lines").filter(pl.col("category") == "tea").select("cust").unique().collect()
    scored = rfm(data, where=where).customers
    assert set(scored["cust"]) == set(tea["cust"].drop_nulls())


def test_lists_on_the_paper_shop(tmp_path: Path) -> None:
    data = twelve_orders(tmp_path)
    data.write("ids", ids_of(data))

    def who(flow: str, text: str) -> set[str]:
        return set(customers_of(data, flow, parse_period(text))["customer_id"])

    assert who("active", "2024-02") == {"ann", "bob", "dan"} and who("new", "2024-02") == {"dan"}
    assert who("retained", "2024-03") == {"ann"} and who("lost", "2024-03") == {"bob", "dan"}
    assert who("returned", "2024-05") == {"bob", "cid"} and who("reactivated", "2024-05") == {"bob", "cid"}
    assert who("dormant", "2024-05") == {"cid"} and who("dormant", "2024-06") == {"ann", "dan"}
    # January begins before the data, so nobody can say who was kept from it
    with pytest.raises(NoPreviousPeriodError):
        who("retained", "2024-02")


def ids_of(data: DataDir) -> pl.DataFrame:
    """The shop numbers customers in the order of their appearance."""
    orders = data.frame("orders").filter(pl.col("cust").is_not_null()).sort("order").collect()
    seen = orders.unique("cust", keep="first", maintain_order=True).sort("cust")["cust"].to_list()
    names = dict(zip(seen, ["ann", "bob", "cid", "dan", "eve"], strict=True))
    return pl.DataFrame(
        {"cust": list(names), "customer_id": list(names.values())}, schema_overrides={"cust": pl.Int32}
    )


def test_ids_are_those_of_the_file(sample: DataDir) -> None:
    found = customers_of(sample, "lost", parse_period("2026-08"))
    raw = pd.read_csv(
        Path(__file__).resolve().parents[3] / "sample_data" / "shop_en" / "orders.csv",
        dtype={"Customer ID": str},
    )
    raw = raw[~raw["Status"].isin(["Cancelled", "Refused", "Test"]) & (raw["Order Amount"] > 0)]
    months = raw.assign(month=raw["Order Date"].str[:7]).dropna(subset=["Customer ID"])
    before, now = (set(months.loc[months["month"] == m, "Customer ID"]) for m in ("2026-07", "2026-08"))
    assert set(found["customer_id"]) == before - now
    assert found.columns == list(LIST_COLUMNS)
    money = found["expected_money"].to_list()
    assert money == sorted(money, reverse=True) and money[-1] >= 0
    means = months.groupby("Customer ID")["Order Amount"].mean()
    row = found.row(0, named=True)
    assert row["mean_order"] == pytest.approx(means[row["customer_id"]])


def test_a_list_that_needs_the_period_before_is_refused_without_it(sample: DataDir) -> None:
    for flow in ("lost", "retained", "returned"):
        with pytest.raises(NoPreviousPeriodError):
            customers_of(sample, flow, parse_period("2024-01"))
    with pytest.raises(UnknownFlowError):
        customers_of(sample, "best", parse_period("2026-08"))


def test_the_dormant_of_the_coming_month(sample: DataDir) -> None:
    """The list to write to: silent for more than 90 days on the day after the data."""
    found = customers_of(sample, "dormant", parse_period("2026-10"))
    last = sample.meta.coverage["orders"].last + timedelta(days=1)
    assert found.height > 1000
    assert max(found["last_order"].to_list()) < last - timedelta(days=90)


def test_segment_and_cohort_lists(sample: DataDir) -> None:
    scores = rfm(sample)
    sizes = dict(segment_table(scores).select("segment", "customers").iter_rows())
    for segment in SEGMENTS:
        assert customers_of_segment(sample, scores, segment).height == sizes[segment]
    with pytest.raises(UnknownFlowError):
        customers_of_segment(sample, scores, "vip")
    cells = cohorts(sample, "month", metrics=["retention_cohort"]).filter(pl.col("cohort") == "2026-01")
    for row in cells.iter_rows(named=True):
        seen = customers_of_cohort(sample, parse_period("2026-01"), parse_period(row["period"]))
        assert seen.height == row["numerator"]


def test_expected_money_is_what_followed_on_average(tmp_path: Path) -> None:
    """Forecast from the first 600 days of a random shop against the 90 days after them."""
    raw = random_orders(3, orders=6000, customers=900, days=720)
    cut = pd.Timestamp("2023-01-04") + pd.Timedelta(days=630)
    data = Shop(tmp_path).orders(raw[raw["at"] < cut]).done()
    said = expected_money(data)
    after = raw[(raw["at"] >= cut) & (raw["at"] < cut + pd.Timedelta(days=90)) & raw["customer_id"].notna()]
    assert said["expected_orders"].sum() == pytest.approx(len(after), rel=0.07)
    assert said["expected_money"].sum() == pytest.approx(after["amount"].sum(), rel=0.12)


def test_expected_money_ranks_customers(sample: DataDir) -> None:
    said = expected_money(sample)
    assert said["cust"].n_unique() == said.height
    frequent = said.filter(pl.col("orders") >= 10)["expected_orders"].mean()
    once = said.filter(pl.col("orders") == 1)["expected_orders"].mean()
    assert isinstance(frequent, float) and isinstance(once, float) and frequent > 2 * once > 0


def test_short_history_has_no_expectation(tmp_path: Path) -> None:
    data = random_shop(tmp_path, days=150)
    assert expected_money(data)["expected_money"].null_count() == expected_money(data).height
    found = customers_of(data, "active", parse_period("2023-03"))
    assert found.height > 0 and found["expected_money"].null_count() == found.height
    assert min(found["last_order"].to_list()) >= date(2023, 3, 1)
