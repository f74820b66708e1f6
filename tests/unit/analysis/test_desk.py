"""The experiment desk: any file with arms and results, against numbers by hand, scipy and DuckDB."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from scipy import stats

from crmkpi.analysis.desk import TooFewPeopleError, read_test
from crmkpi.analysis.desk_columns import (
    NoArmColumnError,
    NoControlArmError,
    NoOutcomeError,
    NotInTestError,
    recognise,
)
from crmkpi.analysis.desk_totals import read_totals, totals_columns
from crmkpi.analysis.uplift import BadArmError, holm
from crmkpi.ingest.free_table import free_table

# Hillstrom's published test: arms, shares of visit and conversion, spend per person (men's, women's, none)
PEOPLE = {"Mens E-Mail": 21_307, "Womens E-Mail": 21_387, "No E-Mail": 21_306}
VISIT = {"Mens E-Mail": 0.1828, "Womens E-Mail": 0.1514, "No E-Mail": 0.1062}
CONVERSION = {"Mens E-Mail": 0.01253, "Womens E-Mail": 0.00884, "No E-Mail": 0.00573}
SPEND = {"Mens E-Mail": 1.42, "Womens E-Mail": 1.08, "No E-Mail": 0.65}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of the published shape whose arms hold exactly the published numbers of people and visitors."""
    rng, rows = np.random.default_rng(2008), []
    for arm, n in PEOPLE.items():
        visits, buys = round(n * VISIT[arm]), round(n * CONVERSION[arm])
        visit, conversion = np.zeros(n, int), np.zeros(n, int)
        visit[:visits], conversion[:buys] = 1, 1
        spend = np.zeros(n)
        raw = rng.gamma(1.3, 90, buys)
        spend[:buys] = np.round(raw * SPEND[arm] * n / raw.sum(), 2)
        rows.append(
            pl.DataFrame(
                {
                    "recency": rng.integers(1, 13, n),
                    "history_segment": rng.choice(["1) $0 - $100", "2) $100 - $200", "3) $200 - $350"], n),
                    "history": np.round(rng.lognormal(5, 0.9, n), 2),
                    "mens": rng.integers(0, 2, n),
                    "womens": rng.integers(0, 2, n),
                    "zip_code": rng.choice(["Surburban", "Urban", "Rural"], n),
                    "newbie": rng.integers(0, 2, n),
                    "channel": rng.choice(["Web", "Phone", "Multichannel"], n),
                    "segment": [arm] * n,
                    "visit": visit,
                    "conversion": conversion,
                    "spend": spend,
                }
            )
        )
    path = tmp_path_factory.mktemp("test") / "email.csv"
    pl.concat(rows).sample(fraction=1, shuffle=True, seed=1).write_csv(path)
    return path


def test_the_published_mailing_is_read_unasked(published: Path) -> None:
    found = free_table(published)
    columns = recognise(found.frame, found.file)
    assert (columns.arm, columns.control) == ("segment", "No E-Mail")
    assert columns.outcomes == ("visit", "conversion", "spend")
    assert columns.before == "history"
    assert columns.segments == ("history_segment", "mens", "womens", "zip_code", "newbie", "channel")
    answer = read_test(found.frame, columns)
    men = {r.outcome: r for r in answer.readings if r.arm == "Mens E-Mail"}
    assert men["visit"].effect.estimate == pytest.approx(0.0766, abs=0.0001)
    assert men["conversion"].effect.estimate == pytest.approx(0.0068, abs=0.0001)
    assert men["conversion"].effect.low == pytest.approx(0.0050, abs=0.0001)
    assert men["conversion"].effect.high == pytest.approx(0.0086, abs=0.0001)
    assert men["spend"].effect.estimate == pytest.approx(0.77, abs=0.005)
    assert all(r.verdict == "up" for r in men.values())
    assert answer.split is not None and answer.split.sound and not answer.told
    # nothing depends on the kind of people here, so parts differ no more than chance: every part goes up
    assert {s.verdict for s in answer.segments if s.arm == "Mens E-Mail" and s.outcome == "visit"} == {"up"}


def test_arms_are_counted_as_duckdb_counts_them(published: Path) -> None:
    found = free_table(published)
    answer = read_test(found.frame, recognise(found.frame, found.file), segments=False)
    sql = "select segment, count(*), avg(visit), avg(spend) from read_csv($1) group by 1"
    truth = {a: rest for a, *rest in duckdb.execute(sql, [str(published)]).fetchall()}
    for reading in answer.readings:
        place = {"visit": 1, "spend": 2}.get(reading.outcome)
        if place is not None:
            assert reading.effect.treated == pytest.approx(truth[reading.arm][place])
            assert reading.effect.n_treated == truth[reading.arm][0]


