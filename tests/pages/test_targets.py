"""Targets: three fields suffice, the coach advises, only the impossible is refused."""

from __future__ import annotations

import pytest

from crmkpi.project.drafts import Drafts


def saved(home):
    drafts = Drafts(home)
    return drafts.place(drafts.last()).read().targets


def typed(app, metric, goal):
    choice = next(c for c in app.selectbox(key="target_metric_new").options if c == metric)
    app.selectbox(key="target_metric_new").set_value(choice).run()
    box = next(n for n in app.number_input if n.key.startswith("target_goal_"))
    box.set_value(goal).run()
    assert not app.exception, app.exception
    return app


def test_three_fields_make_a_target_with_a_frozen_baseline(shop_home, opened):
    app = typed(opened("targets"), "Активные клиенты", 80.0)
    assert any("Конкретна" in m.value for m in app.markdown)
    app.button(key="save_target").click().run()
    assert not app.exception, app.exception
    target = saved(shop_home)[0]
    assert (target.metric, target.goal, target.owner) == ("active_customers", 80.0, "me")
    assert target.baseline.period == "2026-03"


def test_a_share_is_typed_in_per_cent(shop_home, opened):
    app = typed(opened("targets"), "Уровень удержания (retention rate)", 45.0)
    app.button(key="save_target").click().run()
    assert saved(shop_home)[0].goal == pytest.approx(0.45)


def test_an_impossible_goal_is_refused_with_a_sentence(shop_home, opened):
    app = typed(opened("targets"), "Уровень удержания (retention rate)", 140.0)
    assert "невозможна" in app.error[0].value
    app.button(key="save_target").click().run()
    assert not saved(shop_home)


def test_a_target_can_be_changed_and_deleted(shop_home, opened):
    app = typed(opened("targets"), "Активные клиенты", 80.0)
    app.button(key="save_target").click().run()
    key = saved(shop_home)[0].id
    app.button(key=f"edit_{key}").click().run()
    box = next(n for n in app.number_input if n.key.startswith("target_goal_"))
    assert box.value == 80.0
    box.set_value(85.0).run()
    app.button(key="save_target").click().run()
    assert [t.goal for t in saved(shop_home)] == [85.0]
    app.button(key=f"remove_{key}").click().run()
    assert not saved(shop_home)
