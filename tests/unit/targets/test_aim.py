"""Suggested goals: each has a source and passes its own letters; bands are never one line and never without source."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest

from crmkpi.catalog import benchmarks
from crmkpi.forecast.series import Point
from crmkpi.i18n import Words, catalogue
from crmkpi.periods import period_of, periods_between
from crmkpi.targets import coach
from crmkpi.targets.aim import Aims, line_of, rounded_goal, suggest
from crmkpi.targets.assess import Inputs, assess
from crmkpi.targets.library import (
    BenchmarkFieldError,
    BenchmarkImpossibleError,
    OwnBenchmark,
    from_past,
    own_benchmark,
)
from crmkpi.targets.link import Link
from crmkpi.targets.plan import assess_all
from crmkpi.targets.target import Target
from crmkpi.targets.when import propose
from tests.unit.targets.series_of import CHURN, CUSTOMERS, OPEN_RATE, ORDERS, levels, sums
from tests.unit.targets.shop import raw_orders, shop

FIRST, LAST = date(2022, 1, 1), date(2025, 8, 31)
LINK = Link("t", "revenue_base", ("x", "revenue_base"), False, 100.0, True)


def rate(day: date) -> float:
    """An open rate that wanders slowly."""
    k = (day - FIRST).days / 30.4
    return 0.2 + 0.02 * math.sin(k / 5) + 0.004 * math.sin(k * 3.7)


def walk(seed: int, start: float = 0.2, sd: float = 0.05, n: int = 44) -> list[Point]:
    """A random walk of monthly shares on the logit scale, up to the end of the data."""
    rng = np.random.default_rng(seed)
    z = math.log(start / (1 - start)) + np.cumsum(rng.normal(0.002, sd, n))
    months = periods_between(FIRST, LAST, "month")[-n:]
    return [Point(p, float(1 / (1 + math.exp(-v))), True, 40_000.0) for p, v in zip(months, z, strict=True)]


def inputs(facts, series, due=date(2025, 10, 31), band=None, **fields) -> Inputs:
    draft = Target(id="t", metric=facts.id, goal=0, due=due, **fields)
    return Inputs(draft, facts, series, LAST, link=LINK, benchmark=band)


CASES = [
    ("orders", ORDERS, sums(FIRST, LAST), date(2025, 12, 31)),
    ("customers", CUSTOMERS, sums(FIRST, LAST), date(2025, 11, 30)),
    ("rate", OPEN_RATE, levels(FIRST, LAST, rate), date(2025, 10, 26)),
    ("churn", CHURN, levels(FIRST, LAST, lambda d: rate(d) * 2), date(2025, 11, 30)),
    *[(f"walk{i}", OPEN_RATE, {"month": walk(i)}, date(2025, 10, 26)) for i in range(6)],
    *[(f"churn{i}", CHURN, {"month": walk(i, 0.3, 0.08)}, date(2025, 11, 30)) for i in range(6)],
]


@pytest.mark.parametrize(("name", "facts", "series", "due"), CASES, ids=[c[0] for c in CASES])
def test_no_suggestion_fails_its_own_letters(name, facts, series, due):
    dues = propose(inputs(facts, series))
    assert dues.found
    for option in dues.found:
        draft = inputs(facts, series, option.day)
        for aim in suggest(draft).found:
            again = assess(Inputs(aim.target, facts, series, LAST, link=LINK))
            assert all(letter.ok for letter in again.letters.values()), (aim.source, again.letters)
            assert not again.resolved.reached
            assert aim.target.goal == aim.goal and aim.target.due == option.day
            assert f"aim.source.{aim.source}" in catalogue("ru")


def found_over(cases) -> list[Aims]:
    """Suggestions for the latest date that fits: a random walk cannot outdo its noise in a month."""
    return [suggest(inputs(f, s, propose(inputs(f, s)).found[-1].day)) for _, f, s, _ in cases]


def test_most_series_get_a_suggestion_and_every_other_says_why():
    all_found = found_over(CASES)
    assert (
        sum(bool(a.found) or any("lever" in o.why for o in a.left_out) for a in all_found) >= len(CASES) / 2
    )
    for aims in all_found:
        assert aims.found or aims.left_out
        for out in aims.left_out:
            assert out.why and all(f"aim.left_out.{why}" in catalogue("ru") for why in out.why)


def test_what_needs_a_new_lever_passes_once_one_is_named():
    seen = 0
    for _, facts, series, _ in CASES:
        day = propose(inputs(facts, series)).found[-1].day
        wanted = [o.goal for o in suggest(inputs(facts, series, day)).left_out if o.why == ("lever",)]
        named = [a.goal for a in suggest(inputs(facts, series, day, lever="a win-back flow")).found]
        assert set(wanted) <= set(named)
        seen += len(wanted)
    assert seen


def test_suggestions_go_from_easy_to_hard_and_lie_on_the_good_side():
    for aims, (_, facts, series, _) in zip(found_over(CASES), CASES, strict=True):
        chances = [a.chance for a in aims.found if a.chance is not None]
        assert chances == sorted(chances, reverse=True)
        now = series["month"][-1].value
        for aim in aims.found:
            assert aim.goal < now if facts.better == "down" else aim.goal > now


def test_the_own_best_is_the_own_best():
    """With a flat season the best level is the greatest value of the past, to rounding."""
    series = {"month": walk(3)[:18]}
    aims = suggest(inputs(OPEN_RATE, series, date(2025, 10, 31)))
    best = max(p.value for p in series["month"])
    every = [a.goal for a in aims.found if a.source == "own_best"] + [
        o.goal for o in aims.left_out if o.source == "own_best"
    ]
    assert every and every[0] == pytest.approx(best, rel=0.02)


def band(low: float, high: float, count: int) -> benchmarks.BenchmarkBand:
    row = next(r for r in benchmarks.benchmarks() if r.metric_id == "open_rate" and r.unit == "%")
    rows = [
        row.model_copy(update={"value": 100 * (low + (high - low) * i / max(count - 1, 1))})
        for i in range(count)
    ]
    return benchmarks.BenchmarkBand(low=low, high=high, rows=tuple(rows))


def sources(aims: Aims) -> set[str]:
    return {a.source for a in aims.found} | {o.source for o in aims.left_out}


def test_one_published_row_is_no_benchmark_and_two_are_a_band():
    series = {"month": walk(1)}
    assert "benchmark" not in sources(suggest(inputs(OPEN_RATE, series, band=band(0.21, 0.25, 1))))
    assert "benchmark" in sources(suggest(inputs(OPEN_RATE, series, band=band(0.21, 0.25, 2))))


def test_a_benchmark_suggestion_carries_its_rows():
    short = {"month": walk(1)[-4:]}
    now = short["month"][-1].value
    aims = suggest(inputs(OPEN_RATE, short, band=band(now * 1.3, now * 1.6, 3)))
    every = [a for a in aims.found if a.source == "benchmark"]
    for aim in every:
        assert len(aim.lines) == 3 and (aim.low, aim.high) == (now * 1.3, now * 1.6)
        for line in aim.lines:
            assert line.publisher and line.definition and line.url and line.value > 0
    assert "benchmark" in sources(aims)


def test_every_row_of_the_library_can_be_shown_with_its_source():
    for row in benchmarks.benchmarks():
        line = line_of(row)
        assert line.publisher and (line.definition or line.sample), row.metric_id


def test_a_typed_benchmark_needs_a_source_and_a_year_and_must_be_possible():
    good = own_benchmark(
        {"metric": "open_rate", "low": 0.25, "source": "Annual report", "year": 2024, "kind": "competitor"}
    )
    assert good.bounds == (0.25, 0.25)
    for broken in ({"source": ""}, {"year": None}, {"low": "much"}, {"low": float("nan")}, {"extra": 1}):
        raw = {"metric": "open_rate", "low": 0.25, "source": "x", "year": 2024} | broken
        with pytest.raises(BenchmarkFieldError):
            own_benchmark(raw)
    with pytest.raises(BenchmarkImpossibleError):
        own_benchmark({"metric": "open_rate", "low": 25, "source": "x", "year": 2024})


def test_own_numbers_are_suggested_with_their_source():
    series = {"month": walk(2)}
    now = series["month"][-1].value
    library = [
        OwnBenchmark(metric="open_rate", low=now * 1.12, source="Shop B", year=2024, kind="past_project"),
        OwnBenchmark(metric="aov", low=1.0, source="other metric", year=2024),
    ]
    aims = suggest(inputs(OPEN_RATE, series), library)
    own = [a for a in aims.found if a.source == "past_project"]
    assert "own_benchmark" not in sources(aims) and "past_project" in sources(aims)
    for aim in own:
        assert aim.params["sources"] == "Shop B, 2024"


def test_past_results_become_benchmarks_only_when_they_are_over():
    series = {"month": walk(4)}
    done = assess(
        Inputs(Target(metric="open_rate", goal=0.2, due=date(2025, 6, 30)), OPEN_RATE, series, LAST)
    )
    open_ = assess(
        Inputs(Target(metric="open_rate", goal=0.9, due=date(2025, 12, 31)), OPEN_RATE, series, LAST)
    )
    (only,) = from_past("Shop A", [done, open_])
    june = next(p.value for p in series["month"] if p.period == period_of(date(2025, 6, 1), "month"))
    assert (only.low, only.year, only.kind, only.source) == (june, 2025, "past_project", "Shop A")


@pytest.mark.parametrize(
    ("value", "start", "klass", "expected"),
    [
        (0.29872, 0.18, "ratio", 0.3),
        (1234.5, 1000, "sum", 1240),
        (101.7, 100, "ratio", 101.7),
        (7.3, 5, "sum", 7.0),
    ],
)
def test_goals_are_numbers_people_would_say(value, start, klass, expected):
    assert rounded_goal(value, start, klass) == pytest.approx(expected)


def test_rounding_keeps_the_limits():
    assert rounded_goal(0.9999, 0.5, "ratio", (0.0, 1.0)) <= 1.0


@pytest.mark.parametrize("values", [[], [0.2], [0.0] * 20, [0.2] * 20, [None] * 8])
def test_poor_history_gives_no_goal_and_no_failure(values):
    months = periods_between(date(2023, 1, 1), date(2026, 12, 31), "month")[: len(values)]
    series = {"month": [Point(p, v) for p, v in zip(months, values, strict=True)]}
    aims = suggest(inputs(OPEN_RATE, series, date(2026, 12, 31)))
    assert aims.found == ()


# on data --------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def raw():
    return raw_orders(date(2022, 11, 1), date(2025, 8, 20))


@pytest.fixture(scope="module")
def data(raw, tmp_path_factory):
    return shop(tmp_path_factory.mktemp("aim"), raw)


def test_suggestions_on_data_pass_their_letters_in_the_plan(data):
    draft = Target(metric="revenue_base", goal=0, due=date(2025, 11, 30))
    aims = coach.goals(data, draft)
    assert aims.found
    for aim in aims.found:
        (again,) = assess_all(data, [aim.target])
        assert all(letter.ok for letter in again.letters.values())


def test_a_past_day_suggests_what_it_would_have_suggested_then(data, raw, tmp_path):
    day = date(2025, 3, 31)
    then = shop(tmp_path, raw, until=day)
    draft = Target(metric="orders_count", goal=0, due=date(2025, 6, 30))
    now_view, then_view = coach.goals(data, draft, day), coach.goals(then, draft)
    assert [(a.source, a.goal) for a in now_view.found] == [(a.source, a.goal) for a in then_view.found]
    assert now_view.left_out == then_view.left_out


def test_the_cascade_brings_a_driver_to_the_roots_goal(data):
    root = Target(metric="revenue_base", goal=0.1, change_type="relative", due=date(2025, 11, 30))
    draft = Target(metric="purchase_frequency", goal=0, due=date(2025, 11, 30))
    aims = coach.goals(data, draft, template="ecommerce_revenue", others=[root])
    if "cascade" in sources(aims):
        goal = next(x.goal for x in (*aims.found, *aims.left_out) if x.source == "cascade")
        now = coach.value_now(coach.Gather(data, date(2025, 8, 20)), "purchase_frequency")
        assert now < goal < now * 1.3


def test_a_line_is_read_against_the_data(data):
    wish = coach.read_line(data, "average order value in France +5% by year end")
    assert wish.fields["where"] == {"country": ("France",)} and wish.ready
    assert "metric_not_fed" in coach.read_line(data, "raise open rate to 30% by year end").notes
    plus = coach.read_line(data, "increase average order value by 20 pounds by year end")
    assert plus.fields["goal"] == pytest.approx(
        20 + coach.value_now(coach.Gather(data, date(2025, 8, 20)), "aov")
    )


def test_sentences_of_sources_fill_in_both_languages():
    for lang in ("ru", "en"):
        t = Words(lang)
        params = {
            "period": "x",
            "periods": 3,
            "sources": "s",
            "rows": 2,
            "root": "r",
            "changes": 5,
            "kind": "report",
        }
        for key in [k for k in catalogue(lang) if k.startswith("aim.source.")]:
            assert t(key, **params)
