"""Data: upload, an honest sentence for what is no table, and the receipt with its bridge."""

from __future__ import annotations

import json

from crmkpi.ingest import background
from crmkpi.project.drafts import Drafts
from tests.views.small_shop import write_orders


def test_without_data_the_page_asks_for_files(home, opened):
    app = opened("data")
    assert app.title[0].value == "Данные"
    assert not app.error


def test_an_upload_is_recognised_and_loaded_on_one_click(home, opened, tmp_path):
    app = opened("data")
    content = write_orders(tmp_path / "заказы.csv").read_bytes()
    app.get("file_uploader")[0].upload("заказы.csv", content, "text/csv").run()
    assert not app.exception, app.exception
    assert "Узнали 1 таблицу" in app.subheader[0].value
    app.button(key="load").click().run()
    assert not app.exception, app.exception
    assert "Данным можно верить" in app.subheader[0].value


def test_what_is_no_table_is_one_sentence_and_nothing_is_loaded(home, opened):
    app = opened("data")
    app.get("file_uploader")[0].upload("отчёт.csv", b"%PDF-1.7 not a table", "text/csv").run()
    assert not app.exception, app.exception
    said = [m.value for m in app.markdown if "отчёт" in m.value]
    assert len(said) == 1 and "CSV" in said[0]
    assert not [b for b in app.button if b.key == "load"]
    removing(app, "отчёт.csv").click().run()
    assert not [m.value for m in app.markdown if "отчёт" in m.value]


def removing(app, name):
    return next(b for b in app.button if b.help == f"Убрать «{name.replace('.', chr(92) + '.')}»")


def test_one_wrong_file_leaves_the_others_in_peace(home, opened, tmp_path):
    app = opened("data")
    content = write_orders(tmp_path / "заказы.csv").read_bytes()
    app.get("file_uploader")[0].upload("заказы.csv", content, "text/csv").run()
    app.get("file_uploader")[0].upload("отчёт.csv", b"%PDF-1.7 not a table", "text/csv").run()
    assert not app.exception, app.exception
    said = " ".join(m.value for m in app.markdown)
    assert "Узнали 1 таблицу" in app.subheader[0].value and "CSV" in said
    app.button(key="load").click().run()
    assert not app.exception, app.exception
    assert "Данным можно верить" in app.subheader[0].value, "the good file is loaded without the bad one"


def test_files_are_removed_one_by_one(home, opened, tmp_path):
    app = opened("data")
    content = write_orders(tmp_path / "заказы.csv").read_bytes()
    for name, extra in (("первый.csv", b""), ("второй.csv", b"\n")):
        app.get("file_uploader")[0].upload(name, content + extra, "text/csv").run()
    removing(app, "первый.csv").click().run()
    assert not app.exception, app.exception
    said = " ".join(m.value for m in app.markdown)
    assert "второй" in said and "первый" not in said
    assert len(list((home / "inbox").rglob("*.csv"))) == 1


def test_the_receipt_shows_the_bridge_and_explains_another_total(shop_home, opened):
    app = opened("data")
    assert "Данным можно верить" in app.subheader[0].value
    app.number_input(key="own").set_value(1.0).run()
    assert any("Ни один шаг не объясняет" in m.value for m in app.markdown)


def test_a_setting_is_saved_and_the_tables_are_built_again(shop_home, opened):
    app = opened("data")
    days = next(n for n in app.number_input if n.label.startswith("Клиент неактивен"))
    days.set_value(60)
    app.get("form_submit_button")[0].click().run() if app.get("form_submit_button") else app.button[
        -1
    ].click().run()
    assert not app.exception, app.exception
    drafts = Drafts(shop_home)
    place = drafts.place(drafts.last())
    assert place.read().settings.inactivity_days == 60
    assert place.data.meta.inactivity_days == 60


def pasted(app, text):
    app.text_area(key="paste_text").set_value(text)
    next(b for b in app.button if b.label == "Взять таблицу").click().run()
    assert not app.exception, app.exception
    return app


def test_a_pasted_range_is_a_file_like_any_other(home, opened):
    app = pasted(
        opened("data"),
        "Дата\tСтатья расходов\tСумма\n01.02.2026\tПлатформа\t12 000,00\n01.03.2026\tПлатформа\t1,5\n",
    )
    assert "Узнали 1 таблицу" in app.subheader[0].value