CASES = [
    ({"user_id": range(400), "group": ["test", "control"] * 200, "converted": [1, 0, 0, 0] * 100}, "control"),
    ({"id": range(400), "version": ["A", "B"] * 200, "retention_7": [True, False] * 200}, "A"),
    ({"client_id": range(400), "treatment": [0, 1] * 200, "target": [0, 1, 1, 0] * 100}, "0"),
    ({"client_id": range(400), "is_control": [0, 1] * 200, "purchase": [0, 1, 1, 0] * 100}, "1"),
    (
        {"клиент": range(400), "группа": ["контроль", "письмо"] * 200, "сумма заказов": [0.0, 10.5] * 200},
        "контроль",
    ),
    ({"user": range(400), "test group": ["ad", "psa"] * 200, "converted": [1, 0, 0, 0] * 100}, "psa"),
]


@pytest.mark.parametrize(("columns", "control"), CASES)
def test_many_hands_write_tests(columns: dict[str, object], control: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    pl.DataFrame({k: list(v) for k, v in columns.items()}).write_csv(path)  # type: ignore[call-overload]
    found = free_table(path)
    seen = recognise(found.frame, found.file)
    names = list(columns)
    assert (seen.person, seen.arm, seen.control, seen.outcomes) == (names[0], names[1], control, (names[2],))
    assert read_test(found.frame, seen).readings


def test_what_cannot_be_read_is_one_sentence() -> None:
    frame = pl.DataFrame({"day": ["1", "2", "3"], "sum": [1.0, 2.0, 3.0]})
    with pytest.raises(NoArmColumnError):
        recognise(frame, "x.csv")
    arms = pl.DataFrame({"group": ["red", "blue"] * 50, "bought": [0.0, 1.0] * 50})
    with pytest.raises(NoControlArmError):
        read_test(arms, recognise(arms, "x.csv"))
    assert read_test(arms, recognise(arms, "x.csv", control="red")).control == "red"
    with pytest.raises(NotInTestError):
        recognise(arms, "x.csv", control="green")
    with pytest.raises(NoOutcomeError):
        recognise(arms.drop("bought"), "x.csv")
    one = pl.DataFrame({"group": ["control", "test", "test"], "bought": [0.0, 1.0, 0.0]})
    with pytest.raises(TooFewPeopleError):
        read_test(one, recognise(one, "x.csv"))


def test_a_person_counts_once_and_in_one_arm() -> None:
    frame = pl.DataFrame(
        {
            "user_id": ["a", "a", "b", "c", "d", "e", "f", "f"],
            "group": ["test", "test", "test", "control", "control", "test", "test", "control"],
            "spend": [10.0, 5.0, 2.0, 1.0, 3.0, 4.5, 9.0, 9.0],
        }
    )
    answer = read_test(frame, recognise(frame, "x.csv"), segments=False)
    assert answer.people == {"control": 2, "test": 3}
    assert (answer.repeated, answer.in_both) == (2, 1)
    assert answer.readings[0].effect.treated == pytest.approx((15 + 2 + 4.5) / 3)


def test_a_broken_split_says_so_instead_of_a_result() -> None:
    frame = pl.DataFrame({"group": ["control"] * 5000 + ["test"] * 5500, "bought": [0.0, 1.0] * 5250})
    answer = read_test(frame, recognise(frame, "x.csv"))
    assert answer.split is not None and not answer.split.sound
    assert {r.verdict for r in answer.readings} == {"broken_split"}
    told = read_test(frame, recognise(frame, "x.csv"), control_share=5000 / 10_500)
    assert told.split is not None and told.split.sound and told.told
    uneven = frame.head(6000)
    assert read_test(uneven, recognise(uneven, "x.csv")).split is None


def test_cuped_and_welch_stand_beside_the_money() -> None:
    rng = np.random.default_rng(4)
    before = rng.gamma(2, 50, 4000)
    spend = before * 0.8 + rng.gamma(2, 10, 4000) + np.repeat([0.0, 4.0], 2000)
    frame = pl.DataFrame(
        {"group": ["control"] * 2000 + ["test"] * 2000, "spend": spend, "spend_before": before}
    )
    columns = recognise(frame, "x.csv")
    assert (columns.outcomes, columns.before) == (("spend",), "spend_before")
    (reading,) = read_test(frame, columns).readings
    theirs = stats.ttest_ind(spend[2000:], spend[:2000], equal_var=False)
    assert reading.by_welch is not None
    assert reading.by_welch.p_value == pytest.approx(theirs.pvalue)
    assert reading.by_welch.low == pytest.approx(theirs.confidence_interval().low)
    assert reading.adjusted is not None and reading.adjusted.kept < 0.2
    low, high = reading.adjusted.effect.low, reading.adjusted.effect.high
    assert low is not None and high is not None and low < 4 < high
    assert high - low < 0.5 * (reading.by_welch.high - reading.by_welch.low)  # type: ignore[operator]


def test_holm_by_hand_and_against_scipy_order() -> None:
    assert holm([0.01, 0.04, 0.03, None]) == [0.03, 0.06, 0.06, None]
    raw = np.random.default_rng(1).random(20) ** 3
    mine = [p or 0.0 for p in holm(raw.tolist())]
    order = np.argsort(raw)
    stepped = np.maximum.accumulate(np.minimum(1, raw[order] * np.arange(20, 0, -1)))
    assert np.allclose(np.array(mine)[order], stepped)


def test_many_looks_at_nothing_find_nothing() -> None:
    rng = np.random.default_rng(14)
    frame = pl.DataFrame(
        {
            "group": rng.choice(["control", "test"], 20_000).tolist(),
            "bought": rng.integers(0, 2, 20_000).astype(float),
            **{f"kind_{i}": rng.choice(list("abcdefgh"), 20_000).tolist() for i in range(5)},
        }
    )
    answer = read_test(frame, recognise(frame, "x.csv"))
    assert len(answer.segments) == 40
    assert not [s for s in answer.segments if s.verdict in ("up", "down")]
    assert len(answer.differ) == 5 and not [d for d in answer.differ if d.differ]
    # without the correction some would have been
    assert min(s.effect.p_value or 1.0 for s in answer.segments) < 0.05


def test_parts_that_answer_differently_are_found() -> None:
    rng = np.random.default_rng(12)
    arm, kind = rng.choice(["control", "test"], 20_000), rng.choice(["new", "old"], 20_000)
    chance = 0.1 + 0.1 * ((arm == "test") & (kind == "new"))
    frame = pl.DataFrame(
        {
            "group": arm.tolist(),
            "bought": (rng.random(20_000) < chance).astype(float),
            "kind": kind.tolist(),
            "city": rng.choice(["a", "b", "c"], 20_000).tolist(),
        }
    )
    found = {d.segment: d for d in read_test(frame, recognise(frame, "x")).differ}
    assert found["kind"].differ and found["kind"].holm_p < 1e-6
    assert not found["city"].differ


def test_totals_give_the_numbers_of_methods_7(tmp_path: Path) -> None:
    path = tmp_path / "totals.csv"
    path.write_text("Группа;Клиентов;Купили;Выручка\nКонтроль;20000;500;1500000\nСкидка;20000;620;1900000\n")
    found = free_table(path)
    columns = totals_columns(found.frame)
    assert columns is not None
    bought, money = read_totals(found.frame, columns, found.file).readings
    assert bought.effect.statistic == pytest.approx(3.63696, abs=1e-5)
    assert (bought.effect.low, bought.effect.high) == pytest.approx((0.002768, 0.009243), abs=1e-6)
    assert money.effect.estimate == pytest.approx(20) and money.effect.low is None


def test_totals_with_spread_are_welch_and_impossible_ones_are_refused(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"arm": ["control", "test"], "n": [6.0, 5.0], "mean": [9.6667, 14.6], "sd": [2.1602, 4.2778]}
    )
    columns = totals_columns(frame)
    assert columns is not None and columns.outcomes == (("mean", "sd"),)
    (reading,) = read_totals(frame, columns, "x").readings
    assert reading.effect.statistic == pytest.approx(2.34184, abs=0.001)
    assert reading.effect.df == pytest.approx(5.6757, abs=0.002)
    assert totals_columns(pl.DataFrame({"arm": ["a", "b"], "n": [0.0, 5.0]})) is None
    odd = pl.DataFrame({"arm": ["control", "test"], "n": [6.0, 5.0], "rate": [0.5, 1.5]})
    odd_columns = totals_columns(odd)
    assert odd_columns is not None
    (as_sum,) = read_totals(odd, odd_columns, "x").readings
    assert as_sum.kind == "mean"
    with pytest.raises(BadArmError):
        tiny = pl.DataFrame({"arm": ["control", "test"], "n": [2.0, 2.0], "mean": [1.0, 2.0]})
        bad = totals_columns(tiny)
        assert bad is not None
        read_totals(tiny.with_columns(n=pl.Series([1.0, 2.0])), bad, "x")
