"""Seasonal index: ratio to the centred moving average, shrunk towards no season (methods.md 5)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from crmkpi.forecast.series import Array, Series, cycle_of, known_tail, slot_of, slots

# with less than two full cycles one good December looks like a season
MIN_CYCLES = 2


def centred_average(values: Array, cycle: int) -> Array:
    """Moving average over one cycle, centred; NaN at both ends. An even cycle uses half weights at the ends."""
    n = len(values)
    out = np.full(n, np.nan)
    weights = np.ones(cycle) if cycle % 2 else np.r_[0.5, np.ones(cycle - 1), 0.5]
    weights /= weights.sum()
    width = len(weights)
    if n >= width:
        half = width // 2
        out[half : half + n - width + 1] = np.convolve(values, weights, mode="valid")
    return out


def seasonal_part(z: Array, places: Array, cycle: int, n_slots: int) -> Array | None:
    """Additive seasonal part per place on the transformed scale, mean 0; None below two full cycles.

    Shrunk by n/(n+2), n = full cycles seen: two years keep half of what they show.
    """
    cycles = len(z) // cycle
    if cycles < MIN_CYCLES or cycle < 2:
        return None
    deviation = z - centred_average(z, cycle)
    seen = ~np.isnan(deviation)
    count = np.bincount(places[seen], minlength=n_slots)
    if (count == 0).any():
        return None
    part = np.bincount(places[seen], weights=deviation[seen], minlength=n_slots) / count
    return (part - part.mean()) * cycles / (cycles + 2)


def seasonal_index(
    values: Sequence[float], places: Sequence[int], cycle: int, n_slots: int
) -> list[float] | None:
    """Multiplicative index per place, mean 1: average ratio to the centred moving average, shrunk.

    S = 1 + n/(n+2) (S - 1) with n full cycles. None with less than two cycles, or where a value or an average
    is not positive.
    """
    array, where = np.asarray(values, dtype=float), np.asarray(places)
    cycles = len(array) // cycle
    if cycles < MIN_CYCLES or cycle < 2 or (array < 0).any():
        return None
    average = centred_average(array, cycle)
    seen = ~np.isnan(average)
    if (average[seen] <= 0).any():
        return None
    ratio = array[seen] / average[seen]
    count = np.bincount(where[seen], minlength=n_slots)
    if (count == 0).any():
        return None
    index = np.bincount(where[seen], weights=ratio, minlength=n_slots) / count
    if index.mean() <= 0:
        return None
    index = 1 + cycles / (cycles + 2) * (index / index.mean() - 1)
    return [float(v) for v in index]


def index_of(series: Series) -> list[float] | None:
    """Seasonal index of a series of complete periods, by place of `slot_of`; None if it cannot be known yet."""
    tail = known_tail(series)
    if not tail:
        return None
    grain = tail[0].period.grain
    values = [float(p.value) for p in tail if p.value is not None]
    return seasonal_index(values, [slot_of(p.period) for p in tail], cycle_of(grain), slots(grain))