def test_a_pasted_header_alone_is_refused_with_a_sentence(home, opened):
    app = pasted(opened("data"), "Дата\tСумма")
    assert "заголовки и одна строка" in app.error[0].value
    assert Drafts(home).last() is None, "nothing was created"


def test_missing_required_columns_are_said_before_the_columns(home, opened):
    app = opened("data")
    rows = "".join(f"{n};{1 + n % 28:02d}.02.2026;K{n % 9};Выполнен\n" for n in range(1, 60))
    content = ("Номер заказа;Дата заказа;ID клиента;Статус заказа\n" + rows).encode("cp1251")
    app.get("file_uploader")[0].upload("заказы.csv", content, "text/csv").run()
    assert not app.exception, app.exception
    assert "Сначала обязательное" in app.warning[0].value


def test_a_switch_is_saved_and_the_bridge_is_drawn_again(home, opened):
    app = opened("data")
    rows = "".join(
        f"{n};{1 + n % 28:02d}.02.2026;K{n % 9};{100 + n},50;{'Тестовый заказ' if n % 10 == 0 else 'Выполнен'}\n"
        for n in range(1, 80)
    )
    content = ("Номер заказа;Дата заказа;ID клиента;Сумма заказа;Статус заказа\n" + rows).encode("cp1251")
    app.get("file_uploader")[0].upload("заказы.csv", content, "text/csv").run()
    app.button(key="load").click().run()
    app.toggle(key="switch_exclude_tests_True").set_value(False).run()
    assert not app.exception, app.exception
    drafts = Drafts(home)
    assert drafts.place(drafts.last()).read().settings.exclude_tests is False
    assert app.toggle(key="switch_exclude_tests_False").value is False


def test_a_personal_key_is_hashed_unless_the_visitor_keeps_it(home, opened):
    app = opened("data")
    rows = "".join(
        f"{n};{1 + n % 28:02d}.02.2026;buyer{n % 9}@mail.test;{100 + n},50\n" for n in range(1, 60)
    )
    content = ("Номер заказа;Дата заказа;E-mail;Сумма заказа\n" + rows).encode("cp1251")
    app.get("file_uploader")[0].upload("заказы.csv", content, "text/csv").run()
    assert not app.exception, app.exception
    assert "заменим отпечатком" in " ".join(c.value for c in app.caption)
    app.get("button_group")[-1].set_value("keep").run()
    assert not app.exception, app.exception
    assert "храним в проекте как есть" in " ".join(c.value for c in app.caption)
    app.button(key="load").click().run()
    drafts = Drafts(home)
    ids = drafts.place(drafts.last()).data.frame("ids").collect()["customer_id"]
    assert "buyer1@mail.test" in ids.to_list()


def test_the_session_holds_small_choices_only_and_uploads_leave_the_memory(home, opened, tmp_path):
    app = opened("data")
    content = write_orders(tmp_path / "заказы.csv").read_bytes()
    app.get("file_uploader")[0].upload("заказы.csv", content, "text/csv").run()
    app.button(key="load").click().run()
    assert not app.exception, app.exception
    for key, value in app.session_state._state.filtered_state.items():
        assert len(json.dumps(value, default=type_name)) < 10_000, key
        assert "Frame" not in json.dumps(value, default=type_name), key
        assert "UploadedFile" not in json.dumps(value, default=type_name), key
    assert not list((home / "inbox").rglob("*.csv")), "what was loaded no longer waits on the disk"


def type_name(value):
    return type(value).__name__


def test_a_long_look_can_be_stopped_and_begun_again(home, opened, tmp_path, monkeypatch):
    monkeypatch.setattr("crmkpi.ui.progress_box.PATIENCE", 0)
    app = opened("data")
    content = write_orders(tmp_path / "заказы.csv").read_bytes()
    app.get("file_uploader")[0].upload("заказы.csv", content, "text/csv").run()
    assert not app.exception, app.exception
    drafts = Drafts(home)
    job = background.found(f"{drafts.last()}:look")
    app.button(key="stop_job").click().run()
    assert job.stopping and job.wait(30)
    app.run()
    assert not app.exception, app.exception
    assert "Остановлено" in app.subheader[0].value
    monkeypatch.setattr("crmkpi.ui.progress_box.PATIENCE", 120)
    app.button(key="look_again").click().run()
    assert "Узнали 1 таблицу" in app.subheader[0].value
