"""A metric as declared in metrics/*.toml: what it is called, what it means, how it is computed.

A formula is written once, here: over measures and other metrics, acyclic. Units: shares are 0..1 everywhere.
"""

from __future__ import annotations

import tomllib
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from crmkpi.formula import Formula
from crmkpi.measures import MEASURES

HERE = Path(__file__).parent / "metrics"
# numbers about the period itself, and the typed margin: names a formula may use besides measures and metrics
PERIOD_NAMES = (
    "period_days",
    "period_months",
    "days_in_season",
    "days_off_season",
    "typed_margin",
    "visit_days",
)

Unit = Literal["money", "share", "count", "ratio", "days", "hours", "minutes", "months", "points"]
Level = Literal["goal", "controllable", "strategic", "development", "operational", "technical"]


class Texts(BaseModel):
    """One text in both languages."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    ru: str
    en: str

    def __getitem__(self, lang: str) -> str:
        return self.ru if lang == "ru" else self.en


class Synonyms(BaseModel):
    """Other names people use, for recognising a column or a search."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    ru: tuple[str, ...] = ()
    en: tuple[str, ...] = ()


class Metric(BaseModel):
    """One metric of the catalogue.

    `formula` or `measure`, or neither when `status` is model or sheet. `numerator`, `denominator`: formulas where the
    formula's own fraction does not show them. `table`: prepared table whose days date the metric.
    `history`: what must lie before the period: `previous` (unknown without the whole previous period),
    `inactivity` (unknown until N days after data_from), `warn` (always a value, warned until then).
    `check`: a ratio that should be near 1, such as a model's value over what was observed; it only warns.
    `settle_days`: so long after its end a period still ripens; `settle_by` sales_cycle: as long as four of five deals
    take in these data. `months_up`: only for months and longer (a daily quintile is noise). `status` sheet: comes only
    from a sheet of dated values; model: computed once for the whole base behind a gate, not period by period.
    `mature_days`: unknown until so many days after the period's end. `anonymous`: counts orders without customer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    label: Texts
    definition: Texts
    formula: str | None = None
    measure: str | None = None
    numerator: str | None = None
    denominator: str | None = None
    unit: Unit
    better: Literal["up", "down", "band"]
    level: Level | None = None
    kind: Literal["kpi", "process"] = "process"
    klass: Literal["sum", "ratio", "unique", "stock", "distribution", "model"]
    controllable: Literal["yes", "partly", "no"] = "partly"
    horizon: Literal["tactical", "strategic"] = "strategic"
    pair: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    check: str | None = None
    table: str = "orders"
    source: str = ""
    article: str = ""
    local: bool = False
    settle_days: int = 0
    settle_by: Literal["sales_cycle"] | None = None
    months_up: bool = False
    mature_days: int = 0
    history: Literal["previous", "inactivity", "warn"] | None = None
    anonymous: bool = False
    cohort: bool = False
    status: Literal["ready", "model", "sheet"] = "ready"
    synonyms: Synonyms = Field(default_factory=Synonyms)

    @model_validator(mode="after")
    def _one_way_to_be_computed(self) -> Metric:
        ways = (self.formula is not None) + (self.measure is not None)
        if ways != (1 if self.status == "ready" and not self.cohort else 0):
            raise ValueError(f"{self.id}: a ready metric has a formula or a measure, others have neither")
        if self.measure is not None and self.measure not in MEASURES:
            raise ValueError(f"{self.id}: there is no measure {self.measure}")
        return self

    @property
    def text(self) -> str | None:
        """The formula, or the measure's name as the shortest formula; None when not computable yet."""
        return self.formula or self.measure

    @property
    def names(self) -> tuple[str, ...]:
        """Measures and metrics the definition stands on."""
        return Formula(self.text).names if self.text else ()


# the catalogue with what the open project adds to it; set by crmkpi.catalog.in_force only
EXTENDED: ContextVar[MappingProxyType[str, Metric] | None] = ContextVar("extended_metrics", default=None)


def metrics() -> MappingProxyType[str, Metric]:
    """All metrics by id: those of the catalogue, then the own ones of the project in force (in_force.py)."""
    extended = EXTENDED.get()
    return standard_metrics() if extended is None else extended


@cache
def standard_metrics() -> MappingProxyType[str, Metric]:
    """The catalogue itself by id, in the order of the files; a wrong declaration is a defect and raises."""
    found: dict[str, Metric] = {}
    for path in sorted(HERE.glob("*.toml")):
        with path.open("rb") as file:
            tree: dict[str, Any] = tomllib.load(file)
        for name, body in tree.items():
            if name in found:
                raise ValueError(f"metric {name} stands twice ({path.name})")
            found[name] = Metric(id=name, **body)
    _check(found)
    return MappingProxyType(found)


def _check(found: dict[str, Metric]) -> None:
    """Every name in a formula is known, no id is both a metric and another measure, nothing goes in circles."""
    known = {*found, *MEASURES, *PERIOD_NAMES}
    for metric in found.values():
        for text in (metric.text, metric.numerator, metric.denominator, metric.check):
            if text is not None:
                Formula(text).check_names(known)
        if metric.id in MEASURES and metric.measure != metric.id:
            raise ValueError(f"{metric.id} is a measure and another metric")
    order(found)


def order(found: dict[str, Metric]) -> list[str]:
    """Metric ids so that each comes after those it stands on; a circle raises."""
    done: dict[str, None] = {}
    open_: set[str] = set()

    def visit(name: str) -> None:
        if name in done or name not in found:
            return
        if name in open_:
            raise ValueError(f"the definition of {name} goes in a circle")
        open_.add(name)
        for other in found[name].names:
            if other != name:
                visit(other)
        open_.discard(name)
        done[name] = None

    for name in found:
        visit(name)
    return list(done)
