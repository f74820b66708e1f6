"""Deviations: the page opens with one verdict; the budget of false alarms is saved with the project."""

from __future__ import annotations

from crmkpi.project.drafts import Drafts


def test_the_budget_is_kept(shop_home, opened):
    app = opened("deviations")
    assert app.title[0].value == "Отклонения"
    assert app.subheader[0].value
    app.button_group(key="false_alarms").set_value(2.0).run()
    assert not app.exception, app.exception
    drafts = Drafts(shop_home)
    assert drafts.place(drafts.last()).read().false_alarms == 2.0
