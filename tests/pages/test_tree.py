"""Tree: choosing it takes one click, and the page opens with one verdict."""

from __future__ import annotations

from crmkpi.project.drafts import Drafts


def test_without_data_the_page_says_so_and_leads_to_the_files(home, opened):
    app = opened("tree")
    assert app.subheader[0].value == "Данных пока нет"
    assert app.button(key="empty_no_data").label == "Загрузить данные"


def test_the_page_opens_with_one_verdict(shop_home, opened):
    app = opened("tree")
    assert "Выручка от клиентской базы" in app.subheader[0].value
    assert not app.error


def test_a_month_to_date_and_a_filter_keep_the_page_whole(shop_home, opened):
    app = opened("tree")
    for choice in ("to_date", "previous", "year_ago", "auto"):
        app.button_group(key="tree_comparison").set_value(choice).run()
        assert not app.exception, (choice, app.exception)
    app.multiselect(key="tree_filter_channel").set_value(["Сайт"]).run()
    assert not app.exception, app.exception


def test_the_first_tree_is_drawn_without_a_choice(shop_home, opened):
    drafts = Drafts(shop_home)
    place = drafts.place(drafts.last())
    document = place.read()
    place.write(document.model_copy(update={"tree": document.tree.model_copy(update={"template": None})}))
    app = opened("tree")
    assert "Выручка" in app.subheader[0].value
    assert any("Взяли дерево" in c.value for c in app.caption)
    assert place.read().tree.template == "ecommerce_revenue"


def test_another_tree_is_chosen_and_saved(shop_home, opened):
    app = opened("tree")
    app.button(key="tree_choose").click().run()
    assert app.title[0].value == "Выберите дерево"
    app.button(key="take_customer_flow").click().run()
    app.button(key="choose_build").click().run()
    assert not app.exception, app.exception
    drafts = Drafts(shop_home)
    assert drafts.place(drafts.last()).read().tree.template == "customer_flow"


def test_an_unticked_node_stays_hidden_after_a_reload(shop_home, opened):
    app = opened("tree")
    app.button(key="tree_choose").click().run()
    app.checkbox(key="node_ecommerce_revenue_aov").uncheck().run()
    app.checkbox(key="star_ecommerce_revenue_purchase_frequency").check().run()
    app.button(key="choose_build").click().run()
    drafts = Drafts(shop_home)
    tree = drafts.place(drafts.last()).read().tree
    assert tree.hidden == ["aov"]
    assert tree.starred == ["purchase_frequency"]


def test_the_view_is_chosen_once_and_saved(shop_home, opened):
    app = opened("tree")
    app.button_group(key="look_levels_ecommerce_revenue").set_value("strategic").run()
    assert not app.exception, app.exception
    drafts = Drafts(shop_home)
    assert drafts.place(drafts.last()).read().tree.view == "strategic"


def test_a_quarter_can_be_looked_at(shop_home, opened):
    app = opened("tree")
    app.selectbox(key="tree_period").set_value("2025-Q4").run()
    assert not app.exception, app.exception
    assert "4 кв" in app.subheader[0].value


def test_a_role_is_kept_with_the_tree_and_proposes_stars(shop_home, opened):
    app = opened("tree")
    app.button(key="tree_choose").click().run()
    app.selectbox(key="tree_role").set_value("head").run()
    app.checkbox(key="star_role_ecommerce_revenue_head").check().run()
    app.button(key="choose_build").click().run()
    assert not app.exception, app.exception
    drafts = Drafts(shop_home)
    tree = drafts.place(drafts.last()).read().tree
    assert tree.role == "head" and "retention_rate" in tree.starred
