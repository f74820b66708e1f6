"""The five letters: each reason is reached by a case that should reach it; words exist for all of them."""

from __future__ import annotations

import ast
import math
from datetime import date
from pathlib import Path

import pytest

from crmkpi.catalog.benchmarks import match
from crmkpi.forecast.series import Point
from crmkpi.i18n import LANGUAGES, Words, catalogue
from crmkpi.periods import periods_between
from crmkpi.targets import smart
from crmkpi.targets.assess import Assessment, Inputs, assess
from crmkpi.targets.facts import Facts
from crmkpi.targets.history import History, history_of
from crmkpi.targets.link import Link
from crmkpi.targets.sentence import gap_text, letter_message, target_sentence, verdict
from crmkpi.targets.settings import TargetSettings
from tests.unit.targets.series_of import CHURN, CUSTOMERS, OPEN_RATE, ORDERS, levels, sums, target

AS_OF = date(2025, 6, 30)
SHOP = sums(date(2022, 1, 1), AS_OF)


def rate(weight: float | None = None, months: int = 24, noise: float = 0.004, base: float = 0.18) -> dict:
    periods = periods_between(date(2023, 7, 1), AS_OF, "month")[-months:]
    return {
        "month": [Point(p, base + noise * math.sin(3.7 * i), True, weight) for i, p in enumerate(periods)]
    }


def open_rate(goal: float = 0.20, due: date = date(2025, 8, 31), **more) -> Assessment:
    fields = {k: more.pop(k) for k in list(more) if k in ("owner", "lever", "kind", "shape", "baseline_date")}
    series = more.pop("series", None) or rate()
    return assess(
        Inputs(target(metric="open_rate", goal=goal, due=due, **fields), OPEN_RATE, series, AS_OF, **more)
    )


def codes(found: Assessment, letter: str) -> list[str]:
    return [reason.code for reason in found.letters[letter].reasons]


def test_a_good_target_has_a_reason_for_every_letter():
    link = Link("email_funnel", "crm_revenue", ("open_rate", "crm_revenue"), False, 500.0, True)
    found = open_rate(goal=0.184, link=link)
    assert set(found.letters) == {"specific", "measurable", "achievable", "relevant", "time_bound"}
    assert all(letter.reasons for letter in found.letters.values())


@pytest.mark.parametrize(
    ("goal", "facts", "wrong"), [(0.10, OPEN_RATE, True), (0.30, OPEN_RATE, False), (0.30, CHURN, True)]
)
def test_a_goal_on_the_wrong_side_is_advice_not_a_refusal(goal, facts, wrong):
    found = assess(Inputs(target(metric=facts.id, goal=goal), facts, rate(), AS_OF))
    assert ("wrong_side" in codes(found, "specific")) is wrong
    assert found.letters["specific"].ok is not wrong


def test_segment_and_missing_columns_are_named():
    found = open_rate(unknown_segments=["country = Narnia"], missing=["messages.opened"])
    assert codes(found, "specific") == ["segment_unknown", "metric_unavailable"]


def test_short_history_stale_history_and_holes():
    assert "few_periods" in codes(open_rate(series=rate(months=4)), "measurable")
    stale = {"month": rate()["month"][:-3]}
    assert "stale" in codes(open_rate(series=stale), "measurable")
    holes = rate()["month"]
    for i in (3, 5, 8):
        holes[i] = Point(holes[i].period, None)
    assert "holes" in codes(open_rate(series={"month": holes}), "measurable")
    assert codes(open_rate(series={"month": []}), "measurable") == ["no_values"]


def test_a_change_inside_noise_cannot_be_told_from_luck():
    assert "inside_noise" in codes(open_rate(goal=0.184, series=rate(noise=0.02)), "measurable")
    assert "inside_noise" not in codes(open_rate(goal=0.30, series=rate(noise=0.004)), "measurable")


def test_few_recipients_cannot_show_a_small_change():
    small = smart.detectable_change(0.18, 300)
    assert small == pytest.approx(2.8016 * math.sqrt(0.18 * 0.82 * 2 / 300))
    assert "few_observations" in codes(open_rate(goal=0.20, series=rate(weight=300)), "measurable")
    assert "few_observations" not in codes(open_rate(goal=0.20, series=rate(weight=90_000)), "measurable")
    assert smart.detectable_change(0.18, None) is None


def test_the_published_detectable_change():
    assert smart.detectable_change(0.025, 20_000) == pytest.approx(0.00437, abs=5e-6)


