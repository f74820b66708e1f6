"""Numbers by cell that outlive the question: every period of a grain at once, so that the next question is a slice.

A measure of a period does not depend on which other periods were asked for, and under a filter on one value of a
dimension it is that value's part of the split. So a tree, its sparklines, another period and another value of the same
filter share one computation. Kept by everything that the meta says (data hash, settings) and by filter; small tables
only: a row per period and segment.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import polars as pl

from crmkpi.engine import facts
from crmkpi.engine.calendar import Calendar
from crmkpi.engine.dimensions import way
from crmkpi.engine.memory import Memory
from crmkpi.engine.prepare import Preparation
from crmkpi.engine.reduce import KNOWN, ROWS, Reduced, reduce
from crmkpi.engine.slots import grain_calendars
from crmkpi.measures import ADDITIVE, KEYS, MEASURES, REDUCTION_OF
from crmkpi.periods import Coverage

GRAINS = ("week", "month", "quarter", "year")
MOST_PERIODS = 150
MOST_CELLS = 20_000
TABLES = Memory(32)
# reductions whose cost grows with the number of segments
NOT_BY_SLICE = frozenset({"rfm_scores"})


@dataclass
class Kept:
    """What is known so far of one filter and split over all periods; grows as questions come."""

    parts: list[pl.DataFrame] = field(default_factory=list)
    counts: dict[str, pl.DataFrame] = field(default_factory=dict)
    counted: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, prep: Preparation, names: Iterable[str], tables: Iterable[str]) -> Reduced:
        """The measures and counts asked for; what is not known yet is computed in one go and kept."""
        wanted, asked = set(names), list(tables)
        with self.lock:
            have = {column for part in self.parts for column in part.columns}
            lacking, fresh = sorted(wanted - have), [t for t in asked if t not in self.counted]
            if lacking or fresh:
                found = reduce(prep, lacking, fresh)
                self.parts = [*self.parts, *found.parts]
                self.counts = {**self.counts, **found.counts}
                self.counted |= set(fresh)
            parts = [chosen for part in self.parts if (chosen := _chosen(part, wanted)) is not None]
            return Reduced(parts, {t: self.counts[t] for t in asked if t in self.counts})


def reduced(prep: Preparation, names: Sequence[str], tables: Sequence[str]) -> Reduced:
    """As `reduce`, from kept tables where the question is over whole periods without a split."""
    whole = _whole(prep)
    if whole is None:
        return reduce(prep, names, tables)
    calendar, offset = whole
    every = replace(prep, calendar=calendar)
    code = _code_of_slice(every)
    if code is None:
        found = _kept(every).of(every, names, tables)
    else:
        found = _by_slice(every, code, names, tables)
    n = prep.calendar.n
    counts = {table: _inside(rows, offset, n) for table, rows in found.counts.items()}
    return Reduced([_cut(part, offset, n) for part in found.parts], counts)


def _kept(prep: Preparation) -> Kept:
    made: Kept = TABLES.get(_key(prep), Kept)
    return made


def _key(prep: Preparation) -> tuple[object, ...]:
    slots = prep.calendar.slots
    return (prep.data.meta.model_dump_json(), slots[0].period, slots[-1].period, prep.by, prep.where)


def _whole(prep: Preparation) -> tuple[Calendar, int] | None:
    """The calendar of all periods, and where this question's begins in it; None if it is not a stretch of it."""
    asked = prep.calendar
    if prep.by is not None or not prep.data.meta.data_hash or asked.grain not in GRAINS:
        return None
    every = _every_period(tuple(prep.coverages.values()), asked.grain)
    if every is None or any(slot.clipped for slot in asked.slots):
        return None
    places = [i for i, slot in enumerate(every.slots) if slot.period == asked.slots[0].period]
    if not places:
        return None
    same = every.slots[places[0] : places[0] + asked.n]
    if [s.period for s in same] != [s.period for s in asked.slots]:
        return None
    return every, places[0]


@lru_cache(maxsize=64)
def _every_period(known: tuple[Coverage, ...], grain: str) -> Calendar | None:
    calendars = grain_calendars(known, grain, None, None)
    one = calendars[0] if len(calendars) == 1 else None
    return one if one is not None and one.n <= MOST_PERIODS else None


def _code_of_slice(prep: Preparation) -> int | None:
    """Segment code of the only value filtered for, if the answer may be cut from a split by its dimension.

    The split pays once somebody looks around: the numbers without a filter are known already.
    """
    if len(prep.where) != 1 or len(prep.where[0].values) != 1:
        return None
    name, value = prep.where[0].dimension, prep.where[0].values[0]
    if value is None or way(prep.data, "orders", name) == "lines":
        return None
    if not TABLES.knows(_key(replace(prep, where=()))) or TABLES.knows(_key(prep)):
        return None
    segments = facts.segment_values(prep.data, name)
    if value not in segments or len(segments) * prep.calendar.n > MOST_CELLS:
        return None
    return segments.index(value)


def _by_slice(prep: Preparation, code: int, names: Iterable[str], tables: Sequence[str]) -> Reduced:
    """A filter on one value as that segment of the split; the few measures that are not, under the filter itself."""
    apart = [n for n in names if REDUCTION_OF.get(n) in NOT_BY_SLICE]
    split = replace(prep, by=prep.where[0].dimension, where=())
    found = _kept(split).of(split, [n for n in names if n not in apart], tables)
    parts = [part if _whole_company(split, part) else _segment(part, code) for part in found.parts]
    counts = {table: _segment(rows, code) for table, rows in found.counts.items()}
    if apart:
        parts += reduce(prep, apart, []).parts
    return Reduced(parts, counts)


def _whole_company(split: Preparation, part: pl.DataFrame) -> bool:
    """Whether a split by an order's column leaves the part as it is: measures of the company."""
    ids = [c for c in part.columns if c in MEASURES]
    return not split.split_by_customer and all(MEASURES[c].scope == "company" for c in ids)


def _segment(part: pl.DataFrame, code: int) -> pl.DataFrame:
    return part.filter(pl.col("seg") == code).with_columns(seg=pl.lit(0, dtype=pl.Int32))


def _chosen(part: pl.DataFrame, wanted: set[str]) -> pl.DataFrame | None:
    """A reduction stays whole; of sums the ones asked for, with their counts of rows."""
    ids = [c for c in part.columns if c in MEASURES]
    if not wanted & set(ids):
        return None
    if not all(c in ADDITIVE for c in ids):
        return part
    columns = [c for c in part.columns if c.removesuffix(ROWS).removesuffix(KNOWN) in wanted]
    return part.select(*KEYS, *columns)


def _cut(part: pl.DataFrame, offset: int, n: int) -> pl.DataFrame:
    """The asked stretch; of running sums, everything before it counts as its beginning."""
    ids = [c for c in part.columns if c in MEASURES]
    if not all(MEASURES[c].cumulative for c in ids):
        return _inside(part, offset, n)
    moved = part.with_columns(t=(pl.col("t").cast(pl.Int32) - offset).clip(0)).filter(pl.col("t") < n)
    return moved.group_by(*KEYS).agg(pl.col(ids).sum())


def _inside(rows: pl.DataFrame, offset: int, n: int) -> pl.DataFrame:
    return rows.with_columns(t=pl.col("t").cast(pl.Int32) - offset).filter(pl.col("t").is_between(0, n - 1))
