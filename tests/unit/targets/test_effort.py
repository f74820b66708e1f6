"""What the gap takes: the article's +12 points as opens, orders a day, and one lever at a time."""

from __future__ import annotations

from datetime import date

import pytest

from crmkpi.catalog.metric import metrics
from crmkpi.forecast.series import Point
from crmkpi.formula import Formula
from crmkpi.i18n import Words
from crmkpi.periods import periods_between
from crmkpi.targets import coach
from crmkpi.targets.effort import Effort, effort, effort_text, fraction, levers, priced_by
from crmkpi.targets.gather import facts_of
from crmkpi.targets.target import Target
from tests.unit.targets.shop import raw_orders, shop


def rates(count=6, weight=40_000.0):
    found = periods_between(date(2025, 1, 1), date(2025, 12, 31), "month")[:count]
    return [Point(p, 0.18, True, weight) for p in found]


def test_twelve_points_of_an_open_rate_are_4800_opens_a_month():
    found = effort(metrics()["open_rate"], rates(), 0.18, 0.30, "month")
    assert found is not None
    assert found.count == pytest.approx(4_800) and found.per == "month"
    assert (found.what, found.of, found.volume, found.planned) == (
        "unique_opens",
        "delivered_count",
        40_000,
        False,
    )


def test_a_planned_volume_takes_the_place_of_the_usual_one():
    found = effort(metrics()["open_rate"], rates(), 0.18, 0.30, "month", volume=10_000)
    assert found is not None and found.count == pytest.approx(1_200) and found.planned


def test_orders_are_counted_by_day_when_there_is_one_a_day():
    found = effort(metrics()["orders_count"], [], 1000, 1213, "month")
    assert found is not None and found.per == "day" and found.count == pytest.approx(7, abs=0.01)
    small = effort(metrics()["orders_count"], [], 10, 20, "month")
    assert small is not None and small.per == "month" and small.count == 10


def test_money_is_counted_in_orders_at_the_average_order():
    assert priced_by(metrics()["revenue_base"], metrics()) == ("aov", "orders_count")
    found = effort(metrics()["revenue_base"], [], 100_000, 121_306.25, "month", price=("orders_count", 100.0))
    assert found is not None and (found.what, found.per) == ("orders_count", "day")
    assert found.count == pytest.approx(7)


def test_a_falling_goal_is_fewer_things():
    found = effort(metrics()["unsub_rate"], rates(), 0.02, 0.01, "month")
    assert found is not None and found.count == pytest.approx(-400)


@pytest.mark.parametrize(("now", "goal"), [(None, 0.3), (0.2, None), (0.2, 0.2)])
def test_an_unknown_gap_takes_nothing(now, goal):
    assert effort(metrics()["open_rate"], rates(), now, goal, "month") is None


def test_without_a_denominator_nothing_is_made_up():
    assert effort(metrics()["open_rate"], rates(weight=None), 0.18, 0.3, "month") is None
    assert effort(metrics()["nps"], [], 10, 20, "month") is None


def test_every_named_fraction_is_one_of_names():
    for metric in metrics().values():
        found = fraction(metric)
        assert found is None or all(name.isidentifier() for name in found), metric.id


def test_levers_reach_the_goal_alone():
    aov = metrics()["arpu"]
    values = {"revenue_base": 5000.0, "active_customers": 100.0}
    facts = {name: facts_of(name) for name in values}
    found = levers(None, aov, 60.0, values, facts)
    assert found
    for lever in found:
        assert Formula(aov.formula or "").value({**values, lever.metric: lever.needed}) == pytest.approx(60.0)
        assert (lever.needed > lever.now) == (facts[lever.metric].better != "down")


def test_levers_on_data_are_the_drivers_of_the_tree(tmp_path):
    data = shop(tmp_path, raw_orders(date(2024, 1, 1), date(2025, 6, 30)))
    target = Target(metric="revenue_base", goal=0.1, change_type="relative", due=date(2025, 9, 30))
    found = coach.effort_of(data, target, template="ecommerce_revenue")
    assert 2 <= len(found.levers) <= 3
    assert all(lever.change == pytest.approx(0.1) for lever in found.levers)
    assert found.countable is not None and found.countable.what == "orders_count"
    assert coach.effort_of(data, target.model_copy(update={"measure": "total"})) == Effort(None)


def test_sentences():
    thing = effort(metrics()["open_rate"], rates(), 0.18, 0.30, "month")
    names = {"unique_opens": "Открытия", "delivered_count": "Доставлено"}
    text = " ".join(effort_text(Effort(thing), Words("ru"), names, {}))
    assert (
        text.replace("\u00a0", " ")
        == "Ещё 4 800 в месяц: «Открытия». Считаем по обычному объёму: 40 000 («Доставлено»)."
    )
    en = " ".join(effort_text(Effort(thing), Words("en"), {}, {}))
    assert en.startswith("4,800 more a month")
