"""Attribution against hand numbers, against other published vectors, and by its laws on random trees."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from crmkpi.formula import Formula
from crmkpi.tree.attribution import attribute, attribute_tree
from crmkpi.tree.terms import log_mean
from tests.unit.tree.growing import evaluate, grow, random_trees

REVENUE = grow(
    {
        "revenue": "customers * freq * basket - returns",
        "customers": "new + kept + reactivated",
        "kept": "prev * ret",
        "basket": "upt * price",
    },
    "revenue",
)
LEAVES = ("new", "prev", "ret", "reactivated", "freq", "upt", "price", "returns")
BEFORE = dict(zip(LEAVES, (300, 1200, 0.5, 100, 1.5, 2.0, 1000, 150000), strict=True))
AFTER = dict(zip(LEAVES, (380, 1200, 0.475, 150, 1.4, 2.2, 1000, 190000), strict=True))


def test_three_factors_give_the_published_lmdi_numbers():
    parts = attribute(
        Formula("a * b * c"), {"a": 1000, "b": 1.5, "c": 2000}, {"a": 1100, "b": 1.4, "c": 2200}
    )
    assert parts == pytest.approx({"a": 304045.9878, "b": -220091.9755, "c": 304045.9878}, abs=1e-4)
    assert sum(parts.values()) == pytest.approx(388000, rel=1e-12)


def test_house_example_of_revenue():
    parts = attribute(
        Formula("active_customers * purchase_frequency * aov"),
        {"active_customers": 1000, "purchase_frequency": 1.5, "aov": 2000},
        {"active_customers": 900, "purchase_frequency": 1.5, "aov": 2000},
    )
    assert parts["active_customers"] == pytest.approx(-300000)
    assert parts["purchase_frequency"] == 0.0


def test_a_mixed_tree_gives_the_published_parts():
    before, after = evaluate(REVENUE, BEFORE), evaluate(REVENUE, AFTER)
    found = attribute_tree(REVENUE, before, after)
    expected = {
        "new": 243236.79, "ret": -91213.80, "reactivated": 152022.99, "freq": -220091.98,
        "upt": 304045.99, "returns": -40000, "prev": 0, "price": 0,
    }  # fmt: skip
    assert {leaf: found.contributions[leaf] for leaf in LEAVES} == pytest.approx(expected, abs=0.01)
    assert found.change == pytest.approx(348000)
    assert found.sum_of_leaves == pytest.approx(348000, rel=1e-12)
    assert (found.contributions["prev"], found.contributions["price"]) == (0.0, 0.0)
    assert found.multipliers["price"] > 0  # unchanged, and still worth something
    assert found.residual < 1e-12 and found.method == "lmdi" and found.folded == ()


def test_a_branch_is_the_sum_of_its_leaves():
    found = attribute_tree(REVENUE, evaluate(REVENUE, BEFORE), evaluate(REVENUE, AFTER))
    parts = found.contributions
    assert parts["customers"] == pytest.approx(
        parts["new"] + parts["prev"] + parts["ret"] + parts["reactivated"]
    )
    assert parts["basket"] == pytest.approx(parts["upt"] + parts["price"])


def test_one_formula_and_its_tree_agree():
    flat = attribute(
        Formula("(new + prev * ret + reactivated) * freq * (upt * price) - returns"), BEFORE, AFTER
    )
    tree = attribute_tree(REVENUE, evaluate(REVENUE, BEFORE), evaluate(REVENUE, AFTER))
    assert flat == pytest.approx({leaf: tree.contributions[leaf] for leaf in LEAVES})


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        # a factor born from zero takes everything
        ((50, 0, 1000), (60, 2, 1100), (0, 132000, 0)),
        # two at once share it
        ((0, 0, 1000), (60, 2, 1100), (66000, 66000, 0)),
        ((0, 0, 0), (60, 2, 1100), (44000, 44000, 44000)),
        # and the mirror: whoever died takes the loss
        ((60, 2, 1100), (50, 0, 1000), (0, -132000, 0)),
        # zero in both periods, for different reasons: nothing happened
        ((0, 2, 5), (3, 0, 5), (0, 0, 0)),
    ],
)
def test_zeros_by_the_analytical_limits(before, after, expected):
    names = ("customers", "freq", "aov")
    formula = Formula("customers * freq * aov")
    parts = attribute(formula, dict(zip(names, before, strict=True)), dict(zip(names, after, strict=True)))
    assert tuple(parts[n] for n in names) == pytest.approx(expected)


def test_the_limit_is_what_ever_smaller_constants_tend_to():
    def by_delta(delta: float) -> float:
        parts = attribute(
            Formula("c * f * a"), {"c": 50, "f": delta, "a": 1000}, {"c": 60, "f": 2, "a": 1100}
        )
        return parts["f"]

    assert by_delta(1e-10) == pytest.approx(130472.8, abs=0.1)  # the number methods.md warns about
    assert abs(132000 - by_delta(1e-100)) < abs(132000 - by_delta(1e-20)) < abs(132000 - by_delta(1e-10))


def test_an_undefined_rate_leaves_the_change_to_the_count():
    """A segment without customers has no average order: the whole birth is the customers'."""
    tree = grow({"revenue": "customers * aov"}, "revenue")
    found = attribute_tree(
        tree,
        {"revenue": 0, "customers": 0, "aov": None},
        {"revenue": 5000, "customers": 10, "aov": 500},
    )
    assert found.contributions == {"revenue": 5000, "customers": 5000, "aov": 0}


