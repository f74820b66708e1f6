"""A treated group against a control group: shares, means, ratios (methods.md 7).

The formulas broadcast over numpy arrays, so that thousands of simulated tests run at once; the functions that
return an `Effect` are the same formulas for one test. Customers are the units everywhere. A number that the data
cannot give is None.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from crmkpi.errors import CrmKpiError

Array = NDArray[np.float64]
LEVEL = 0.95
# below so many expected buyers or non-buyers in an arm the normal approximation is rough
FEW = 5
# a lift above e^20 is no lift but a control near zero
MOST_LOG = 20.0


class BadArmError(CrmKpiError):
    """An arm of a test cannot be: `n` customers, of whom `hits` did it."""

    code = "bad_arm"


class UnpairedError(CrmKpiError):
    """Two columns about the same customers have different lengths: `one`, `other`."""

    code = "unpaired_columns"


@dataclass(frozen=True)
class Effect:
    """What an action changed, per customer of the treated group.

    `estimate` = treated minus control in the unit of the outcome (a share 0..1, money, orders), with its interval
    `low`..`high` at `level`; `p_value` two-sided. `lift` = treated / control - 1 with its own interval.
    `total` = estimate x treated customers: the extra orders or money, with its interval.
    `notes`: codes of warnings (`effect_note.<code>` in i18n).
    """

    method: str
    n_treated: int
    n_control: int
    treated: float | None
    control: float | None
    estimate: float | None
    low: float | None
    high: float | None
    p_value: float | None
    statistic: float | None = None
    df: float | None = None
    lift: float | None = None
    lift_low: float | None = None
    lift_high: float | None = None
    level: float = LEVEL
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> tuple[float, float, float] | None:
        """Extra amount over the whole treated group: estimate, low, high."""
        if self.estimate is None or self.low is None or self.high is None:
            return None
        return self.estimate * self.n_treated, self.low * self.n_treated, self.high * self.n_treated

    @property
    def proven(self) -> bool:
        """Whether the interval excludes zero."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def known(value: Any) -> float | None:
    """A plain float; None for NaN and infinities."""
    number = float(value)
    return number if math.isfinite(number) else None


def quantile(level: float) -> float:
    """z of a two-sided interval."""
    return float(stats.norm.ppf(0.5 + level / 2))


# shares -------------------------------------------------------------------------------------------------
def wilson(hits: ArrayLike, n: ArrayLike, level: float = LEVEL) -> tuple[Array, Array]:
    """Wilson score interval of a share."""
    x, size, z = np.asarray(hits, float), np.asarray(n, float), quantile(level)
    p = x / size
    middle = (p + z**2 / (2 * size)) / (1 + z**2 / size)
    half = z / (1 + z**2 / size) * np.sqrt(p * (1 - p) / size + z**2 / (4 * size**2))
    return np.asarray(middle - half, float), np.asarray(middle + half, float)


def newcombe(
    hits1: ArrayLike, n1: ArrayLike, hits0: ArrayLike, n0: ArrayLike, level: float = LEVEL
) -> tuple[Array, Array]:
    """Newcombe's hybrid score interval for the difference of two independent shares (his method 10, 1998)."""
    p1, p0 = np.asarray(hits1, float) / n1, np.asarray(hits0, float) / n0
    (low1, high1), (low0, high0) = wilson(hits1, n1, level), wilson(hits0, n0, level)
    diff = p1 - p0
    below = np.sqrt((p1 - low1) ** 2 + (high0 - p0) ** 2)
    above = np.sqrt((high1 - p1) ** 2 + (p0 - low0) ** 2)
    return np.asarray(diff - below, float), np.asarray(diff + above, float)


def pooled_z(hits1: ArrayLike, n1: ArrayLike, hits0: ArrayLike, n0: ArrayLike) -> tuple[Array, Array]:
    """z and two-sided p of the pooled test that two shares are equal; all or nobody in both arms: z 0, p 1."""
    x1, m1, x0, m0 = (np.asarray(v, float) for v in (hits1, n1, hits0, n0))
    p = (x1 + x0) / (m1 + m0)
    se = np.sqrt(p * (1 - p) * (1 / m1 + 1 / m0))
    diff = x1 / m1 - x0 / m0
    z: Array = np.divide(diff, se, out=np.zeros(np.broadcast(diff, se).shape), where=se > 0)
    return z, np.asarray(2 * stats.norm.sf(np.abs(z)), float)


def log_ratio(
    hits1: ArrayLike, n1: ArrayLike, hits0: ArrayLike, n0: ArrayLike, level: float = LEVEL
) -> tuple[Array, Array, Array]:
    """Lift p1/p0 - 1 with the log interval (Katz 1978); NaN where an arm has no hit."""
    x1, m1, x0, m0 = (np.asarray(v, float) for v in (hits1, n1, hits0, n0))
    with np.errstate(divide="ignore", invalid="ignore"):
        log = np.log(x1 / m1) - np.log(x0 / m0)
        half = quantile(level) * np.sqrt(1 / x1 - 1 / m1 + 1 / x0 - 1 / m0)
        return np.expm1(log), np.expm1(log - half), np.expm1(log + half)


