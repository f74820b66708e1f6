"""Stated elasticities: kept in the project, passed on by the board, and a goal that stops without them."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from crmkpi.engine.evaluate import evaluate
from crmkpi.i18n import Words
from crmkpi.project.document import Project
from crmkpi.tree.cascade import Elasticity, estimate_elasticity
from crmkpi.views.beliefs import edge_name, estimate_text, in_force, said, stated, usable, with_belief
from crmkpi.views.cascade import Ground, goal_view, ground
from crmkpi.views.tree import Asked
from crmkpi.views.whatif import board, outcome


@pytest.fixture(scope="module")
def found(sample):
    project, data = sample
    return board(data, project, Asked("2026-09"), Words("ru", "RUB"))


def test_the_board_knows_the_influences_that_have_numbers(found):
    edges = {line.edge for line in found.beliefs}
    assert edges
    assert all(found.values[child] for child, _ in edges)
    assert all(line.lever.metric not in {x.metric for x in found.levers} for line in found.beliefs)


def test_an_elasticity_is_kept_changed_and_taken_back(shop, found, t):
    edge = found.beliefs[0].edge
    one = with_belief(shop, edge, 0.3, 0.1, "typed")
    two = with_belief(one, edge, 0.5, 0.0, "experiment")
    again = Project.model_validate_json(two.model_dump_json())
    assert stated(again) == {edge: Elasticity(0.5, 0.0, grade="experiment")}
    assert usable(found, stated(again)) == (found.beliefs[0],)
    assert stated(with_belief(two, edge, None, 0.0, "typed")) == {}
    text = said(found.beliefs[0], stated(two)[edge], t)
    assert "+4,9 %" in text.replace("\u00a0", " ") and "эксперимент" in text  # 1.1 ** 0.5 = 1.0488


def test_a_moved_influence_reaches_the_root_only_by_its_elasticity(found, t):
    line = next(x for x in found.beliefs if x.parent in {n.metric for n in found.root.drivers})
    moved = {line.lever.metric: line.lever.now * 1.1}
    nothing = outcome(found, {}, t, moved, {})
    assert nothing.bridge == ()
    shown = outcome(found, {}, t, moved, {line.edge: Elasticity(0.5, 0.1)})
    before, *_, after = (p.value for p in shown.bridge)
    assert after / before == pytest.approx(1.1**0.5)
    assert any("80 %" in w.replace("\u00a0", " ") for w in shown.warnings)
    assert "→" in edge_name(line, t)


def test_the_estimate_comes_from_the_monthly_series(sample, found, t):
    _, data = sample
    line = next(x for x in found.beliefs if x.edge == ("category_breadth_order", "units_per_order"))
    rows = evaluate(data, list(line.edge), "month", last=found.period.last).rows.filter(pl.col("complete"))
    child, parent = (rows.filter(pl.col("metric") == m).sort("from")["value"].to_list() for m in line.edge)
    assert line.estimated == estimate_elasticity(parent, child)
    assert "совпадение" in estimate_text(line, t)
    young = next(x for x in found.beliefs if x.estimated is None)
    assert "не меньше 25" in estimate_text(young, t).replace("\u00a0", " ")


def test_a_goal_stops_where_no_elasticity_is_stated(sample, found, t):
    _, data = sample
    ways: Ground = ground(data, found, 3)
    silent = goal_view(found, ways, (found.now or 0) * 1.05, "equal", t)
    assert any("Дальше вниз цель не идёт" in text for text in silent.below)
    line = next(x for x in found.beliefs if x.parent in {n.metric for n in found.root.drivers})
    told = goal_view(found, ways, (found.now or 0) * 1.05, "equal", t, {line.edge: Elasticity(0.5, 0.0)})
    assert any(line.lever.name in text and "за этот счёт" in text for text in told.below)


def test_a_strength_written_into_the_tree_counts_until_another_is_stated(sample, found, t):
    project, _ = sample
    line = found.beliefs[0]

    def written(node):
        own = {"elasticity": 0.4, "grade": "A"} if node.metric == line.lever.metric else {}
        return node.model_copy(update={**own, "children": tuple(written(c) for c in node.children)})

    board_of_own_tree = replace(found, root=written(found.root))
    assert in_force(project, found) == {}
    assert in_force(project, board_of_own_tree)[line.edge] == Elasticity(0.4, 0.0, grade="A")
    assert "эксперимент с контрольной группой" in said(line, Elasticity(0.4, 0.0, grade="A"), t)
    changed = with_belief(project, line.edge, 0.9, 0.0, "typed")
    assert in_force(changed, board_of_own_tree)[line.edge].value == 0.9
