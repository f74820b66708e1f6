"""A formula is a text over names: numbers, `+ - * /`, brackets and a few functions. Nothing else is allowed.

The same text gives the value, the expression over any frame library, the drivers (names) and the inverse
(what one driver must be for the whole to reach a number). Division by zero and unknown inputs give None.
"""

from __future__ import annotations

import ast
import difflib
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from crmkpi.errors import CrmKpiError

MAX_LENGTH = 500
MAX_NODES = 100
MAX_DEPTH = 20
FUNCTIONS = ("min", "max", "coalesce", "abs")


class FormulaError(CrmKpiError):
    """The text is no formula: `text`, and `reason` = syntax | too_long | not_allowed | look_alike."""

    code = "bad_formula"


class UnknownNameError(CrmKpiError):
    """A name in a formula is not known: `name`, `text`, `near` (similar known names)."""

    code = "unknown_name"


def _plain_divide(a: Any, b: Any) -> Any:
    return None if b == 0 else a / b


@dataclass(frozen=True)
class Formula:
    """An allow-listed arithmetic expression.

    >>> Formula("a / (b + 1)").value({"a": 6, "b": 2})
    2.0
    """

    text: str

    def __post_init__(self) -> None:
        _ = self._tree  # a bad text fails where it is written, not where it is used

    @cached_property
    def _tree(self) -> ast.expr:
        text = self.text
        if len(text) > MAX_LENGTH:
            raise FormulaError(text=text[:60] + "…", reason="too_long")
        if unicodedata.normalize("NFKC", text) != text:
            raise FormulaError(text=text, reason="look_alike")
        try:
            tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise FormulaError(text=text, reason="syntax") from error
        nodes = list(ast.walk(tree))
        if len(nodes) > MAX_NODES or _depth(tree) > MAX_DEPTH:
            raise FormulaError(text=text, reason="too_long")
        for node in nodes:
            if not _allowed(node):
                raise FormulaError(text=text, reason="not_allowed")
        return tree

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names in order of first appearance: the drivers."""
        calls = {id(n.func) for n in ast.walk(self._tree) if isinstance(n, ast.Call)}
        found = [n for n in ast.walk(self._tree) if isinstance(n, ast.Name) and id(n) not in calls]
        found.sort(key=lambda n: (n.lineno, n.col_offset))
        return tuple(dict.fromkeys(n.id for n in found))

    @property
    def tree(self) -> ast.expr:
        """The parsed expression, for rooms that walk it (attribution)."""
        return self._tree

    def check_names(self, known: Iterable[str]) -> None:
        """Refuse a name that is not known, with the nearest known ones."""
        names = list(known)
        for name in self.names:
            if name not in names:
                near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
                raise UnknownNameError(name=name, text=self.text, near=", ".join(near) or "—")

    def value(self, env: Mapping[str, float | None]) -> float | None:
        """Value on numbers; None if an input is None or a denominator is zero."""
        try:
            return _value(self._tree, env)
        except OverflowError:
            return None

    def expression(
        self,
        column: Callable[[str], Any],
        divide: Callable[[Any, Any], Any] = _plain_divide,
        call: Callable[[str, list[Any]], Any] | None = None,
    ) -> Any:
        """The formula over any objects with operators (a polars or narwhals expression).

        `column` gives the object of a name; `divide` must give null for a zero denominator; `call` computes
        min, max, coalesce and abs where they are used.
        """
        return _expression(self._tree, column, divide, call)

    def needed(self, name: str, goal: float, env: Mapping[str, float | None]) -> float | None:
        """What `name` must be for the formula to equal `goal`, others unchanged; None if it cannot.

        The formulas of the catalogue are of first degree over first degree in each single name, so three
        exact evaluations give the inverse: f(x) = (a + b x) / (1 + d x).
        """
        if name not in self.names:
            raise UnknownNameError(name=name, text=self.text, near=", ".join(self.names))
        return _solve(lambda x: self.value({**env, name: x}), goal)


def _depth(node: ast.AST) -> int:
    return 1 + max((_depth(child) for child in ast.iter_child_nodes(node)), default=0)


def _allowed(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, (int, float)) and not isinstance(node.value, bool)
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS and not node.keywords
    if isinstance(node, (ast.BinOp, ast.UnaryOp)):
        return isinstance(node.op, (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.USub))
    return isinstance(node, (ast.Name, ast.Load, ast.operator, ast.unaryop))


def _value(node: ast.AST, env: Mapping[str, float | None]) -> float | None:
    if isinstance(node, ast.Constant):
        assert isinstance(node.value, (int, float))
        return float(node.value)
    if isinstance(node, ast.Name):
        found = env.get(node.id)
        return None if found is None else float(found)
    if isinstance(node, ast.UnaryOp):
        inner = _value(node.operand, env)
        return None if inner is None else -inner
    if isinstance(node, ast.Call):
        return _call([_value(a, env) for a in node.args], node.func.id)  # type: ignore[attr-defined]
    assert isinstance(node, ast.BinOp)
    a, b = _value(node.left, env), _value(node.right, env)
    if a is None or b is None:
        return None
    return _binary(node.op, a, b, _plain_divide)


def _call(args: list[float | None], name: str) -> float | None:
    if name == "coalesce":
        return next((a for a in args if a is not None), None)
    known = [a for a in args if a is not None]
    if len(known) != len(args) or not known:
        return None
    if name == "abs":
        return abs(known[0])
    return min(known) if name == "min" else max(known)


def _binary(op: ast.operator, a: Any, b: Any, divide: Callable[[Any, Any], Any]) -> Any:
    if isinstance(op, ast.Add):
        return a + b
    if isinstance(op, ast.Sub):
        return a - b
    if isinstance(op, ast.Mult):
        return a * b
    return divide(a, b)


def _expression(node: ast.AST, column: Any, divide: Any, call: Any) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return column(node.id)
    if isinstance(node, ast.UnaryOp):
        return 0 - _expression(node.operand, column, divide, call)
    if isinstance(node, ast.Call):
        name = node.func.id  # type: ignore[attr-defined]
        if call is None:
            raise FormulaError(text=name, reason="not_allowed")
        return call(name, [_expression(a, column, divide, call) for a in node.args])
    assert isinstance(node, ast.BinOp)
    left = _expression(node.left, column, divide, call)
    right = _expression(node.right, column, divide, call)
    return _binary(node.op, left, right, divide)


def _solve(f: Callable[[float], float | None], goal: float) -> float | None:
    """Invert f(x) = (a + b u) / (1 + d u), u = x - x1, from three points, then check the answer.

    Counting from a point where f is known keeps the form valid for `1 / x`, whose pole lies at zero.
    """
    points = [(x, y) for x in (1.0, 2.0, 3.0, 0.5, 7.0) if (y := f(x)) is not None][:3]
    if len(points) < 3:
        return None
    (x1, y1), (x2, y2), _ = points
    # y = a + b u - d u y, three linear equations in a, b, d
    solved = _gauss([[1.0, x - x1, -(x - x1) * y, y] for x, y in points])
    if solved is None:  # f is of first degree: d = 0
        a, b, d = y1, (y2 - y1) / (x2 - x1), 0.0
    else:
        a, b, d = solved
    slope = b - goal * d
    if abs(slope) <= 1e-12 * max(abs(b), abs(goal * d), abs(d * y1)):
        return None
    x = x1 + (goal - a) / slope
    check = f(x)
    if check is None or abs(check - goal) > 1e-6 * max(1.0, abs(goal)):
        return None
    return x


def _gauss(rows: list[list[float]]) -> tuple[float, float, float] | None:
    m = [row[:] for row in rows]
    for i in range(3):
        pivot = max(range(i, 3), key=lambda r: abs(m[r][i]))
        if abs(m[pivot][i]) < 1e-12 * max(1.0, max(abs(v) for v in m[pivot])):
            return None
        m[i], m[pivot] = m[pivot], m[i]
        for r in range(3):
            if r != i:
                k = m[r][i] / m[i][i]
                m[r] = [u - k * v for u, v in zip(m[r], m[i], strict=True)]
    return tuple(m[i][3] / m[i][i] for i in range(3))  # type: ignore[return-value]
