"""Targets: three fields suffice, the coach advises, only the impossible is refused."""

from __future__ import annotations

from datetime import date

import pytest

from crmkpi.project.drafts import Drafts
from crmkpi.targets.target import Target


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
    assert "невозможно" in app.error[0].value and "140" in app.error[0].value
    assert "retention_rate" not in app.error[0].value
    assert app.button(key="save_target").disabled
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


def write_line(app, text):
    app.text_input(key=f"wish_line_{0}").set_value(text).run()
    assert not app.exception, app.exception
    return app


def test_a_typed_line_asks_relative_or_points_and_then_fills_the_form(shop_home, opened):
    app = write_line(opened("targets"), "увеличить уровень удержания на 10% за квартал")
    boxes = [n for n in app.number_input if n.key.startswith("target_goal_")]
    assert boxes[0].value is None
    app.button(key="wish_change_kind_points").click().run()
    assert not app.exception, app.exception
    assert next(n for n in app.number_input if n.key.startswith("target_goal_")).value == 10.0
    app.button(key="save_target").click().run()
    target = saved(shop_home)[0]
    assert (target.metric, target.change_type, target.goal) == (
        "retention_rate",
        "points",
        pytest.approx(0.1),
    )


def test_a_vague_wish_offers_a_click(shop_home, opened):
    app = write_line(opened("targets"), "повысить узнаваемость")
    offers = [b for b in app.button if b.key.startswith("wish_offer_") and not b.disabled]
    offers[0].click().run()
    assert not app.exception, app.exception
    app.button(key="save_target").click().run()
    assert len(saved(shop_home)) == 1


def test_the_starting_point_and_the_signature_are_kept(shop_home, opened):
    app = opened("targets")
    app.button(key="fix_start").click().run()
    assert not app.exception, app.exception
    app = typed(app, "Активные клиенты", 80.0)
    app.button(key="save_target").click().run()
    app.text_input(key="agreed_who").set_value("Анна Петрова").run()
    app.button(key="agreed_sign").click().run()
    drafts = Drafts(shop_home)
    project = drafts.place(drafts.last()).read()
    assert project.starting_point.values and project.agreement.who == "Анна Петрова"
    app.button(key=f"remove_{project.targets[0].id}").click().run()
    assert not saved(shop_home)


def test_fears_are_stored_with_the_target_and_survive_an_edit(shop_home, opened):
    app = typed(opened("targets"), "Активные клиенты", 80.0)
    next(x for x in app.text_input if x.key.startswith("risk_colleagues")).set_value("разработка").run()
    app.button(key="save_target").click().run()
    target = saved(shop_home)[0]
    assert target.premortem.colleagues == "разработка"
    app.button(key=f"edit_{target.id}").click().run()
    app.button(key="save_target").click().run()
    assert saved(shop_home)[0].premortem.colleagues == "разработка"
    assert saved(shop_home)[0].baseline == target.baseline


def test_the_agreement_is_printed_with_its_terms(shop_home, opened):
    drafts = Drafts(shop_home)
    place = drafts.place(drafts.last() or "")
    goal = Target(metric="revenue_base", goal=300_000, due=date(2026, 12, 31), owner="Агентство")
    place.write(place.read().model_copy(update={"targets": [goal]}))
    app = opened("targets")
    app.number_input(key="contract_least").set_value(25).run()
    app.text_input(key="contract_bonus_0").set_value("10 % к оплате").run()
    terms = place.read().terms
    assert (terms.least_close, terms.bonus) == (0.25, {"Агентство": "10 % к оплате"})
    app.toggle(key="contract_show").set_value(True).run()
    assert not app.exception, app.exception
    assert {"contract_html", "contract_xlsx"} <= {b.key for b in app.get("download_button")}
