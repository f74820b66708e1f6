"""Parts of a whole, ready to draw: contributions to a change, segments, funnel steps, a cohort triangle."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """One row of a bar picture. `direction`: good, bad, neutral for the business, `total` for end bars.

    `low` and `high`: interval of the value, drawn as a whisker where known.
    """

    name: str
    value: float | None
    text: str
    direction: str = "neutral"
    note: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class ProofPoint:
    """Cumulative purchases so many weeks after the cut: what happened, and what the model and the simple rule said."""

    week: int
    actual: float
    model: float
    naive: float


@dataclass(frozen=True)
class CohortCell:
    """One cell of the triangle: cohort row, age column, share 0..1 (None = unknown) and what is printed."""

    cohort: int
    age: int
    share: float | None
    text: str
    detail: str


@dataclass(frozen=True)
class CohortTriangle:
    """The whole triangle: printed names of rows and columns, sizes of the cohorts, cells."""

    cohorts: tuple[str, ...]
    sizes: tuple[str, ...]
    ages: tuple[str, ...]
    cells: tuple[CohortCell, ...]
