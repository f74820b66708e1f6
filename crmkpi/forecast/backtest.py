"""Rolling origins: every candidate forecasts the past as if it were the future; the best one and its width.

The candidate is chosen by MASE (mean absolute error over that of the last-value forecast). The widths of its
80 % interval are then multiplied by the empirical quantile of |error| / half-width (split conformal,
methods.md 6), shrunk towards 1 while there are few origins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from crmkpi.forecast.models import Fit, fit_all, fit_seasonal_naive, naive_centre, naive_spread
from crmkpi.forecast.season import seasonal_part
from crmkpi.forecast.series import Array

MIN_TRAIN = 6
MAX_ORIGINS = 24
# origins after which the measured width counts as much as the model's own
HALF_TRUST = 12
LEVEL = 0.8
# origins below which no coverage is stated
MIN_JUDGED = 4
# measured on simulated series: the best of several models is a little worse than it looks
PRIOR = 1.1


@dataclass(frozen=True)
class Candidate:
    """One model on all origins; the last row is fitted to the whole series.

    centre, spread [R, h] on the transformed scale with the season added back; season [h] of the last row.
    """

    name: str
    seasonal: bool
    fit: Fit
    centre: Array
    spread: Array


@dataclass(frozen=True)
class Chosen:
    """The best candidate, its error, the factor of its widths and how often they held."""

    best: Candidate
    mase: float | None
    widening: float
    coverage: float | None
    origins: int


def origins(n: int, horizon: int) -> Array:
    """Lengths of the beginnings, the whole series last."""
    first = max(MIN_TRAIN, n - min(MAX_ORIGINS, max(12, horizon + 8)))
    return np.arange(first, n + 1)


def candidates(
    z: Array, places: Array, future: Array, cycle: int, n_slots: int, horizon: int
) -> list[Candidate]:
    """All models on all origins. `places` [n] and `future` [horizon] are the places in the season."""
    lengths = origins(len(z), horizon)
    rows = np.repeat(z[None, :], len(lengths), axis=0)
    found = [_plain(fit, horizon) for fit in fit_all(rows, lengths)]
    season = _seasons(z, places, cycle, n_slots, lengths)
    if season is not None:
        ahead = _ahead(np.concatenate([places, future]), lengths, horizon)
        added = np.take_along_axis(season, ahead, axis=1)
        for fit in fit_all(rows - season[:, places], lengths):
            found.append(Candidate(fit.name, True, fit, fit.centre(horizon) + added, fit.spread(horizon)))
    naive = fit_seasonal_naive(rows, lengths, cycle) if cycle > 1 else None
    if naive is not None:
        centre = naive_centre(rows, lengths, cycle, horizon)
        found.append(Candidate(naive.name, True, naive, centre, naive_spread(naive.sigma, cycle, horizon)))
    return found


def _plain(fit: Fit, horizon: int) -> Candidate:
    return Candidate(fit.name, False, fit, fit.centre(horizon), fit.spread(horizon))


def _ahead(places: Array, lengths: Array, horizon: int) -> Array:
    """Places of the steps after each origin [R, horizon]."""
    return places[lengths[:, None] + np.arange(horizon)]


def _seasons(z: Array, places: Array, cycle: int, n_slots: int, lengths: Array) -> Array | None:
    """Seasonal parts [R, slots] as they were known at each origin (zero where not yet); None if never known."""
    if seasonal_part(z, places, cycle, n_slots) is None:
        return None
    parts = np.zeros((len(lengths), n_slots))
    for row, length in enumerate(lengths):
        part = seasonal_part(z[:length], places[:length], cycle, n_slots)
        if part is not None:
            parts[row] = part
    return parts


def choose(z: Array, found: list[Candidate]) -> Chosen:
    """The candidate with the least MASE over all origins and steps; the first one when nothing can be tested."""
    lengths = found[0].fit.lengths
    horizon = found[0].centre.shape[1]
    truth = _truth(z, lengths, horizon)
    step = np.abs(np.diff(z))
    scale = np.array([step[: length - 1].mean() for length in lengths])
    tested = np.isfinite(truth).any()
    if not tested or not (scale > 0).all():
        return Chosen(found[0], None, 1.0, None, 0)
    errors = np.stack([np.abs(c.centre - truth) / scale[:, None] for c in found])
    mase = np.nanmean(errors, axis=(1, 2))
    best = int(np.argmin(mase))
    ratio = _ratios(found, truth, errors)
    widening, coverage = _calibrate(ratio)
    return Chosen(found[best], float(mase[best]), widening, coverage, len(ratio))


def _truth(z: Array, lengths: Array, horizon: int) -> Array:
    """What came after each origin [R, horizon], NaN where it is still to come."""
    padded = np.concatenate([z, np.full(horizon, np.nan)])
    return padded[lengths[:, None] + np.arange(horizon)]


def half_width(candidate: Candidate) -> Array:
    """Half-width of the model's own interval [R, h]: Student's t with the residual degrees of freedom."""
    t = stats.t.ppf((1 + LEVEL) / 2, candidate.fit.freedom)
    return np.asarray(t[:, None] * candidate.spread)


def _ratios(found: list[Candidate], truth: Array, errors: Array) -> Array:
    """|error| / half-width of each origin [K, h], of the candidate that the other origins would have chosen.

    Judging the winner on the very origins that made it win would flatter it; leaving one out does not.
    """
    known = np.isfinite(truth)
    rows = np.flatnonzero(known.any(axis=1))
    sums = np.nansum(errors, axis=2)
    others = sums.sum(axis=1, keepdims=True) - sums
    winner = np.argmin(others, axis=0)
    wide = np.stack([half_width(c) for c in found])
    centre = np.stack([c.centre for c in found])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.abs(centre[winner[rows], rows] - truth[rows]) / wide[winner[rows], rows]
    return np.where(np.isfinite(ratio), ratio, np.nan)


def _calibrate(ratio: Array) -> tuple[float, float | None]:
    """Factor of the widths, and the share of held intervals when each origin is judged by the others' factor."""
    count = len(ratio)
    if count == 0:
        return 1.0, None
    held = []
    for row in range(count):
        own = ratio[row][np.isfinite(ratio[row])]
        # origins closer than the horizon share most of their future with this one
        apart = np.abs(np.arange(count) - row) >= ratio.shape[1]
        held.append(own <= _factor(ratio[apart]))
    coverage = float(np.concatenate(held).mean()) if count >= MIN_JUDGED else None
    return _factor(ratio), coverage


def _factor(ratio: Array) -> float:
    """Empirical 80 % quantile of the ratios (with the finite-sample step of conformal prediction), shrunk.

    With few origins it stays near PRIOR: what choosing among several models costs on average.
    """
    known = ratio[np.isfinite(ratio)]
    count = len(ratio)
    if len(known) == 0:
        return PRIOR
    level = min(1.0, LEVEL * (count + 1) / count)  # count > 0: something is known
    trust = count / (count + HALF_TRUST)
    return float(PRIOR + trust * (np.quantile(known, level) - PRIOR))
