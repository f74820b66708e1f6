"""Own metric: a number that a person defines by a formula over the catalogue, under the same rules as the rest.

The formula is arithmetic only (crmkpi.formula: allow-list, at most 500 signs). Names in square brackets are names as
people know them: `[Средний чек] * 2` is `aov * 2`. What kind of number it is (a sum, a ratio ...) follows from it.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable, Mapping
from typing import cast

from pydantic import BaseModel, ConfigDict, Field

from crmkpi.catalog.in_force import per_catalogue
from crmkpi.catalog.metric import Level, Metric, Texts, Unit, metrics
from crmkpi.engine.sheet import plain
from crmkpi.errors import CrmKpiError
from crmkpi.formula import MAX_LENGTH, Formula, FormulaError, UnknownNameError

PREFIX = "own_"
# `source` of such a metric in the catalogue
OWN_SOURCE = "own"
ID = re.compile(r"own_[a-z0-9_]{1,60}")
BRACKETS = re.compile(r"\[([^\[\]]*)\]")
LONGEST_NAME = 80
MOST_OWN = 50
UNITS: tuple[Unit, ...] = ("money", "share", "count", "ratio", "days", "hours", "minutes", "months", "points")
LATIN = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        re.findall("[a-z_]+", "a b v g d e e zh z i y k l m n o p r s t u f h c ch sh sch _ y _ e yu ya"),
        strict=True,
    )
)


class OwnRingError(CrmKpiError):
    """Own metrics that stand on each other in a circle: `ring` (their names, joined by arrows)."""

    code = "own_ring"


class OwnMetricError(CrmKpiError):
    """An own metric that cannot be kept: `reason` chooses the sentence, `name` and `other` fill it."""

    code = "own_metric"

    @property
    def key(self) -> str:
        """Each reason has its own sentence: `error.own_metric_<reason>`."""
        return f"error.own_metric_{self.params['reason']}"


class OwnMetric(BaseModel):
    """What a person wrote: names, formula (with ids), unit, which way is better, level, and what it means."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str = Field(pattern=ID.pattern)
    ru: str = Field(min_length=1, max_length=LONGEST_NAME)
    en: str = Field(min_length=1, max_length=LONGEST_NAME)
    formula: str = Field(min_length=1, max_length=MAX_LENGTH)
    unit: Unit = "count"
    better: str = Field(default="up", pattern="^(up|down|band)$")
    level: Level | None = None
    meaning: str = Field(default="", max_length=300)

    @property
    def label(self) -> Texts:
        """Both names."""
        return Texts(ru=self.ru, en=self.en)


def with_ids(text: str) -> str:
    """The formula with names in square brackets replaced by ids; a name that nobody knows is an UnknownNameError."""
    # a long text is refused by length before anything looks into it
    if len(text) > MAX_LENGTH:
        raise FormulaError(text=text[:60] + "…", reason="too_long")
    return (
        BRACKETS.sub(lambda m: _id_of(m.group(1), text), text)
        .replace("×", "*")
        .replace("÷", "/")
        .replace("−", "-")
    )


def _id_of(name: str, text: str) -> str:
    said = name.strip()
    exact, loose = _names()
    found = exact.get(said.casefold()) or loose.get(plain(said)) or (said if said in metrics() else None)
    if found is None or not found.isidentifier():
        near = difflib.get_close_matches(plain(said), list(loose), n=3, cutoff=0.5)
        lang = "ru" if re.search("[а-яё]", said, re.IGNORECASE) else "en"
        shown = ", ".join(f"[{metrics()[loose[n]].label[lang]}]" for n in near)
        raise UnknownNameError(name=name, text=text, near=shown or "—")
    return found


@per_catalogue
def _names() -> tuple[dict[str, str], dict[str, str]]:
    """Labels in both languages -> id: as written, and without case and remarks in brackets; main metrics first."""
    exact: dict[str, str] = {}
    loose: dict[str, str] = {}
    for metric in sorted(metrics().values(), key=lambda m: m.local):
        for label in (metric.label.ru, metric.label.en):
            exact.setdefault(label.casefold(), metric.id)
            loose.setdefault(plain(label), metric.id)
    return exact, loose


def slug(name: str, taken: Iterable[str] = ()) -> str:
    """An id for a new own metric, from its name: `own_` and Latin letters; a number where it is taken."""
    latin = "".join(LATIN.get(c, c) for c in name.casefold())
    base = PREFIX + (re.sub(r"[^a-z0-9]+", "_", latin).strip("_")[:50] or "metric")
    known = {*taken, *metrics()}
    return next(n for n in (base, *(f"{base}_{k}" for k in range(2, 1000))) if n not in known)


