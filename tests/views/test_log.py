"""The log in words: grades A to D on the sample, nothing unaffected is credited, entries as people type them."""

from __future__ import annotations

import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmkpi.analysis.initiative import Audience, Initiative, Judgement, Participant, SharesError
from crmkpi.engine.data import DataDir
from crmkpi.i18n import LANGUAGES, Words
from crmkpi.project.document import Project
from crmkpi.views.log import LogView, Pairs, from_suggestion, graded_pairs, log_view, marked, suggestions
from crmkpi.views.log_entry import (
    PeopleUnreadableError,
    branches,
    entry_from,
    lacking,
    people_from,
    people_typed,
    served,
    with_entry,
    without_entry,
)
from crmkpi.views.log_share import persons, review_period, share_view, watched
from crmkpi.views.node import series

Sample = tuple[Project, DataDir]


def campaign(key: str) -> Audience:
    return Audience(kind="campaign", campaigns=(key,))


WINBACK = Initiative(title="Возврат спящих", shipped=date(2026, 2, 10), audience=campaign("WINBACK-2026-02"))
CATALOG = Initiative(title="Каталог", shipped=date(2026, 4, 14), audience=campaign("CATALOG-2026-04"))
BASKET = Initiative(title="Корзина", shipped=date(2026, 4, 1), window_days=91, metrics=("aov",))
AUTUMN = Initiative(title="Осень", shipped=date(2026, 9, 6), audience=campaign("M-2026-09-1"))
TOWNS = Initiative(
    title="Самовывоз",
    shipped=date(2026, 6, 1),
    window_days=91,
    audience=Audience(kind="segment", where={"segment": ("Малые города",)}),
)


@pytest.fixture(scope="module")
def pairs(sample: Sample) -> Pairs:
    entries = [WINBACK, CATALOG, BASKET, AUTUMN, TOWNS]
    return graded_pairs(sample[1], sample[0].model_copy(update={"initiatives": entries}))


@pytest.fixture(scope="module")
def view(sample: Sample, pairs: Pairs) -> LogView:
    return log_view(sample[1], pairs, Words("ru", "RUB"))


def test_each_initiative_gets_its_grade_and_the_right_words(view: LogView) -> None:
    said = {e.title: e for e in view.entries}
    assert {title: e.grade for title, e in said.items()} == {
        "Возврат спящих": "A",
        "Каталог": "A",
        "Корзина": "C",
        "Осень": "D",
        "Самовывоз": "B",
    }
    assert said["Возврат спящих"].sentence.startswith("Прирост доказан: купили 13,1")
    assert said["Возврат спящих"].tone == "good"
    assert "сезон" in said["Корзина"].sentence and "Контрольной группы не было" in said["Корзина"].sentence
    assert "верхняя граница" in said["Осень"].sentence and said["Осень"].tone == "neutral"
    assert said["Осень"].stronger[0].startswith("Контрольная группа: ")
    assert said["Самовывоз"].trend[-2].inside == 1 and said["Самовывоз"].trend[-1].inside < 0.5


def test_an_unaffected_campaign_is_not_credited_and_no_effect_is_not_claimed(view: LogView) -> None:
    said = next(e for e in view.entries if e.title == "Каталог")
    assert said.sentence.startswith("Эффект не показан") and "не значит, что эффекта нет" in said.sentence
    assert "3,9" in said.sentence  # the smallest difference that this test could see
    assert said.tone == "neutral"
    assert any("в деньгах прибавка не доказана" in value for _, value in said.figures)


def test_the_verdict_counts_what_is_proven_and_names_what_got_worse(view: LogView) -> None:
    assert view.headline == "В журнале 5 инициатив, доказано эффектов: 3"
    assert view.sentences[0].startswith("Из них ухудшений: 2")


def test_everything_is_said_in_both_languages(sample: Sample, pairs: Pairs) -> None:
    judged = Initiative(title="x", shipped=date(2024, 2, 1), judgement=Judgement(why="by eye"))
    bare = Initiative(title="y", shipped=date(2024, 2, 1))
    entries = [e for e, _ in pairs] + [judged, bare]
    found = graded_pairs(sample[1], sample[0].model_copy(update={"initiatives": entries}))
    for lang in LANGUAGES:
        shown = log_view(sample[1], found, Words(lang, "RUB"))
        for e in shown.entries:
            for text in (e.sentence, e.grade_text, *e.notes, *e.stronger, *(v for _, v in e.figures)):
                assert text and "{" not in text and ".." not in text, (lang, e.title, text)


