"""Files before the load: required columns first, unread cells with their share, first rows, personal data."""

from __future__ import annotations

import pytest

from crmkpi.i18n import Words
from crmkpi.ingest.preview import SHOWN, preview
from crmkpi.views.files import file_cards
from tests.views.small_shop import FIRST, orders, write_orders


def cards(path, lang="ru"):
    t = Words(lang)
    return file_cards(preview([path], t), t)


def written(folder, text):
    path = folder / "orders.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_the_first_rows_are_those_of_the_file_as_they_will_be_kept(tmp_path, lang):
    t = Words(lang)
    card = cards(write_orders(tmp_path / "заказы.csv"), lang)[0]
    assert len(card.preview.rows) == SHOWN
    number, day, customer, amount, channel = orders()[0]
    cells = set(card.preview.rows[0])
    assert {number, customer, channel, t.number(float(amount.replace(",", ".")), 2)} <= cells
    assert t.date(FIRST) in cells
    assert day == "01.01.2024"


def test_missing_required_columns_are_named(tmp_path):
    lines = "\n".join(f"{n},{n}.02.2026,c{n}" for n in range(1, 20))
    card = cards(written(tmp_path, "Номер заказа,Дата заказа,ID клиента\n" + lines))[0]
    if card.table == "orders":
        assert "Сумма заказа" in card.missing
    assert card.check


def test_unread_cells_are_counted_with_their_share(tmp_path):
    rows = [f"{n},{1 + n % 28}.02.2026,c{n},{'нет цены' if n % 10 == 0 else 100 + n}" for n in range(1, 101)]
    card = cards(written(tmp_path, "Номер заказа,Дата заказа,ID клиента,Сумма заказа\n" + "\n".join(rows)))[0]
    amount = next(row for row in card.rows if row.source == "Сумма заказа")
    assert "10" in amount.unread
    assert "%" in amount.unread


def test_personal_columns_are_named_and_what_becomes_of_them(tmp_path):
    rows = [f"{n},{1 + n % 28}.02.2026,Анна {n},buyer{n}@mail.test,{100 + n}" for n in range(1, 60)]
    head = "Номер заказа,Дата заказа,ФИО,E-mail,Сумма заказа\n"
    card = cards(written(tmp_path, head + "\n".join(rows)))[0]
    assert "«ФИО» (имя)" in card.personal.dropped and "Не загружаем" in card.personal.dropped
    (key,) = card.personal.choices
    assert (key.column, key.done, key.key) == ("E-mail", "hash", True)
    assert key.options == ("hash", "keep"), "without its key the file cannot be loaded, so it is not dropped"
    assert "самого значения в проекте не будет" in key.text
