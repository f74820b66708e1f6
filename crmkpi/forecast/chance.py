"""The chance of hitting a number, counted on simulated paths: P = (hits + 1) / (N + 2), never quite 0 or 1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from crmkpi.forecast.forecast import Forecast
from crmkpi.forecast.series import Array


def chance_at(forecast: Forecast, goal: float, at_least: bool, step: int = -1) -> float:
    """Chance that the value of one period (the last one by default) is on the good side of the goal."""
    return share_of(_good(forecast.paths[:, step], goal, at_least))


def chance_of_holding(forecast: Forecast, goal: float, at_least: bool) -> float:
    """Chance that every period stays on the good side of the goal."""
    return share_of(np.all(_good(forecast.paths, goal, at_least), axis=1))


def chance_of_total(
    forecast: Forecast, goal: float, at_least: bool, done: float, rest: Sequence[float]
) -> float:
    """Chance that the sum reaches the goal: `done` so far plus the rest of each period.

    `rest` [h] is the part of each forecast period still to come (1 for a period not begun).
    """
    return share_of(_good(done + forecast.paths @ np.asarray(rest, dtype=float), goal, at_least))


def share_of(hits: Array) -> float:
    """(hits + 1) / (N + 2): the mean chance after N draws when nothing was known before (Laplace)."""
    return (int(hits.sum()) + 1) / (len(hits) + 2)


def _good(values: Array, goal: float, at_least: bool) -> Array:
    return np.asarray(values >= goal if at_least else values <= goal)
