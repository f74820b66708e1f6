"""How far the goal is: absolute, relative, in sigmas of own history, and whether to go there in stages."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from crmkpi.periods import Period
from crmkpi.targets.history import History
from crmkpi.targets.settings import TargetSettings

Rating = Literal["small", "medium", "large", "very_large"]
RATINGS: tuple[Rating, ...] = ("small", "medium", "large", "very_large")
DAYS_IN_MONTH = 30.4375
DAYS_IN_WEEK = 7


@dataclass(frozen=True)
class Gap:
    """Goal minus now.

    absolute in the metric's unit; relative to now (None when now is 0); `z` on the transformed scale; sigmas =
    |z| over the sigma of h-period changes; stages 1 = no split. `split_reasons` are codes.
    """

    absolute: float | None
    relative: float | None
    z: float | None
    sigmas: float | None
    rating: Rating | None
    stages: int
    split_reasons: tuple[str, ...] = ()


def gap_of(
    now: float | None,
    goal: float,
    history: History,
    periods_left: int,
    days_left: int,
    settings: TargetSettings,
    reached: bool = False,
    at: Period | None = None,
    due: Period | None = None,
) -> Gap:
    """The gap of a goal (methods.md 5). `periods_left` = grain periods from now to the due one.

    `at`, `due`: the periods of the two values; given, the season between them is no part of z and sigmas.

    Rating: below .5 sigma small, 1.5 medium, 3 large, more very large. Unknown parts are None.
    """
    if now is None:
        return Gap(None, None, None, None, None, 1)
    absolute = goal - now
    relative = absolute / abs(now) if now != 0 else None
    z = history.distance(now, goal, at, due)
    sigma = history.sigma(max(periods_left, 1))
    sigmas = abs(z) / sigma if z is not None and sigma is not None else None
    if reached:
        # what remains is nothing, whatever the distance behind
        return Gap(absolute, relative, z, sigmas, "small", 1)
    reasons = _split_reasons(z, relative, sigmas, history, periods_left, days_left, settings)
    stages = _stages(z, history, days_left) if reasons else 1
    return Gap(absolute, relative, z, sigmas, rating(sigmas, settings), stages, reasons)


def rating(sigmas: float | None, settings: TargetSettings) -> Rating | None:
    """Word for a gap in sigmas; None when history does not give a sigma."""
    if sigmas is None:
        return None
    return RATINGS[sum(sigmas >= bound for bound in settings.rating_sigmas)]


def _split_reasons(
    z: float | None,
    relative: float | None,
    sigmas: float | None,
    history: History,
    periods_left: int,
    days_left: int,
    settings: TargetSettings,
) -> tuple[str, ...]:
    found = []
    if sigmas is not None and sigmas >= settings.split_sigmas:
        found.append("many_sigmas")
    best = history.improvement(0.9, up=z > 0) if z else None
    if z and best is not None and abs(z) / max(periods_left, 1) > best:
        found.append("faster_than_ever")
    if relative is not None and abs(relative) > settings.split_relative:
        found.append("large_relative")
    if days_left / DAYS_IN_MONTH > settings.split_months + 0.1:
        found.append("long_way")
    return tuple(found)


def _stages(z: float | None, history: History, days_left: int) -> int:
    """ceil(gap / p75 of one-period improvement), at least one a month, at most one a week (our finest point)."""
    months = max(1, round(days_left / DAYS_IN_MONTH))
    weeks = max(months, days_left // DAYS_IN_WEEK)
    usual = history.improvement(0.75, up=z > 0) if z else None
    needed = math.ceil(abs(z) / usual - 1e-9) if z and usual else 2
    return min(max(needed, months), weeks)
