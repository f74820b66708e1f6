"""Deviations of one series: a jump of the last period, or a drift of the last few (methods.md 9).

Watched are one-step forecast errors on the transformed scale, season taken out: in an autocorrelated series the
values themselves would cry wolf. Jumps: t limits with sqrt(1 + 1/m). Drift: EWMA with lambda .2. People choose how
many false alarms a month they bear, not sigmas. Below twelve points nothing is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from crmkpi.forecast.series import Array, Series, known_tail
from crmkpi.periods import Period
from crmkpi.targets.facts import Facts
from crmkpi.targets.history import history_of

Kind = Literal["jump", "drift"]
LAMBDA = 0.2
# in-control defaults when no budget is given: 3 sigma for jumps, L 2.86 for the EWMA
JUMP_SIGMAS, DRIFT_SIGMAS = 3.0, 2.86
MIN_POINTS = 12
# a budget so generous that limits would come nearer than this is not followed: every week would be news
LEAST_SIGMAS = 2.5
# first errors, when the forecast has hardly anything to stand on
WARM_UP = 4
# last points in which a drift is looked for; the points before give the limits
RECENT = 8
PER_MONTH = {"day": 30.0, "week": 4.348125, "month": 1.0, "quarter": 1 / 3}
# a smoothing that forgets must beat the plain mean by this: it would also forget the drift that is looked for
MUST_GAIN = 0.95
# neighbours as alike as this are no noise around a mean: such a series wanders, and smoothing goes first
WANDERS = 0.6
SMOOTHING = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
# how much of the last distance from the mean carries over to the next period
CARRY = (0.0, 0.2, 0.4, 0.6)


@dataclass(frozen=True)
class Signal:
    """What is out of the ordinary in the last complete period.

    expected, low, high: what was to be expected, in the metric's unit (of a drift: of this one period). score:
    how many times beyond the limit. up: the value is above what was expected. good: up is good; None without a
    good direction.
    """

    metric: str
    kind: Kind
    period: Period
    value: float
    expected: float
    low: float
    high: float
    score: float
    up: bool
    good: bool | None


def sigmas_for(false_alarms: float, watched: Mapping[str, int]) -> float:
    """z of a budget: false alarms a month shared over all points of a month, two-sided.

    watched: grain -> number of series. alpha = budget / sum(k x points per month).

    >>> round(sigmas_for(1.0, {"day": 50}), 3)
    3.403
    """
    points = sum(count * PER_MONTH[grain] for grain, count in watched.items())
    if points <= 0:
        return JUMP_SIGMAS
    alpha = min(false_alarms / points, 1.0)
    return float(stats.norm.isf(alpha / 2)) if alpha > 0 else float("inf")


def limits_for(false_alarms: float | None, watched: Mapping[str, int]) -> tuple[float, float]:
    """Limits (jump, drift) in sigmas; the budget is halved between the two rules. None: the defaults."""
    if false_alarms is None:
        return JUMP_SIGMAS, DRIFT_SIGMAS
    both = max(sigmas_for(false_alarms / 2, watched), LEAST_SIGMAS)
    return both, both


def signal_of(
    facts: Facts, series: Series, jump: float = JUMP_SIGMAS, drift: float = DRIFT_SIGMAS
) -> Signal | None:
    """The signal of the last complete period, None if all is usual or there are under twelve points.

    Incomplete periods are not looked at. A jump speaks before a drift.
    """
    history = history_of(series, facts.share, facts.limits)
    tail = known_tail(series)
    z = history.z
    if len(z) < MIN_POINTS or float(np.ptp(z)) <= 1e-12:
        return None
    ahead, errors = one_step(z)
    last = tail[-1]
    assert last.value is not None
    past = errors[WARM_UP:-1]
    bias, spread = float(past.mean()), float(past.std(ddof=1))
    if spread <= 1e-12:
        return None
    width = _t(jump, len(past)) * spread * float(np.sqrt(1 + 1 / len(past)))
    season = history.season_of(last.period)
    centre = float(ahead[-1]) + bias
    off = float(errors[-1]) - bias
    score, kind = abs(off) / width, "jump"
    if score <= 1:
        found = drift_score(errors, drift)
        if found is None or abs(found) <= 1:
            return None
        score, kind, off = abs(found), "drift", found
    back = history.scale.back_one
    return Signal(
        metric=facts.id,
        kind="jump" if kind == "jump" else "drift",
        period=last.period,
        value=last.value,
        expected=back(centre + season),
        low=back(centre - width + season),
        high=back(centre + width + season),
        score=score,
        up=off > 0,
        good=None if facts.better == "band" else (off > 0) == (facts.better != "down"),
    )


def one_step(z: Array) -> tuple[Array, Array]:
    """One-step forecasts and errors of the rule that did best before the recent points.

    Rules: the mean of all that came before, plus a part of the last distance from it; or exponential smoothing, which
    must win clearly. The first forecast is the first value.
    """
    base = max(len(z) - RECENT, MIN_POINTS - 1)

    def best(tried: list[Array]) -> tuple[float, Array]:
        return min(((float(((z - f)[WARM_UP:base] ** 2).sum()), f) for f in tried), key=lambda f: f[0])

    steady, mean = best([_around_mean(z, part) for part in CARRY])
    moving, smooth = best([_smoothed(z, part) for part in SMOOTHING])
    needed = 1 / MUST_GAIN if _alike(z[:base]) > WANDERS else MUST_GAIN
    chosen = smooth if moving < needed * steady else mean
    return chosen, z - chosen


def _smoothed(z: Array, smoothing: float) -> Array:
    ahead = np.empty(len(z))
    level = ahead[0] = z[0]
    for i in range(1, len(z)):
        ahead[i] = level
        level = level + smoothing * (z[i] - level)
    return ahead


def _alike(z: Array) -> float:
    """Lag-1 autocorrelation; 0 where nothing moves."""
    off = z - z.mean()
    whole = float(off @ off)
    return float(off[1:] @ off[:-1]) / whole if whole > 0 else 0.0


def _around_mean(z: Array, part: float) -> Array:
    """Mean of the past plus a part of the last distance from it."""
    mean = np.cumsum(z) / np.arange(1, len(z) + 1)
    return np.concatenate([z[:1], mean[:-1] + part * (z[:-1] - mean[:-1])])


def drift_score(errors: Array, sigmas: float) -> float | None:
    """EWMA of the recent errors over its limit, signed; None where too few points lie before the recent ones.

    var = s^2 (lambda / (2 - lambda) (1 - q^2r) + (1 - q^r)^2 / m), q = 1 - lambda: the second part is the doubt about
    the mean of the m earlier errors.
    """
    recent = min(RECENT, len(errors) - MIN_POINTS)
    if recent < 3:
        return None
    base = errors[WARM_UP:-recent]
    spread = float(base.std(ddof=1))
    if spread <= 1e-12:
        return None
    value = 0.0
    for error in errors[-recent:]:
        value += LAMBDA * (float(error) - float(base.mean()) - value)
    q = 1 - LAMBDA
    own = LAMBDA / (2 - LAMBDA) * (1 - q ** (2 * recent))
    doubt = (1 - q**recent) ** 2 / len(base)
    return value / (_t(sigmas, len(base)) * spread * float(np.sqrt(own + doubt)))


def _t(sigmas: float, count: int) -> float:
    """Student's t with the two-sided tail of so many sigmas: limits of a short past are wider."""
    return float(stats.t.isf(stats.norm.sf(sigmas), count - 1))