def test_a_rate_of_nobody_in_both_periods_changes_nothing():
    tree = grow({"active": "new + returned", "returned": "lapsed * comeback"}, "active")
    values = {"lapsed": 0, "comeback": None, "returned": 0}
    found = attribute_tree(tree, {**values, "active": 5, "new": 5}, {**values, "active": 7, "new": 7})
    assert found.folded == ()
    assert found.contributions == {"active": 2, "new": 2, "returned": 0, "lapsed": 0, "comeback": 0}


def test_an_unknown_count_is_not_taken_for_an_unchanged_one():
    """The first month knows no returned customers; filling them in would not add up, so the node is a leaf."""
    tree = grow({"revenue": "active * aov", "active": "new + returned"}, "revenue")
    found = attribute_tree(
        tree,
        {"revenue": 1000, "active": 10, "new": 10, "returned": None, "aov": 100},
        {"revenue": 1500, "active": 15, "new": 9, "returned": 6, "aov": 100},
    )
    assert found.folded == ("active",)
    assert found.leaves == ("active", "aov")
    assert found.sum_of_leaves == pytest.approx(500)
    assert "new" not in found.contributions


def test_an_identity_that_does_not_hold_is_reported_and_not_used():
    tree = grow({"revenue": "orders * aov"}, "revenue")
    found = attribute_tree(
        tree,
        {"revenue": 1000, "orders": 10, "aov": 90},
        {"revenue": 1500, "orders": 15, "aov": 90},
    )
    assert found.folded == ("revenue",)
    assert found.residual == pytest.approx(0.1)
    assert found.contributions == {"revenue": 500}


def test_an_unknown_root_is_not_split():
    tree = grow({"revenue": "orders * aov"}, "revenue")
    found = attribute_tree(tree, {"revenue": None}, {"revenue": 5, "orders": 1, "aov": 5})
    assert (found.change, found.sum_of_leaves, found.leaves, found.contributions) == (None, None, (), {})


def _shapley_by_hand(formula: Formula, before: dict, after: dict) -> dict[str, float]:
    """The definition: the mean marginal contribution over all orders in which the names change."""
    names = formula.names
    total = dict.fromkeys(names, 0.0)
    orders = list(itertools.permutations(names))
    for order in orders:
        state = dict(before)
        for name in order:
            old = formula.value(state)
            state[name] = after[name]
            total[name] += formula.value(state) - old
    return {name: value / len(orders) for name, value in total.items()}


@pytest.mark.parametrize("text", ["a * b", "a * b * c", "a * b / c", "2 * a / (b * c)"])
def test_negative_factors_are_split_by_shapley_values(text):
    formula = Formula(text)
    before, after = {"a": -3.0, "b": 2.0, "c": 4.0}, {"a": 5.0, "b": 2.5, "c": 1.0}
    before = {n: before[n] for n in formula.names}
    after = {n: after[n] for n in formula.names}
    assert attribute(formula, before, after) == pytest.approx(_shapley_by_hand(formula, before, after))


def test_two_factors_by_shapley_have_the_short_form():
    before, after = {"a": -2.0, "b": 3.0}, {"a": 4.0, "b": 5.0}
    parts = attribute(Formula("a * b"), before, after)
    assert parts == pytest.approx({"a": 6.0 * (3 + 5) / 2, "b": 2.0 * (-2 + 4) / 2})


def test_published_shapley_numbers():
    before, after = {"a": -1000, "b": 1.5, "c": -2000}, {"a": -1100, "b": 1.4, "c": -2200}
    parts = attribute(Formula("a * b * c"), before, after)
    assert parts == pytest.approx({"a": 304333.33, "b": -220666.67, "c": 304333.33}, abs=0.01)


def test_lmdi_and_shapley_differ_where_two_factors_swap_their_zero():
    """0 -> 3 and 2 -> 0: nothing before, nothing after; LMDI says (0, 0)."""
    assert attribute(Formula("a * b"), {"a": 0, "b": 2}, {"a": 3, "b": 0}) == {"a": 0.0, "b": 0.0}


