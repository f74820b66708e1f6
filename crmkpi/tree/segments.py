"""Segments: how much of a change came from each segment, and whether from its rate or from the mix.

A sum changes by the sum of its segments' changes. A ratio changes because its segments' ratios changed (rate) and
because their weights did (mix); both together are exact (methods.md 1). Segments must partition the denominator;
where they overlap, the rest is named and never hidden.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from crmkpi.catalog.metric import metrics
from crmkpi.engine.data import DataDir
from crmkpi.engine.dimensions import Where
from crmkpi.engine.evaluate import evaluate_periods
from crmkpi.engine.result import Result
from crmkpi.periods import Period

Pair = tuple[float, float]  # numerator, denominator
Segment = str | None
ADDITIVE = ("sum", "unique")
# what is left over relative to the values before we call it an overlap, not rounding
OVERLAP = 1e-9


@dataclass(frozen=True)
class SegmentPart:
    """One segment's part of the change, in the unit of the metric.

    rate and mix: for ratios (contribution = rate + mix). excess: for sums, the change beyond the segment's share
    of the total change (its share of the value before). weight: share of the denominator (ratios) or of the value
    (sums). status: `new`, `vanished` or None.
    """

    segment: Segment
    before: float | None
    after: float | None
    contribution: float | None
    rate: float | None = None
    mix: float | None = None
    excess: float | None = None
    weight_before: float | None = None
    weight_after: float | None = None
    status: str | None = None


@dataclass(frozen=True)
class SegmentSplit:
    """The split of one metric's change over a dimension.

    kind: `sum`, `ratio` or `side_by_side` (medians, models: no exact split exists). simpson: every segment moved
    one way and the total the other. overlap: change of the total minus the sum of the parts (segments that share
    customers), None when nothing was split.
    """

    metric: str
    dimension: str
    before: float | None
    after: float | None
    kind: str
    parts: tuple[SegmentPart, ...]
    simpson: bool = False
    overlap: float | None = None
    warnings: tuple[str, ...] = ()

    @property
    def change(self) -> float | None:
        """After minus before, None while one is unknown."""
        return None if self.before is None or self.after is None else self.after - self.before


def mix_rate(before: Mapping[Segment, Pair], after: Mapping[Segment, Pair]) -> tuple[SegmentPart, ...]:
    """Mix and rate effects of a ratio over segments; they sum to the change of the total ratio exactly.

    rate_i = (w_i0 + w_i1)/2 (r_i1 - r_i0); mix_i = (w_i1 - w_i0)((r_i0 + r_i1)/2 - (R0 + R1)/2), w = share of the
    denominator. A segment absent in a period takes its ratio of the other one, so it has a mix effect only.
    Both periods need a denominator above zero in total, else the parts are unknown.
    """
    names = list(dict.fromkeys([*before, *after]))
    total0, total1 = _total(before), _total(after)
    if total0[1] <= 0 or total1[1] <= 0:
        return tuple(
            SegmentPart(
                n, _ratio(before.get(n)), _ratio(after.get(n)), None, status=_status(n, before, after)
            )
            for n in names
        )
    middle = (total0[0] / total0[1] + total1[0] / total1[1]) / 2
    parts = []
    for name in names:
        w0 = before.get(name, (0.0, 0.0))[1] / total0[1]
        w1 = after.get(name, (0.0, 0.0))[1] / total1[1]
        own0, own1 = _ratio(before.get(name)), _ratio(after.get(name))
        r0, r1 = own0 if own0 is not None else own1, own1 if own1 is not None else own0
        rate = 0.0 if r0 is None or r1 is None else (w0 + w1) / 2 * (r1 - r0)
        mix = 0.0 if r0 is None or r1 is None else (w1 - w0) * ((r0 + r1) / 2 - middle)
        parts.append(
            SegmentPart(name, own0, own1, rate + mix, rate, mix, None, w0, w1, _status(name, before, after))
        )
    return tuple(parts)


def simpson(parts: Sequence[SegmentPart], change: float | None) -> bool:
    """Whether the total moved against every segment that moved (Simpson's paradox)."""
    rates = [part.rate for part in parts if part.rate]
    if not change or not rates:
        return False
    return all(rate * change < 0 for rate in rates)


def additive(before: Mapping[Segment, float], after: Mapping[Segment, float]) -> tuple[SegmentPart, ...]:
    """Change of each segment of a sum, and its excess over the share it had: change_i - share_i x total change."""
    names = list(dict.fromkeys([*before, *after]))
    total0, total1 = math.fsum(before.values()), math.fsum(after.values())
    parts = []
    for name in names:
        a, b = before.get(name, 0.0), after.get(name, 0.0)
        share0 = a / total0 if total0 else None
        excess = None if share0 is None else (b - a) - share0 * (total1 - total0)
        share1 = b / total1 if total1 else None
        status = "new" if a == 0 and b != 0 else "vanished" if a != 0 and b == 0 else None
        parts.append(
            SegmentPart(
                name, a, b, b - a, excess=excess, weight_before=share0, weight_after=share1, status=status
            )
        )
    return tuple(parts)


def segment_parts(
    data: DataDir, metric: str, dimension: str, period: Period, vs: Period, where: Sequence[Where] = ()
) -> SegmentSplit:
    """Split the change of a metric between two periods over the segments of a dimension.

    Sums and distinct counts: change and excess per segment. Ratios: rate and mix. Others come side by side. Parts
    are ordered by size of contribution. Segments with equal names in other letter case are those of the engine.
    """
    both = [vs, period]
    split = evaluate_periods(data, [metric], both, by=dimension, where=where)
    whole = evaluate_periods(data, [metric], both, where=where)
    before, after = whole.value(metric, vs.text), whole.value(metric, period.text)
    kind, parts = parts_between(metric, split, vs, period)
    parts = tuple(sorted(parts, key=lambda p: -abs(p.contribution or 0.0)))
    found = SegmentSplit(metric, dimension, before, after, kind, parts, warnings=_warnings(split))
    if found.change is None or any(p.contribution is None for p in parts):
        return found
    rest = found.change - math.fsum(p.contribution or 0.0 for p in parts)
    size = max(abs(before or 0.0), abs(after or 0.0))
    overlap = 0.0 if abs(rest) <= OVERLAP * size else rest
    return replace(found, simpson=simpson(parts, found.change), overlap=overlap)


def parts_between(
    metric: str, split: Result, vs: Period, period: Period
) -> tuple[str, tuple[SegmentPart, ...]]:
    """Kind and parts of a metric's change between two periods of an evaluation that is split by a dimension."""
    klass = metrics()[metric].klass
    before, after = _rows(split, metric, vs), _rows(split, metric, period)
    if klass in ADDITIVE:
        return "sum", additive(
            {s: v for s, (v, _, _) in before.items() if v is not None},
            {s: v for s, (v, _, _) in after.items() if v is not None},
        )
    pairs0, pairs1 = _pairs(before), _pairs(after)
    if klass == "ratio" and (pairs0 or pairs1):
        return "ratio", mix_rate(pairs0, pairs1)
    names = dict.fromkeys([*before, *after])
    nothing = (None, None, None)
    return "side_by_side", tuple(
        SegmentPart(s, before.get(s, nothing)[0], after.get(s, nothing)[0], None) for s in names
    )


Cells = dict[Segment, tuple[float | None, float | None, float | None]]


def _rows(result: Result, metric: str, period: Period) -> Cells:
    """Segment -> value, numerator, denominator of one metric in one period."""
    return {
        row["segment"]: (row["value"], row["numerator"], row["denominator"])
        for row in result.rows.iter_rows(named=True)
        if row["metric"] == metric and row["period"] == period.text
    }


def _pairs(cells: Cells) -> dict[Segment, Pair]:
    return {s: (n, d) for s, (_, n, d) in cells.items() if n is not None and d is not None and d != 0}


def _warnings(result: Result) -> tuple[str, ...]:
    """Codes of all rows, each once; an absent segment's zero denominator is no news here."""
    seen = dict.fromkeys(code for row in result.rows["warnings"].to_list() for code in row or ())
    return tuple(code for code in seen if code != "zero_denominator")


def _total(pairs: Mapping[Segment, Pair]) -> Pair:
    return math.fsum(n for n, _ in pairs.values()), math.fsum(d for _, d in pairs.values())


def _ratio(pair: Pair | None) -> float | None:
    return None if pair is None or pair[1] == 0 else pair[0] / pair[1]


def _status(name: Segment, before: Mapping[Segment, Pair], after: Mapping[Segment, Pair]) -> str | None:
    had, has = bool(before.get(name, (0, 0))[1]), bool(after.get(name, (0, 0))[1])
    return "new" if has and not had else "vanished" if had and not has else None
