"""What if: a slider changes the verdict at once, a goal becomes targets with one click."""

from __future__ import annotations

import pytest

from crmkpi.project.drafts import Drafts


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_a_moved_slider_changes_the_verdict(shop_home, opened, lang):
    app = opened("whatif", lang)
    before = app.subheader[0].value
    slider = next(x for x in app.select_slider if "purchase_frequency" in x.key)
    # the options are printed texts, the value is the number behind one
    slider.set_value(float(slider.options[-1].replace(",", "."))).run()
    assert not app.exception, app.exception
    assert app.subheader[0].value != before
    app.button(key="whatif_reset").click().run()
    assert app.subheader[0].value == before


def test_a_goal_becomes_targets(shop_home, opened):
    app = opened("whatif")
    app.button_group(key="whatif_what").set_value("goal").run()
    assert not app.exception, app.exception
    app.button(key="cascade_make").click().run()
    assert not app.exception, app.exception
    drafts = Drafts(shop_home)
    saved = drafts.place(drafts.last()).read().targets
    assert saved[0].metric == "revenue_base"
    assert len(saved) > 1


def test_an_exact_number_moves_the_tree_like_a_slider(shop_home, opened):
    app = opened("whatif")
    before = app.subheader[0].value
    app.toggle(key="whatif_exact").set_value(True).run()
    assert app.subheader[0].value == before
    field = next(n for n in app.number_input if "purchase_frequency" in n.key)
    field.set_value(field.value * 2).run()
    assert not app.exception, app.exception
    moved = app.subheader[0].value
    assert moved != before
    app.toggle(key="whatif_exact").set_value(False).run()
    assert app.subheader[0].value == moved