def two_proportions(hits1: int, n1: int, hits0: int, n0: int, level: float = LEVEL) -> Effect:
    """Share of treated customers who did it against the control's share.

    Pooled z test, Newcombe interval for the difference, log-ratio interval for the lift. BadArmError where
    hits are not within 0..n or an arm is empty.

    >>> two_proportions(620, 20_000, 500, 20_000).total[0]  # extra orders
    120.0
    """
    for hits, n in ((hits1, n1), (hits0, n0)):
        if n < 1 or not 0 <= hits <= n:
            raise BadArmError(n=n, hits=hits)
    z, p = pooled_z(hits1, n1, hits0, n0)
    low, high = newcombe(hits1, n1, hits0, n0, level)
    lift, lift_low, lift_high = log_ratio(hits1, n1, hits0, n0, level)
    pooled = (hits1 + hits0) / (n1 + n0)
    few = min(n1, n0) * min(pooled, 1 - pooled) < FEW
    return Effect(
        method="two_proportions",
        n_treated=n1,
        n_control=n0,
        treated=hits1 / n1,
        control=hits0 / n0,
        estimate=round(hits1 / n1 - hits0 / n0, 15),
        low=known(low),
        high=known(high),
        p_value=known(p),
        statistic=known(z),
        lift=known(lift) if hits0 else None,
        lift_low=known(lift_low),
        lift_high=known(lift_high),
        level=level,
        notes=("few_hits",) if few else (),
    )


# means --------------------------------------------------------------------------------------------------
def welch_parts(
    mean1: ArrayLike, var1: ArrayLike, n1: ArrayLike, mean0: ArrayLike, var0: ArrayLike, n0: ArrayLike
) -> tuple[Array, Array, Array, Array]:
    """Difference, standard error, degrees of freedom and two-sided p of Welch's test, from means and variances."""
    v1, v0 = np.asarray(var1, float) / n1, np.asarray(var0, float) / n0
    diff = np.asarray(mean1, float) - np.asarray(mean0, float)
    se = np.sqrt(v1 + v0)
    with np.errstate(divide="ignore", invalid="ignore"):
        df = (v1 + v0) ** 2 / (v1**2 / (np.asarray(n1) - 1) + v0**2 / (np.asarray(n0) - 1))
        p = np.asarray(2 * stats.t.sf(np.abs(diff / se), df), float)
    return diff, se, df, p


def welch(treated: ArrayLike, control: ArrayLike, level: float = LEVEL) -> Effect:
    """Mean per treated customer against mean per control customer, unequal variances (Welch 1947).

    The lift is the ratio of means with a log interval by the delta method, None unless both means are positive.
    An arm of one customer, or arms without any spread, have no interval.
    """
    y1, y0 = np.asarray(treated, float), np.asarray(control, float)
    for y in (y1, y0):
        if not len(y):
            raise BadArmError(n=0, hits=0)
    m1, m0 = float(y1.mean()), float(y0.mean())
    if min(len(y1), len(y0)) < 2 or (np.ptp(y1) == 0 and np.ptp(y0) == 0):
        return _means(len(y1), len(y0), m1, m0, "welch", level, notes=("no_spread",))
    v1, v0 = float(y1.var(ddof=1)), float(y0.var(ddof=1))
    diff, se, df, p = welch_parts(m1, v1, len(y1), m0, v0, len(y0))
    half = float(stats.t.ppf(0.5 + level / 2, df) * se)
    lift = _mean_lift(m1, v1 / len(y1), m0, v0 / len(y0), level)
    found = (known(diff - half), known(diff + half), known(p), known(diff / se), known(df))
    return _means(len(y1), len(y0), m1, m0, "welch", level, found, lift)


Lift = tuple[float | None, float | None, float | None]
NO_LIFT: Lift = (None, None, None)


def _mean_lift(m1: float, v1: float, m0: float, v0: float, level: float) -> Lift:
    if m1 <= 0 or m0 <= 0:
        return known(m1 / m0 - 1) if m0 > 0 else None, None, None
    log, half = math.log(m1 / m0), quantile(level) * math.sqrt(v1 / m1**2 + v0 / m0**2)
    if log + half > MOST_LOG:  # a control mean next to nothing: its ratio says nothing, the difference does
        return NO_LIFT
    return math.expm1(log), math.expm1(log - half), math.expm1(log + half)


def _means(
    n1: int,
    n0: int,
    m1: float,
    m0: float,
    method: str,
    level: float,
    found: tuple[float | None, ...] = (None,) * 5,
    lift: Lift = NO_LIFT,
    notes: tuple[str, ...] = (),
) -> Effect:
    low, high, p, statistic, df = found
    return Effect(
        method, n1, n0, m1, m0, m1 - m0, low, high, p, statistic, df, *lift, level=level, notes=notes
    )


