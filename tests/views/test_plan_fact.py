"""Plan against fact on the small shop: the plan from targets and typed numbers, the fact by pandas."""

from __future__ import annotations

import math
from datetime import date

import pytest

from crmkpi.engine.evaluate import Where
from crmkpi.periods import parse_period
from crmkpi.project.document import Project
from crmkpi.targets.plan import freeze
from crmkpi.targets.planned_points import planned_points
from crmkpi.targets.target import Target
from crmkpi.views.plan_fact import plan_fact, typed_plans, with_plans
from crmkpi.views.tree import Asked

MARCH = parse_period("2026-03")


def fact(rows, month="2026-03"):
    now = rows[rows["month"] == month]
    return {
        "revenue_base": now["amount"].sum(),
        "active_customers": now["customer"].nunique(),
        "purchase_frequency": len(now) / now["customer"].nunique(),
        "aov": now["amount"].mean(),
    }


def test_without_a_plan_the_screen_says_what_to_do(data, shop, t):
    view = plan_fact(data, shop, Asked("2026-03"), False, t)
    assert view.bridge is None
    assert "плана нет" in view.headline
    assert view.lines[0].metric == "revenue_base"


def test_a_typed_root_leads_from_plan_to_fact(data, shop, rows, t):
    planned = with_plans(shop, MARCH, (), {"revenue_base": 400_000.0})
    view = plan_fact(data, planned, Asked("2026-03"), False, t)
    plan, *parts, came = (p.value for p in view.bridge.parts)
    assert plan == pytest.approx(400_000)
    assert came == pytest.approx(fact(rows)["revenue_base"])
    assert math.fsum(parts) == pytest.approx(came - plan)
    assert [view.bridge.parts[0].name, view.bridge.parts[-1].name] == ["План", "Факт"]
    assert "ниже плана на" in view.headline or "выше плана на" in view.headline


def test_a_leaf_that_hit_its_plan_has_no_part(data, shop, rows, t):
    aov = fact(rows)["aov"]
    planned = with_plans(shop, MARCH, (), {"aov": aov, "revenue_base": 400_000.0})
    view = plan_fact(data, planned, Asked("2026-03"), False, t)
    node = next(n for n in view.found.nodes if n.metric == "aov")
    assert node.contribution == pytest.approx(0.0, abs=1e-6)


def test_typed_plans_belong_to_their_period_and_filter(shop):
    web = (Where("channel", ("Сайт",)),)
    two = with_plans(with_plans(shop, MARCH, (), {"aov": 5.0}), MARCH, web, {"aov": 7.0})
    assert typed_plans(two, MARCH, ()) == {"aov": 5.0}
    assert typed_plans(two, MARCH, web) == {"aov": 7.0}
    assert typed_plans(two, parse_period("2026-02"), ()) == {}
    emptied = with_plans(two, MARCH, (), {})
    assert typed_plans(emptied, MARCH, ()) == {}
    assert typed_plans(Project.model_validate_json(emptied.model_dump_json()), MARCH, web) == {"aov": 7.0}


def test_the_plan_of_a_target_is_its_control_point(data, shop, rows, t):
    before = fact(rows, "2025-12")["aov"]
    target = freeze(
        data,
        Target.model_validate(
            {
                "metric": "aov", "goal": before * 1.3, "due": date(2026, 3, 31), "grain": "month",
                "shape": "linear", "kind": "reach", "baseline_date": date(2025, 12, 31),
            }
        ),
    )  # fmt: skip
    points = planned_points(data, [target], parse_period("2026-02"))
    assert points == {"aov": pytest.approx(before * 1.2, rel=1e-6)}
    assert planned_points(data, [target], parse_period("2026-04")) == {}
    assert planned_points(data, [target], parse_period("2026-02"), (Where("channel", ("Сайт",)),)) == {}
    project = shop.model_copy(update={"targets": [target]})
    view = plan_fact(data, project, Asked("2026-03"), True, t)
    line = next(x for x in view.lines if x.metric == "aov")
    assert line.plan == pytest.approx(before * 1.3, rel=1e-6)
    assert line.text == "из цели"