@pytest.mark.parametrize(
    ("chance", "code", "ok"),
    [(0.9, "will_happen_anyway", True), (0.6, "comfortable", True), (0.3, "ambitious", True),
     (0.1, "stretch", False), (0.01, "unrealistic", False)],
)  # fmt: skip
def test_bands_of_the_chance(chance, code, ok, monkeypatch):
    case = _case(chance=chance)
    letter = smart.achievable(case)
    assert (letter.reasons[0].code, letter.ok) == (code, ok)


def test_a_stretch_goal_is_fine_with_a_named_lever():
    letter = smart.achievable(_case(chance=0.1, lever="new welcome series"))
    assert letter.ok and letter.reasons[0].code == "stretch_with_lever"


def _case(chance: float, lever: str = "") -> smart.Case:
    found = open_rate(goal=0.25, lever=lever)
    return smart.Case(
        target=found.target, facts=found.facts, resolved=found.resolved, series=rate()["month"],
        history=History(*_history()), chance=chance, percentile=0.4, benchmark=None, link=None,
        root_effect=None, root_unit="money", root_share=None, checkpoints=9, as_of=AS_OF, unknown_segments=(),
        missing=(), settings=TargetSettings(),
    )  # fmt: skip


def _history():
    made = history_of(rate()["month"], True, (0.0, 1.0))
    return made.scale, made.z, made.season


def test_already_reached_is_said():
    found = open_rate(goal=0.17, baseline_date=date(2023, 9, 30))
    assert codes(found, "achievable") == ["already_reached"]
    assert found.status == "done"


def test_with_little_history_the_market_is_asked():
    band = match("open_rate", "share")
    assert band is not None
    within = open_rate(goal=0.25, series=rate(months=3), benchmark=band)
    beyond = open_rate(goal=0.90, series=rate(months=3), benchmark=band)
    without = open_rate(goal=0.25, series=rate(months=3))
    long = open_rate(goal=0.90, benchmark=band)
    assert codes(within, "achievable")[0] == "within_benchmark"
    assert codes(beyond, "achievable")[0] == "beyond_benchmark"
    assert codes(without, "achievable")[0] == "not_enough_history"
    assert "benchmark" not in codes(long, "achievable")[0]


def test_certainty_comes_from_a_named_day():
    found = open_rate(series=rate(months=3))
    reason = found.letters["achievable"].reasons[0]
    assert reason.params["from_date"] == date(2025, 9, 30)


def test_growth_from_the_first_tracked_period_is_a_low_base():
    first = rate(months=24)["month"]
    found = open_rate(series={"month": first}, baseline_date=first[0].period.last)
    assert "low_base" in codes(found, "achievable")


def test_relevance_needs_a_path():
    path = ("open_rate", "crm_revenue")
    assert codes(open_rate(), "relevant") == ["no_path", "process_metric"]
    influence = open_rate(link=Link("t", "crm_revenue", path, True, None, True))
    assert codes(influence, "relevant") == ["influence_only", "process_metric"]
    worth = open_rate(goal=0.30, link=Link("t", "crm_revenue", path, False, 1000.0, True), root_gap=10_000.0)
    assert codes(worth, "relevant") == ["root_effect", "small_share", "process_metric"]
    start = worth.resolved.baseline_value
    assert start is not None and worth.root_effect == pytest.approx(1000 * (0.30 - start))
    assert not worth.letters["relevant"].ok
    goal = assess(Inputs(target(goal=700), ORDERS, SHOP, AS_OF))
    assert codes(goal, "relevant") == ["is_goal"]


@pytest.mark.parametrize(
    ("due", "code"),
    [
        (date(2025, 5, 31), "due_in_past"),
        (date(2025, 7, 10), "no_full_period"),
        (date(2025, 12, 31), "too_long"),
        (date(2025, 8, 20), "not_on_boundary"),
        (date(2025, 8, 10), "not_on_boundary"),
        (date(2025, 7, 31), "time_bound"),
    ],
)
def test_dates_are_judged_by_the_horizon_of_the_metric(due, code):
    assert code in codes(open_rate(due=due), "time_bound")


def test_a_strategic_metric_needs_months():
    near = assess(
        Inputs(
            target(metric="active_customers", goal=900, due=date(2025, 7, 31)), CUSTOMERS, _customers(), AS_OF
        )
    )
    assert "too_short" in codes(near, "time_bound")


