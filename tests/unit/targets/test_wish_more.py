"""Typed lines that are easy to misread: pauses, families of metrics, cases of segment names, growth of every month."""

from __future__ import annotations

from datetime import date

import pytest

from crmkpi.targets.wish import answered, read_wish
from crmkpi.targets.wish_repeat import compounded

TODAY = date(2026, 3, 31)
SEGMENTS = {
    "city": ("Москва", "Санкт-Петербург", "Казань"),
    "channel": ("Рассылка", "Сайт", "Мобильное приложение"),
    "tier": ("VIP", "Gold"),
}
CONVERSIONS = {
    "conversion_message",
    "conversion_site",
    "trigger_conversion",
    "mass_conversion",
    "landing_conversion",
    "lead_win_rate",
}


def read(text: str, **more):
    return read_wish(text, TODAY, segments=SEGMENTS, **more)


def question(wish, code):
    return next((q for q in wish.questions if q.code == code), None)


@pytest.mark.parametrize(
    "text",
    [
        "доля заказов от спящих больше 90 дней на 15% за квартал",
        "доля заказов от покупателей без покупок больше 90 дней на 15% за квартал",
        "увеличить долю заказов покупателей, которые не покупали больше 90 дней, на 15 % за квартал",
        "доля заказов от покупателей, не покупавших дольше 90 дней, +15% до конца июня",
        "increase share of orders from customers with no purchase for over 90 days by 15% in a quarter",
        "share of orders from customers with no purchase in more than 90 days +15% by end of quarter",
    ],
)
def test_a_pause_belongs_to_the_metric_and_leaves_no_word_behind(text):
    wish = read(text)
    assert wish.metric == "dormant_order_share" and wish.inactivity_days == 90
    assert wish.fields["goal"] == 0.15 and not wish.not_understood


@pytest.mark.parametrize(
    "text",
    [
        "конверсия 5% к концу года",
        "итоговая конверсия в покупку 5% к концу года",
        "conversion 5% by year end",
    ],
)
def test_a_bare_conversion_is_asked_about_and_nothing_is_chosen(text):
    wish = read(text)
    asked = question(wish, "which_metric")
    assert set(asked.options) == CONVERSIONS and asked.default is None
    assert wish.metric is None and "metric" in wish.missing and not wish.ready
    chosen = answered(wish, "which_metric", "conversion_site")
    assert chosen.ready and chosen.target().metric == "conversion_site" and chosen.target().goal == 0.05


def test_only_conversions_that_the_data_feed_are_offered():
    wish = read("конверсия 5% к концу года", fed={"conversion_site", "trigger_conversion", "aov"})
    assert question(wish, "which_metric").options == ("conversion_site", "trigger_conversion")
    one = read("конверсия 5% к концу года", fed={"conversion_site"})
    assert one.metric == "conversion_site" and question(one, "which_metric") is None


def test_a_named_conversion_needs_no_question():
    for text, metric in (
        ("конверсия сайта 5%", "conversion_site"),
        ("site conversion 5%", "conversion_site"),
    ):
        assert read(text).metric == metric and question(read(text), "which_metric") is None


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("выручка по Москве +10% за квартал", {"city": ("Москва",)}),
        ("средний чек в канале рассылок 3000 к концу года", {"channel": ("Рассылка",)}),
        ("средний чек в городе Казани 3000 к концу года", {"city": ("Казань",)}),
        ("выручка в Санкт-Петербурге +10% к июню", {"city": ("Санкт-Петербург",)}),
        ("выручка из мобильного приложения +10% к июню", {"channel": ("Мобильное приложение",)}),
        ("частота покупок VIP-клиентов 2 к концу года", {"tier": ("VIP",)}),
        ("средний чек для уровня Gold 3000 к концу года", {"tier": ("Gold",)}),
    ],
)
def test_segments_are_found_in_any_case_and_the_word_beside_them_goes_too(text, where):
    wish = read(text)
    assert wish.fields["where"] == where and not wish.not_understood


