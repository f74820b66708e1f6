"""Before and during a test: how small an effect it can see, how many customers it needs, whether it is sound."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from crmkpi.analysis.uplift import BadArmError, Effect
from crmkpi.errors import CrmKpiError

ALPHA = 0.05
POWER = 0.80
SRM_P = 0.001
# the usual control group, and the smallest one worth keeping
USUAL_CONTROL = 0.10
# nodes of the Gauss-Legendre rule: exact to 1e-6 up to 20 looks
NODES = 120


class BadShareError(CrmKpiError):
    """A share that must lie between 0 and 1 does not: `value`."""

    code = "bad_share"


def _sigmas(alpha: float, power: float) -> float:
    return float(stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power))


def mde_share(p: float, n1: int, n0: int, alpha: float = ALPHA, power: float = POWER) -> float:
    """Smallest difference of shares that a test will find with this power: (z_a + z_b) sqrt(p(1-p)(1/n1+1/n0)).

    `p` is the usual share (0..1) among untreated customers. BadShareError, BadArmError on impossible input.
    """
    if not 0 < p < 1:
        raise BadShareError(value=p)
    return mde_mean(math.sqrt(p * (1 - p)), n1, n0, alpha, power)


def mde_mean(sd: float, n1: int, n0: int, alpha: float = ALPHA, power: float = POWER) -> float:
    """Smallest difference of means found with this power; `sd` per customer (times sqrt(1 - rho^2) with CUPED)."""
    for n in (n1, n0):
        if n < 1:
            raise BadArmError(n=n, hits=0)
    return _sigmas(alpha, power) * sd * math.sqrt(1 / n1 + 1 / n0)


def sample_size(p0: float, p1: float, alpha: float = ALPHA, power: float = POWER) -> int:
    """Customers per arm to see p0 become p1: pooled variance under "no effect", own variances under the effect.

    >>> sample_size(0.025, 0.030)
    16792
    """
    for p in (p0, p1):
        if not 0 < p < 1:
            raise BadShareError(value=p)
    if p0 == p1:
        raise BadShareError(value=0)
    middle = (p0 + p1) / 2
    under_null = stats.norm.ppf(1 - alpha / 2) * math.sqrt(2 * middle * (1 - middle))
    under_effect = stats.norm.ppf(power) * math.sqrt(p0 * (1 - p0) + p1 * (1 - p1))
    return math.ceil(((under_null + under_effect) / (p1 - p0)) ** 2)


def control_size(
    audience: int, p: float, expected: float, alpha: float = ALPHA, power: float = POWER
) -> int | None:
    """Smallest control group of an audience with which the expected difference would be seen.

    `p` the usual share, `expected` the difference hoped for (0.01 = one point). None: not even an even split of
    the audience would show it.

    >>> control_size(40_000, 0.025, 0.005)
    10311
    """
    if audience < 2:
        raise BadArmError(n=audience, hits=0)
    half = audience // 2
    if mde_share(p, audience - half, half, alpha, power) > expected:
        return None
    low, high = 0, half
    while high - low > 1:
        middle = (low + high) // 2
        if mde_share(p, audience - middle, middle, alpha, power) > expected:
            low = middle
        else:
            high = middle
    return high


@dataclass(frozen=True)
class SplitCheck:
    """Whether arms came out in the planned proportions. `sound` False: stop, the assignment or the log is broken."""

    chi_square: float
    p_value: float
    sound: bool


def split_check(counts: Sequence[int], shares: Sequence[float]) -> SplitCheck:
    """Sample-ratio mismatch: chi-square of the arms' sizes against their planned shares, p < 0.001 is a broken test.

    `shares` need not sum to 1. BadShareError on a share that is not positive, BadArmError without customers.
    """
    if min(shares) <= 0 or len(shares) != len(counts):
        raise BadShareError(value=min(shares))
    total = sum(counts)
    if total <= 0:
        raise BadArmError(n=total, hits=0)
    expected = [total * s / sum(shares) for s in shares]
    chi = sum((c - e) ** 2 / e for c, e in zip(counts, expected, strict=True))
    p = float(stats.chi2.sf(chi, len(counts) - 1))
    return SplitCheck(chi, p, p >= SRM_P)


# looking before the end -----------------------------------------------------------------------------------
def crossing_chance(bounds: Sequence[float]) -> float:
    """Chance of crossing |z| > bound at any of equally spaced looks when nothing is going on.

    Recursive integration of the sum process (Armitage, McPherson, Rowe 1969).

    >>> round(crossing_chance([1.959964] * 10), 3)  # peeking ten times at 5 %
    0.193
    """
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    grid = bounds[0] * nodes
    mass = stats.norm.pdf(grid) * bounds[0] * weights
    for k, bound in enumerate(bounds[1:], start=2):
        reach = bound * math.sqrt(k)
        following = reach * nodes
        kernel = np.exp(-0.5 * (following[:, None] - grid[None, :]) ** 2) / math.sqrt(2 * math.pi)
        grid, mass = following, (kernel @ mass) * reach * weights
    return float(1 - mass.sum())


def obrien_fleming(looks: int, alpha: float = ALPHA) -> list[float]:
    """|z| that allows stopping at each of equally spaced looks: C sqrt(K/k), together alpha (1979).

    Early looks need overwhelming evidence; the last is close to the ordinary 1.96.
    """
    shape = [math.sqrt(looks / k) for k in range(1, looks + 1)]

    def excess(c: float) -> float:
        return crossing_chance([c * s for s in shape]) - alpha

    c = float(optimize.brentq(excess, 1.0, 4.0, xtol=1e-4))
    return [c * s for s in shape]


def verdict(effect: Effect, mde: float | None, expected: float | None = None) -> str:
    """Code of the sentence about an effect (`effect_verdict.<code>`).

    up, down: the interval excludes zero. not_shown: it does not, and the test could not have seen what was
    expected (or nothing was expected in advance). absent: the test could see the expected effect
    (mde <= expected) and the interval stays below it: "no effect of that size". unknown: no interval.
    """
    if effect.low is None or effect.high is None:
        return "unknown"
    if effect.low > 0:
        return "up"
    if effect.high < 0:
        return "down"
    sharp = mde is not None and expected is not None and mde <= expected
    return "absent" if sharp and expected is not None and effect.high < expected else "not_shown"
