"""Headers in disguise: Russian in Latin letters, words glued together, questions in place of names."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmkpi.errors import CrmKpiError
from crmkpi.ingest.column_names import words
from crmkpi.ingest.inspect import inspect
from crmkpi.ingest.known_words import latin, respelt, sound
from crmkpi.ingest.vocabulary import meaning
from tests.unit.ingest.loaded import issues, shop, steps


@pytest.mark.parametrize(
    ("header", "read"),
    [
        ("nomer zakaza", "номер заказа"), ("summa_zakaza", "сумма заказа"), ("TELEFON KLIENTA", "телефон клиента"),
        ("data oformleniya", "дата оформления"), ("data oformlenija", "дата оформления"), ("tsena", "цена"),
        ("cena", "цена"), ("kol-vo", "кол во"), ("fio", "фио"), ("imya pokupatelya", "имя покупателя"),
        ("orderid", "order id"), ("paymentid", "payment id"), ("createdat", "created at"),
        ("customername", "customer name"), ("orderdate", "order date"),
        # what is English stays English
        ("status", "status"), ("manager", "manager"), ("timezone", "timezone"), ("discount", "discount"),
        ("promocode", "promocode"), ("order", "order"), ("sku", "sku"), ("reference", "reference"),
    ],
)  # fmt: skip
def test_a_header_is_read_as_what_it_says(header: str, read: str) -> None:
    assert " ".join(words(header)) == read


@pytest.mark.parametrize(
    ("word", "spelt"),
    [
        ("оформления", "oformleniya oformlenija oformleniia oformlenia"), ("цена", "tsena cena czena"),
        ("хозяин", "khozyain hoziain hozjain"), ("выручка", "vyruchka viruchka"), ("щит", "shchit schit"),
        ("юрий", "yuriy iurii jurij"), ("сумма", "summa suma"), ("скидка", "skidka"),
        ("стоимость", "stoimost' stoimost"),
    ],
)  # fmt: skip
def test_the_ways_to_spell_a_word_sound_alike(word: str, spelt: str) -> None:
    assert {sound(w) for w in spelt.split()} == {sound(latin(word))}


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=14))
@settings(max_examples=200)
def test_a_word_is_never_lost(word: str) -> None:
    parts = respelt(word)
    assert parts and all(parts) and ("".join(parts) == word or len(parts) == 1)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("otmenen", "cancelled"), ("vypolnen", "sale"), ("vozvrat", "refunded"),
        ("ne oplachen", "open"), ("chernovik", "draft"), ("paid", "sale"),
    ],
)  # fmt: skip
def test_statuses_in_latin_letters(text: str, status: str) -> None:
    assert meaning("status", text) == status


def test_a_transliterated_export_loads_like_its_twin(tmp_path: Path) -> None:
    made = shop(tmp_path)
    result = made.load(
        "nomer zakaza;data oformleniya;telefon klienta;summa zakaza;sposob oplaty;status zakaza\n"
        "1;13.01.2026;+79161234567;1000,00;karta;vypolnen\n2;14.01.2026;+79161234568;1500,00;karta;otmenen\n"
    )
    assert made.orders() == {"1": 1000.0}
    assert steps(result)["cancelled"] == (1, -1500.0)


def test_orders_of_a_site_builder_are_no_messages(tmp_path: Path) -> None:
    made = shop(tmp_path)
    head = "Name,Email,products,price,paymentsystem,orderid,paymentid,promocode,requestid,sent,referer,formname,formid"
    rows = [head]
    for i in range(12):
        way, paid = ("card", "") if i % 2 else ("cash", str(i))
        goods = f'Анна,a{i}@x.ru,"Чай x 2 ≡ 1000",{1000 + i}'
        rows.append(f"{goods},{way},{900 + i},{paid},,1:{i},2026-01-{13 + i} 10:00:00,https://x.ru,Cart,f1")
    result = made.load("\n".join(rows))
    assert result.files[0].table == "orders" and "missing_ids" not in issues(result)
    assert sum(made.orders().values()) == sum(1000 + i for i in range(12))


@pytest.mark.parametrize("header", ["create_date", "Create date", "createdate", "created_date"])
def test_a_create_date_dates_an_order(header: str, tmp_path: Path) -> None:
    made = shop(tmp_path)
    made.load(f"order_number,email,{header},total\n1,a@x.ru,2026-01-13,110\n2,b@x.ru,2026-01-14,210\n")
    assert made.orders() == {"1": 110.0, "2": 210.0}


def test_a_marketplace_report_by_its_own_number(tmp_path: Path) -> None:
    made = shop(tmp_path)
    made.load(
        "Srid;Дата заказа;Артикул продавца;Предмет;Ваша цена (за шт.);Кол-во;Статус\n"
        "a1.b;13.01.2026;AB-1;Чай;500,00;1;Продажа\na2.b;14.01.2026;AB-2;Чай;600,00;2;Продажа\n"
    )
    assert made.orders() == {"a1.b": 500.0, "a2.b": 1200.0}


def test_colloquial_headers_are_understood_and_what_lacks_is_said(tmp_path: Path) -> None:
    made = shop(tmp_path)
    path = made.file(
        "когда;кто купил;что купил;скока;цена итого\n13.01.2026;Анна;Чай;2;1000\n14.01.2026;Иван;Кофе;1;15\n"
    )
    report = inspect([path])[0]
    assert {k: report.mapping[k] for k in ("ordered_at", "customer_id", "product", "quantity", "line_amount")} == {
        "ordered_at": "когда", "customer_id": "кто купил", "product": "что купил", "quantity": "скока",
        "line_amount": "цена итого",
    }  # fmt: skip
    with pytest.raises(CrmKpiError) as refused:
        made.load(path)
    assert refused.value.key == "error.missing_required" and refused.value.params["columns"] == "order_id"


CAMPAIGNS = "Рассылка;Дата отправки;Отправлено;Доставлено;Открытия;Клики;Ошибки\n"


@pytest.mark.parametrize(("errors", "mapped"), [("100;90;50;5;10", True), ("100;90;50;5;2", False)])
def test_errors_are_bounces_only_where_the_rows_prove_it(errors: str, mapped: bool, tmp_path: Path) -> None:
    made = shop(tmp_path)
    path = made.file(CAMPAIGNS + "\n".join(f"Акция {i};{13 + i}.01.2026;{errors}" for i in range(6)))
    assert (inspect([path])[0].mapping.get("bounces_hard") == "Ошибки") is mapped
