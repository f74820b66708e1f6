"""A KPI typed by hand, from an empty home to the result and to the file that takes it over."""

from __future__ import annotations

from datetime import date

from crmkpi.project.drafts import Drafts
from crmkpi.targets.plan import freeze
from crmkpi.targets.target import CheckIn, OwnMetric, Target

VALUES = "\n".join(f"{month:02}.2025 {40 + month}" for month in range(1, 11))


def fill(app) -> None:
    """The fields of one KPI, as typed."""
    app.text_input(key="own_name_new0").set_value("NPS сервиса").run()
    app.text_area(key="own_values_new0_False").set_value(VALUES).run()
    app.number_input(key="own_goal_new0_False").set_value(60.0).run()
    assert not app.exception, app.exception


def test_without_any_file_a_kpi_is_kept_and_judged(home, opened):
    app = opened("targets")
    app.button(key="own_begin").click().run()
    fill(app)
    app.button(key="save_own").click().run()
    assert not app.exception, app.exception
    target = Drafts(home).place(Drafts(home).last()).read().targets[0]
    assert target.metric == "own:NPS сервиса" and target.baseline.value == 50.0
    assert len([c for c in target.checkins if c.value is not None]) == 10
    app = opened("gap")
    assert "NPS сервиса" in app.subheader[0].value and "осталось" in app.subheader[0].value
    app.button_group(key=f"result_tab_{target.id}").set_value("checkins").run()
    app.date_input(key=f"typed_day_{target.id}_10").set_value(date(2025, 11, 30))
    app.number_input(key=f"typed_{target.id}").set_value(61.0)
    next(b for b in app.button if b.label == "Отметиться").click().run()
    assert not app.exception, app.exception
    said = Drafts(home).place(Drafts(home).last()).read().targets[0].checkins
    assert (said[-1].day, said[-1].value) == (date(2025, 11, 30), 61.0)
    assert "достигнуто" in app.subheader[0].value


def test_a_line_that_cannot_be_read_is_named_and_nothing_can_be_saved(shop_home, opened):
    app = opened("targets")
    app.button_group(key="own_way_0").set_value("hand").run()
    fill(app)
    app.text_area(key="own_values_new0_False").set_value(VALUES + "\nвчера много").run()
    assert "Строка 11" in app.error[0].value
    assert app.button(key="save_own").disabled


def test_a_file_takes_the_kpi_over(shop_home, opened):
    drafts = Drafts(shop_home)
    place = drafts.place(drafts.last())
    typed = (CheckIn(day=date(2026, 2, 28), value=44.0), CheckIn(day=date(2026, 3, 31), value=50.0))
    target = Target(
        metric="own:Покупатели", goal=90, due=date(2026, 6, 30), own=OwnMetric(unit="count"), checkins=typed
    )
    place.write(place.read().model_copy(update={"targets": [freeze(place.data, target)]}))
    app = opened("gap")
    app.button_group(key=f"result_tab_{target.id}").set_value("checkins").run()
    app.selectbox(key=f"own_source_{target.id}").set_value("active_customers").run()
    assert not app.exception, app.exception
    assert any("из 2" in m.value for m in app.markdown)
    app.button(key=f"own_take_{target.id}").click().run()
    assert not app.exception, app.exception
    fed = place.read().targets[0]
    assert fed.metric == "active_customers" and fed.own is None and fed.baseline.value == 50.0
    assert any("Точка старта" in c.value or "пересчит" in c.value for c in app.caption)
