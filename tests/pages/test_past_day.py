"""Any screen on a past day: nothing later is on it, it says so, and one click leads back."""

from __future__ import annotations

from datetime import date

import pytest

from crmkpi.project.drafts import Drafts
from crmkpi.targets.plan import freeze
from crmkpi.targets.target import Target

LAST, DAY = date(2026, 3, 31), date(2025, 10, 31)


@pytest.mark.parametrize("stem", ["tree", "drivers", "deviations", "whatif", "customers", "targets"])
def test_every_screen_opens_on_a_past_day_and_comes_back(shop_home, opened, stem):
    app = opened(stem)
    app.date_input(key=f"past_pick_{LAST}").set_value(DAY).run()
    assert not app.exception, app.exception
    said = " ".join(m.value for m in app.markdown)
    assert "31 октября 2025" in said and "март 2026" not in said and "марта 2026" not in said
    app.button(key="past_back").click().run()
    assert not app.exception, app.exception
    assert "Вы смотрите на" not in " ".join(m.value for m in app.markdown)


def test_the_result_keeps_the_day_and_its_table_of_past_chances(shop_home, opened):
    drafts = Drafts(shop_home)
    place = drafts.place(drafts.last())
    target = freeze(place.data, Target(metric="active_customers", goal=90, due=date(2026, 6, 30)))
    place.write(place.read().model_copy(update={"targets": [target]}))
    app = opened("gap")
    app.date_input(key="result_as_of").set_value(DAY).run()
    assert not app.exception, app.exception
    assert "31 октября 2025" in app.info[0].value
    app.button_group(key=f"result_tab_{target.id}").set_value("record").run()
    assert not app.exception, app.exception
    assert any("воображаемых целей" in m.value for m in app.markdown) and app.table
    app.switch_page("../../../pages/deviations.py").run()
    assert "31 октября 2025" in " ".join(m.value for m in app.markdown)


def test_rules_are_edited_and_wrong_ones_refused(shop_home, opened):
    drafts = Drafts(shop_home)
    place = drafts.place(drafts.last())
    target = freeze(place.data, Target(metric="active_customers", goal=90, due=date(2026, 6, 30)))
    place.write(place.read().model_copy(update={"targets": [target]}))
    app = opened("targets")
    first = place.read().rules.status_rules
    app.button(key="rules_down_0").click().run()
    assert not app.exception, app.exception
    assert place.read().rules.status_rules[:2] == (first[1], first[0])
    app.number_input(key="rule_chance_low_20").set_value(90.0).run()
    assert any("по возрастанию" in e.value for e in app.error)
    assert place.read().rules.chance_low == 0.2