def test_the_share_is_a_sum_that_leaves_the_rest_unexplained(sample: Sample, pairs: Pairs) -> None:
    t = Words("ru", "RUB")
    shown = share_view(sample[1], sample[0], pairs, "me", date(2026, 1, 1), date(2026, 3, 31), t)
    parts = {p.name: p.value or 0.0 for p in shown.parts}
    assert parts["Мои инициативы"] > 0
    whole = parts["Мои инициативы"] + parts["Не объяснено инициативами"]
    assert whole == pytest.approx(parts["Всё изменение"])
    claims = {p.name: p for p in shown.claims}
    assert claims["Возврат спящих"].value == pytest.approx(parts["Мои инициативы"])
    assert claims["Каталог"].text == "не засчитано" and claims["Каталог"].note == "эффект не показан"
    assert math.fsum(p.value or 0.0 for p in shown.control) == pytest.approx(parts["Всё изменение"])
    stages = [p.name for p in shown.steps]
    assert stages == ["Охват", "Доставка", "Открытие", "Клик", "Заказ"]


def test_somebody_who_took_no_part_has_no_share(sample: Sample, pairs: Pairs) -> None:
    t = Words("ru", "RUB")
    shown = share_view(sample[1], sample[0], pairs, "Борис", date(2026, 1, 1), date(2026, 3, 31), t)
    assert "Доказанной доли инициатив в этом изменении нет" in shown.headline
    assert shown.tone == "neutral"


def test_campaigns_with_a_control_group_are_offered_until_they_are_logged(sample: Sample) -> None:
    offered = suggestions(sample[1], [])
    assert {s.campaign for s in offered} == {"WINBACK-2026-02", "CATALOG-2026-04"}
    one = from_suggestion(next(s for s in offered if s.campaign == "WINBACK-2026-02"))
    assert one.shipped == date(2026, 2, 10)
    assert [s.campaign for s in suggestions(sample[1], [one])] == ["CATALOG-2026-04"]


def test_flags_stand_over_the_period_in_which_the_work_began(sample: Sample) -> None:
    t = Words("ru")
    points = marked(series(sample[1], "aov", "month", (), t), [WINBACK, BASKET], "aov")
    assert {p.label: p.events for p in points if p.events} == {
        "февраль 2026": ("Возврат спящих",),
        "апрель 2026": ("Корзина",),
    }
    other = marked(series(sample[1], "orders_count", "month", (), t), [WINBACK, BASKET], "orders_count")
    assert [p.events for p in other if p.events] == [("Возврат спящих",)]


def test_the_review_begins_with_the_earliest_work_of_the_last_year(sample: Sample) -> None:
    assert review_period(sample[1]) == (date(2026, 4, 1), date(2026, 9, 30))
    assert review_period(sample[1], [WINBACK]) == (date(2026, 2, 1), date(2026, 9, 30))
    old = WINBACK.model_copy(update={"shipped": date(2024, 5, 1)})
    assert review_period(sample[1], [old]) == (date(2026, 4, 1), date(2026, 9, 30))


def test_people_are_those_of_the_log_and_the_targets(sample: Sample, pairs: Pairs) -> None:
    both = (Participant(name="Анна", share=0.6), Participant(name="анна", share=0.4))
    project = sample[0].model_copy(update={"initiatives": [WINBACK.model_copy(update={"people": both})]})
    assert persons(project) == ("Анна",)
    assert persons(sample[0]) == ("me",)
    assert watched(pairs, sample[0], "me") == ("aov",)