def built(own: Iterable[OwnMetric], standard: Mapping[str, Metric]) -> dict[str, Metric]:
    """The own metrics as metrics of the catalogue, all checked together.

    Errors: FormulaError, UnknownNameError (with near names), OwnRingError (names the circle), OwnMetricError.
    """
    mine = {one.id: one for one in own}
    if len(mine) > MOST_OWN:
        raise OwnMetricError(reason="too_many", name=str(len(mine)), other=str(MOST_OWN))
    known = {**standard}
    for one in mine.values():
        formula = Formula(one.formula)
        formula.check_names([*(n for n in known if n.isidentifier()), *mine])
        if not formula.names:
            raise OwnMetricError(reason="no_names", name=one.label, other=one.formula)
        cohort = next((n for n in formula.names if n in known and known[n].cohort), None)
        if cohort is not None:
            raise OwnMetricError(reason="cohort", name=one.label, other=known[cohort].label)
    _check_names_differ(mine, standard)
    found: dict[str, Metric] = {}
    for name in _ordered(mine):
        found[name] = known[name] = _metric(mine[name], known)
    return found


def _check_names_differ(mine: Mapping[str, OwnMetric], standard: Mapping[str, Metric]) -> None:
    """Two metrics of one name cannot be told apart on the screen."""
    taken = {
        plain(text): m.label for m in standard.values() if not m.local for text in (m.label.ru, m.label.en)
    }
    for one in mine.values():
        for text in {plain(one.ru), plain(one.en)}:
            if not re.search(r"[^\W\d_]", text):  # a name holds at least one letter
                raise OwnMetricError(reason="no_name", name=one.label, other="")
            if text in taken:
                raise OwnMetricError(reason="name_taken", name=one.label, other=taken[text])
        taken.update({plain(one.ru): one.label, plain(one.en): one.label})


def _ordered(mine: Mapping[str, OwnMetric]) -> list[str]:
    """Own ids so that each comes after those it stands on; a circle is an OwnRingError that names it."""
    done: dict[str, None] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            ring = [*path[path.index(name) :], name]
            raise OwnRingError(ring=" → ".join(mine[n].ru for n in ring))
        if name in done:
            return
        for other in Formula(mine[name].formula).names:
            if other in mine:
                visit(other, (*path, name))
        done[name] = None

    for name in mine:
        visit(name, ())
    return list(done)


def _metric(own: OwnMetric, known: Mapping[str, Metric]) -> Metric:
    formula = Formula(own.formula)
    parts = [known[name] for name in formula.names]
    meaning = own.meaning.strip()
    return Metric(
        id=own.id,
        label=own.label,
        definition=Texts(ru=meaning or own.ru, en=meaning or own.en),
        formula=own.formula,
        unit=own.unit,
        better=cast("str", own.better),  # type: ignore[arg-type]
        level=own.level,
        klass=klass_of(formula, known),  # type: ignore[arg-type]
        controllable=min((p.controllable for p in parts), key=("no", "partly", "yes").index),
        horizon="strategic" if any(p.horizon == "strategic" for p in parts) else "tactical",
        table=parts[0].table,
        settle_days=max(p.settle_days for p in parts),
        mature_days=max(p.mature_days for p in parts),
        months_up=any(p.months_up for p in parts),
        anonymous=all(p.anonymous for p in parts),
        source=OWN_SOURCE,
    )


def klass_of(formula: Formula, known: Mapping[str, Metric]) -> str:
    """What kind of number a formula gives (definitions.md, table of classes).

    Sums added, or times a number, stay a sum. Uniques and stocks keep their kind under the same. Anything multiplied
    or divided by another metric is reduced again from its parts, like a ratio. One part that comes from a model or a
    distribution makes the whole such.
    """
    kinds = {known[name].klass for name in formula.names}
    for strong in ("model", "distribution"):
        if strong in kinds:
            return strong
    if not _linear(formula.tree) or "ratio" in kinds:
        return "ratio"
    return kinds.pop() if len(kinds) == 1 else "unique"


def _linear(node: ast.expr) -> bool:
    """Whether an expression is a sum of names, each at most times a number, without a free number."""
    if isinstance(node, ast.Name):
        return True
    if isinstance(node, ast.UnaryOp):
        return _linear(node.operand)
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, (ast.Add, ast.Sub)):
            return _linear(node.left) and _linear(node.right)
        if isinstance(node.op, ast.Mult):
            return any(
                _number(a) and _linear(b) for a, b in ((node.left, node.right), (node.right, node.left))
            )
        return _linear(node.left) and _number(node.right)
    return False


def _number(node: ast.expr) -> bool:
    return not any(isinstance(part, (ast.Name, ast.Call)) for part in ast.walk(node))


def unit_of(text: str) -> Unit:
    """The unit that a formula suggests: money over people is money, money over money a ratio; else a count.

    A proposal only: the person chooses.
    """
    formula = Formula(text)
    known = {name: metrics()[name] for name in formula.names if name in metrics()}
    if not known:
        return "count"
    if isinstance(formula.tree, ast.BinOp) and isinstance(formula.tree.op, ast.Div):
        top = _first(formula.tree.left, known)
        below = _first(formula.tree.right, known)
        if top is not None and below is not None:
            return "ratio" if top == below or top not in ("money",) else top
        return top or "ratio"
    units = [m.unit for m in known.values()]
    return "money" if "money" in units else units[0]


def _first(node: ast.expr, known: Mapping[str, Metric]) -> Unit | None:
    names = [n.id for n in ast.walk(node) if isinstance(n, ast.Name) and n.id in known]
    return known[names[0]].unit if names else None
