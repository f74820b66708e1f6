"""Start: a newcomer sees what to do; whoever has a project comes back with one click."""

from __future__ import annotations

import pytest

from crmkpi.project.drafts import Drafts
from crmkpi.project.template import template_text
from tests.views.small_shop import write_orders


def test_a_newcomer_sees_the_promise_and_the_sample(home, opened):
    app = opened("start")
    assert "выручка" in app.title[0].value
    assert "Открыть пример" in [b.label for b in app.button]
    assert [e.label for e in app.expander] == ["Вставить таблицу", "Скачать шаблон"], "folded, one line each"


def test_a_range_pasted_on_the_first_screen_begins_a_project(shop_home, opened):
    app = opened("start")
    before = Drafts(shop_home).last()
    app.text_area(key="paste_text").set_value(
        "Дата\tСтатья расходов\tСумма\n01.02.2026\tПлатформа\t12 000,00\n01.03.2026\tПлатформа\t1,5\n"
    )
    next(b for b in app.button if b.label == "Взять таблицу").click().run()
    assert not app.exception, app.exception
    assert "Узнали 1 таблицу" in " ".join(x.value for x in app.subheader)
    assert Drafts(shop_home).last() != before


def test_the_open_project_is_one_click_away(shop_home, opened):
    app = opened("start")
    assert "Продолжить" in [b.label for b in app.button]
    assert app.subheader[0].value == "Магазин"


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_both_languages_stand_on_their_own(home, opened, lang):
    app = opened("start", lang)
    latin = [m.value for m in app.markdown if lang == "ru" and m.value.isascii() and m.value.isalpha()]
    assert not latin


def test_a_damaged_project_is_one_sentence_and_does_not_lock_the_visitor_out(shop_home, opened):
    drafts = Drafts(shop_home)
    (drafts.place(drafts.last()).root / "project.json").write_text("{", encoding="utf-8")
    app = opened("start")
    assert len(app.error) == 1
    assert "повреждён" in app.error[0].value
    assert "Открыть пример" in [b.label for b in app.button]


def test_files_named_on_the_command_line_wait_on_the_data_page(home, opened, tmp_path, monkeypatch):
    file = write_orders(tmp_path / "orders.csv")
    monkeypatch.setenv("CRMKPI_FILES", str(file))
    app = opened("start")
    assert app.title[0].value == "Данные"
    assert "Узнали 1 таблицу" in app.subheader[0].value
    assert file.exists(), "the user's own file stays where it was"


def test_a_protected_project_file_asks_for_its_passphrase(shop_home, opened, tmp_path):
    drafts = Drafts(shop_home)
    drafts.export(drafts.last(), tmp_path / "client.crmkpi", "сирень и 42 кота")
    before = {e.id for e in drafts.entries()}
    app = opened("start")
    content = (tmp_path / "client.crmkpi").read_bytes()
    app.file_uploader[0].set_value([("client.crmkpi", content, "application/octet-stream")]).run()
    assert not app.exception, app.exception
    app.text_input(key="unlock_word").set_value("не та фраза")
    next(b for b in app.button if b.label == "Открыть").click().run()
    assert any("Пароль не подходит" in box.value for box in app.error)
    assert {e.id for e in drafts.entries()} == before
    app.text_input(key="unlock_word").set_value("сирень и 42 кота")
    next(b for b in app.button if b.label == "Открыть").click().run()
    assert not app.exception, app.exception
    new = {e.id: e.name for e in drafts.entries() if e.id not in before}
    assert list(new.values()) == ["Магазин"]


def test_a_template_begins_a_project_without_the_client(shop_home, opened):
    drafts = Drafts(shop_home)
    old = drafts.place(drafts.last()).read()
    app = opened("start")
    text = template_text(old).encode()
    app.file_uploader[0].set_value([("next.crmkpi-template", text, "application/json")]).run()
    assert not app.exception, app.exception
    new = drafts.place(drafts.last()).read()
    assert new.id != old.id and new.name == "Из заготовки" and not new.files
    assert new.confirmed.keys() == old.confirmed.keys() and new.tree == old.tree
    assert app.title[0].value == "Данные"