# variance reduction -------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Cuped:
    """An effect adjusted for what the customers did before. `kept` = variance left, 1 - rho^2."""

    effect: Effect
    theta: float
    kept: float


def cuped(
    treated: ArrayLike,
    treated_before: ArrayLike,
    control: ArrayLike,
    control_before: ArrayLike,
    level: float = LEVEL,
) -> Cuped:
    """Welch's test on Y - theta (X - mean X), X the same customers' outcome before the start.

    theta = cov/var pooled within arms (Deng, Xu, Kohavi, Walker 2013); the mean of X is over both arms. X must be
    from before the assignment, else the adjustment eats the effect. A constant X changes nothing.
    UnpairedError when the columns of an arm differ in length.
    """
    y1, x1, y0, x0 = (np.asarray(v, float) for v in (treated, treated_before, control, control_before))
    for y, x in ((y1, x1), (y0, x0)):
        if len(y) != len(x):
            raise UnpairedError(one=len(y), other=len(x))
    inside = [(y - y.mean(), x - x.mean()) for y, x in ((y1, x1), (y0, x0)) if len(y)]
    cov, var_x, var_y = (
        float(sum(np.sum(a * b) for a, b in pairs))
        for pairs in (inside, [(x, x) for _, x in inside], [(y, y) for y, _ in inside])
    )
    theta = cov / var_x if var_x > 0 else 0.0
    centre = float(np.concatenate([x1, x0]).mean())
    effect = welch(y1 - theta * (x1 - centre), y0 - theta * (x0 - centre), level)
    kept = 1 - cov**2 / (var_x * var_y) if var_x > 0 and var_y > 0 else 1.0
    return Cuped(effect, theta, kept)


# ratios -------------------------------------------------------------------------------------------------
def ratio_parts(numerators: ArrayLike, denominators: ArrayLike) -> tuple[float | None, float | None]:
    """Sum/sum over customers and its delta-method variance [s_N^2 - 2R s_ND + R^2 s_D^2]/(n mean_D^2).

    For clicks per message, money per order and other ratios whose denominator differs by customer: a binomial on
    messages is wrong, because one customer gets many. None for a zero denominator; no variance below two customers.
    """
    top, bottom = np.asarray(numerators, float), np.asarray(denominators, float)
    if len(top) != len(bottom):
        raise UnpairedError(one=len(top), other=len(bottom))
    if not len(top) or bottom.sum() == 0:
        return None, None
    ratio = float(top.sum() / bottom.sum())
    if len(top) < 2:
        return ratio, None
    spread = float((top - ratio * bottom).var(ddof=1))
    return ratio, spread / (len(top) * float(bottom.mean()) ** 2)


def ratio_effect(
    treated: tuple[ArrayLike, ArrayLike], control: tuple[ArrayLike, ArrayLike], level: float = LEVEL
) -> Effect:
    """Difference of two ratios of sums; each arm is (numerators, denominators), one value per customer."""
    (r1, v1), (r0, v0) = ratio_parts(*treated), ratio_parts(*control)
    n1, n0 = len(np.asarray(treated[0])), len(np.asarray(control[0]))
    diff = r1 - r0 if r1 is not None and r0 is not None else None
    if diff is None or r1 is None or r0 is None or v1 is None or v0 is None or v1 + v0 == 0:
        return Effect("ratio", n1, n0, r1, r0, diff, None, None, None, level=level, notes=("no_spread",))
    se = math.sqrt(v1 + v0)
    half = quantile(level) * se
    p = float(2 * stats.norm.sf(abs(diff / se)))
    lift = _mean_lift(r1, v1, r0, v0, level)
    return Effect(
        "ratio", n1, n0, r1, r0, diff, diff - half, diff + half, p, diff / se, None, *lift, level=level
    )


# several tests ------------------------------------------------------------------------------------------
def benjamini_hochberg(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjusted p values that control the share of false discoveries (1995); unknown ones stay unknown, uncounted."""
    places = [i for i, p in enumerate(p_values) if p is not None]
    order = sorted(places, key=lambda i: float(p_values[i] or 0.0))
    adjusted: list[float | None] = [None] * len(p_values)
    best = 1.0
    for rank in range(len(order), 0, -1):
        best = min(best, float(p_values[order[rank - 1]] or 0.0) * len(order) / rank)
        adjusted[order[rank - 1]] = best
    return adjusted


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjusted p values that keep the chance of even one false find at the level (Holm 1979); unknown ones stay so.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    places = [i for i, p in enumerate(p_values) if p is not None]
    order = sorted(places, key=lambda i: float(p_values[i] or 0.0))
    adjusted: list[float | None] = [None] * len(p_values)
    worst = 0.0
    for rank, place in enumerate(order):
        worst = max(worst, min(1.0, float(p_values[place] or 0.0) * (len(order) - rank)))
        adjusted[place] = worst
    return adjusted
