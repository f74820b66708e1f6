"""Control points moved by hand, and whether the moved path still reaches the goal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Literal

from crmkpi.targets.target import OwnPoint

PathVerdict = Literal["reaches", "short", "overshoots"]
# a total that misses the goal by less is rounding
SLACK = 1e-6


def planned(points: Sequence[OwnPoint], grain: str, day: date) -> float | None:
    """The value a person set for the control point of this grain that ends on the day; None = not moved."""
    return next((p.value for p in points if p.grain == grain and p.day == day), None)


def path_verdict(values: Sequence[float], goal: float, up: bool, total: bool) -> PathVerdict:
    """Whether the control points of one grain still lead to the goal.

    A level: the last point must be on the good side of the goal. A total: the points must add up to it; more of a
    total that may grow (less of one that must stay small) is fine as well and called so.
    """
    reached = math.fsum(values) if total else values[-1]
    slack = SLACK * max(1.0, abs(goal))
    if abs(reached - goal) <= slack:
        return "reaches"
    return "overshoots" if (reached > goal) == up else "short"
