"""Result: honest when empty; with a target it says what is left and shows the control points."""

from __future__ import annotations

from datetime import date

from crmkpi.project.drafts import Drafts
from crmkpi.targets.plan import freeze
from crmkpi.targets.target import Target


def test_without_targets_the_page_leads_to_them(shop_home, opened):
    app = opened("gap")
    assert app.subheader[0].value == "Целей пока нет"


def test_a_target_shows_what_is_left_and_its_milestones(shop_home, opened):
    drafts = Drafts(shop_home)
    place = drafts.place(drafts.last())
    target = freeze(place.data, Target(metric="active_customers", goal=90.0, due=date(2026, 6, 30)))
    place.write(place.read().model_copy(update={"targets": [target]}))
    app = opened("gap")
    assert "осталось" in app.subheader[0].value
    said = " ".join(x.value for x in app.caption)
    for question in ("Хорошо или плохо", "Сколько осталось", "Насколько вероятно", "Что дальше"):
        assert question in said
    app.button_group(key=f"way_{target.id}").set_value("week").run()
    assert not app.exception, app.exception


def test_a_check_in_and_a_past_day(shop_home, opened):
    drafts = Drafts(shop_home)
    place = drafts.place(drafts.last())
    target = freeze(place.data, Target(metric="active_customers", goal=90.0, due=date(2026, 6, 30)))
    place.write(place.read().model_copy(update={"targets": [target]}))
    app = opened("gap")
    app.button_group(key=f"result_tab_{target.id}").set_value("checkins").run()
    app.text_input(key=f"note_{target.id}").set_value("запустили цепочку")
    app.number_input(key=f"sure_{target.id}").set_value(70)
    next(b for b in app.button if b.label == "Отметиться").click().run()
    assert not app.exception, app.exception
    said = place.read().targets[0].checkins
    assert [(c.note, c.confidence) for c in said] == [("запустили цепочку", 0.7)]
    app.date_input(key="result_as_of").set_value(date(2025, 12, 31)).run()
    assert not app.exception, app.exception
    assert "31 декабря 2025" in app.info[0].value
