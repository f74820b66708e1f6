"""Days to periods as integers: the only place where dates become the index t of the measures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from crmkpi.periods import Coverage, Period

EPOCH = date(1970, 1, 1)


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


@dataclass(frozen=True)
class Slot:
    """One period of the calendar: the named period, and the days of it that count (fewer when clipped)."""

    period: Period
    first: date
    last: date
    shown: bool = True

    @property
    def clipped(self) -> bool:
        """Whether a window cuts the period."""
        return self.first > self.period.first or self.last < self.period.last


@dataclass(frozen=True)
class Calendar:
    """Adjacent periods in order. A slot that is not shown is there as the predecessor of the next one."""

    slots: tuple[Slot, ...]

    @property
    def n(self) -> int:
        """Number of periods; as an index: never."""
        return len(self.slots)

    @property
    def shown(self) -> list[int]:
        """Indices of the periods asked for."""
        return [i for i, slot in enumerate(self.slots) if slot.shown]

    @property
    def grain(self) -> str:
        """Step of its periods."""
        return self.slots[-1].period.grain

    def previous(self, t: int) -> Slot | None:
        """The predecessor, None if there is none (grain `all`)."""
        return self.slots[t - 1] if t > 0 else None

    def maps(self, coverage: Coverage) -> DayMaps:
        """Lookup tables for the days of a table with this coverage."""
        ends = [read_on(slot, coverage) for slot in self.slots]
        return DayMaps(
            [day_number(s.first) for s in self.slots],
            [day_number(s.last) for s in self.slots],
            [day_number(e) for e in ends],
        )


def read_on(slot: Slot, coverage: Coverage) -> date:
    """Date at which a stock of the period is read: its end, but in an unfinished period the last day known."""
    paused = slot.period.grain != "all" and coverage.closed_by_pause(slot.period)
    if slot.last <= coverage.last or paused:
        return slot.last
    return max(coverage.last, slot.first)


class DayMaps:
    """t, first-period-ending-from and first-period-starting-from as gathers on an integer day column."""

    def __init__(self, firsts: list[int], lasts: list[int], ends: list[int]) -> None:
        self.n = len(firsts)
        self.low = firsts[0] - 1
        self.high = max(lasts[-1], ends[-1]) + 1
        days = range(self.low, self.high + 1)
        inside = [-1] * len(days)
        for i, (first, last) in enumerate(zip(firsts, lasts, strict=True)):
            inside[first - self.low : last - self.low + 1] = [i] * (last - first + 1)
        self._inside = pl.Series(inside, dtype=pl.Int32)
        self._end = pl.Series(_first_not_before(ends, days), dtype=pl.Int32)
        self._start = pl.Series(_first_not_before(firsts, days), dtype=pl.Int32)

    def t(self, day: pl.Expr) -> pl.Expr:
        """Index of the period that holds the day, -1 if none does."""
        return self._look(self._inside, day).fill_null(-1)

    def ends_from(self, day: pl.Expr) -> pl.Expr:
        """First period that ends on the day or later; n for null."""
        return self._look(self._end, day).fill_null(self.n)

    def starts_from(self, day: pl.Expr) -> pl.Expr:
        """First period that begins on the day or later; n for null."""
        return self._look(self._start, day).fill_null(self.n)

    def _look(self, table: pl.Series, day: pl.Expr) -> pl.Expr:
        at = (day.cast(pl.Int32) - self.low).clip(0, len(table) - 1)
        return pl.lit(table).gather(at)


def _first_not_before(bounds: list[int], days: range) -> list[int]:
    """For each day the first index whose bound is not before it (len(bounds) if none)."""
    out, i = [], 0
    for day in days:
        while i < len(bounds) and bounds[i] < day:
            i += 1
        out.append(i)
    return out