@pytest.mark.parametrize(
    "text",
    [
        "средний чек +2% в месяц до конца года",
        "увеличивать средний чек на 2 % в месяц до конца года",
        "средний чек растёт на 2 % каждый месяц до конца года",
        "average order value +2% a month until year end",
        "average order value up 2% per month by end of year",
        "grow average order value by 2% every month by end of year",
    ],
)
def test_growth_of_every_month_is_asked_about_and_compounds(text):
    wish = read(text)
    assert wish.fields["goal"] == 0.02 and wish.fields["change_type"] == "relative" and wish.steps == 9
    assert question(wish, "per_period").default is None
    assert answered(wish, "per_period", "total").target().goal == 0.02
    whole = answered(wish, "per_period", "compound").target().goal
    by_hand = 1.0
    for _ in range(9):
        by_hand *= 1.02
    assert whole == pytest.approx(by_hand - 1)


def test_points_of_every_month_add_up_whatever_is_answered_first():
    wish = read("удержание на 1% в месяц до конца года")
    one = answered(answered(wish, "change_kind", "points"), "per_period", "compound")
    two = answered(answered(wish, "per_period", "compound"), "change_kind", "points")
    assert one.fields == two.fields and one.fields["goal"] == pytest.approx(0.09)
    assert compounded(-0.1, "relative", 2) == pytest.approx(-0.19)


def test_a_level_per_month_and_a_date_in_a_month_do_not_repeat():
    assert question(read("выручка 10 млн в месяц к концу года"), "per_period") is None
    assert read("выручка 10 млн в месяц к концу года").fields["grain"] == "month"
    month = read("average order value +5% in a month")
    assert question(month, "per_period") is None and month.fields["due"] == date(2026, 4, 30)
    assert question(read("средний чек +5% за квартал"), "per_period") is None


def test_down_is_a_direction_in_english_too():
    wish = read("churn down 10% by end of year")
    assert wish.metric == "churn_rate" and wish.fields["goal"] == -0.1
    level = read("churn down to 10% by end of year")
    assert level.fields["goal"] == 0.1 and "change_type" not in level.fields


@pytest.mark.parametrize(
    ("text", "metric"),
    [
        ("вернуть неактивных клиентов", "reactivated_customers"),
        ("рост LTV", "ltv_simple"),
        ("рост частоты покупок", "purchase_frequency"),
        ("увеличение числа повторных заказов в когорте", "repeat_orders"),
        ("рост вовлечённости после запуска цепочки", "engagement_rate"),
        ("количество новых клиентов", "new_customers"),
        ("уровень удовлетворённости", "csat"),
        ("среднее время отклика", "support_frt"),
        ("уровень удержания клиентов", "retention_rate"),
        ("доля откликов на персонализированные рассылки", "personalized_response_rate"),
        ("средний доход на клиента", "arpu"),
        ("показатель оттока", "churn_rate"),
        ("увеличить выручку от постоянных клиентов", "revenue_repeat"),
        ("количество повторных заказов", "repeat_orders"),
        ("длительность жизненного цикла клиента", "lifetime_months"),
        ("доля персонализированных сообщений в общей массе коммуникаций", "personalized_share"),
        ("доля сегментированных кампаний", "segmented_campaign_share"),
        ("скорость обработки запросов от клиентов", "support_frt"),
        ("количество реактиваций неактивных клиентов", "reactivations_count"),
        ("количество касаний до конверсии", "touches_to_conversion"),
        ("время между коммуникацией и покупкой", "time_to_purchase"),
        ("доля клиентов, получивших предложение в нужный момент", "ontime_offer_share"),
        ("количество успешных реанимационных кампаний", "winback_campaigns_successful"),
        ("объём маржи", "gross_margin"),
        ("стоимость удержания клиента", "crc"),
        ("стоимость привлечения клиента", "cac"),
        ("конверсии из рассылок", "conversion_message"),
        ("CTR 5%", "click_rate"),
        ("стоимость клика", "cpc"),
        ("количество лидов", "leads_count"),
        ("конверсия посадочных страниц", "landing_conversion"),
        ("показатель отказов", "web_bounce_rate"),
        ("коэффициент сезонности покупок", "seasonality_coef"),
        ("рост клиентской базы", "base_size"),
    ],
)
def test_every_metric_the_articles_name_is_found_as_they_write_it(text, metric):
    assert read(text).metric == metric


@pytest.mark.parametrize("text", ["Повысить узнаваемость бренда", "повышение лояльности"])
def test_what_the_articles_call_vague_gets_offers(text):
    wish = read(text)
    assert wish.metric is None and wish.vague
