"""The cohort triangle against pandas."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pytest

from crmkpi.engine.evaluate import Where, cohorts, evaluate
from tests.unit.engine.shop import Shop, random_orders


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    return random_orders(9, orders=260, customers=50, days=300)


@pytest.fixture(scope="module")
def shop(tmp_path_factory, raw):
    return Shop(tmp_path_factory.mktemp("cohorts")).orders(raw).done()


def triangle(raw: pd.DataFrame, channel: str | None = None) -> pd.DataFrame:
    """Cohort x age by pandas: customers new under the filter in their first company month."""
    known = raw.dropna(subset=["customer_id"]).copy()
    known["month"] = pd.to_datetime(known["at"]).dt.to_period("M")
    known["cohort"] = known.groupby("customer_id")["month"].transform("min")
    if channel is not None:
        known = known[known["channel"] == channel]
    born = set(known.loc[known["month"] == known["cohort"], "customer_id"])
    known = known[known["customer_id"].isin(born)]
    known["age"] = [m.ordinal - c.ordinal for m, c in zip(known["month"], known["cohort"], strict=True)]
    by = known.groupby(["cohort", "age"])
    out = by.agg(
        customers=("customer_id", "nunique"), orders=("order_id", "count"), revenue=("amount", "sum")
    ).reset_index()
    out["cohort"] = out["cohort"].astype(str)
    return out


@pytest.mark.parametrize("channel", [None, "web"])
def test_cohorts_equal_pandas(shop, raw, channel):
    where = [Where("channel", (channel,))] if channel else []
    found = cohorts(shop, "month", where=where)
    expected = triangle(raw, channel)
    size = expected[expected["age"] == 0].set_index("cohort")["customers"].to_dict()
    for column, metric in (
        ("customers", "cohort_customers"),
        ("orders", "cohort_orders"),
        ("revenue", "cohort_revenue"),
    ):
        rows = found.filter(pl.col("metric") == metric).select("cohort", "age", "value", "denominator")
        values = {(c, a): v for c, a, v, _ in rows.iter_rows()}
        for row in expected.itertuples():
            assert values[(row.cohort, row.age)] == pytest.approx(getattr(row, column)), metric
        assert sum(values.values()) == pytest.approx(expected[column].sum())
        assert {c: d for c, _, _, d in rows.iter_rows()} == size


def test_every_age_that_has_begun_has_a_row(shop):
    rows = cohorts(shop, "month", metrics=["retention_cohort"])
    months = evaluate(shop, ["orders_count"], "month").rows["period"].to_list()
    for cohort, ages in rows.group_by("cohort").agg(pl.col("age").sort()).iter_rows():
        assert ages == list(range(len(months) - months.index(cohort)))
    assert rows.filter(pl.col("age") == 0)["value"].unique().to_list() == [1.0]


def test_a_cohort_row_names_its_period(shop):
    row = cohorts(shop, "quarter").filter(pl.col("age") == 1).row(0, named=True)
    assert row["metric"] in ("retention_cohort", "cohort_customers", "cohort_orders", "cohort_revenue")
    assert row["cohort"] < row["period"]
    assert row["warnings"] == ["left_censored"]


def test_cohort_metrics_are_available_and_give_no_plain_rows(shop):
    found = evaluate(shop, ["retention_cohort"], "month")
    assert found.unavailable == ()
    assert found.rows.is_empty()


def test_one_whole_span_has_no_triangle(shop):
    assert cohorts(shop, "all").is_empty()
