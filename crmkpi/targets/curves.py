"""Paths from a baseline to a goal. Every function gives values at k = 0..h: the first is B, the last is T."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from crmkpi.errors import CrmKpiError

STEEPNESS, MIDDLE = 10.0, 0.5
# share of the way that passes before a lagged effect begins
LAG_SHARE = 0.25


class ImpossibleShapeError(CrmKpiError):
    """This curve cannot join these two values: `shape`, `baseline`, `goal`."""

    code = "impossible_shape"


def linear(baseline: float, goal: float, u: float) -> float:
    """B + (T - B) u."""
    return baseline + (goal - baseline) * u


def power(baseline: float, goal: float, u: float, gamma: float = 2.0) -> float:
    """B + (T - B) u^gamma; gamma > 1 leaves most of the way to the end."""
    return baseline + (goal - baseline) * u**gamma


def geometric(baseline: float, goal: float, u: float) -> float:
    """B (T/B)^u: the same per cent every period. Both must be positive."""
    if baseline <= 0 or goal <= 0:
        raise ImpossibleShapeError(shape="geometric", baseline=baseline, goal=goal)
    return baseline * (goal / baseline) ** u


def logit_linear(baseline: float, goal: float, u: float) -> float:
    """Equal steps of the log-odds: the honest line of a share. Both must lie inside (0, 1)."""
    if not (0 < baseline < 1 and 0 < goal < 1):
        raise ImpossibleShapeError(shape="logit", baseline=baseline, goal=goal)
    low, high = math.log(baseline / (1 - baseline)), math.log(goal / (1 - goal))
    return 1 / (1 + math.exp(-(low + (high - low) * u)))


def s_curve(baseline: float, goal: float, u: float) -> float:
    """Slow, fast, slow: [sg(s(u-m)) - sg(-sm)] / [sg(s(1-m)) - sg(-sm)], s = 10, m = .5."""

    def sigmoid(x: float) -> float:
        return 1 / (1 + math.exp(-x))

    first, last = sigmoid(-STEEPNESS * MIDDLE), sigmoid(STEEPNESS * (1 - MIDDLE))
    share = (sigmoid(STEEPNESS * (u - MIDDLE)) - first) / (last - first)
    return baseline + (goal - baseline) * share


def lagged(k: float, h: float, lag: float) -> float:
    """u of a way that begins after `lag` periods: max(0, (k - l) / (h - l))."""
    return max(0.0, (k - lag) / (h - lag)) if h > lag else float(k >= h)


CURVES: dict[str, Callable[[float, float, float], float]] = {
    "linear": linear,
    "geometric": geometric,
    "logit": logit_linear,
    "s_curve": s_curve,
    "lag": lambda b, t, u: linear(b, t, lagged(u, 1.0, LAG_SHARE)),
}


def path(baseline: float, goal: float, steps: int, shape: str) -> list[float]:
    """Values at k = 0..steps of a named curve; the ends are exact."""
    curve = CURVES[shape]
    inner = [curve(baseline, goal, k / steps) for k in range(1, steps)]
    return [baseline, *inner, goal] if steps > 0 else [baseline]


def seasonal_path(baseline: float, goal: float, index: Sequence[float], shape: str = "linear") -> list[float]:
    """A level target for the last period of a seasonal series.

    `index` = S_0 .. S_h (mean 1 over a cycle). The curve runs between the de-seasonalised ends B/S_0 and
    T/S_h, each value is put back into its season: y_k = d_k S_k.
    """
    smooth = path(baseline / index[0], goal / index[-1], len(index) - 1, shape)
    values = [d * s for d, s in zip(smooth, index, strict=True)]
    return [baseline, *values[1:-1], goal] if len(values) > 1 else [baseline]