def _customers():
    return {"month": levels(date(2024, 1, 1), AS_OF, lambda d: 800 + 20 * math.sin(d.toordinal()))["month"]}


def test_a_target_set_after_its_own_date_is_judged_by_what_was():
    missed = open_rate(goal=0.5, due=date(2025, 3, 31))
    assert missed.status == "off_track"
    assert missed.resolved.current_period == periods_between(date(2025, 3, 1), date(2025, 3, 31), "month")[0]
    assert missed.milestones == []
    hit = open_rate(goal=0.15, due=date(2025, 3, 31))
    assert hit.status == "done"


# words -----------------------------------------------------------------------------------------------------
def reason_codes() -> set[str]:
    tree = ast.parse(Path(smart.__file__).read_text(encoding="utf-8"))
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and getattr(n.func, "id", "") == "Reason"]
    found = set()
    for call in calls:
        first = call.args[0]
        choices = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
        found |= {c.value for c in choices if isinstance(c, ast.Constant)}
    return found


def test_every_reason_has_words_and_no_words_are_left_over():
    texts = {key.removeprefix("smart.reason.") for key in catalogue("en") if key.startswith("smart.reason.")}
    assert texts == reason_codes()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_letter_of_many_targets_is_said_without_holes(lang):
    t = Words(lang, "RUB")
    link = Link("t", "crm_revenue", ("open_rate", "crm_revenue"), False, 1000.0, True)
    made = [
        open_rate(),
        open_rate(goal=0.1, link=link),
        open_rate(series=rate(months=3), benchmark=match("open_rate", "share")),
        open_rate(series={"month": []}, missing=["messages.opened"], unknown_segments=["a = b"]),
        open_rate(due=date(2025, 5, 31)),
        open_rate(goal=0.2, series=rate(weight=100, noise=0.03)),
        assess(Inputs(target(goal=4000, measure="total"), ORDERS, SHOP, AS_OF)),
        assess(Inputs(target(goal=500, kind="stay_above"), ORDERS, SHOP, AS_OF)),
    ]
    for found in made:
        for letter in found.letters.values():
            text = letter_message(letter, found.facts, t, lambda name: name.upper())
            assert text.endswith(".") and ".." not in text and "{" not in text and "None" not in text
            assert "Amount(" not in text and "Period(" not in text
        assert verdict(found.letters, t)


def test_a_target_reads_back_as_one_sentence():
    ru, en = Words("ru"), Words("en")
    found = open_rate(goal=0.30, series=rate(noise=0.0001), owner="Анна")
    assert target_sentence(found.target, OPEN_RATE, found.resolved, ru) == (
        "Открываемость: поднять с 18,0\xa0% до 30,0\xa0% (+12,0\xa0п.п.) к 31 августа 2025, по месяцам. "
        "Отвечает: Анна."
    )
    total = assess(
        Inputs(
            target(goal=0.1, change_type="relative", measure="total", where={"страна": "UK"}),
            ORDERS,
            SHOP,
            AS_OF,
        )
    )
    sentence = target_sentence(total.target, ORDERS, total.resolved, en)
    assert sentence.startswith("Orders: reach ") and "(+10.0% against the same length before)" in sentence
    assert sentence.endswith("by 31 Dec 2025; only страна = UK. Owner: me.")
    hold = assess(Inputs(target(metric="churn_rate", goal=0.2, kind="stay_below"), CHURN, rate(), AS_OF))
    assert target_sentence(hold.target, CHURN, hold.resolved, ru).startswith(
        "Отток: держать не выше 20,0\xa0% до"
    )


def test_what_remains_is_printed_unsigned():
    t = Words("ru")
    assert gap_text(0.12, False, OPEN_RATE, t) == "осталось +12,0\xa0п.п."
    assert gap_text(-0.05, False, CHURN, t) == "осталось снизить на 5,0\xa0п.п."
    assert gap_text(-0.02, True, OPEN_RATE, t) == "достигнуто с запасом 2,0\xa0п.п."
    assert gap_text(None, False, OPEN_RATE, t) == "—"


def test_limits_of_what_a_metric_can_be():
    assert Facts("open_rate", unit="share").limits == (0.0, 1.0)
    assert Facts("romi_attributed", unit="share").limits == (None, None)
    assert Facts("return_rate", unit="share").limits == (0.0, None)
    assert Facts("nps", unit="points").limits == (-100.0, 100.0)
    assert Facts("orders_count").limits == (0.0, None)
