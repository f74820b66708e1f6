"""Data: upload, an honest sentence for what is no table, and the receipt with its bridge."""

from __future__ import annotations

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
    assert "Данные загружены" in app.subheader[0].value


def test_what_is_no_table_is_one_sentence_and_nothing_is_loaded(home, opened):
    app = opened("data")
    app.get("file_uploader")[0].upload("отчёт.csv", b"%PDF-1.7 not a table", "text/csv").run()
    assert not app.exception, app.exception
    assert len(app.error) == 1
    assert "CSV" in app.error[0].value
    app.button(key="discard").click().run()
    assert not app.error


def test_the_receipt_shows_the_bridge_and_explains_another_total(shop_home, opened):
    app = opened("data")
    assert "Данные загружены" in app.subheader[0].value
    app.number_input(key="own").set_value(1.0).run()
    assert any("Ни один шаг не объясняет" in m.value for m in app.markdown)
