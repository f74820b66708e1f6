"""A metric over time, ready to draw: values with their printed texts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class SeriesPoint:
    """One period. `tick` is its short name under the axis; incomplete periods are drawn hatched.

    `compare` = the same period of the comparison (a year earlier), None where there is none. `events`: what was
    started in the period, printed over it; `first` and `last` day, None where the point is no calendar period.
    """

    label: str
    tick: str
    value: float | None
    text: str
    complete: bool = True
    compare: float | None = None
    compare_text: str = ""
    events: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None
