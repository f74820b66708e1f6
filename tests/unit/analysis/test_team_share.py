"""The share in a team's KPI: parts add up, nothing passes its cap, and what nobody proved stays unexplained."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmkpi.analysis.grading import Graded
from crmkpi.analysis.initiative import Initiative, Participant
from crmkpi.analysis.team_share import stage_shares, team_share
from crmkpi.engine.data import DataDir
from crmkpi.tree.explain import Explained, explain

BOTH = (Participant(name="Anna", share=0.6), Participant(name="Boris", share=0.4))


@pytest.fixture(scope="module")
def quarter(sample: DataDir) -> Explained:
    return explain(sample, "ecommerce_revenue", "2026-Q1", "2025-Q1")


def entry(node: str | None = None, shipped: date = date(2026, 2, 1)) -> Initiative:
    return Initiative(title="work", shipped=shipped, people=BOTH, node=node)


def proven(made: Initiative, money: float, grade: str = "A", days: int = 28) -> Graded:
    verdict = "up" if money > 0 else "down"
    return Graded(made.id, grade, "control", "buyers", verdict, money=(money, money, money), days=days)


def test_the_change_is_explained_and_unexplained_without_a_rest(quarter: Explained) -> None:
    made = entry()
    found = team_share(quarter, [(made, proven(made, 1000.0))], "anna")
    assert found is not None and quarter.top.change is not None
    assert found.explained + found.unexplained == pytest.approx(quarter.top.change, rel=1e-12)
    assert math.fsum(found.control.values()) == pytest.approx(quarter.top.change, rel=1e-9)
    same_way = quarter.top.change > 0
    assert (found.explained == pytest.approx(1000.0)) is same_way
    assert found.mine == pytest.approx(600.0 if same_way else 0.0)


def test_claims_above_the_part_of_their_node_are_cut_in_proportion(quarter: Explained) -> None:
    part = max((n for n in quarter.nodes if n.parent), key=lambda n: n.contribution or 0.0)
    assert part.contribution is not None and part.contribution > 0
    one, two = entry(part.id), entry(part.id)
    pairs = [(one, proven(one, part.contribution * 3)), (two, proven(two, part.contribution))]
    found = team_share(quarter, pairs, "Boris")
    assert found is not None
    credited = [c.credited for c in found.claims]
    assert math.fsum(credited) == pytest.approx(part.contribution)
    assert credited[0] == pytest.approx(3 * credited[1])
    assert found.mine == pytest.approx(0.4 * part.contribution)


def test_a_gain_in_a_falling_branch_held_it_back_and_takes_no_part(quarter: Explained) -> None:
    part = min((n for n in quarter.nodes if n.parent), key=lambda n: n.contribution or 0.0)
    assert part.contribution is not None and part.contribution < 0
    made = entry(part.id)
    found = team_share(quarter, [(made, proven(made, 500.0))], "Anna")
    assert found is not None
    assert (found.claims[0].reason, found.claims[0].credited) == ("opposite", 0.0)
    assert found.claims[0].amount == pytest.approx(500.0)


def test_unproven_and_attributed_effects_take_nothing(quarter: Explained) -> None:
    made = entry()
    weak = replace(proven(made, 9e9), verdict="not_shown")
    clicks = replace(proven(made, 9e9), grade="D", verdict="attributed")
    found = team_share(quarter, [(made, weak), (made, clicks)], "Anna")
    assert found is not None
    assert [c.reason for c in found.claims] == ["not_shown", "grade_d"]
    assert found.explained == 0 and found.unexplained == quarter.top.change


def test_an_effect_counts_only_on_the_days_that_the_period_shares_with_it(quarter: Explained) -> None:
    part = max((n for n in quarter.nodes if n.parent), key=lambda n: n.contribution or 0.0)
    # 7 of 28 days lie in the first quarter; last year's quarter had the whole effect of another one
    half, earlier = entry(part.id, date(2026, 3, 25)), entry(part.id, date(2025, 2, 1))
    late = entry(part.id, date(2026, 5, 1))
    pairs = [(half, proven(half, 400.0)), (earlier, proven(earlier, 400.0)), (late, proven(late, 400.0))]
    found = team_share(quarter, pairs, "Anna")
    assert found is not None
    assert [c.amount for c in found.claims] == [pytest.approx(100.0), pytest.approx(-400.0), 0.0]
    assert found.claims[2].reason == "outside"


def test_steps_of_the_process_add_up_to_the_change(sample: DataDir) -> None:
    mails = explain(sample, "email_funnel", "2026-Q1", "2025-Q1")
    made = entry()
    rate = Graded(made.id, "C", "seasonal", "open_rate", "up", change=(0.001, 0.0005, 0.002), days=28)
    found = team_share(mails, [(made, rate)], "Anna")
    assert found is not None and mails.top.change is not None
    steps = {s.stage: s for s in stage_shares(mails, found)}
    assert math.fsum(s.change for s in steps.values()) == pytest.approx(mails.top.change, rel=1e-9)
    assert list(steps) == ["reach", "delivery", "open", "click", "order"]
    node = next(n for n in mails.nodes if n.id == "open_rate")
    assert node.multiplier is not None and node.contribution is not None
    expected = 0.001 * node.multiplier * 28 / 90
    assert found.claims[0].amount == pytest.approx(expected)
    if node.contribution > 0:
        assert steps["open"].explained == pytest.approx(min(expected, node.contribution))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-1e7, 1e7), st.sampled_from([None, "active_customers", "aov", "nowhere"])),
        max_size=6,
    )
)
def test_credit_never_passes_the_attributed_change(
    quarter: Explained, raw: list[tuple[float, str | None]]
) -> None:
    made = [(entry(node), money) for money, node in raw]
    pairs = [(e, proven(e, money)) for e, money in made if money]
    found = team_share(quarter, pairs, "anna")
    assert found is not None and quarter.top.change is not None
    parts = {n.id: n.contribution for n in quarter.nodes}
    for node in ("active_customers", "aov"):
        credited = math.fsum(c.credited for c in found.claims if c.node == node)
        cap = parts[node] or 0.0
        assert abs(credited) <= abs(cap) * (1 + 1e-9) and credited * cap >= 0
    assert abs(found.mine) <= math.fsum(abs(c.credited) for c in found.claims) + 1e-6
    assert found.explained + found.unexplained == pytest.approx(quarter.top.change)
