"""Where: which dimension, and which of its segments, holds a change that its share does not explain.

Everything that moves evenly says nothing: a segment counts by its excess, the part of the change beyond its share.
The excess is held against the same comparison in earlier periods, because a dimension of forty small segments
always has large ones by chance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import NormalDist

import numpy as np

from crmkpi.engine.data import DataDir
from crmkpi.engine.dimensions import Where
from crmkpi.engine.evaluate import evaluate
from crmkpi.engine.result import Result
from crmkpi.periods import Period, parse_period
from crmkpi.tree.segments import Segment, SegmentPart, SegmentSplit, parts_between, segment_parts

# fewer earlier comparisons than this say nothing about what is usual
MIN_PAIRS = 6
# chance that any segment of a dimension stands out although nothing happened
FALSE_ALARM = 0.05
# parts that miss the total by more than this share of its size come from segments that overlap
MOST_OVERLAP = 0.05
# a dimension with more segments is for searching, not for explaining
MOST_SEGMENTS = 100


@dataclass(frozen=True)
class RankedSegment:
    """A segment's part of the change and its excess over its share, in the unit of the metric.

    usual: how large the excess of the same comparison gets in earlier periods by chance (standard deviation x the
    limit for that many segments), None with fewer than six comparisons.
    """

    part: SegmentPart
    excess: float
    usual: float | None = None

    @property
    def stands_out(self) -> bool:
        """Whether the excess is larger than it usually gets; True where the usual is unknown."""
        return self.usual is None or abs(self.excess) > self.usual


@dataclass(frozen=True)
class Place:
    """One dimension: its split, its segments by size of excess, and how much of the change it localises.

    strength: half the sum of the excesses beyond what is usual, in the unit of the metric (one segment's gain is
    another's loss); without earlier periods half the sum of all excesses over the root of their number, as chance
    grows. overlapping: segments share customers or orders, so the parts do not add up and the dimension ranks last.
    """

    dimension: str
    split: SegmentSplit
    segments: tuple[RankedSegment, ...]
    strength: float
    overlapping: bool = False


def places(
    data: DataDir,
    metric: str,
    names: Sequence[str],
    period: Period,
    vs: Period,
    where: Sequence[Where] = (),
) -> tuple[Place, ...]:
    """Every dimension of `names` that splits this metric exactly, the one that localises the change best first.

    Those whose segments overlap come last, by the same order. Empty where the metric has no exact split (medians,
    models) or its change is unknown. Errors are those of the engine.
    """
    found = [_place(data, metric, name, period, vs, where) for name in names]
    known = [place for place in found if place is not None]
    return tuple(sorted(known, key=lambda p: (p.overlapping, not p.split.simpson, -p.strength)))


def _place(
    data: DataDir, metric: str, name: str, period: Period, vs: Period, where: Sequence[Where]
) -> Place | None:
    info = data.meta.dimensions.get(name)
    if info is not None and info.values > MOST_SEGMENTS:
        return None
    split = segment_parts(data, metric, name, period, vs, where)
    if split.change is None or split.kind == "side_by_side" or len(split.parts) < 2:
        return None
    if any(part.contribution is None for part in split.parts):
        return None
    size = max(abs(split.before or 0.0), abs(split.after or 0.0))
    overlapping = abs(split.overlap or 0.0) > MOST_OVERLAP * size
    past = {} if overlapping else _past(data, metric, name, period, vs, where)
    limit = limit_of(len(split.parts))
    usual = {segment: spread * limit for segment, spread in past.items()}
    segments = [
        RankedSegment(part, value, usual.get(part.segment))
        for part, value in zip(split.parts, excesses(split.parts), strict=True)
    ]
    segments.sort(key=lambda s: -abs(s.excess))
    return Place(name, split, tuple(segments), strength(segments), overlapping)


def excesses(parts: Sequence[SegmentPart]) -> list[float]:
    """Part of the change of each segment beyond its share: contribution - share x sum of the contributions.

    The share is that of the value before for sums (SegmentPart.excess), and the mean share of the denominator for
    ratios: a ratio that moved alike everywhere has no excess anywhere. They add up to zero.
    """
    total = math.fsum(part.contribution or 0.0 for part in parts)
    found = []
    for part in parts:
        if part.excess is not None:
            found.append(part.excess)
            continue
        share = ((part.weight_before or 0.0) + (part.weight_after or 0.0)) / 2
        found.append((part.contribution or 0.0) - share * total)
    return found


def limit_of(segments: int) -> float:
    """Standard deviations that the largest of so many normal segments exceeds once in twenty times.

    Forty segments need a larger excess than three, or a dimension would win by having many of them (Šidák).
    """
    each = 1 - (1 - FALSE_ALARM) ** (1 / max(1, segments))
    return NormalDist().inv_cdf(1 - each / 2)


def strength(segments: Sequence[RankedSegment]) -> float:
    """How much of a change a dimension localises (see Place)."""
    chance = math.sqrt(max(1, len(segments)))
    beyond = [
        abs(s.excess) / chance if s.usual is None else max(0.0, abs(s.excess) - s.usual) for s in segments
    ]
    return math.fsum(beyond) / 2


def _past(
    data: DataDir, metric: str, name: str, period: Period, vs: Period, where: Sequence[Where]
) -> dict[Segment, float]:
    """Standard deviation of each segment's excess in the same comparison of earlier periods."""
    lag = _lag(period, vs)
    if lag is None:
        return {}
    result = evaluate(data, [metric], period.grain, last=period.last, by=name, where=where)
    sample: dict[Segment, list[float]] = {}
    for then, now in _pairs(result, period, lag):
        _, parts = parts_between(metric, result, then, now)
        if any(part.contribution is None for part in parts):
            continue
        for part, value in zip(parts, excesses(parts), strict=True):
            sample.setdefault(part.segment, []).append(value)
    return {
        segment: float(np.std(values, ddof=1))
        for segment, values in sample.items()
        if len(values) >= MIN_PAIRS
    }


def _lag(period: Period, vs: Period) -> int | None:
    """How many periods lie between the two; None for windows, which have no series."""
    if period.grain in ("window", "all") or period.grain != vs.grain:
        return None
    steps, at = 0, period
    while at.first > vs.first:
        before = at.previous()
        if before is None:
            return None
        at, steps = before, steps + 1
    return steps or None


def _pairs(result: Result, period: Period, lag: int) -> list[tuple[Period, Period]]:
    """Earlier pairs of complete periods that are as far apart, the shown one left out."""
    complete: dict[date, Period] = {}
    for text, whole in result.rows.select("period", "complete").unique(maintain_order=True).iter_rows():
        if whole:
            found = parse_period(text)
            complete[found.first] = found
    line = [complete[day] for day in sorted(complete) if day < period.first]
    return [(a, b) for a, b in zip(line, line[lag:], strict=False) if _lag(b, a) == lag]
