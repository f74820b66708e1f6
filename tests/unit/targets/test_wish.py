"""One typed line: the articles' sentences, dates, changes, questions, and every target read back to itself."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmkpi.catalog.metric import metrics
from crmkpi.i18n import Words, catalogue
from crmkpi.targets.gather import facts_of
from crmkpi.targets.language import stem
from crmkpi.targets.target import Target, TargetFieldMissingError
from crmkpi.targets.wish import answered, read_wish
from crmkpi.targets.wish_offers import topics
from crmkpi.targets.wish_sentence import wish_sentence

TODAY = date(2025, 8, 20)
SEGMENTS = {"city": ["Москва", "Казань"], "tier": ["VIP", "Gold"], "channel": ["email"]}
SENTENCE = "увеличить долю заказов от покупателей, не совершавших покупок более 90 дней, на 15% за квартал"

CURRENT = "open rate в настоящий момент составляет 18%, а целевой уровень установлен на 30%"
BONUS = "бонус за лидов, из которых продажи закрыли минимум 20% сделок"


def read(text, **more):
    return read_wish(text, more.pop("today", TODAY), segments=SEGMENTS, **more)


def codes(wish) -> set[str]:
    return {q.code for q in wish.questions}


# the articles -------------------------------------------------------------------------------------------
def test_the_sentence_of_the_article_becomes_a_target_with_one_question():
    wish = read(SENTENCE)
    assert wish.metric == "dormant_order_share"
    assert wish.inactivity_days == 90
    assert wish.fields["goal"] == 0.15 and wish.fields["due"] == date(2025, 12, 31)
    assert not wish.ready and not wish.not_understood and not wish.missing
    (question,) = [q for q in wish.questions if q.default is None]
    assert question.code == "change_kind" and question.options == ("relative", "points")
    target = answered(wish, "change_kind", "relative").target()
    assert (target.metric, target.goal, target.change_type) == ("dormant_order_share", 0.15, "relative")
    assert answered(wish, "change_kind", "points").target().change_type == "points"


def test_another_pause_than_the_projects_is_asked_about():
    assert "inactivity_days" not in codes(read(SENTENCE))
    assert "inactivity_days" in codes(read(SENTENCE, inactivity_days=60))
    months = read("доля заказов от покупателей, не совершавших покупок более 3 месяцев, до 20% к концу года")
    assert months.inactivity_days == 90 and months.fields["due"] == date(2025, 12, 31)


@pytest.mark.parametrize(
    ("text", "metric", "fields"),
    [
        ("рост open rate или click rate в конкретных сегментах", "open_rate", {}),
        ("улучшение вовлечённости в конкретном сегменте", "engagement_rate", {}),
        ("рост повторных заказов в результате серии кампаний", "repeat_orders", {}),
        ("сокращение процента отписок после запуска новых сценариев", "unsub_rate", {}),
        (CURRENT, "open_rate", {"goal": 0.3}),
        ("Увеличить брендовый трафик на 30%", "brand_traffic", {"goal": 0.3, "change_type": "relative"}),
        ("Цель: Увеличение LTV", "ltv_simple", {}),
        ("выручка 10 миллионов", "revenue_base", {"goal": 10_000_000.0}),
        ("привести лидов на потенциальную сумму сделок 30 миллионов", "pipeline_value", {"goal": 3e7}),
        ("LTV должен быть минимум в 3 раза выше CAC", "ltv_cac", {"goal": 3.0, "kind": "stay_above"}),
        (BONUS, "lead_win_rate", {"goal": 0.2, "kind": "stay_above"}),
        ("увеличить выручку текущей базы клиентов", "revenue_base", {}),
        ("рост среднего чека", "aov", {}),
        ("снижение оттока", "churn_rate", {}),
        ("количество покупок на одного клиента в периоде", "customers_per_period_orders", {}),
        ("доля повторных покупок", "repeat_purchase_rate", {}),
        ("конверсия по триггерным цепочкам", "trigger_conversion", {}),
    ],
)  # fmt: skip
def test_sentences_of_the_articles(text, metric, fields):
    wish = read(text)
    assert wish.metric == metric
    assert {key: wish.fields.get(key) for key in fields} == fields
    if "goal" not in fields:
        assert "goal" in wish.missing and wish.offers


def test_the_start_named_in_the_sentence_is_kept():
    wish = read(CURRENT)
    assert wish.stated_start == pytest.approx(0.18)


# vague wishes -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text", ["Повысить узнаваемость бренда", "повысить узнаваемость", "raise brand awareness"]
)
def test_brand_awareness_becomes_branded_traffic(text):
    wish = read(text)
    assert wish.vague and wish.metric is None
    assert (wish.offers[0].metric, wish.offers[0].change, wish.offers[0].goal) == (
        "brand_traffic",
        "relative",
        0.3,
    )


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("улучшить удержание", "retention_rate"),
        ("повысить релевантность рассылок", "click_rate"),
        ("сделать клиентов лояльнее, поднять лояльность", "retention_rate"),
        ("make customers happier", "csat"),
        ("вернуть неактивных клиентов", "reactivated_customers"),
        ("improve engagement", "engagement_rate"),
    ],
)  # fmt: skip
def test_vague_wishes_get_measurable_offers(text, first):
    wish = read(text)
    assert wish.vague and wish.offers[0].metric == first


def test_every_offer_is_a_metric_moving_the_good_way():
    for _, offers in topics().values():
        for offer in offers:
            facts = facts_of(offer.metric)
            assert (offer.goal > 0) == (facts.better != "down"), offer
            assert offer.change == "relative" or facts.share, offer


# dates --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("к концу года", date(2025, 12, 31)),
        ("до конца 2026 года", date(2026, 12, 31)),
        ("до 31 марта", date(2026, 3, 31)),
        ("до 31 марта 2027 г.", date(2027, 3, 31)),
        ("до 31.10", date(2025, 10, 31)),
        ("к 30.09.2025", date(2025, 9, 30)),
        ("by end of Q1", date(2026, 3, 31)),
        ("by the end of Q4 2025", date(2025, 12, 31)),
        ("in 3 months", date(2025, 11, 30)),
        ("за три месяца", date(2025, 11, 30)),
        ("за полгода", date(2026, 2, 28)),
        ("в IV квартале", date(2025, 12, 31)),
        ("за 1 квартал 2026", date(2026, 3, 31)),
        ("в первом квартале", date(2026, 3, 31)),
        ("в следующем квартале", date(2025, 12, 31)),
        ("в этом месяце", date(2025, 8, 31)),
        ("next month", date(2025, 9, 30)),
        ("до нового года", date(2025, 12, 31)),
        ("by March 31, 2026", date(2026, 3, 31)),
        ("by 31 March 2026", date(2026, 3, 31)),
        ("until 2025-10-31", date(2025, 10, 31)),
        ("в октябре", date(2025, 10, 31)),
        ("за 2026 год", date(2026, 12, 31)),
        ("к концу октября", date(2025, 10, 31)),
        ("by year end", date(2025, 12, 31)),
        ("за квартал", date(2025, 12, 31)),
        ("within 6 weeks", date(2025, 9, 28)),
    ],
)  # fmt: skip
def test_due_dates(text, due):
    wish = read(f"средний чек до 2 500 {text}")
    assert wish.fields["due"] == due
    assert wish.fields["goal"] == 2500 and not wish.not_understood


def test_a_bare_quarter_is_the_running_one_while_half_of_it_is_ahead():
    assert read("aov +5% за квартал", today=date(2025, 7, 5)).fields["due"] == date(2025, 9, 30)
    late = read("aov +5% за квартал")
    (question,) = [q for q in late.questions if q.code == "due_reading"]
    assert question.options == ("2025-12-31", "2025-09-30")
    assert answered(late, "due_reading", "2025-09-30").fields["due"] == date(2025, 9, 30)


def test_a_date_gone_by_is_said():
    assert "due_in_past" in read("aov до 2 500 до 31 марта 2020 года").notes


# changes ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "goal", "change"),
    [
        ("средний чек +10% к концу года", 0.1, "relative"),
        ("поднять средний чек вдвое к концу года", 1.0, "relative"),
        ("снизить долю отписок в 2 раза до 31 марта", -0.5, "relative"),
        ("double repeat orders within half a year", 1.0, "relative"),
        ("открываемость +12 п.п. до нового года", 0.12, "points"),
        ("raise open rate by 12 percentage points by year end", 0.12, "points"),
        ("open rate by 12pp by year end", 0.12, "points"),
        ("reduce churn from 12% to 9% in 3 months", 0.09, None),
        ("поднять открываемость с 18 до 30% за полгода", 0.3, None),
        ("открываемость 35% к концу года", 0.35, None),
        ("revenue 1.5m by year end", 1_500_000.0, None),
        ("revenue $1,500,000 by year end", 1_500_000.0, None),
        ("выручка 1,5 млн к концу года", 1_500_000.0, None),
        ("увеличить средний чек на треть к концу года", pytest.approx(1 / 3), "relative"),
        ("снизить отток на 2 п.п. к концу года", -0.02, "points"),
        ("увеличить открываемость на 15% от точки старта к концу года", 0.15, "relative"),
    ],
)  # fmt: skip
def test_changes(text, goal, change):
    wish = read(text)
    assert wish.fields["goal"] == goal
    assert wish.fields.get("change_type") == change
    assert wish.ready and not wish.not_understood, wish


def test_per_cent_of_a_share_is_asked_about_and_of_money_is_not():
    assert "change_kind" in codes(read("поднять открываемость на 15% к концу года"))
    assert "change_kind" not in codes(read("поднять средний чек на 15% к концу года"))


def test_thirty_for_a_share_is_taken_as_per_cent_and_said():
    wish = read("открываемость до 30 к концу года")
    assert wish.fields["goal"] == 0.3 and "percent_meant" in codes(wish)


def test_a_change_in_units_needs_the_value_now():
    assert "needs_current" in codes(read("увеличить средний чек на 200 рублей за месяц"))
    wish = read("увеличить средний чек на 200 рублей за месяц", current=lambda name: 1500.0)
    assert wish.fields["goal"] == 1700.0


def test_the_wrong_direction_is_said_and_not_refused():
    assert "wrong_direction" in read("увеличить отток на 3 п.п. за квартал").notes
    assert "wrong_direction" in read("снизить средний чек на 10% к концу года").notes


def test_levels_to_hold():
    wish = read("удержать отток не выше 5% в IV квартале")
    assert (wish.metric, wish.fields["kind"], wish.fields["goal"]) == ("churn_rate", "stay_below", 0.05)


# segments, owners, typos, the rest ------------------------------------------------------------------------
def test_segments_of_the_data_are_found_in_any_case():
    assert read("средний чек в Москве +10% к концу года").fields["where"] == {"city": ("Москва",)}
    assert read("retention for VIP at least 40% until 31 December 2025").fields["where"] == {"tier": ("VIP",)}


def test_an_unknown_segment_is_given_back():
    assert read("средний чек в Самаре +10% к концу года").not_understood == ("Самаре",)


def test_owners():
    assert read("средний чек +10% к концу года, отвечает Даша Гуща").fields["owner"] == "Даша Гуща"
    assert read("aov +10% by year end, owner: Ann").fields["owner"] == "Ann"


def test_a_typo_does_not_hide_the_metric():
    assert read("увеличить средий чек на 5% за месяц").metric == "aov"
    assert read("increase retenion rate to 40% by year end").metric == "retention_rate"


@pytest.mark.parametrize(
    "text", ["", "   ", "абракадабра 5% послезавтра", "«", "%%%", "🙂", "0" * 600, "до до до"]
)
def test_nonsense_is_no_target_and_no_failure(text):
    wish = read(text)
    assert wish.metric is None and "metric" in wish.missing
    with pytest.raises(TargetFieldMissingError):
        wish.target()


def test_what_was_not_understood_comes_back_as_typed():
    assert read("Абракадабра: средний чек +5% к концу года").not_understood == ("Абракадабра",)


@given(st.text(max_size=120))
@settings(max_examples=60, deadline=None)
def test_any_text_is_read_without_a_failure(text):
    read(text)


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_every_label_names_its_own_metric(lang):
    other = []
    for name, metric in metrics().items():
        wish = read(f"{metric.label[lang]}")
        same = wish.metric is not None and metrics()[wish.metric].label[lang] == metric.label[lang]
        if not same:
            other.append((metric.label[lang], name, wish.metric))
    assert not other, other


def test_cases_of_a_word_have_one_stem():
    for forms in (
        "доля долю доли",
        "заказ заказов заказы",
        "покупка покупок покупки",
        "отписка отписок",
        "чек чека чеков",
        "клиент клиентов",
        "рассылка рассылок рассылки",
        "orders order",
        "открываемость открываемости",
    ):
        assert len({stem(word) for word in forms.split()}) == 1, forms  # fmt: skip


# read back ----------------------------------------------------------------------------------------------
NAME = (
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Co")), min_size=1, max_size=12)
    .map(str.strip)
    .filter(bool)
)
GOAL = st.one_of(
    st.sampled_from([0.15, -0.15, 0.3, 0.007, 12.5, 1e6, 0.0]),
    st.floats(-1e7, 1e7, allow_nan=False).map(lambda x: round(x, 6) + 0.0),
)  # fmt: skip


@st.composite
def targets(draw) -> Target:
    name = draw(st.sampled_from(sorted(metrics())))
    changes = ["absolute", "relative", *(["points"] if metrics()[name].unit == "share" else [])]
    where = draw(st.dictionaries(NAME, st.lists(st.none() | NAME, min_size=1, max_size=3), max_size=2))
    rails = draw(st.lists(st.sampled_from(sorted(metrics())), max_size=2, unique=True))
    return Target(
        id="t",
        metric=name,
        goal=draw(GOAL),
        due=draw(st.dates(date(2001, 1, 1), date(2090, 12, 31))),
        owner=draw(st.just("me") | NAME),
        change_type=draw(st.sampled_from(changes)),
        grain=draw(st.sampled_from(["day", "week", "month", "quarter"])),
        measure=draw(st.sampled_from(["level", "total"])),
        kind=draw(st.sampled_from(["reach", "stay_above", "stay_below"])),
        shape=draw(st.sampled_from(["auto", "linear", "geometric", "logit", "s_curve", "lag", "seasonal"])),
        baseline_date=draw(st.none() | st.dates(date(2001, 1, 1), date(2030, 12, 31))),
        where=where,
        guardrail=[
            {"metric": rail, "floor": draw(st.none() | st.sampled_from([0.2, 15.5, -3.0]))} for rail in rails
        ],
    )


@pytest.mark.parametrize("lang", ["ru", "en"])
@given(target=targets())
@settings(max_examples=150, deadline=None)
def test_every_target_reads_back_as_the_same_target(lang, target):
    sentence = wish_sentence(target, Words(lang, "RUB"))
    wish = read_wish(sentence, TODAY)
    assert wish.ready and not wish.not_understood, (sentence, wish)
    assert wish.target(id="t") == target, sentence


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_every_catalogue_metric_survives_its_sentence(lang):
    for name, metric in metrics().items():
        change = "points" if metric.unit == "share" else "relative"
        target = Target(id="t", metric=name, goal=0.15, due=date(2026, 3, 31), change_type=change)
        wish = read_wish(wish_sentence(target, Words(lang)), TODAY)
        assert wish.ready and wish.target(id="t") == target, name


def test_questions_and_notes_have_words():
    texts = catalogue("ru")
    for code in (
        "change_kind",
        "which_metric",
        "due_reading",
        "percent_meant",
        "inactivity_days",
        "per_period",
        "needs_current",
    ):
        assert f"wish.question.{code}" in texts
    for code in ("wrong_direction", "due_in_past", "metric_not_fed", "start_named"):
        assert f"wish.note.{code}" in texts
