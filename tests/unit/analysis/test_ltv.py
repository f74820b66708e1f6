"""Predicted and observed LTV on the sample shop, against pandas over the same store."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from crmkpi.analysis.flow import STEPS
from crmkpi.analysis.lists import FLOWS, LIST_COLUMNS
from crmkpi.analysis.ltv import Holdout, PredictedLtv, gate, holdout, predicted_ltv
from crmkpi.analysis.observed_ltv import against_cac, far_apart, observed_ltv
from crmkpi.analysis.purchases import margin_rate, repeat_summary, usual_gap_days
from crmkpi.analysis.rfm import SEGMENTS
from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import Where, evaluate
from crmkpi.i18n import catalogue
from tests.unit.engine.shop import Shop, twelve_orders


def bought(data: DataDir) -> pd.DataFrame:
    """Orders of identified customers with money in currency and calendar dates."""
    frame = data.frame("orders").filter(pl.col("cust").is_not_null()).collect().to_pandas()
    frame["money"] = frame["amount"] / data.meta.scale
    frame["cost"] = frame["cogs"] / data.meta.scale if "cogs" in frame else None
    return frame


@pytest.fixture(scope="session")
def predicted(sample: DataDir) -> PredictedLtv:
    return predicted_ltv(sample, 365)


def test_the_summary_equals_pandas(sample: DataDir) -> None:
    end = date(2026, 3, 31)
    edge = (end - date(1970, 1, 1)).days
    frame = bought(sample)
    days = frame[frame["day"] <= edge].groupby(["cust", "day"], as_index=False)["money"].sum()
    first = days.groupby("cust")["day"].transform("min")
    known = days.groupby("cust")["day"].agg(["count", "min", "max"])
    means = days[days["day"] > first].groupby("cust")["money"].mean()
    ours = repeat_summary(sample, as_of=end).to_pandas().set_index("cust")
    assert (ours["x"] == known["count"] - 1).all()
    assert ours["t_x"].to_numpy() == pytest.approx(((known["max"] - known["min"]) / 7).to_numpy())
    assert ours["age"].to_numpy() == pytest.approx(((edge - known["min"]) / 7).to_numpy())
    assert ours.loc[means.index, "mean"].to_numpy() == pytest.approx(means.to_numpy())
    assert ours["mean"].isna().sum() == (ours["x"] == 0).sum()


def test_small_data_are_refused_with_reasons(tmp_path: Path) -> None:
    found = predicted_ltv(twelve_orders(tmp_path))
    assert set(found.gate.reasons) == {"few_customers", "few_repeaters", "short_history"}
    assert found.customers is None and found.per_customer is None and found.holdout is None


def test_a_subscription_business_is_refused(tmp_path: Path) -> None:
    data = twelve_orders(tmp_path)
    data.write("subscriptions", pl.DataFrame({"cust": [0], "mrr": [100]}))
    assert "subscriptions" in gate(data).reasons


def test_the_model_beats_the_naive_rule_on_held_out_weeks(predicted: PredictedLtv) -> None:
    proof = predicted.holdout
    assert isinstance(proof, Holdout) and predicted.gate.open
    assert proof.model_error is not None and proof.naive_error is not None
    assert abs(proof.model_error) < 0.2 < abs(proof.naive_error)
    assert proof.model_mae < proof.naive_mae
    last = proof.curve.row(-1, named=True)
    assert last["week"] == (proof.last - proof.cut).days // 7
    assert last["actual"] == pytest.approx((proof.groups["actual"] * proof.groups["customers"]).sum())
    assert last["model"] == pytest.approx((proof.groups["model"] * proof.groups["customers"]).sum())
    assert last["naive"] == pytest.approx((proof.groups["naive"] * proof.groups["customers"]).sum())
    assert proof.groups["purchases"].to_list() == list(range(7))


def test_the_holdout_never_sees_the_future(sample: DataDir) -> None:
    """Actual purchases after the cut, counted by pandas."""
    proof = holdout(sample)
    assert proof is not None
    frame = bought(sample)[["cust", "day"]].drop_duplicates()
    edge = (proof.cut - date(1970, 1, 1)).days
    known = frame.loc[frame["day"] <= edge, "cust"].unique()
    later = frame[(frame["day"] > edge) & frame["cust"].isin(known)]
    assert proof.curve["actual"][-1] == len(later) and proof.customers == len(known)


def test_one_time_buyers_are_not_called_alive(predicted: PredictedLtv) -> None:
    assert predicted.customers is not None
    once = predicted.customers.filter("one_time")
    assert once.height > 100 and once["alive"].null_count() == once.height
    assert predicted.customers.filter(~pl.col("one_time"))["alive"].null_count() == 0


def test_money_margin_and_discount(sample: DataDir, predicted: PredictedLtv) -> None:
    assert predicted.customers is not None and predicted.money_model is not None
    frame = bought(sample)
    rate = 1 - frame["cost"].sum() / frame["money"].sum()
    assert margin_rate(sample) == (pytest.approx(rate), "costs") and predicted.margin == pytest.approx(rate)
    assert predicted.per_customer == pytest.approx(predicted.customers["expected_money"].mean())
    later = predicted_ltv(sample, 365, discount_per_year=0.2)
    assert later.per_customer is not None and predicted.per_customer is not None
    # money spread over a year loses about half a year's discount
    assert 1.2**-0.6 < later.per_customer / predicted.per_customer < 1.2**-0.35
    assert predicted.new_customer is not None and predicted.new_customer > predicted.per_customer


def test_observed_ltv_equals_pandas(sample: DataDir) -> None:
    found = observed_ltv(sample, "quarter")
    frame = bought(sample)
    frame["age"] = (frame["day"] - frame["first_day"]) // 30 + 1
    born = pd.to_datetime(frame["first_day"], unit="D").dt.to_period("Q").astype(str)
    for row in found.cells.iter_rows(named=True):
        cohort = frame[born == row["cohort"].replace("-", "")]
        mine, size = cohort[cohort["age"] <= row["age"]], cohort["cust"].nunique()
        assert row["customers"] == size
        assert row["revenue"] == pytest.approx(mine["money"].sum() / size)
        assert row["margin"] == pytest.approx((mine["money"] - mine["cost"]).sum() / size)
    assert found.cells.filter("censored")["cohort"].unique().to_list() == ["2024-Q1"]


def test_every_customer_of_a_cell_had_the_time(sample: DataDir) -> None:
    last = sample.meta.coverage["orders"].last
    for row in observed_ltv(sample, "month").cells.iter_rows(named=True):
        end = (row["from"].replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        assert end + timedelta(days=row["days"] - 1) <= last
    youngest = observed_ltv(sample, "month").cells.group_by("cohort").agg(pl.col("age").max()).sort("cohort")
    assert youngest["cohort"][-1] == "2026-08"


def test_the_common_curve_never_falls_and_channels_add_up(sample: DataDir) -> None:
    whole = observed_ltv(sample, "month")
    assert (whole.curve["revenue"].diff().drop_nulls() >= 0).all()
    parts = [observed_ltv(sample, "month", (Where("channel", (c,)),)) for c in ("App", "Site", "Store")]
    at = [
        p.cells.filter((pl.col("cohort") == "2025-03") & (pl.col("age") == 6)).row(0, named=True)
        for p in (whole, *parts)
    ]
    assert sum(r["customers"] for r in at[1:]) == at[0]["customers"]
    total = sum(r["revenue"] * r["customers"] for r in at[1:])
    assert total == pytest.approx(at[0]["revenue"] * at[0]["customers"])


def test_ninety_days_agree_with_the_catalogue(sample: DataDir) -> None:
    """ltv_hist counts 90 days after the first order, day 90 included; ours are days 0..89."""
    theirs = evaluate(sample, ["ltv_hist"], "quarter").value("ltv_hist", "2025-Q2")
    cell = observed_ltv(sample, "quarter").cells.filter(
        (pl.col("cohort") == "2025-Q2") & (pl.col("age") == 3)
    )
    assert theirs is not None and cell["margin"][0] == pytest.approx(theirs, rel=0.03)


def test_without_costs_margin_is_unknown_and_cac_is_not_compared(tmp_path: Path) -> None:
    data = twelve_orders(tmp_path)
    found = observed_ltv(data, "month")
    assert found.margin_from is None and found.cells["margin"].null_count() == found.cells.height
    answer = against_cac(found, 20.0, 30)
    assert (answer.ltv, answer.ratio, answer.enough, answer.payback_days) == (None, None, None, None)


def test_typed_margin_and_the_rule_of_three(tmp_path: Path) -> None:
    raw = pd.DataFrame(
        {
            "order_id": ["a", "b", "c", "d"],
            "customer_id": ["x", "x", "y", "z"],
            "at": pd.to_datetime(["2024-01-01", "2024-02-15", "2024-01-05", "2024-06-30"]),
            "amount": [100.0, 60.0, 40.0, 10.0],
        }
    )
    data = Shop(tmp_path).orders(raw).done(margin_rate=0.5)
    found = observed_ltv(data, "month")
    assert found.margin_from == "typed"
    assert found.margin_at(30) == pytest.approx(35) and found.margin_at(60) == pytest.approx(50)
    answer = against_cac(found, 16.0, 60)
    assert answer.ratio == pytest.approx(3.125) and answer.enough and answer.payback_days == 30
    assert not against_cac(found, 40.0, 60).enough and against_cac(found, 40.0, 60).payback_days == 60


def test_formula_far_from_observed_is_flagged() -> None:
    assert far_apart(300, 100) and far_apart(100, 160) and not far_apart(100, 140)
    assert far_apart(None, 100) is None and far_apart(100, 0) is None


def test_the_usual_gap_ignores_second_orders_of_a_day(sample: DataDir) -> None:
    days = bought(sample)[["cust", "day"]].drop_duplicates().sort_values(["cust", "day"])
    assert usual_gap_days(sample) == days.groupby("cust")["day"].diff().median()


def test_a_shop_that_nobody_leaves_is_said_so(tmp_path: Path) -> None:
    """Everybody buys at an own steady pace to the end: the model finds no leaving and must not hide it."""
    rows = []
    for i in range(600):
        pace = 20 + i % 50
        for k, day in enumerate(range(i % pace, 700, pace)):
            at = pd.Timestamp("2023-01-01") + pd.Timedelta(days=day)
            rows.append((f"o{i}-{k}", f"c{i}", at, 10.0 + (i * 7 + k) % 13))
    raw = pd.DataFrame(rows, columns=["order_id", "customer_id", "at", "amount"])
    found = predicted_ltv(Shop(tmp_path).orders(raw).done(), 90)
    assert {"nobody_leaves", "naive_better", "revenue_not_margin"} <= set(found.notes)


def test_every_code_has_a_sentence() -> None:
    texts = catalogue("ru")
    sections = {
        "ltv_gate": ("few_customers", "few_repeaters", "short_history", "subscriptions"),
        "ltv_note": (
            "no_money_model",
            "money_depends_on_frequency",
            "revenue_not_margin",
            "nobody_leaves",
            "naive_better",
        ),
        "effect_note": ("few_hits", "no_spread", "without_control", "in_both_arms"),
        "effect_verdict": ("up", "down", "not_shown", "absent", "too_early", "broken_split", "unknown"),
        "rfm_segment": SEGMENTS,
        "list": (*FLOWS, *[c for c in LIST_COLUMNS if c != "cust"]),
        "flow": [name for name, _ in STEPS],
    }
    for section, codes in sections.items():
        for code in codes:
            assert f"{section}.{code}" in texts, (section, code)
