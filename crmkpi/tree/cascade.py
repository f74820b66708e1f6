"""Cascade: what every driver must become for the root to reach its goal (methods.md 2).

The growth of a product is shared out in logarithms; a general tree is solved for one number lambda, with the
leaves at x0 exp(lambda beta), on the exactly evaluated identities. Beliefs pass a goal down only with a known
elasticity.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.optimize import brentq

from crmkpi.catalog.trees import Node
from crmkpi.tree.attribution import Values, attribute_tree
from crmkpi.tree.whatif import Evaluator

# weight of a driver by who controls it, for the spread of section 2
CONTROL = {"yes": 1.0, "partly": 0.5, "no": 0.0}
MIN_POINTS = 24  # below this an elasticity is a guess
MAX_LAG = 2
# prior of an elasticity: around 0 with this sd; the ridge that pulls a noisy estimate to 0
PRIOR_SD = 1.0
# exponents beyond this mean a growth of e^50: no honest plan is there
MAX_EXPONENT = 50.0


@dataclass(frozen=True)
class Spread:
    """Growth of each factor in logarithms. If not reachable, the best that the caps allow, and its log growth."""

    growth: tuple[float, ...]
    reachable: bool
    best: float

    @property
    def best_share(self) -> float:
        """The best reachable growth as a share: .2092 is +20.92 %."""
        return math.expm1(self.best)


def equal_growth(goal: float, count: int) -> tuple[float, ...]:
    """The same growth for every factor: ln growth of the root / number of factors. `goal` = ln(R*/R0)."""
    return (goal / count,) * count


def least_implausible(
    goal: float,
    spreads: Sequence[float],
    low: Sequence[float] | None = None,
    high: Sequence[float] | None = None,
) -> Spread:
    """Factor growths g with sum `goal` that minimise sum (g/s)^2 inside their caps: g = clip(lambda s^2).

    `goal` = ln(R*/R0); `spreads` = controllability x volatility of ln x over the horizon (0 = cannot be moved);
    `low`, `high` = caps in logarithms. Lambda by bisection; a goal outside the caps is reported with the best one.
    """
    s2 = [s * s for s in spreads]
    lows = list(low) if low is not None else [-math.inf] * len(s2)
    highs = list(high) if high is not None else [math.inf] * len(s2)

    def at(scale: float) -> list[float]:
        return [min(max(scale * w, a), b) if w > 0 else 0.0 for w, a, b in zip(s2, lows, highs, strict=True)]

    for caps, beyond in ((highs, 1.0), (lows, -1.0)):
        ends = [cap if w > 0 else 0.0 for cap, w in zip(caps, s2, strict=True)]
        most = math.fsum(ends)
        if (goal - most) * beyond > 0:
            return Spread(tuple(ends), False, most)
    left, right = _bracket(goal, lambda scale: math.fsum(at(scale)))
    for _ in range(200):
        middle = (left + right) / 2
        if math.fsum(at(middle)) < goal:
            left = middle
        else:
            right = middle
    return Spread(tuple(at((left + right) / 2)), True, goal)


def _bracket(goal: float, total: Callable[[float], float]) -> tuple[float, float]:
    reach = 1.0
    while not total(-reach) <= goal <= total(reach):
        reach *= 2
    return -reach, reach


def by_cost(goal: float, costs: Sequence[float]) -> Spread:
    """Cheapest path: as least_implausible with s^2 replaced by 1 / cost of one per cent of effort."""
    return least_implausible(goal, [math.sqrt(1.0 / cost) for cost in costs])


def most_likely(
    goal: float, mean: Sequence[float], covariance: Sequence[Sequence[float]]
) -> tuple[float, ...]:
    """The way in which the past would most likely produce the goal: the conditional mean of a normal.

    g = mu + C1 (G - 1'mu) / (1'C1). `mean` and `covariance` of the factors' log growths over the horizon.
    """
    mu, c = np.asarray(mean, dtype=float), np.asarray(covariance, dtype=float)
    pull = c.sum(axis=1)
    return tuple(float(x) for x in mu + pull * (goal - mu.sum()) / pull.sum())


@dataclass(frozen=True)
class Cascade:
    """What the tree must become. `values`: metric -> value at the goal, for every identity node.

    growth: ln growth of each leaf that moves; scale: lambda; reachable False: the caps end before the goal and
    `values` hold the best there is; best: the root's value reached.
    """

    values: dict[str, float | None]
    growth: dict[str, float]
    scale: float
    reachable: bool
    best: float


def leaf_betas(
    root: Node, values: Values, volatility: Mapping[str, float], control: Mapping[str, str]
) -> dict[str, float]:
    """Strength of each leaf: sign x (controllability x volatility)^2, the sign from what helps the root.

    `volatility`: sd of the metric's log change over the horizon; `control`: yes | partly | no per metric.
    """
    evaluator = Evaluator(root, values)
    multipliers = _multipliers(root, values)
    betas: dict[str, float] = {}
    for metric in evaluator.leaves:
        spread = CONTROL.get(control.get(metric, "no"), 0.0) * volatility.get(metric, 0.0)
        if spread > 0 and multipliers.get(metric):
            betas[metric] = math.copysign(spread * spread, multipliers[metric])
    return betas


def _multipliers(root: Node, values: Values) -> dict[str, float]:
    by_id = attribute_tree(root, values, values).multipliers
    out: dict[str, float] = {}
    for node in root.walk():
        if node.id in by_id:
            out[node.metric] = out.get(node.metric, 0.0) + by_id[node.id]
    return out


def propagate(
    root: Node,
    values: Values,
    goal: float,
    betas: Mapping[str, float],
    caps: Mapping[str, tuple[float, float]] | None = None,
) -> Cascade | None:
    """Carry a goal of the root down to its leaves: x = x0 exp(clip(lambda beta)), one lambda by Brent.

    `values`: current value per metric; `goal`: the root's goal in its unit; `betas`: strength per leaf metric with
    the sign that helps the root (see leaf_betas); `caps`: lowest and highest ln growth per leaf (a rate below one:
    high = -ln x0). Exact for sums, products, ratios and complements. None if the root or every beta is unknown.
    """
    evaluator = Evaluator(root, values)
    start = values.get(root.metric)
    movable = {m: b for m, b in betas.items() if b and m in evaluator.leaves and values.get(m)}
    if start is None or not movable:
        return None

    def growth(scale: float) -> dict[str, float]:
        found = {}
        for metric, beta in movable.items():
            low, high = (caps or {}).get(metric, (-math.inf, math.inf))
            found[metric] = min(max(scale * beta, low), high)
        return found

    def at(scale: float) -> dict[str, float | None]:
        moved = {m: (values[m] or 0.0) * math.exp(g) for m, g in growth(scale).items()}
        return evaluator(moved)

    def miss(scale: float) -> float:
        value = at(scale)[root.metric]
        return math.nan if value is None else value - goal

    scale, reachable = _solve(miss, start - goal, max(abs(b) for b in movable.values()))
    found = at(scale)
    return Cascade(found, growth(scale), scale, reachable, found[root.metric] or 0.0)


def _solve(miss: Callable[[float], float], start: float, strongest: float) -> tuple[float, bool]:
    """Lambda with miss(lambda) = 0, and whether there is one; else the lambda that comes nearest."""
    if start == 0:
        return 0.0, True
    direction = 1.0 if start < 0 else -1.0
    limit = MAX_EXPONENT / strongest
    inner, outer = 0.0, direction * limit / 2**12
    best = (abs(start), 0.0)
    while abs(outer) <= limit:
        value = miss(outer)
        if math.isnan(value):
            break
        best = min(best, (abs(value), outer))
        if value * start <= 0:
            return float(brentq(miss, inner, outer, xtol=1e-12, rtol=1e-14)), True
        inner, outer = outer, outer * 2
    return best[1], False


@dataclass(frozen=True)
class Elasticity:
    """d ln(parent) per d ln(child), its standard error, the lag in periods, points used, and who says so."""

    value: float
    error: float
    lag: int = 0
    points: int = 0
    grade: str = "typed"  # typed | experiment | estimated


def below_influence(growth: float, elasticity: Elasticity | None) -> float | None:
    """ln growth a child needs for its parent to grow by `growth`: g / elasticity.

    None without an elasticity (or with one of zero): the goal stops there, and the screen says so.
    """
    if elasticity is None or elasticity.value == 0:
        return None
    return growth / elasticity.value


def estimate_elasticity(
    parent: Sequence[float | None], child: Sequence[float | None], max_lag: int = MAX_LAG
) -> Elasticity | None:
    """Regress d ln(parent) on d ln(child) at lags 0..2, pulled to 0 by a ridge; the best lag is returned.

    Both series are of one grain, oldest first, None = unknown. None with fewer than 24 usable points. The grade is
    `estimated`: a correlation, not a cause.
    """
    dp, dc = _log_changes(parent), _log_changes(child)
    fits = [fit for lag in range(max_lag + 1) if (fit := _ridge(dp, dc, lag)) is not None]
    return max(fits, key=lambda fit: abs(fit.value) / fit.error if fit.error else math.inf, default=None)


def _log_changes(series: Sequence[float | None]) -> list[float]:
    logs = [math.log(v) if v is not None and v > 0 else math.nan for v in series]
    return [b - a for a, b in pairwise(logs)]


def _ridge(parent: list[float], child: list[float], lag: int) -> Elasticity | None:
    pairs = [
        (x, y)
        for x, y in zip(child[: len(child) - lag], parent[lag:], strict=False)
        if not math.isnan(x) and not math.isnan(y)
    ]
    if len(pairs) < MIN_POINTS:
        return None
    x, y = np.asarray(pairs, dtype=float).T
    x, y = x - x.mean(), y - y.mean()
    sxx = float(x @ x)
    if sxx == 0:
        return None
    plain = float(x @ y) / sxx
    noise = float(((y - plain * x) ** 2).sum()) / (len(pairs) - 2)
    strength = sxx + noise / PRIOR_SD**2
    return Elasticity(float(x @ y) / strength, math.sqrt(noise / strength), lag, len(pairs), "estimated")
