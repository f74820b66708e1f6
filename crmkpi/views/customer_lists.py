"""Lists of customers behind a segment or a cell of the cohort triangle, as files to load into a mailing system."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from crmkpi.analysis.lists import customers_of, customers_of_cohort
from crmkpi.engine.data import DataDir
from crmkpi.engine.dimensions import Where, way
from crmkpi.engine.evaluate import cohorts
from crmkpi.i18n import Words
from crmkpi.periods import Period, parse_period
from crmkpi.views.base_flow import list_file
from crmkpi.views.customers import MOST_COHORTS

# what a segment is asked for: who bought, who came, who is gone
SEGMENT_FLOWS = ("active", "lost", "new", "returned")


@dataclass(frozen=True)
class CohortChoice:
    """One row of the triangle: stable text, printed name with its size, and printed ages with their counts."""

    cohort: str
    name: str
    ages: tuple[str, ...]


def listed(data: DataDir, dimension: str) -> bool:
    """Whether orders or customers carry the dimension, so that a segment of it is a list of people."""
    return data.has("orders") and way(data, "orders", dimension) != "none"


def segment_list(
    data: DataDir,
    dimension: str,
    segment: str | None,
    flow: str,
    period: Period,
    where: tuple[Where, ...],
    t: Words,
) -> bytes:
    """Customers of one segment in a flow of a period (see analysis.lists) as CSV; None is the blank segment."""
    return list_file(customers_of(data, flow, period, (*where, Where(dimension, (segment,)))), t)


def cohort_choices(data: DataDir, grain: str, where: tuple[Where, ...], t: Words) -> tuple[CohortChoice, ...]:
    """The cohorts of the triangle, the latest first, each with the number of customers in every age."""
    frame = cohorts(data, grain, metrics=["retention_cohort"], where=where)
    found: dict[str, list[tuple[int, int]]] = {}
    for cohort, age, n in frame.select("cohort", "age", pl.col("numerator").cast(pl.Int64)).iter_rows():
        found.setdefault(cohort, []).append((age, n or 0))
    latest = sorted(found, reverse=True)[:MOST_COHORTS]
    return tuple(
        CohortChoice(
            cohort,
            t.plural("lists.cohort", dict(found[cohort]).get(0, 0), name=t.period(parse_period(cohort))),
            tuple(t.plural("lists.age", n, age=age) for age, n in sorted(found[cohort])),
        )
        for cohort in latest
    )


def cohort_list(data: DataDir, cohort: str, age: int, where: tuple[Where, ...], t: Words) -> bytes:
    """The customers of one cell: of this cohort, with an order in the period `age` steps later; CSV."""
    first = seen = parse_period(cohort)
    for _ in range(age):
        seen = seen.next()
    return list_file(customers_of_cohort(data, first, seen, where), t)
