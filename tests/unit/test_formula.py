"""Formulas: what they allow, what they give, what they give back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmkpi.formula import MAX_LENGTH, Formula, FormulaError, UnknownNameError


def test_value_names_and_brackets():
    formula = Formula("a / (b + 1) - 2 * c")
    assert formula.value({"a": 6, "b": 2, "c": 0.5}) == 1.0
    assert formula.names == ("a", "b", "c")


def test_zero_denominator_is_unknown_not_infinite():
    assert Formula("a / b").value({"a": 1, "b": 0}) is None
    assert Formula("1 - a / b").value({"a": 0, "b": 0}) is None


def test_an_unknown_input_makes_the_whole_unknown():
    assert Formula("a + b").value({"a": 1, "b": None}) is None
    assert Formula("a + b").value({"a": 1}) is None
    assert Formula("coalesce(a, b, 0) + c").value({"a": None, "b": 4, "c": 1}) == 5
    assert Formula("min(a, b)").value({"a": None, "b": 4}) is None


def test_functions():
    env = {"a": -3, "b": 4}
    assert Formula("min(a, b) + max(a, b) + abs(a)").value(env) == 4


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')", "a.b", "a[0]", "a ** b", "a if b else c", "lambda: 1", "a and b", "'text'", "a < b",
        "print(a)", "min(a, key=b)", "True", "a // b", "a % b", "[a]", "(a, b)", "a := 1", "f'{a}'", "",
    ],
)  # fmt: skip
def test_anything_but_arithmetic_is_refused(text):
    with pytest.raises(FormulaError):
        Formula(text)


def test_look_alike_letters_and_bombs_are_refused():
    with pytest.raises(FormulaError) as error:
        Formula("ａ + 1")  # a full-width letter that Python would quietly fold into a plain one
    assert error.value.params["reason"] == "look_alike"
    with pytest.raises(FormulaError):
        Formula("a + " * (MAX_LENGTH // 4) + "a")
    with pytest.raises(FormulaError):
        Formula("(" * 60 + "a" + ")" * 60 + " * " + "-" * 40 + "a")


def test_an_unknown_name_is_answered_with_similar_ones():
    with pytest.raises(UnknownNameError) as error:
        Formula("aov * purchase_frequensy").check_names(["aov", "purchase_frequency"])
    assert error.value.params["near"] == "purchase_frequency"


def test_an_overflow_is_unknown():
    assert Formula("a * a").value({"a": 1e300}) in (None, float("inf"))


@pytest.mark.parametrize(
    ("text", "name", "goal", "needed"),
    [
        ("a * b", "a", 12, 4),
        ("a / b", "b", 2, 5),
        ("1 - a", "a", 0.8, 0.2),
        ("1 / a", "a", 4, 0.25),
        ("a * b + c", "c", 30, 0),
        ("b / (a + b)", "a", 0.5, 3),
    ],
)
def test_needed_is_the_inverse(text, name, goal, needed):
    env = {"a": 10, "b": 3, "c": 5}
    assert Formula(text).needed(name, goal, env) == pytest.approx(needed)


def test_what_cannot_be_reached_is_unknown():
    assert Formula("a * b").needed("a", 5, {"a": 1, "b": 0}) is None
    assert Formula("1 / a").needed("a", 0, {"a": 2}) is None
    with pytest.raises(UnknownNameError):
        Formula("a * b").needed("x", 5, {"a": 1, "b": 1})


class Tape:
    """Objects with operators, to see that `expression` only uses operators."""

    def __init__(self, text: str) -> None:
        self.text = text

    def _join(self, other: object, sign: str) -> Tape:
        return Tape(f"({self.text}{sign}{getattr(other, 'text', other)})")

    def __add__(self, other: object) -> Tape:
        return self._join(other, "+")

    def __mul__(self, other: object) -> Tape:
        return self._join(other, "*")

    def __rsub__(self, other: object) -> Tape:
        return Tape(f"({other}-{self.text})")


def test_the_same_text_runs_over_any_objects():
    found = Formula("1 - a * b").expression(Tape, divide=lambda a, b: a)
    assert found.text == "(1-(a*b))"


@settings(max_examples=80, deadline=None)
@given(st.floats(0.1, 100), st.floats(0.1, 100), st.floats(0.1, 100), st.floats(0.5, 2))
def test_needed_reaches_the_goal(a, b, c, factor):
    formula, env = Formula("a * b / c - 1"), {"a": a, "b": b, "c": c}
    goal = (formula.value(env) + 1) * factor - 1
    for name in formula.names:
        x = formula.needed(name, goal, env)
        if x is not None:
            assert formula.value({**env, name: x}) == pytest.approx(goal, rel=1e-5, abs=1e-5)
