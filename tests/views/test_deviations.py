"""Deviations: one card per root cause, the bad ones first, and calm is said as calm."""

from __future__ import annotations

from datetime import date

from crmkpi.targets.plan import freeze
from crmkpi.targets.target import Target
from crmkpi.views.deviations import deviations_view


def test_a_missed_control_point_leads_to_its_target(data, shop, t):
    target = freeze(
        data, Target(metric="orders_count", goal=400.0, due=date(2026, 3, 31)), date(2025, 12, 31)
    )
    long = target.model_copy(update={"due": date(2026, 6, 30)})
    view = deviations_view(data, shop.model_copy(update={"targets": [long]}), t)
    missed = [card for card in view.cards if card.target == long.id]
    assert len(missed) == 1 and missed[0].tone == "bad"
    assert view.direction == "bad"


def test_a_steady_shop_is_calm_or_says_what_moved(data, shop, t):
    view = deviations_view(data, shop.model_copy(update={"false_alarms": 0.25}), t)
    assert (view.headline == t("deviations.calm")) == (not view.cards)
    assert all(card.message.endswith(".") for card in view.cards)
