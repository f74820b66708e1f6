"""Customers: the cohort triangle, and where the active base came from and went."""

from __future__ import annotations

import polars as pl

from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import Where, cohorts
from crmkpi.i18n import Words
from crmkpi.periods import parse_period
from crmkpi.views.node import tick
from crmkpi.views.parts import CohortCell, CohortTriangle

MOST_COHORTS = 18
MEASURES = ("retention_cohort", "cohort_revenue", "cohort_orders", "cohort_customers")
UNITS = {"cohort_revenue": "money", "cohort_orders": "count", "cohort_customers": "count"}


def triangle(data: DataDir, measure: str, grain: str, where: tuple[Where, ...], t: Words) -> CohortTriangle:
    """The last MOST_COHORTS cohorts: share of the cohort that bought again, or its orders, revenue, customers.

    `measure` is one of MEASURES. Colour shows the value beside the largest of ages >= 1.
    """
    frame = cohorts(data, grain, where=where).filter(pl.col("metric") == measure)
    names = sorted(set(frame["cohort"].to_list()))[-MOST_COHORTS:]
    rows = [r for r in frame.iter_rows(named=True) if r["cohort"] in names]
    place = {name: i for i, name in enumerate(names)}
    sizes = {r["cohort"]: r["denominator"] for r in rows if r["denominator"] is not None}
    oldest = max((int(r["age"]) for r in rows), default=0)
    top = max((r["value"] for r in rows if r["value"] is not None and r["age"] > 0), default=None)
    printed = {name: tick(parse_period(name), t) for name in names}
    cells = tuple(_cell(r, place[r["cohort"]], printed[r["cohort"]], measure, top, t) for r in rows)
    return CohortTriangle(
        cohorts=tuple(printed[name] for name in names),
        sizes=tuple(t.number(sizes.get(name)) for name in names),
        ages=tuple(str(age) for age in range(oldest + 1)),
        cells=cells,
    )


def _cell(
    row: dict[str, object], place: int, cohort: str, measure: str, top: float | None, t: Words
) -> CohortCell:
    value = row["value"]
    number = float(value) if isinstance(value, (int, float)) else None
    unit = UNITS.get(measure, "share")
    text = t.percent(number, 0) if unit == "share" else t.value(number, unit, short=True)
    strength = None if number is None or not top else min(1.0, number / top)
    detail = t("customers.cell", cohort=cohort, age=row["age"])
    return CohortCell(place, int(str(row["age"])), strength, text, detail)
