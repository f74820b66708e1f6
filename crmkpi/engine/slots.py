"""Which periods an evaluation shows, and which it needs beside them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from crmkpi.engine.calendar import Calendar, Slot
from crmkpi.engine.data import DataDir
from crmkpi.engine.sources import DATED_BY
from crmkpi.periods import GRAINS, BadGrainError, Coverage, Period, periods_between

MONTHLY_GAP = 7
# tables of numbers that somebody dated, not of events
MONTHLY_TABLES = ("costs", "ads", "dated_values")


def coverage_of(data: DataDir, table: str) -> Coverage | None:
    """Days covered by a prepared table; returns, lines and stocks of customers follow the orders."""
    known = data.meta.coverage
    names = [t for t in DATED_BY[table] if t in known]
    if "customers" in DATED_BY[table]:
        names = names[:1]  # a list of customers is read on the days of the first table that has days
    if not names:
        return None
    parts = [known[n].coverage for n in names]
    first, last = min(c.first for c in parts), max(c.last for c in parts)
    gap = min(c.usual_gap for c in parts)
    if table in MONTHLY_TABLES and gap >= MONTHLY_GAP:
        # a number per month stands for the whole month, whatever day it is booked on
        month = Period(last.replace(day=1), last, "month")
        first, last = first.replace(day=1), periods_between(month.first, last, "month")[-1].last
    return Coverage(first, last, gap)


def coverages(data: DataDir) -> dict[str, Coverage]:
    """All prepared tables that have days, and the stored tables that some measures need by themselves."""
    found = {name: coverage_of(data, name) for name in DATED_BY}
    if "messages" in data.meta.coverage:
        found["messages"] = data.meta.coverage["messages"].coverage
    return {name: c for name, c in found.items() if c is not None}


def grain_calendars(
    known: Sequence[Coverage], grain: str, first: date | None, last: date | None
) -> list[Calendar]:
    """Every period of the grain that touches the data and the window; none if nothing does.

    A period cut by the window counts only its days inside; as a predecessor it stays whole, so a first period
    that is cut gets a calendar of its own.
    """
    if grain not in GRAINS:
        raise BadGrainError(text=grain, known=", ".join(GRAINS))
    if not known:
        return []
    low, high = min(c.first for c in known), max(c.last for c in known)
    start, stop = max(low, first or low), min(high, last or high)
    if start > stop:
        return []
    slots = []
    for period in periods_between(start, stop, grain):
        begin = max(period.first, first) if first else period.first
        end = min(period.last, last) if last else period.last
        slots.append(Slot(period, begin, end))
    if len(slots) > 1 and slots[0].clipped:
        return [_after(slots[0].period.previous(), slots[:1]), _after(slots[0].period, slots[1:])]
    return [_after(slots[0].period.previous(), slots)]


def _after(before: Period | None, slots: list[Slot]) -> Calendar:
    """The slots behind their whole predecessor, which is not shown."""
    hidden = [Slot(before, before.first, before.last, shown=False)] if before is not None else []
    return Calendar((*hidden, *slots))


def period_calendars(periods: Sequence[Period]) -> list[Calendar]:
    """Calendars that together show exactly these periods: one for a regular grain, else one per window."""
    wanted = list(dict.fromkeys(periods))
    regular = {p.grain for p in wanted} - {"window", "all"}
    found = []
    for grain in sorted(regular):
        some = [p for p in wanted if p.grain == grain]
        found.append(_span(some, grain))
    for period in wanted:
        if period.grain in ("window", "all"):
            found.append(_after(period.previous(), [Slot(period, period.first, period.last)]))
    return found


def _span(periods: list[Period], grain: str) -> Calendar:
    shown = set(periods)
    first = min(periods).previous()
    assert first is not None
    every = periods_between(first.first, max(periods).last, grain)
    return Calendar(tuple(Slot(p, p.first, p.last, shown=p in shown) for p in every))
