"""What moved it: the bridge adds up and both depths are shown."""

from __future__ import annotations

from crmkpi.project.drafts import Drafts


def test_the_bridge_is_shown_at_both_depths(shop_home, opened):
    app = opened("drivers")
    assert any("Вклады складываются" in c.value for c in app.caption)
    app.button_group(key="drivers_depth").set_value("leaves").run()
    assert not app.exception, app.exception


def test_a_typed_plan_is_saved_and_explained(shop_home, opened):
    app = opened("drivers")
    app.button_group(key="drivers_against").set_value("plan").run()
    assert not app.exception, app.exception
    assert "плана нет" in app.subheader[0].value
    field = next(n for n in app.number_input if n.key.endswith("_revenue_base"))
    field.set_value(400_000.0)
    next(b for b in app.button if b.label == "Посчитать").click().run()
    assert not app.exception, app.exception
    assert "плана на" in app.subheader[0].value
    drafts = Drafts(shop_home)
    (plan,) = drafts.place(drafts.last()).read().plans
    assert (plan.metric, plan.value) == ("revenue_base", 400_000.0)
