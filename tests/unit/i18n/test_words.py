from datetime import date

import pytest

from crmkpi.i18n import UNKNOWN, Words
from crmkpi.periods import parse_period

RU, EN = Words("ru", "RUB"), Words("en", "USD")


def test_money_reads_as_people_write_it():
    assert RU.money(8911407.9) == "8\u00a0911\u00a0408\u00a0₽"
    assert RU.money(8911407.9, short=True) == "8,91\u00a0млн\u00a0₽"
    assert RU.money(480.87) == "480,87\u00a0₽"
    assert EN.money(-12345.6) == "−$12,346"
    assert Words("ru").money(1234.0) == "1\u00a0234"


def test_unknown_is_a_dash_everywhere():
    for shown in (RU.money(None), RU.percent(None), RU.points(None), RU.number(None), RU.date(None)):
        assert shown == UNKNOWN
    assert RU.change(None, 2, "money") == UNKNOWN
    assert RU.change(0, 2, "money") == UNKNOWN  # growth from nothing has no per cent


def test_change_of_a_share_is_in_points():
    assert RU.change(0.18, 0.30, "share") == "+12,0\u00a0п.п."
    assert EN.change(200, 100, "money") == "−50.0%"


def test_periods_and_days():
    assert RU.period(parse_period("2011-11")) == "ноябрь 2011"
    assert EN.period(parse_period("2011-Q3")) == "Q3 2011"
    assert RU.date(date(2011, 12, 9)) == "9 декабря 2011"
    assert RU.period(parse_period("2011-W36")) == "36-я неделя 2011"


def test_a_missing_key_is_a_defect():
    with pytest.raises(KeyError):
        RU("no.such_key")


def test_canonical_names_in_a_sentence_are_said_in_words():
    params = {"file": "a.csv", "table": "orders", "columns": "ordered_at, amount"}
    text = RU("error.missing_required", **params)
    assert "«Заказы»" in text and "«Дата заказа»" in text and "ordered_at" not in text
    lines = {"file": "a.csv", "table": "order_lines", "columns": "sku|product"}
    assert "«Артикул» или «Товар»" in RU("error.missing_required", **lines)
    assert "Orders" in EN("error.missing_required", **params)


def test_headers_of_the_users_file_stay_as_they_are():
    assert "amount, orders" in RU("error.not_recognised", file="a.csv", columns="amount, orders")
    assert RU("cli.loaded_line", table="Заказы", rows=3) == RU("cli.loaded_line", table="orders", rows=3)


def test_an_abbreviation_at_the_end_of_a_sentence_has_one_stop():
    plain = Words("ru")
    said = plain("node.part", root="Выручка", part=plain.short(217_000))
    assert said.endswith("217\u00a0тыс.") and not said.endswith("..")