# typing an entry ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("typed", "people"),
    [
        ("", [("me", 1.0)]),
        ("Анна 60, Борис 40", [("Анна", 0.6), ("Борис", 0.4)]),
        ("Анна 60 %; Борис 40%", [("Анна", 0.6), ("Борис", 0.4)]),
        ("Анна, Борис", [("Анна", 0.5), ("Борис", 0.5)]),
        ("Anna 0.5, Boris 0,5", [("Anna", 0.5), ("Boris", 0.5)]),
        ("Анна Ли — 100", [("Анна Ли", 1.0)]),
    ],
)
def test_people_are_read_as_they_are_written(typed: str, people: list[tuple[str, float]]) -> None:
    assert [(p.name, pytest.approx(p.share)) for p in people_from(typed)] == people


@pytest.mark.parametrize("typed", ["Анна 60, Борис", "60, 40", "Анна 600, Борис 1"])
def test_people_that_cannot_be_read_are_refused(typed: str) -> None:
    with pytest.raises(PeopleUnreadableError):
        people_from(typed)


def test_shares_that_do_not_sum_to_one_are_refused() -> None:
    raw = {"title": "x", "shipped": date(2026, 1, 1)}
    with pytest.raises(SharesError):
        entry_from(raw, "Анна 60, Борис 30", Words("ru"))


@given(st.lists(st.integers(1, 99), min_size=1, max_size=3))
def test_people_survive_being_shown_and_typed_again(weights: list[int]) -> None:
    shares = [w / sum(weights) for w in weights]
    people = tuple(Participant(name=f"Кто{'абв'[i]}", share=s) for i, s in enumerate(shares))
    entry = Initiative(title="x", shipped=date(2026, 1, 1), people=people)
    again = people_from(people_typed(entry, Words("ru")))
    assert [p.name for p in again] == [p.name for p in people]
    assert [p.share for p in again] == pytest.approx(shares, abs=0.006)


def test_what_is_missing_is_named(sample: Sample) -> None:
    t = Words("ru")
    empty = {"title": " ", "audience": {"kind": "campaign", "campaigns": ()}}
    assert lacking(empty, t) == "что сделано, рассылку"
    assert lacking({"title": "x", "audience": {"kind": "segment", "where": {}}}, t) == "значения признака"
    assert lacking({"title": "x", "audience": {"kind": "everyone"}}, t) is None
    assert branches(sample[0], t)["aov"] == "Средний чек"


def test_an_entry_keeps_its_place_when_it_is_changed(sample: Sample) -> None:
    project = with_entry(with_entry(sample[0], WINBACK), CATALOG)
    changed = with_entry(project, WINBACK.model_copy(update={"title": "new"}))
    assert [e.title for e in changed.initiatives] == ["new", "Каталог"]
    assert [e.title for e in without_entry(changed, WINBACK.id).initiatives] == ["Каталог"]


def test_an_entry_whose_metric_segment_or_list_is_gone_is_told_and_closes_nothing(sample: Sample) -> None:
    day = date(2026, 4, 20)
    gone = [
        Initiative(title="a", shipped=day, metrics=("nonsense",)),
        Initiative(title="b", shipped=day, audience=Audience(kind="segment", where={"nosuch": ("x",)})),
        Initiative(title="c", shipped=day, audience=Audience(kind="list", list_id="gone")),
        Initiative(title="d", shipped=date(2027, 1, 1), audience=TOWNS.audience),
    ]
    project = sample[0].model_copy(update={"initiatives": gone})
    shown = log_view(sample[1], graded_pairs(sample[1], project), Words("ru"))
    assert [e.grade_text for e in shown.entries] == ["Измерить пока нечем"] * 4
    assert all(e.stronger for e in shown.entries)


def test_fewer_sleeping_customers_are_a_good_result(sample: Sample) -> None:
    entry = Initiative(title="x", shipped=date(2026, 4, 20), metrics=("dormant_customers",), window_days=60)
    project = sample[0].model_copy(update={"initiatives": [entry]})
    shown = log_view(sample[1], graded_pairs(sample[1], project), Words("ru")).entries[0]
    assert shown.tone == "good" and shown.sentence.startswith("Результат лучше обычного для сезона")


def test_the_target_and_the_branch_that_the_work_served_are_named(sample: Sample) -> None:
    entry = WINBACK.model_copy(update={"node": "aov"})
    project = sample[0].model_copy(update={"initiatives": [entry]})
    assert served(project, entry.id, Words("ru")) == "Ветвь дерева: Средний чек"
    assert served(sample[0], entry.id, Words("ru")) is None
