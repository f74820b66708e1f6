"""BG/NBD (how often, how long) and gamma-gamma (how much): Fader, Hardie, Lee 2005, methods.md 8.

Per customer: x repeat purchase days, t_x time of the last one and T age, all since the first purchase, in one unit
of time (weeks here). Customers buy at their own constant rate and may leave after any purchase; the money of a
purchase varies around the customer's own mean, which does not depend on how often they buy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize
from scipy.special import betaln, gammaln, hyp2f1

from crmkpi.analysis.uplift import Array, UnpairedError

# the formula of E[Y] has a removable hole at a = 1
HOLE = 1e-6
# logs of parameters beyond this are a search that runs away
BOUND = 15.0


@dataclass(frozen=True)
class BgNbd:
    """Fitted parameters: purchase rates ~ gamma(r, alpha), chance to leave after a purchase ~ beta(a, b)."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    customers: int

    def alive(self, x: ArrayLike, t_x: ArrayLike, age: ArrayLike) -> Array:
        """P(still a customer). One-time buyers get 1 by construction of the model: label them apart."""
        x, t_x, age = (np.asarray(v, float) for v in (x, t_x, age))
        again = np.maximum(x, 1)
        log_odds = (self.r + x) * (np.log(self.alpha + age) - np.log(self.alpha + t_x))
        odds = self.a / (self.b + again - 1) * np.exp(np.minimum(log_odds, 700))
        return np.where(x > 0, 1 / (1 + odds), 1.0)

    def expected(self, t: ArrayLike, x: ArrayLike, t_x: ArrayLike, age: ArrayLike) -> Array:
        """E[Y(t) | x, t_x, T]: purchase days in the next t units of time."""
        t, x, t_x, age = (np.asarray(v, float) for v in (t, x, t_x, age))
        a = 1 + HOLE if abs(self.a - 1) < HOLE else self.a
        end = self.alpha + age + t
        shrink = np.exp((self.r + x) * np.log((self.alpha + age) / end))
        series = hyp2f1(self.r + x, self.b + x, a + self.b + x - 1, t / end)
        found = (a + self.b + x - 1) / (a - 1) * (1 - shrink * series) * self.alive(x, t_x, age)
        return np.asarray(found, dtype=float)

    def expected_new(self, t: ArrayLike) -> Array:
        """E[X(t)]: repeat purchase days of a new customer in the first t units of time."""
        return self.expected(t, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class GammaGamma:
    """Money per purchase: gamma(p, nu) around a customer's own mean, nu ~ gamma(q, v).

    `correlation` of x and mean money among the fitted customers; the model needs it small.
    """

    p: float
    q: float
    v: float
    log_likelihood: float
    customers: int
    correlation: float | None

    def expected(self, x: ArrayLike, mean: ArrayLike) -> Array:
        """E[M | x, m] = p (v + x m)/(p x + q - 1): the customer's mean pulled to everyone's; x = 0 gives the latter.

        NaN where q <= 1 and x = 0: the mean of the population is infinite then.
        """
        x, m = np.asarray(x, float), np.asarray(mean, float)
        bottom = self.p * x + self.q - 1
        top = self.p * (self.v + x * np.where(x > 0, m, 0.0))
        return np.divide(top, bottom, out=np.full(np.broadcast(top, bottom).shape, np.nan), where=bottom > 0)


def _columns(*columns: ArrayLike) -> list[Array]:
    arrays = [np.asarray(c, float) for c in columns]
    if len({len(c) for c in arrays}) > 1:
        raise UnpairedError(one=len(arrays[0]), other=len(arrays[1]))
    return arrays


def _search(loss: Callable[[Array], float], starts: Sequence[Sequence[float]]) -> tuple[Array, float]:
    """Nelder-Mead from every start; the best end."""
    options = {"maxiter": 1200, "maxfev": 1200, "xatol": 1e-6, "fatol": 1e-7}
    ends = [optimize.minimize(loss, np.asarray(s), method="Nelder-Mead", options=options) for s in starts]
    best = min(ends, key=lambda e: float(e.fun))
    return np.asarray(best.x, dtype=float), float(best.fun)


def bgnbd_log_likelihood(params: Sequence[float], x: Array, t_x: Array, age: Array, weight: Array) -> float:
    """Sum of ln L over customers for (r, alpha, a, b), without the terms that hold no parameter."""
    r, alpha, a, b = params
    again = np.maximum(x, 1)
    stay = -(r + x) * np.log(alpha + age)
    leave = math.log(a) - np.log(b + again - 1) - (r + x) * np.log(alpha + t_x)
    both = np.where(x > 0, np.logaddexp(stay, leave), stay)
    counts = gammaln(r + x) - gammaln(r) + r * math.log(alpha) + betaln(a, b + x) - betaln(a, b)
    return float(np.sum(weight * (counts + both)))


def fit_bgnbd(x: ArrayLike, t_x: ArrayLike, age: ArrayLike) -> BgNbd:
    """Maximum likelihood over logs of the parameters, two starts. Equal customers are counted once with a weight.

    CDNOW (2,357 customers): r .2426, alpha 4.4135, a .7929, b 2.4258, ln L -9582.43.
    """
    columns = np.column_stack(_columns(x, t_x, age))
    distinct, counts = np.unique(columns, axis=0, return_counts=True)
    xs, ts, ages = distinct.T
    weight = counts.astype(float)
    scale = max(1.0, float(ages.max()) / 10)
    ts, ages = ts / scale, ages / scale

    def loss(logs: Array) -> float:
        if np.abs(logs).max() > BOUND:
            return math.inf
        return -bgnbd_log_likelihood(np.exp(logs).tolist(), xs, ts, ages, weight) / len(columns)

    best, _ = _search(loss, [[0.0, 0.0, 0.0, 0.5], [-1.0, 0.5, -0.5, 1.0]])
    r, alpha, a, b = (float(v) for v in np.exp(best))
    alpha *= scale
    total = bgnbd_log_likelihood((r, alpha, a, b), xs, ts * scale, ages * scale, weight)
    return BgNbd(r, alpha, a, b, total, len(columns))


def gamma_gamma_log_likelihood(params: Sequence[float], x: Array, mean: Array) -> float:
    """Sum of ln L over customers for (p, q, v); x >= 1 purchases of mean money m > 0."""
    p, q, v = params
    px = p * x
    total = gammaln(px + q) - gammaln(px) - gammaln(q) + q * math.log(v)
    total += (px - 1) * np.log(mean) + px * np.log(x) - (px + q) * np.log(x * mean + v)
    return float(np.sum(total))


def fit_gamma_gamma(x: ArrayLike, mean: ArrayLike) -> GammaGamma | None:
    """Maximum likelihood on customers with a repeat purchase (x >= 1, m > 0); None if there are none.

    CDNOW: p 6.2488, q 3.7446, v 15.4477, ln L -4055.92, n 946.
    """
    xs, ms = _columns(x, mean)
    used = (xs >= 1) & (ms > 0)
    xs, ms = xs[used], ms[used]
    if len(xs) < 2 or np.ptp(ms) == 0:
        return None
    scale = float(ms.mean())
    ms = ms / scale

    def loss(logs: Array) -> float:
        if np.abs(logs).max() > BOUND:
            return math.inf
        return -gamma_gamma_log_likelihood(np.exp(logs).tolist(), xs, ms) / len(xs)

    best, _ = _search(loss, [[0.0, 0.7, 0.0], [1.5, 1.2, -0.5]])
    p, q, v = (float(n) for n in np.exp(best))
    varied = np.ptp(xs) > 0
    correlation = float(np.corrcoef(xs, ms)[0, 1]) if varied else None
    total = gamma_gamma_log_likelihood((p, q, v * scale), xs, ms * scale)
    return GammaGamma(p, q, v * scale, total, len(xs), correlation)
