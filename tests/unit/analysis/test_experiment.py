"""Tests with a control group: the sample's planted truth, and tables with a row per person."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from crmkpi.analysis.experiment import (
    NoControlError,
    UnknownColumnError,
    campaign_people,
    compare,
    draw_control,
    outcomes,
    read_campaign,
    read_people,
)
from crmkpi.analysis.uplift import two_proportions
from crmkpi.engine.data import DataDir, NoTableError
from tests.unit.engine.shop import twelve_orders

TRUTH = tomllib.loads(
    (Path(__file__).resolve().parents[3] / "sample_data" / "effects.toml").read_text(encoding="utf-8")
)


def test_the_planted_uplift_is_found(sample: DataDir) -> None:
    plan = TRUTH["winback_uplift"]
    found = read_campaign(
        sample, plan["campaign_id"], plan["window_days"], control_share=plan["holdout_share"]
    )
    buyers = found.buyers
    assert (buyers.n_treated, buyers.n_control) == (955, 318)
    assert (buyers.treated, buyers.control) == (pytest.approx(125 / 955), pytest.approx(18 / 318))
    assert buyers.p_value == pytest.approx(0.0003, abs=5e-5)
    planted = plan["p_treated"] - plan["p_control"]
    assert buyers.low is not None and buyers.high is not None and 0 < buyers.low < planted < buyers.high
    assert (found.verdict, found.grade, found.ready) == ("up", "A", True)
    assert found.split is not None and found.split.sound
    assert found.extra_money is not None and found.extra_money[1] > 0
    assert found.extra_buyers is not None and found.extra_buyers[0] == pytest.approx(125 - 18 / 318 * 955)


def test_the_campaign_without_effect_is_not_credited(sample: DataDir) -> None:
    plan = TRUTH["no_effect"]
    found = read_campaign(sample, plan["campaign_id"], plan["window_days"])
    assert found.buyers.p_value == pytest.approx(0.38, abs=0.005)
    assert (
        found.verdict == "not_shown" and not found.revenue.effect.proven and not found.adjusted.effect.proven
    )
    # it could not have seen two points; it could have seen ten, and they are not there
    assert read_campaign(sample, plan["campaign_id"], 30, expected=0.02).verdict == "not_shown"
    assert read_campaign(sample, plan["campaign_id"], 30, expected=0.10).verdict == "absent"


def test_history_narrows_the_interval(sample: DataDir) -> None:
    found = read_campaign(sample, TRUTH["no_effect"]["campaign_id"])
    assert 0.7 < found.adjusted.kept < 0.95


def test_an_unfinished_window_is_too_early(sample: DataDir) -> None:
    found = read_campaign(sample, TRUTH["no_effect"]["campaign_id"], window_days=200)
    assert not found.ready and found.verdict == "too_early"


def test_a_broken_split_stops_the_test(sample: DataDir) -> None:
    found = read_campaign(sample, TRUTH["winback_uplift"]["campaign_id"], control_share=0.5)
    assert found.verdict == "broken_split"


def test_outcomes_equal_a_plain_count(sample: DataDir) -> None:
    people, both = campaign_people(sample, TRUTH["winback_uplift"]["campaign_id"])
    done = outcomes(sample, people, 30, 365)
    orders = sample.frame("orders").filter(pl.col("cust").is_not_null()).collect().to_pandas()
    starts = dict(people.select("cust", "start").iter_rows())
    assert both == 0
    rows = done.to_pandas().set_index("cust")
    for cust in list(starts)[:200]:
        gap = orders.loc[orders["cust"] == cust, "ts"] - starts[cust]
        money = orders.loc[orders["cust"] == cust, "amount"] / 100
        inside = (gap >= 0) & (gap <= 30 * 86_400)
        before = (gap < 0) & (gap >= -365 * 86_400)
        assert rows.loc[cust, "orders"] == inside.sum()
        assert rows.loc[cust, "revenue"] == pytest.approx(money[inside].sum())
        assert rows.loc[cust, "revenue_before"] == pytest.approx(money[before].sum())


def test_campaigns_without_control_are_refused(sample: DataDir, tmp_path: Path) -> None:
    with pytest.raises(NoControlError):
        read_campaign(sample, "NO-SUCH-CAMPAIGN")
    with pytest.raises(NoTableError):
        read_campaign(twelve_orders(tmp_path), "X")


def test_an_issued_list_is_drawn_once_and_read_later(sample: DataDir) -> None:
    """A tenth of a list is held back; the draw depends on the list and the seed alone."""
    names = sample.frame("ids").collect().head(2000)
    drawn = draw_control(names, 200, seed=7)
    assert drawn["control"].sum() == 200
    again = draw_control(names.reverse(), 200, seed=7).sort("cust")
    assert again["control"].to_list() == drawn.sort("cust")["control"].to_list()
    assert draw_control(names, 200, seed=8)["control"].to_list() != drawn["control"].to_list()
    people = drawn.select("cust", "control", start=pl.lit(1_767_225_600))  # 1 January 2026
    found = read_people(sample, "list", people, control_share=0.1)
    assert found.buyers.n_control == 200 and not found.buyers.proven


def table(seed: int = 1, n: int = 9000) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    arm = rng.choice(["control", "mens", "womens"], n)
    p = np.where(arm == "mens", 0.19, np.where(arm == "womens", 0.15, 0.11))
    visit = (rng.random(n) < p).astype(float)
    spend = np.where(rng.random(n) < visit * 0.1, rng.gamma(3, 40, n), 0.0)
    zone = rng.choice(["city", "village"], n)
    frame = pl.DataFrame({"arm": arm, "visit": visit, "spend": spend, "zone": zone})
    return frame.with_columns(visit=pl.when(pl.int_range(pl.len()) < 5).then(None).otherwise("visit"))


def test_any_table_with_arms_and_outcomes() -> None:
    frame = table()
    found = compare(frame, "arm", "control", ["visit", "spend"], "zone")
    assert len(found) == 2 * 2 * 3
    whole = next(c for c in found if (c.arm, c.outcome, c.segment) == ("mens", "visit", None))
    clean = frame.filter(pl.col("visit").is_not_null())
    counts = {a: clean.filter(pl.col("arm") == a)["visit"] for a in ("mens", "control")}
    known = two_proportions(
        int(counts["mens"].sum()), len(counts["mens"]), int(counts["control"].sum()), len(counts["control"])
    )
    assert whole.effect == known and whole.dropped == 5
    assert {c.effect.method for c in found if c.outcome == "spend"} == {"bootstrap"}
    assert all(c.adjusted_p is not None and c.adjusted_p >= (c.effect.p_value or 0) for c in found)
    by_segment = [c for c in found if c.arm == "mens" and c.outcome == "visit" and c.segment]
    assert sum(c.effect.n_treated for c in by_segment) == whole.effect.n_treated


def test_many_segments_of_nothing_do_not_give_a_win() -> None:
    rng = np.random.default_rng(5)
    wins = raw = 0
    for _ in range(60):
        frame = pl.DataFrame(
            {
                "arm": rng.choice(["a", "b"], 2000),
                "hit": rng.integers(0, 2, 2000),
                "s": rng.integers(0, 12, 2000),
            }
        )
        found = compare(frame, "arm", "a", ["hit"], "s")
        raw += any((c.effect.p_value or 1) < 0.05 for c in found)
        wins += any((c.adjusted_p or 1) < 0.05 for c in found)
    assert wins <= 8 < raw


def test_missing_columns_and_arms_are_named() -> None:
    for arm, control, outcome in (
        ("group", "control", "visit"),
        ("arm", "none", "visit"),
        ("arm", "control", "x"),
    ):
        with pytest.raises(UnknownColumnError):
            compare(table(n=50), arm, control, [outcome])
