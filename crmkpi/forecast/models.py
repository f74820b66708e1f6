"""Simple models, fitted to many beginnings of one series at once.

All but seasonal naive are one recursion, y_t = l + phi b + e; l += phi b + alpha e; b = phi b + beta e:
drift is alpha = 1, beta = 0, phi = 1 with b the mean step; Theta is simple smoothing with half the slope of the
straight line (Hyndman & Billah 2003); damped Holt has its own alpha, beta and phi < 1. Parameters are taken from
a small grid by the squared one-step errors, so a fit is one pass over the series and needs no optimiser.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from crmkpi.forecast.series import Array

FAMILIES = ("drift", "theta", "holt")
PARAMETERS = {"drift": 1, "theta": 2, "holt": 3, "seasonal_naive": 0}
MIN_FREEDOM = 3


@dataclass(frozen=True)
class Grid:
    """Parameters of every column tried; `family` indexes FAMILIES."""

    alpha: Array
    beta: Array
    phi: Array
    family: Array


@cache
def grid() -> Grid:
    """The columns: one drift, seven Thetas, thirty-six damped Holts."""
    rows = [(1.0, 0.0, 1.0, 0)]
    rows += [(a, 0.0, 1.0, 1) for a in (0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9)]
    rows += [
        (a, a * share, phi, 2)
        for a in (0.1, 0.3, 0.5, 0.8)
        for share in (0.05, 0.2, 0.4)
        for phi in (0.8, 0.9, 0.97)
    ]
    columns = np.array(rows).T
    return Grid(columns[0], columns[1], columns[2], columns[3].astype(int))


@dataclass(frozen=True)
class Fit:
    """One model fitted to R beginnings of a series: last state and one-step errors.

    Shapes: level, trend, alpha, beta, phi, sigma, freedom [R]; errors [R, n] with NaN where there is none.
    `lengths` [R] are the points each beginning holds.
    """

    name: str
    level: Array
    trend: Array
    alpha: Array
    beta: Array
    phi: Array
    sigma: Array
    freedom: Array
    errors: Array
    lengths: Array

    def centre(self, steps: int) -> Array:
        """Point forecasts [R, steps]."""
        damped = np.cumsum(self.phi[:, None] ** np.arange(1, steps + 1), axis=1)
        return self.level[:, None] + self.trend[:, None] * damped

    def spread(self, steps: int) -> Array:
        """Standard deviation of the k-step error [R, steps], with the doubt about the slope."""
        k = np.arange(1, steps + 1)
        damped = np.cumsum(self.phi[:, None] ** k, axis=1)
        weight = self.alpha[:, None] + self.beta[:, None] * damped
        variance = 1 + np.concatenate(
            [np.zeros((len(self.level), 1)), np.cumsum(weight[:, :-1] ** 2, axis=1)], axis=1
        )
        return self.sigma[:, None] * np.sqrt(variance + (k * self.doubt()[:, None]) ** 2)

    def doubt(self) -> Array:
        """Standard error of the slope in sigmas [R]: the mean of n-1 steps for drift, half of it for Theta."""
        share = {"drift": 1.0, "theta": 0.5}.get(self.name, 0.0)
        return share / np.sqrt(np.maximum(self.lengths - 1, 1))


def fit_all(z: Array, lengths: Array) -> list[Fit]:
    """Fit every family to each row: z [R, n], row r uses its first lengths[r] points (at least 3)."""
    columns = grid()
    level, trend, errors = _run(z, lengths, columns)
    squares = np.nansum(errors**2, axis=1)
    rows = np.arange(len(z))
    fits = []
    for index, name in enumerate(FAMILIES):
        inside = np.flatnonzero(columns.family == index)
        best = inside[np.argmin(squares[:, inside], axis=1)]
        own = errors[rows, :, best]
        freedom = np.maximum(lengths - 1 - PARAMETERS[name], MIN_FREEDOM)
        sigma = np.sqrt(squares[rows, best] / freedom)
        fits.append(
            Fit(
                name,
                level[rows, best],
                trend[rows, best],
                columns.alpha[best],
                columns.beta[best],
                columns.phi[best],
                sigma,
                freedom,
                own,
                lengths,
            )
        )
    return fits


def _run(z: Array, lengths: Array, columns: Grid) -> tuple[Array, Array, Array]:
    """The recursion over time for all rows and columns: last level, last trend [R, G], errors [R, n, G]."""
    count, n = z.shape
    width = len(columns.alpha)
    level = np.repeat(z[:, :1], width, axis=1)
    trend = _first_trends(z, lengths)[:, columns.family]
    errors = np.full((count, n, width), np.nan)
    for t in range(1, n):
        step = columns.phi * trend
        error = z[:, t : t + 1] - level - step
        alive = (t < lengths)[:, None]
        errors[:, t, :] = np.where(alive, error, np.nan)
        level = np.where(alive, level + step + columns.alpha * error, level)
        trend = np.where(alive, step + columns.beta * error, trend)
    return level, trend, errors


def _first_trends(z: Array, lengths: Array) -> Array:
    """Slope each family starts with [R, 3]: mean step; half the least-squares slope; a cautious early slope."""
    rows = np.arange(len(z))
    mean_step = (z[rows, lengths - 1] - z[:, 0]) / (lengths - 1)
    t = np.arange(z.shape[1])
    used = t < lengths[:, None]
    centred = np.where(used, t - (lengths[:, None] - 1) / 2, 0.0)
    slope = (centred * np.where(used, z, 0.0)).sum(axis=1) / (centred**2).sum(axis=1)
    early = np.minimum(lengths - 1, 4)
    first = 0.5 * (z[rows, early] - z[:, 0]) / early
    return np.stack([mean_step, slope / 2, first], axis=1)


def fit_seasonal_naive(z: Array, lengths: Array, cycle: int) -> Fit | None:
    """Last year's value again; None where a row has under four pairs of equal seasons."""
    if (lengths - cycle < 4).any():
        return None
    count, n = z.shape
    errors = np.full((count, n), np.nan)
    errors[:, cycle:] = z[:, cycle:] - z[:, :-cycle]
    errors[np.arange(n) >= lengths[:, None]] = np.nan
    freedom = np.maximum(lengths - cycle, MIN_FREEDOM)
    sigma = np.sqrt(np.nansum(errors**2, axis=1) / freedom)
    zero = np.zeros(count)
    return Fit("seasonal_naive", zero, zero, zero, zero, zero + 1, sigma, freedom, errors, lengths)


def naive_centre(z: Array, lengths: Array, cycle: int, steps: int) -> Array:
    """Point forecasts of seasonal naive [R, steps]."""
    k = np.arange(steps)
    where = lengths[:, None] - cycle + k % cycle
    return z[np.arange(len(z))[:, None], where]


def naive_spread(sigma: Array, cycle: int, steps: int) -> Array:
    """Its k-step standard deviation [R, steps]: one more error every full cycle."""
    return sigma[:, None] * np.sqrt(np.arange(steps) // cycle + 1)
