"""Series of a made shop at every grain, and short ways to say a target, for the tests of this folder."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from typing import Any

from crmkpi.forecast.series import Point
from crmkpi.periods import periods_between
from crmkpi.targets.facts import Facts
from crmkpi.targets.target import Target

ORDERS = Facts(
    "orders_count", {"ru": "Заказы", "en": "Orders"}, "count", "up", "goal", "kpi", "sum", "strategic"
)
OPEN_RATE = Facts(
    "open_rate", {"ru": "Открываемость", "en": "Open rate"}, "share", "up", "operational", "process", "ratio",
    "tactical", splitting="level",
)  # fmt: skip
CUSTOMERS = Facts(
    "active_customers", {"ru": "Клиенты", "en": "Customers"}, "count", "up", "strategic", "kpi", "unique",
    "strategic", splitting="own",
)  # fmt: skip
CHURN = Facts(
    "churn_rate", {"ru": "Отток", "en": "Churn"}, "share", "down", "strategic", "kpi", "ratio", "strategic",
    splitting="own",
)  # fmt: skip


def target(**fields: Any) -> Target:
    """A target with the fewest fields: 1000 orders by the end of 2025."""
    return Target(**({"id": "t", "metric": "orders_count", "goal": 1000, "due": date(2025, 12, 31)} | fields))


def wave(day: date) -> float:
    """A day's sum: yearly season, Saturdays stronger, a little noise that is the same on every run."""
    season = 1 + 0.3 * math.cos(2 * math.pi * (day.timetuple().tm_yday - 350) / 365)
    noise = 1 + 0.2 * math.sin(day.toordinal() * 12.9898)
    return 20 * season * (1.5 if day.weekday() == 5 else 0.9) * noise


def sums(first: date, last: date, value: Callable[[date], float] = wave) -> dict[str, list[Point]]:
    """Day, week, month and quarter series of a sum; periods cut by the ends are not complete."""
    days = [p.first for p in periods_between(first, last, "day")]
    found: dict[str, list[Point]] = {}
    for grain in ("day", "week", "month", "quarter"):
        found[grain] = []
        for period in periods_between(first, last, grain):
            inside = [value(d) for d in days if period.contains(d)]
            found[grain].append(Point(period, math.fsum(inside), len(inside) == period.days))
    return found


def levels(first: date, last: date, value: Callable[[date], float]) -> dict[str, list[Point]]:
    """The same grains of a level: the value of each period's last day."""
    return {
        grain: [
            Point(p, value(min(p.last, last)), p.first >= first and p.last <= last)
            for p in periods_between(first, last, grain)
        ]
        for grain in ("day", "week", "month", "quarter")
    }
