"""Numbers people get wrong when they explain a change."""

from __future__ import annotations

import itertools
import math

import pytest

from crmkpi.catalog.trees import template
from crmkpi.formula import Formula
from crmkpi.tree.attribution import attribute, attribute_tree
from crmkpi.tree.segments import mix_rate, simpson

NAMES = ("active_customers", "purchase_frequency", "aov")
REVENUE = Formula(" * ".join(NAMES))
BEFORE = dict(zip(NAMES, (1000, 1.5, 2000), strict=True))
AFTER = dict(zip(NAMES, (1100, 1.4, 2200), strict=True))


def _one_after_another(order: tuple[str, ...]) -> dict[str, float]:
    """Chain substitution, the textbook way: the answer depends on who goes first."""
    state, parts = dict(BEFORE), {}
    for name in order:
        old = REVENUE.value(state)
        state[name] = AFTER[name]
        parts[name] = REVENUE.value(state) - old
    return parts


def test_chain_substitution_depends_on_its_order_and_ours_does_not():
    answers = [_one_after_another(order)["aov"] for order in itertools.permutations(NAMES)]
    assert max(answers) - min(answers) > 20_000  # the same fact, worth 280 000 or 308 000
    ours = attribute(REVENUE, BEFORE, AFTER)
    assert min(answers) < ours["aov"] < max(answers)
    for order in itertools.permutations(NAMES):
        again = attribute(Formula(" * ".join(order)), BEFORE, AFTER)
        assert again == pytest.approx(ours, rel=1e-12)


def test_one_at_a_time_leaves_a_rest_and_ours_does_not():
    change = REVENUE.value(AFTER) - REVENUE.value(BEFORE)
    single = sum(REVENUE.value({**BEFORE, n: AFTER[n]}) - REVENUE.value(BEFORE) for n in NAMES)
    assert abs(single - change) > 10_000
    assert sum(attribute(REVENUE, BEFORE, AFTER).values()) == pytest.approx(change, rel=1e-12)


def test_a_small_constant_instead_of_the_limit_invents_parts_for_others():
    names = ("customers", "freq", "aov")
    formula = Formula("customers * freq * aov")
    after = dict(zip(names, (60, 2, 1100), strict=True))
    ours = attribute(formula, dict(zip(names, (50, 0, 1000), strict=True)), after)
    fudged = attribute(formula, dict(zip(names, (50, 1e-10, 1000), strict=True)), after)
    assert [ours[n] for n in names] == [0, 132000, 0]
    assert [round(fudged[n], 1) for n in names] == [1002.9, 130472.8, 524.3]


def test_retention_churn_and_lifetime_are_one_fact_with_one_part():
    """Churn under retention carries the whole part; the lifetime in months beside it carries none."""
    root = template("six_levels").root
    kept = root.find("retained_customers")
    before = {
        "retained_customers": 40,
        "active_customers_prev": 100,
        "retention_rate": 0.4,
        "churn_rate": 0.6,
    }
    after = {"retained_customers": 50, "active_customers_prev": 100, "retention_rate": 0.5, "churn_rate": 0.5}
    found = attribute_tree(kept, {**before, "lifetime_months": 1.67}, {**after, "lifetime_months": 2.0})
    assert found.contributions["churn_rate"] == pytest.approx(10)
    assert found.contributions["retention_rate"] == found.contributions["churn_rate"]
    assert "lifetime_months" not in found.contributions
    assert found.sum_of_leaves == pytest.approx(10)


def test_parts_of_months_do_not_add_up_to_the_part_of_the_quarter():
    """Frequency of a quarter is not the sum or mean of monthly ones: split each grain from its own values."""
    monthly = [
        attribute(Formula("c * f"), {"c": a, "f": 1.0}, {"c": b, "f": 1.1})["f"]
        for a, b in ((100, 120), (110, 130), (90, 150))
    ]
    # the same people came in several months: the quarter has fewer customers and a higher frequency
    quarter = attribute(Formula("c * f"), {"c": 180, "f": 300 / 180}, {"c": 220, "f": 440 / 220})["f"]
    assert abs(math.fsum(monthly) - quarter) > 20


def test_every_segment_improved_and_the_total_fell():
    before, after = {"web": (50.0, 500.0), "app": (10.0, 500.0)}, {"web": (33.0, 300.0), "app": (17.5, 700.0)}
    parts = mix_rate(before, after)
    assert all(part.after > part.before for part in parts)
    change = math.fsum(part.contribution for part in parts)
    assert change < 0 and simpson(parts, change)


def test_averaging_segment_ratios_is_not_the_ratio():
    cells = {"few": (90_000.0, 10.0), "many": (100_000.0, 1000.0)}
    average = sum(n / d for n, d in cells.values()) / 2
    parts = mix_rate(cells, cells)
    truth = math.fsum(p.before * p.weight_before for p in parts)
    assert truth == pytest.approx(190_000 / 1010)
    assert average > 20 * truth


def test_a_falling_denominator_raises_a_ratio_and_gets_the_credit():
    parts = attribute(Formula("cost / leads"), {"cost": 1000, "leads": 100}, {"cost": 1000, "leads": 80})
    assert parts == pytest.approx({"cost": 0, "leads": 2.5})
