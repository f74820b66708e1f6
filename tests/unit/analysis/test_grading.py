"""The log's effects: the strongest method that holds is taken, and nothing unaffected is credited."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import polars as pl
import pytest

from crmkpi.analysis.grading import grade, grade_all
from crmkpi.analysis.initiative import (
    Audience,
    Initiative,
    InitiativeDatesError,
    InitiativeFieldError,
    SharesError,
    read_initiative,
)
from crmkpi.analysis.seasonal import seasonal_effect
from crmkpi.analysis.segment_did import segment_did
from crmkpi.engine.data import DataDir
from crmkpi.engine.dimensions import Where

WINBACK = Audience(kind="campaign", campaigns=("WINBACK-2026-02",))
CATALOG = Audience(kind="campaign", campaigns=("CATALOG-2026-04",))
PLAIN = Audience(kind="campaign", campaigns=("M-2026-09-1",))
TOWNS = Audience(kind="segment", where={"segment": ("Small towns",)})


def no_list(_: str) -> None:
    return None


def test_the_planted_uplift_is_found_with_grade_a(sample: DataDir) -> None:
    entry = Initiative(title="win-back", shipped=date(2026, 2, 10), audience=WINBACK)
    found = grade(sample, entry, no_list)
    assert (found.grade, found.method, found.verdict) == ("A", "control", "up")
    assert found.effect is not None and found.effect.low is not None and found.effect.high is not None
    assert found.effect.low < 0.08 < found.effect.high  # planted: 14 % against 6 %
    assert found.shown and found.money is not None and found.money[1] > 0


def test_a_campaign_without_an_effect_is_not_credited_though_orders_are_attributed_to_it(
    sample: DataDir,
) -> None:
    found = grade(sample, Initiative(title="catalogue", shipped=date(2026, 4, 14), audience=CATALOG), no_list)
    assert (found.grade, found.verdict, found.shown) == ("A", "not_shown", False)
    assert found.mde is not None and found.mde > 0


def test_a_campaign_without_control_is_only_attribution_and_says_which_method_failed(sample: DataDir) -> None:
    found = grade(sample, Initiative(title="September", shipped=date(2026, 9, 6), audience=PLAIN), no_list)
    assert (found.grade, found.method, found.verdict) == ("D", "attribution", "attributed")
    assert [t.method for t in found.tried] == ["control"]
    assert not found.shown and "upper_bound" in found.notes


def test_an_unfinished_window_shows_no_figures(sample: DataDir) -> None:
    entry = Initiative(title="win-back", shipped=date(2026, 2, 10), audience=WINBACK, window_days=300)
    found = grade(sample, entry, no_list)
    assert found.verdict == "too_early"
    assert found.effect is None and found.money is None and found.test is None


def test_a_segment_against_the_others_has_grade_b_and_finds_the_planted_shock(sample: DataDir) -> None:
    entry = Initiative(title="pickup", shipped=date(2026, 6, 1), window_days=91, audience=TOWNS)
    found = grade(sample, entry, no_list)
    assert (found.grade, found.method, found.verdict) == ("B", "did", "down")
    assert found.did is not None and found.did.passed is True


def test_without_a_group_to_compare_with_the_season_gives_grade_c(sample: DataDir) -> None:
    entry = Initiative(title="app", shipped=date(2026, 4, 1), window_days=91, metrics=("aov",))
    found = grade(sample, entry, no_list)
    assert (found.grade, found.method, found.metric) == ("C", "seasonal", "aov")


def test_a_start_without_a_year_of_history_falls_to_judgement(sample: DataDir) -> None:
    entry = read_initiative(
        {"title": "idea", "shipped": "2024-02-01", "judgement": {"amount": 1000.0, "why": "a guess"}}
    )
    found = grade(sample, entry, no_list)
    assert (found.grade, found.method, found.verdict) == ("D", "judgement", "judged")
    assert found.tried[0].key == "error.window_outside_data"


def test_an_issued_list_is_read_with_its_own_control_group(sample: DataDir) -> None:
    start = int(pd.Timestamp("2026-03-01").timestamp())
    people = sample.frame("orders").filter(pl.col("cust").is_not_null()).select("cust").unique().collect()
    listed = people.sort("cust").with_columns(
        control=(pl.col("cust") % 10 == 0).cast(pl.Int8), start=pl.lit(start, dtype=pl.Int64)
    )
    entry = Initiative(title="list", shipped=date(2026, 3, 1), audience=Audience(kind="list", list_id="x"))
    found = grade(sample, entry, {"x": listed}.get)
    orders = sample.frame("orders").collect().to_pandas()
    inside = orders[(orders.ts >= start) & (orders.ts <= start + 30 * 86400)]
    bought = set(inside.cust.dropna().astype(int))
    frame = listed.to_pandas()
    shares = frame.assign(b=frame.cust.isin(bought)).groupby("control").b.mean()
    assert found.effect is not None and found.effect.estimate is not None
    assert found.effect.estimate == pytest.approx(shares[0] - shares[1], abs=1e-12)


def test_the_seasonal_ratio_equals_pandas(sample: DataDir) -> None:
    start, weeks = date(2026, 4, 1), 8
    found = seasonal_effect(sample, "active_customers", start, weeks * 7)
    orders = sample.frame("orders").collect().to_pandas()
    orders["date"] = pd.to_datetime(orders.day, unit="D")

    def buyers(first: date) -> int:
        inside = orders[
            (orders.date >= pd.Timestamp(first)) & (orders.date < pd.Timestamp(first) + pd.Timedelta(days=56))
        ]
        return int(inside.cust.nunique())

    year = timedelta(days=364)
    after, before = buyers(start), buyers(start - timedelta(days=56))
    then_after, then_before = buyers(start - year), buyers(start - year - timedelta(days=56))
    expected = (after / before) / (then_after / then_before) - 1
    assert found.effect.estimate == pytest.approx(expected, abs=1e-12)
    assert found.change is not None
    assert found.change[0] == pytest.approx(after - before * then_after / then_before, abs=1e-9)


def test_the_segment_comparison_equals_pandas(sample: DataDir) -> None:
    start, span = date(2026, 6, 1), 91
    found = segment_did(sample, start, span, [Where("segment", ("Small towns",))])
    orders = sample.frame("orders").filter(pl.col("cust").is_not_null()).collect().to_pandas()
    people = sample.frame("customers").select("cust", "segment").collect().to_pandas()
    day = (start - date(1970, 1, 1)).days
    old = set(orders[orders.day < day - 3 * span].cust)
    town = set(people[people.segment == "Small towns"].cust)
    sums = {
        (inside, after): orders[
            orders.cust.isin(old & town if inside else old - town)
            & orders.day.between(*((day, day + span - 1) if after else (day - span, day - 1)))
        ].amount.sum()
        for inside in (True, False)
        for after in (True, False)
    }
    growth = {side: sums[side, True] / sums[side, False] for side in (True, False)}
    assert found.did.effect.estimate == pytest.approx(growth[True] / growth[False] - 1, abs=1e-12)
    assert found.customers == len(old & town)


def test_many_entries_are_corrected_together(sample: DataDir) -> None:
    entries = [Initiative(title="win-back", shipped=date(2026, 2, 10), audience=WINBACK)]
    entries += [Initiative(title="catalogue", shipped=date(2026, 4, 14), audience=CATALOG)] * 3
    found = grade_all(sample, entries, no_list)
    assert found[0].effect is not None and found[0].effect.p_value is not None
    assert found[0].adjusted_p == pytest.approx(found[0].effect.p_value * 4)
    assert [g.verdict for g in found] == ["up", "not_shown", "not_shown", "not_shown"]


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        ({"title": "x", "shipped": "2026-01-01", "people": [{"name": "A", "share": 0.5}]}, SharesError),
        ({"title": "x", "shipped": "2026-01-02", "until": "2026-01-01"}, InitiativeDatesError),
        ({"title": "", "shipped": "2026-01-01"}, InitiativeFieldError),
        ({"title": "x", "shipped": "soon"}, InitiativeFieldError),
    ],
)
def test_a_bad_entry_is_refused_with_a_sentence(raw: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        read_initiative(raw)


def test_agreed_shares_are_found_by_name_in_any_case() -> None:
    entry = Initiative.model_validate(
        {
            "title": "x",
            "shipped": "2026-01-01",
            "people": [{"name": "Anna", "share": 0.6}, {"name": "Boris", "share": 0.4}],
        }
    )
    assert (entry.share_of("anna"), entry.share_of("Carl")) == (0.6, 0)
