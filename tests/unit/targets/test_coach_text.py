"""The coach in words: no sentence lacks a parameter, in either language, and a view needs nothing else."""

from __future__ import annotations

from datetime import date

import pytest

from crmkpi.catalog import benchmarks
from crmkpi.i18n import Words
from crmkpi.targets import coach
from crmkpi.targets.aim import line_of
from crmkpi.targets.coach_text import (
    aim_text,
    benchmark_line_text,
    blocked_text,
    due_text,
    effort_texts,
    left_out_text,
    offer_text,
    pace_texts,
    question_text,
    side_text,
    wish_texts,
)
from crmkpi.targets.target import Target, TargetFieldBadError, read_target
from crmkpi.targets.wish import read_wish
from tests.unit.targets.shop import raw_orders, shop

TODAY = date(2025, 8, 20)
LINES = (
    "увеличить долю заказов от покупателей, не совершавших покупок более 60 дней, на 15% за квартал",
    "увеличить средний чек на 200 рублей за месяц",
    "open rate или click rate до 30 к концу года",
    "open rate сейчас 18%, цель 30 до 31 марта 2020",
    "повысить узнаваемость",
    "увеличить отток на 5 п.п. каждый месяц, абракадабра",
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return shop(tmp_path_factory.mktemp("words"), raw_orders(date(2023, 1, 1), TODAY))


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_every_question_and_note_of_a_line_is_a_sentence(lang):
    t = Words(lang, "RUB")
    for line in LINES:
        wish = read_wish(line, TODAY, fed={"aov"})
        said = [question_text(wish, q, t) for q in wish.questions] + wish_texts(wish, t)
        said += [offer_text(o, t) for o in wish.offers]
        assert said and all("{" not in text and text for text in said), line


def test_the_question_about_per_cent_names_both_readings():
    wish = read_wish(LINES[0], TODAY)
    (question,) = [q for q in wish.questions if q.code == "change_kind"]
    assert question_text(wish, question, Words("ru")).startswith("«На 15 %» у доли читается по-разному: 15 %")
    assert "15 п.п." in question_text(wish, question, Words("ru"))


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_goals_dates_places_and_efforts_are_sentences(data, lang):
    t = Words(lang, "GBP")
    draft = Target(metric="orders_count", goal=0, due=date(2025, 11, 30))
    aims = coach.goals(data, draft)
    said = [aim_text(a, t) for a in aims.found] + [left_out_text(o, t) for o in aims.left_out]
    dues = coach.dates(data, draft, goal=230.0)
    said += [due_text(d, t) for d in dues.found] + pace_texts(dues.pace, "orders_count", t)
    said += [side_text(s, t) for s in coach.strong_and_weak(data, "ecommerce_revenue")]
    target = Target(metric="revenue_base", goal=0.1, change_type="relative", due=date(2025, 11, 30))
    said += effort_texts(coach.effort_of(data, target, template="ecommerce_revenue"), t)
    assert len(said) > 12 and all(text and "{" not in text for text in said)
    assert isinstance(blocked_text(aims, t), str)


def test_a_published_row_says_publisher_year_sample_and_definition():
    for row in benchmarks.benchmarks()[:40]:
        text = benchmark_line_text(line_of(row), Words("ru"))
        assert row.publisher in text and (row.year is None or str(row.year) in text)


def test_what_may_go_wrong_and_what_it_takes_are_stored_with_the_target():
    raw = {"metric": "aov", "goal": 0.1, "due": date(2025, 12, 31), "change_type": "relative"}
    found = read_target(
        raw | {"premortem": {"colleagues": "design"}, "estimate": {"messages": 5000, "hours": 12}}
    )
    assert Target.model_validate_json(found.model_dump_json()) == found
    with pytest.raises(TargetFieldBadError):
        read_target(raw | {"estimate": {"hours": -1}})
