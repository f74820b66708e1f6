"""Totals split over periods: they add up exactly, to the unit in which people count."""

from __future__ import annotations

import math
from collections.abc import Sequence

from scipy.optimize import brentq

from crmkpi.targets.curves import path


def spread(total: float, weights: Sequence[float]) -> list[float]:
    """y_k = T w_k / sum w_j. All weights zero: equal parts."""
    whole = math.fsum(weights)
    if whole <= 0:
        return [total / len(weights)] * len(weights) if weights else []
    return [total * w / whole for w in weights]


def growing_total(
    baseline: float, total: float, index: Sequence[float], shape: str = "geometric"
) -> list[float]:
    """A total without a stated end level: the curve from d_0 = B/S_0 to the d_h with sum d_k S_k = T.

    `index` = S_0 .. S_h; values of k = 1..h. Where the curve cannot reach the total (it would need a level
    below zero), the total is spread by the season alone.
    """
    start, season = baseline / index[0], list(index[1:])

    def missing(end: float) -> float:
        smooth = path(start, end, len(season), shape)[1:]
        return math.fsum(d * s for d, s in zip(smooth, season, strict=True)) - total

    low, high = start * 1e-6, max(start, total) * 10
    if start <= 0 or missing(low) > 0 or missing(high) < 0:
        return spread(total, season)
    end = brentq(missing, low, high, xtol=1e-12 * high, rtol=1e-13)
    smooth = path(start, float(end), len(season), shape)[1:]
    return spread(total, [d * s for d, s in zip(smooth, season, strict=True)])


def level_total(
    total: float, first: float, last: float, index: Sequence[float], shape: str = "geometric"
) -> list[float]:
    """A total with both end levels given: y_k = T d_k S_k / sum d_j S_j; `index` = S_0 .. S_h."""
    season = list(index[1:])
    smooth = path(first, last, len(season), shape)[1:]
    return spread(total, [d * s for d, s in zip(smooth, season, strict=True)])


def rounded(values: Sequence[float], unit: float = 1.0) -> list[float]:
    """Round to whole units so that the parts keep their rounded sum (largest remainder).

    >>> rounded([1.4, 1.4, 1.2])
    [2.0, 1.0, 1.0]
    """
    scaled = [v / unit for v in values]
    floors = [math.floor(v + 1e-9) for v in scaled]
    left = round(math.fsum(scaled)) - sum(floors)
    order = sorted(range(len(values)), key=lambda i: (-(scaled[i] - floors[i]), i))
    chosen = set(order[: max(left, 0)])
    return [(floor + (i in chosen)) * unit for i, floor in enumerate(floors)]
