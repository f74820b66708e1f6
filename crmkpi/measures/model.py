"""What a measure is: rows of prepared tables reduced to one number per cell (period t, segment seg).

Two kinds. An *additive* measure is one expression per row, summed: many of them share one pass. Everything
else is a *reduction*: a function from frames to one row per cell, free to use distinct counts, windows and
joins of the portable narwhals subset (no as-of joins, no date functions: time is integers).

The prepared tables (made by engine/prepare.py, or by a test on DuckDB) have integer columns only:
`t` period index (-1: in no period), `seg` segment code (0 without a split), `cust`, `day`, `ts`, and for orders
the lifecycle columns and period indices documented in `crmkpi.measures.orders`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import narwhals as nw

KEYS = ("t", "seg")
Frame = nw.LazyFrame
Kind = Literal["sum", "unique", "stock", "distribution"]


@dataclass(frozen=True)
class Frames:
    """The prepared tables of one question and the few settings that measures read.

    `n_periods`: number of periods of the calendar (an index equal to it means "after the end").
    `window_hours`: attribution window. `inactivity_days`: N of definitions.md. `shown`: indices of the periods asked
    for; a reduction too dear to run for all may keep to them.
    """

    tables: Mapping[str, Frame]
    n_periods: int
    inactivity_days: int = 90
    window_hours: int = 120
    shown: tuple[int, ...] = ()

    def __getitem__(self, name: str) -> Frame:
        return self.tables[name]

    def has(self, name: str) -> bool:
        """Whether the table is there."""
        return name in self.tables


@dataclass(frozen=True)
class Measure:
    """One number per cell.

    `table`: the prepared table whose rows it reduces. `requires`: canonical columns (`table.column`, with `|`
    between alternatives) without which it cannot be had. `reads`: physical columns of the prepared table;
    `orders.amount` names a column of another table of the reduction.
    `money`: the sum is in minor units. `cumulative`: the reduction gives events; the value at t is their running
    sum. `empty`: value of a covered cell without rows. `covered_by`: the stored table whose days it needs where that
    is not simply `table`'s (recipients need messages, not campaign reports); `memory_days`: it looks so many days
    back from the period's end, earlier values are left-censored. `scope` company: only filters on customers apply,
    and a split by an order's column repeats the company's number.
    """

    id: str
    table: str
    kind: Kind
    requires: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    money: bool = False
    cumulative: bool = False
    empty: float | None = 0
    scope: Literal["filter", "company"] = "filter"
    covered_by: str = ""
    memory_days: int = 0
    doc: str = ""


@dataclass(frozen=True)
class Additive:
    """A measure that is a sum of one expression; `where` says which rows count, `blank` that values may lack."""

    measure: Measure
    value: Callable[[], nw.Expr]
    where: Callable[[], nw.Expr] | None
    blank: bool


@dataclass(frozen=True)
class Reduction:
    """A function that gives one row per cell with a column per measure id."""

    name: str
    measures: tuple[str, ...]
    tables: tuple[str, ...]
    run: Callable[[Frames], Frame]


@dataclass
class Registry:
    """All measures. Each file of this room adds its own when imported."""

    measures: dict[str, Measure] = field(default_factory=dict)
    additive: dict[str, Additive] = field(default_factory=dict)
    reductions: dict[str, Reduction] = field(default_factory=dict)
    reduction_of: dict[str, str] = field(default_factory=dict)

    def add(self, measure: Measure) -> None:
        """Register; an id stands once."""
        if measure.id in self.measures:
            raise ValueError(f"measure {measure.id} stands twice")
        self.measures[measure.id] = measure


REGISTRY = Registry()


def additive(
    table: str,
    *,
    requires: tuple[str, ...] = (),
    reads: tuple[str, ...] = (),
    where: Callable[[], nw.Expr] | None = None,
    money: bool = False,
    blank: bool = False,
    covered_by: str = "",
) -> Callable[[Callable[[], nw.Expr]], Callable[[], nw.Expr]]:
    """Declare a sum: the function gives the value of one row; its name is the measure's id."""

    def declare(value: Callable[[], nw.Expr]) -> Callable[[], nw.Expr]:
        measure = Measure(
            id=value.__name__,
            table=table,
            kind="sum",
            requires=requires,
            reads=reads,
            money=money,
            covered_by=covered_by,
            doc=value.__doc__ or "",
        )
        REGISTRY.add(measure)
        REGISTRY.additive[measure.id] = Additive(measure, value, where, blank)
        return value

    return declare


def reduces(
    *measures: Measure, tables: tuple[str, ...]
) -> Callable[[Callable[[Frames], Frame]], Callable[[Frames], Frame]]:
    """Declare a reduction that gives these measures in one pass over these prepared tables."""

    def declare(run: Callable[[Frames], Frame]) -> Callable[[Frames], Frame]:
        for measure in measures:
            REGISTRY.add(measure)
            REGISTRY.reduction_of[measure.id] = run.__name__
        ids = tuple(m.id for m in measures)
        REGISTRY.reductions[run.__name__] = Reduction(run.__name__, ids, tables, run)
        return run

    return declare


def flag(claim: nw.Expr) -> nw.Expr:
    """A claim as 0/1 (unknown counts as 0): booleans cannot be summed on every engine."""
    return nw.when(claim).then(nw.lit(1)).otherwise(nw.lit(0)).cast(nw.Int64)


def identified() -> nw.Expr:
    """Rows of a known customer."""
    return ~nw.col("cust").is_null()
