"""The path of a target: milestones with their band, what really happened, the goal."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PathPoint:
    """One milestone: planned value with its band and the actual one (None = not yet known).

    `later`: what happened after the day the screen is set to (None when it shows today).
    """

    label: str
    tick: str
    planned: float | None
    planned_text: str
    low: float | None = None
    high: float | None = None
    actual: float | None = None
    actual_text: str = ""
    status: str = "neutral"
    status_text: str = ""
    later: float | None = None
    later_text: str = ""


@dataclass(frozen=True)
class TargetPath:
    """History before the target, milestones after it, and the goal."""

    points: tuple[PathPoint, ...]
    goal: float
    goal_text: str
    unit: str
