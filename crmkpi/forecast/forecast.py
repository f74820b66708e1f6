"""The forecast of one series: path, 80 % band, simulated paths, and how often such bands held before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import stats

from crmkpi.forecast.backtest import LEVEL, Candidate, Chosen, candidates, choose
from crmkpi.forecast.series import Array, Point, Scale, Series, cycle_of, known_tail, scale_of, slot_of, slots
from crmkpi.periods import Period

MIN_HISTORY = 6
# below this the drift alone is used: choosing among models needs origins to choose on
MIN_CHOICE = 12
# older values say little and cost time
MAX_HISTORY = {"day": 400, "week": 208}
MAX_STEPS = 400
SEED = 20260131
# forecasts kept in memory: the coach asks for one many times while it weighs goals
KEPT = 32


@dataclass(frozen=True)
class NotEnough:
    """Why there is no forecast: `reason` = short_history | no_variation | far_horizon | no_future.

    `have` and `need` count complete periods with known values.
    """

    reason: str
    have: int = 0
    need: int = MIN_HISTORY


@dataclass(frozen=True)
class Forecast:
    """Future values. `paths` [N, h] are joint draws; centre, low, high [h] the 80 % interval around the median.

    `model` is seasonal_naive | drift | theta | holt | drift_closed_form; `coverage` the back-tested share of
    intervals that held (None with under four origins); `widening` the factor put on the model's own widths.
    """

    model: str
    seasonal: bool
    scale: Scale
    periods: tuple[Period, ...]
    centre: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    paths: Array
    mase: float | None = None
    coverage: float | None = None
    origins: int = 0
    widening: float = 1.0

    def at(self, period: Period) -> int | None:
        """Position of a period, None if it is not forecast."""
        return self.periods.index(period) if period in self.periods else None


def forecast(
    series: Series,
    until: Period,
    *,
    share: bool = False,
    limits: tuple[float | None, float | None] = (None, None),
    paths: int = 2000,
    planned_weight: float | None = None,
    seed: int = SEED,
) -> Forecast | NotEnough:
    """Forecast the periods after the last complete one up to `until` (same grain).

    Business rule (methods.md 6): candidates seasonal naive, damped Holt, Theta, drift on the transformed scale;
    choice by rolling-origin MASE; bootstrap of residuals; conformal widths. With 6 to 11 complete periods the
    closed form of a random walk with drift; below 6 nothing. `planned_weight` is the planned denominator of a
    rate: fewer observations than before add binomial noise. Same input, same numbers, so the last few are kept.
    """
    return _forecast(tuple(series), until, share, limits, paths, planned_weight, seed)


@lru_cache(maxsize=KEPT)
def _forecast(
    series: tuple[Point, ...],
    until: Period,
    share: bool,
    limits: tuple[float | None, float | None],
    paths: int,
    planned_weight: float | None,
    seed: int,
) -> Forecast | NotEnough:
    tail = known_tail(series)
    tail = tail[-MAX_HISTORY.get(until.grain, len(tail) or 1) :]
    if len(tail) < MIN_HISTORY:
        return NotEnough("short_history", len(tail))
    values = [float(p.value) for p in tail if p.value is not None]
    if max(values) == min(values):
        return NotEnough("no_variation", len(tail))
    ahead = _periods_after(tail[-1].period, until)
    if not ahead:
        return NotEnough("no_future", len(tail), 0)
    if len(ahead) > min(2 * len(tail), MAX_STEPS):
        return NotEnough("far_horizon", len(tail), -(-len(ahead) // 2))
    scale = scale_of(values, share, limits)
    z = np.array([scale.forward(v) for v in values])
    rng = np.random.default_rng(seed)
    if len(tail) < MIN_CHOICE:
        centre, draws = closed_form_paths(z, len(ahead), paths, rng)
        chosen = None
    else:
        chosen = _chosen(z, tail, ahead)
        centre, draws = _simulate(chosen, len(ahead), paths, rng)
    extra = _sampling_noise(tail, scale, centre, planned_weight)
    if extra is not None:
        draws = draws + extra * rng.standard_normal(draws.shape)
    return _as_forecast(chosen, scale, ahead, centre, draws)


def _periods_after(last: Period, until: Period) -> list[Period]:
    found: list[Period] = []
    period = last.next()
    while period.last <= until.last and len(found) <= MAX_STEPS:
        found.append(period)
        period = period.next()
    return found


def _chosen(z: Array, tail: Sequence[Point], ahead: Sequence[Period]) -> Chosen:
    grain = tail[0].period.grain
    places = np.array([slot_of(p.period) for p in tail])
    future = np.array([slot_of(p) for p in ahead])
    return choose(z, candidates(z, places, future, cycle_of(grain), slots(grain), len(ahead)))


def closed_form_paths(z: Array, steps: int, count: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Joint draws of a random walk with unknown drift and sigma: the k-step margin is exactly Student's t.

    z_{n+k} ~ z_n + k mu +- t_{n-1} sd sqrt(k + k^2/n), n = steps seen (methods.md 6).
    """
    change = np.diff(z)
    n, mean, sd = len(change), change.mean(), change.std(ddof=1)
    sigma = sd * np.sqrt((n - 1) / rng.chisquare(n - 1, size=(count, 1)))
    drift = mean + sigma / np.sqrt(n) * rng.standard_normal((count, 1))
    noise = np.cumsum(sigma * rng.standard_normal((count, steps)), axis=1)
    k = np.arange(1, steps + 1)
    return z[-1] + k * mean, z[-1] + k * drift + noise


