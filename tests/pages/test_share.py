"""Share: rename, save, switch, delete."""

from __future__ import annotations

from crmkpi.project.drafts import Drafts


def test_the_name_is_changed_in_place(shop_home, opened):
    app = opened("share")
    drafts = Drafts(shop_home)
    app.text_input(key=f"name_{drafts.last()}").set_value("Весна *2026*").run()
    assert drafts.place(drafts.last()).read().name == "Весна *2026*"
    assert not app.exception, app.exception


def test_deleting_needs_a_second_word(shop_home, opened):
    app = opened("share")
    drafts = Drafts(shop_home)
    key = drafts.last()
    assert app.button(key="delete_project").disabled
    app.checkbox(key=f"sure_{key}").check().run()
    app.button(key="delete_project").click().run()
    assert not drafts.has(key)


def test_the_result_goes_as_four_files(shop_home, opened):
    app = opened("share")
    assert not app.exception, app.exception
    shown = [b.key for b in app.get("download_button")]
    assert {"report_html", "report_pdf", "report_pptx", "report_xlsx"} <= set(shown), shown


def test_two_tabs_never_overwrite_each_other_in_silence(shop_home, opened):
    drafts = Drafts(shop_home)
    key = drafts.last()
    one, two = opened("share"), opened("share")
    one.text_input(key=f"name_{key}").set_value("Первая вкладка").run()
    two.text_input(key=f"name_{key}").set_value("Вторая вкладка").run()
    # the second tab was drawn from the old state: it is told, sees the new name, and its next run changes nothing
    assert any("в другой вкладке" in box.value for box in two.info), [b.value for b in two.info]
    assert two.text_input(key=f"name_{key}_1").value == "Первая вкладка"
    two.run()
    assert drafts.place(key).read().name == "Первая вкладка"
    assert not two.info
    two.text_input(key=f"name_{key}_1").set_value("Теперь вторая").run()
    assert drafts.place(key).read().name == "Теперь вторая"


def test_a_project_deleted_in_another_tab_is_said_to_be_gone(shop_home, opened):
    one, two = opened("share"), opened("share")
    key = Drafts(shop_home).last()
    one.checkbox(key=f"sure_{key}").check().run()
    one.button(key="delete_project").click().run()
    two.run()
    assert not two.exception, two.exception
    assert any("удалили" in box.value for box in two.warning)


def test_a_deletion_ends_with_a_receipt(shop_home, opened):
    app = opened("share")
    app.checkbox(key=f"sure_{Drafts(shop_home).last()}").check().run()
    app.button(key="delete_project").click().run()
    assert any("следов не нашёл" in box.value for box in app.success), [b.value for b in app.success]
    app.run()
    assert not app.success


def test_a_passphrase_is_typed_twice_before_the_file_can_be_saved(shop_home, opened):
    app = opened("share")

    def protect(word: str, again: str) -> list[str]:
        app.text_input(key="lock_word").set_value(word)
        app.text_input(key="lock_again").set_value(again)
        next(b for b in app.button if b.label == "Защитить").click().run()
        assert not app.exception, app.exception
        return [b.key for b in app.get("download_button")]

    assert "save_locked" not in protect("короткий"[:7], "короткий"[:7])
    assert any("не меньше 8" in box.value for box in app.error)
    assert "save_locked" not in protect("сирень и 42 кота", "сирень и 43 кота")
    assert any("не совпадают" in box.value for box in app.error)
    assert "save_locked" in protect("сирень и 42 кота", "сирень и 42 кота")
