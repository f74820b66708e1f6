"""Editor: it opens from the tree's menu, every change is a version, and a refused one changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crmkpi.project.document import Project
from crmkpi.project.drafts import Drafts
from crmkpi.project.tree_file import tree_file
from crmkpi.project.tree_work import Hand, with_edit, with_own_metric
from crmkpi.tree.edits import Rename
from crmkpi.tree.own_metric import OwnMetric

HAND = Hand("Аня", datetime(2026, 3, 1, tzinfo=UTC))
OWN = OwnMetric(id="own_pair", ru="Пара чеков", en="Two baskets", formula="aov * 2", unit="money")


def saved(home) -> Project:
    drafts = Drafts(home)
    return drafts.place(drafts.last()).read()


def with_change(home) -> None:
    drafts, project = Drafts(home), saved(home)
    data = drafts.place(project.id).data
    project = with_own_metric(project, data, OWN, "ecommerce_revenue", HAND)
    project, _ = with_edit(project, data, "ecommerce_revenue", Rename(id="aov", ru="Чек", en="Basket"), HAND)
    drafts.save(project)


def test_the_tree_leads_to_the_editor(shop_home, opened):
    app = opened("tree")
    assert app.button(key="tree_edit").label == "Изменить дерево"


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_the_editor_opens_with_the_whole_tree(shop_home, opened, lang):
    app = opened("editor", lang)
    assert not app.error and not app.exception
    assert app.button(key="edit_revenue_base") and app.button(key="edit_churn_rate")
    texts = " ".join(m.value for m in app.markdown)
    assert ("Пока ничего не менялось" if lang == "ru" else "Nothing was changed yet") in texts + " ".join(
        c.value for c in app.caption
    )


def test_changes_are_listed_and_seen_everywhere(shop_home, opened):
    with_change(shop_home)
    app = opened("editor")
    shown = " ".join(m.value for m in app.markdown)
    assert "Узел «Средний чек» теперь называется «Чек»" in shown
    assert "Пара чеков" in shown and "Аня" in shown
    assert "Чек" in app.button(key="edit_aov").label
    glossary = opened("glossary")
    glossary.text_input(key="glossary_search").set_value("пара чеков").run()
    assert not glossary.exception
    assert any("Пара чеков" in e.label for e in glossary.expander)
    assert not opened("tree").exception
    assert not opened("whatif").exception


def test_the_template_comes_back_with_one_click(shop_home, opened):
    with_change(shop_home)
    app = opened("editor")
    app.text_input(key="editor_who").set_value("Пётр").run()
    app.button(key="editor_reset").click().run()
    assert not app.exception
    own = saved(shop_home).own_trees
    assert not own.state.edits.get("ecommerce_revenue") and own.state.own
    assert own.last is not None and (own.last.who, own.last.change.what) == ("Пётр", "reset")


def test_without_data_the_page_says_so(home, opened):
    assert opened("editor").subheader[0].value == "Данных пока нет"


def test_a_tree_of_another_project_is_taken_from_its_file(shop_home, opened):
    with_change(shop_home)
    content = tree_file(saved(shop_home), "ecommerce_revenue")
    app = opened("editor")
    app.button(key="editor_reset").click().run()
    app.file_uploader(key="tree_file_0").upload("shop.tree.json", b"[]").run()
    app.button(key="tree_file_take").click().run()
    assert "Это не файл дерева" in app.error[0].value
    app.file_uploader(key="tree_file_0").upload("shop.tree.json", content).run()
    app.button(key="tree_file_take").click().run()
    assert not app.exception, app.exception
    own = saved(shop_home).own_trees
    assert own.last is not None and own.last.change.what == "imported"
    assert own.state.edits["ecommerce_revenue"]