def _simulate(chosen: Chosen, steps: int, count: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Bootstrap the one-step errors of the chosen model through its recursion; widen around the centre."""
    best, fit = chosen.best, chosen.best.fit
    errors = fit.errors[-1][np.isfinite(fit.errors[-1])]
    errors = errors - errors.mean()
    spread = errors.std()
    shape = errors / spread if spread > 0 else np.zeros(1)
    freedom = float(fit.freedom[-1])
    # sigma is itself an estimate: a draw of it per path gives the tails of Student's t
    sigma = float(fit.sigma[-1]) * np.sqrt(freedom / rng.chisquare(freedom, size=count))
    shocks = sigma[:, None] * rng.choice(shape, size=(count, steps))
    if fit.name == "seasonal_naive":
        away = _naive_deviation(shocks, best)
    else:
        alpha, beta, phi = (float(v[-1]) for v in (fit.alpha, fit.beta, fit.phi))
        level = np.zeros(count)
        trend = sigma * float(fit.doubt()[-1]) * rng.standard_normal(count)
        away = np.empty((count, steps))
        for k in range(steps):
            step = phi * trend
            away[:, k] = level + step + shocks[:, k]
            level = level + step + alpha * shocks[:, k]
            trend = step + beta * shocks[:, k]
    centre = best.centre[-1]
    return centre, centre + chosen.widening * away


def _naive_deviation(shocks: Array, best: Candidate) -> Array:
    """Seasonal naive: each further cycle adds one more error at the same place of the season."""
    steps = shocks.shape[1]
    errors = best.fit.errors[-1]
    cycle = int(np.flatnonzero(np.isfinite(errors))[0])
    away = shocks.copy()
    for k in range(cycle, steps):
        away[:, k] += away[:, k - cycle]
    return away


def _sampling_noise(
    tail: Sequence[Point], scale: Scale, centre: Array, planned: float | None
) -> Array | None:
    """Extra binomial noise of a rate on the logit scale when fewer observations are planned than were seen.

    The residuals already hold the noise of the volumes seen, so only the difference is added.
    """
    weights = [p.weight for p in tail[-12:] if p.weight]
    if planned is None or planned <= 0 or scale.name != "logit" or not weights:
        return None
    usual = len(weights) / sum(1 / w for w in weights)
    more = 1 / planned - 1 / usual
    if more <= 0:
        return None
    rate = scale.back(centre)
    return np.asarray(np.sqrt(more / (rate * (1 - rate))))


def _as_forecast(
    chosen: Chosen | None, scale: Scale, ahead: Sequence[Period], centre: Array, draws: Array
) -> Forecast:
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return Forecast(
        model=chosen.best.name if chosen else "drift_closed_form",
        seasonal=chosen.best.seasonal if chosen else False,
        scale=scale,
        periods=tuple(ahead),
        centre=tuple(float(v) for v in scale.back(centre)),
        low=tuple(float(v) for v in scale.back(low)),
        high=tuple(float(v) for v in scale.back(high)),
        paths=scale.back(draws),
        mase=chosen.mase if chosen else None,
        coverage=chosen.coverage if chosen else None,
        origins=chosen.origins if chosen else 0,
        widening=chosen.widening if chosen else 1.0,
    )


def closed_form_chance(
    values: Sequence[float], goal: float, steps: int, at_least: bool = True
) -> float | None:
    """P(the value after `steps` periods is at least the goal) by the random walk with drift in logs.

    ln y_{n+h} ~ ln y_n + h mu +- t_{n-1} sd sqrt(h + h^2/n); n = changes seen. None when the values have no
    logarithm, there are under three changes, or nothing ever moved.
    """
    array = np.asarray(values, dtype=float)
    if len(array) < 4 or goal <= 0 or (array <= 0).any() or steps < 1:
        return None
    change = np.diff(np.log(array))
    n, sd = len(change), change.std(ddof=1)
    if sd == 0:
        return None
    centre = np.log(array[-1]) + steps * change.mean()
    distance = (np.log(goal) - centre) / (sd * np.sqrt(steps + steps**2 / n))
    above = float(stats.t.sf(distance, n - 1))
    return above if at_least else 1 - above
