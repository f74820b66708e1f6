"""Parts of a line about spans of days: «на 2 % в месяц», a change that repeats, and «более 90 дней», a pause."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from crmkpi.targets.language import USED, Line, either
from crmkpi.targets.resolve import last_full
from crmkpi.targets.wish_change import NUM, Change

_PAUSE_UNIT = "|".join(either(f"due.{unit}") for unit in ("day", "month", "week"))
_PAUSE = rf"{either('pause.more')}\s*(?P<n>{NUM})\s*(?P<unit>{_PAUSE_UNIT})"


def pause_days(text: str) -> int | None:
    """N of «не совершавших покупок более 90 дней», "inactive for over 3 months" (a month = 30 days)."""
    idle, found = re.search(either("pause.idle"), text), re.search(_PAUSE, text)
    if found is None or (idle is None and ">" not in found.group()):
        return None
    number = int(float(found["n"].replace(" ", "").replace(",", ".")))
    if re.fullmatch(either("due.month"), found["unit"]):
        return number * 30
    return number * 7 if re.fullmatch(either("due.week"), found["unit"]) else number


def take_pause(line: Line) -> None:
    """Use up «больше 90 дней»; where the days already belong to the metric's name, the word before them."""
    if line.take(_PAUSE) is None:
        line.take(rf"{either('pause.more')}\s*(?={USED})")


def repeats(line: Line, change: Change) -> str | None:
    """Grain of «на 2 % в месяц»: only a change in per cent or points repeats; «10 млн в месяц» is a level."""
    value = change.value
    if value is None or value.unit == "number" or change.factor or change.kind not in ("by", "change_least"):
        return None
    found = line.take(either("words.per_period"))
    if found is None:
        return None
    for grain, root in (("week", "недел|week"), ("quarter", "кварт|quarter")):
        if re.search(root, found.group()):
            return grain
    return "month"


def steps_to_due(grain: str | None, fields: Mapping[str, Any], today: date) -> int:
    """Periods from the last complete one to the due date; 0 where nothing repeats or no date is known."""
    if grain is None or "due" not in fields:
        return 0
    period, last = last_full(today, grain), last_full(fields["due"], grain)
    count = 0
    while period.last < last.last:
        period, count = period.next(), count + 1
    return count


def compounded(change: float, kind: str, steps: int) -> float:
    """A change repeated every period: per cent multiply, (1 + c)^n - 1; points add up."""
    return round(change * steps if kind == "points" else (1 + change) ** steps - 1, 12)