@pytest.mark.parametrize(
    "text",
    [
        "1 / a", "1 - a", "a * b / c - 1", "a * b + c", "-a * b", "(a - b) * c", "a / (b + c) * 100",
        "a * a * b", "min(a, b) * c", "max(a, b, c)", "abs(a - c) + b", "3 * a", "a - 2 * b / 4",
    ],
)  # fmt: skip
def test_any_expression_adds_up(text):
    formula = Formula(text)
    before, after = {"a": 0.2, "b": 7.0, "c": 3.0}, {"a": 0.45, "b": 5.0, "c": 3.0}
    parts = attribute(formula, before, after)
    change = formula.value(after) - formula.value(before)
    assert sum(parts.values()) == pytest.approx(change, rel=1e-12)
    if "c" in parts:
        assert parts["c"] == 0.0


def test_a_formula_without_a_value_has_no_parts():
    assert attribute(Formula("a / b"), {"a": 1, "b": 0}, {"a": 1, "b": 2}) is None
    assert attribute(Formula("a * b"), {"a": None, "b": 2}, {"a": None, "b": 2}) is None


def test_a_constant_identity_has_no_parts():
    assert attribute(Formula("2 + 3"), {}, {}) == {}


def _scale(before: dict, after: dict) -> float:
    return max(abs(v) for v in [*before.values(), *after.values()] if v is not None)


@settings(max_examples=120, deadline=None)
@given(random_trees(0.01, 1000.0))
def test_random_trees_add_up_exactly(made):
    tree, before, after = made
    assume(all(v is not None for v in [*before.values(), *after.values()]))
    found = attribute_tree(tree, before, after)
    assert found.folded == ()
    assert found.sum_of_leaves == pytest.approx(found.change, rel=1e-9, abs=1e-12 * _scale(before, after))
    for node in tree.walk():
        if not node.identity and before[node.metric] == after[node.metric]:
            assert found.contributions[node.id] == 0.0
            assert math.isfinite(found.multipliers[node.id])


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(random_trees(-50.0, 50.0))
def test_random_trees_with_zeros_and_negatives_add_up(made):
    tree, before, after = made
    assume(all(v is not None and abs(v) < 1e12 for v in [*before.values(), *after.values()]))
    assume(all(abs(v) > 1e-3 for v in [*before.values(), *after.values()] if v))
    found = attribute_tree(tree, before, after)
    sizes = [abs(p) for p in found.contributions.values()]
    assert found.sum_of_leaves == pytest.approx(
        found.change, rel=1e-9, abs=1e-9 * max([_scale(before, after), *sizes])
    )


@settings(max_examples=60, deadline=None)
@given(random_trees(0.01, 1000.0))
def test_going_back_in_time_turns_every_part_around(made):
    tree, before, after = made
    assume(all(v is not None for v in [*before.values(), *after.values()]))
    there, back = attribute_tree(tree, before, after), attribute_tree(tree, after, before)
    size = 1e-9 * max([abs(p) for p in there.contributions.values()] + [1e-9])
    for node_id, part in there.contributions.items():
        assert back.contributions[node_id] == pytest.approx(-part, rel=1e-9, abs=size)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.1, 100), st.floats(0.1, 100)), min_size=3, max_size=3),
    st.permutations(["a", "b", "c"]),
)
def test_the_order_of_the_factors_does_not_matter(values, order):
    before = dict(zip("abc", (v[0] for v in values), strict=True))
    after = dict(zip("abc", (v[1] for v in values), strict=True))
    plain = attribute(Formula("a * b * c"), before, after)
    assert attribute(Formula(" * ".join(order)), before, after) == pytest.approx(plain, rel=1e-9, abs=1e-9)


@settings(max_examples=200, deadline=None)
@given(st.floats(1e-12, 1e12), st.floats(1e-12, 1e12))
def test_the_logarithmic_mean_lies_between_the_geometric_and_the_arithmetic_mean(a, b):
    mean = log_mean(a, b)
    assert log_mean(b, a) == mean
    assert math.sqrt(a) * math.sqrt(b) * (1 - 1e-12) <= mean <= (a + b) / 2 * (1 + 1e-12)


@pytest.mark.parametrize("d", [0.0, 1e-15, 1e-9, 1e-7, 9e-7, 1.1e-6, 1e-4])
def test_the_logarithmic_mean_of_close_numbers_follows_its_series(d):
    assert log_mean(5 * (1 + d), 5.0) == pytest.approx(5 * (1 + d / 2 - d * d / 12), rel=1e-12)


def test_the_logarithmic_mean_with_zero_is_zero():
    assert log_mean(0.0, 7.0) == log_mean(7.0, 0.0) == log_mean(0.0, 0.0) == 0.0
