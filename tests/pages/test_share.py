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
