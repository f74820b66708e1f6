"""By when: «за квартал», «к концу года», "by end of Q1", "in 3 months", «до 31 марта» become a date.

A length of time counts from today and ends with the period nearest to it; a bare «за квартал» is the quarter
that can still be worked in. What had to be assumed is said with the other reading beside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from crmkpi.periods import DAY, Period, period_of
from crmkpi.targets.language import Line, either, listed, numbered

ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
LENGTHS = {"day": 1, "week": 7, "month": 30.4375, "quarter": 91.3125, "half_year": 182.625, "year": 365.25}
NUMBER = r"(?<![\w.,])\d{1,4}(?![\w]|[.,]\d)"


@dataclass(frozen=True)
class Due:
    """A date read from words. `other` = the second reading where there was a choice; `grain` = the step it hints at."""

    day: date
    other: date | None = None
    grain: str | None = None


def take_due(line: Line, today: date) -> Due | None:
    """Take the words of a due date out of a line; None if there are none."""
    for reader in (
        _written_date,
        _end_of,
        _named_quarter,
        _new_year,
        _month_name,
        _year_number,
        _length,
        _this,
    ):
        found = reader(line, today)
        if found is not None:
            return found
    return None


def take_date(line: Line, before: str, today: date) -> date | None:
    """Take a written date that follows some words («точка старта на 31 декабря 2025»)."""
    found = line.take(rf"{before}\s*{_DATE}")
    return _as_date(found, today, future=False) if found else None


_YEAR = r"(?:\s*(?:г\.|года?|г|year)(?!\w))?"
_DATE = (
    r"(?:(?P<iy>\d{4})-(?P<im>\d{2})-(?P<id>\d{2})(?!\d)"
    r"|(?P<dd>\d{1,2})[./](?P<dm>\d{1,2})[./](?P<dy>\d{4}|\d{2})(?!\d)"
    rf"|(?P<wd>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<wm>{listed('months')})(?:,?\s+(?P<wy>\d{{4}}){_YEAR})?"
    rf"|(?P<em>{listed('months')})\s+(?P<ed>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:,?\s+(?P<ey>\d{{4}}))?)"
)


# «до 31.03» is a day, «до 1.5 млн» and «до 2.25 %» are not
_SHORT = (
    r"(?P<dd>\d{1,2})[./](?P<dm>0\d|1[0-2])(?![\d./])"
    rf"(?!\s*(?:%|{'|'.join(either(f'unit.{u}') for u in ('points', 'thousand', 'million', 'billion', 'other'))}))"
)


def _written_date(line: Line, today: date) -> Due | None:
    found = line.take(rf"{either('due.by')}\s+{_SHORT}") or line.take(
        rf"(?:(?:{either('due.by')})\s+)?(?<![\w.,]){_DATE}"
    )
    day = _as_date(found, today) if found else None
    return Due(day) if day else None


def _as_date(found: re.Match[str], today: date, future: bool = True) -> date | None:
    """A date from its parts; without a year the next such day after today. None if there is no such day."""
    parts = found.groupdict()
    for day, month, year in (("id", "im", "iy"), ("dd", "dm", "dy"), ("wd", "wm", "wy"), ("ed", "em", "ey")):
        if parts.get(day) is None:
            continue
        number = int(parts[month]) if parts[month].isdigit() else numbered("months", parts[month])
        assert number is not None
        return _dated(parts.get(year), number, int(parts[day]), today, future)
    return None


def _dated(year: str | None, month: int, day: int, today: date, future: bool) -> date | None:
    try:
        if year is not None:
            return date(int(year) + (2000 if len(year) == 2 else 0), month, day)
        found = date(today.year, month, day)
        return found.replace(year=today.year + 1) if future and found <= today else found
    except ValueError:
        return None


_UNITS = "|".join(f"(?P<u_{name}>{either(f'due.{name}')})" for name in LENGTHS)


def _unit(found: re.Match[str]) -> str:
    return next(name for name in LENGTHS if found.groupdict().get(f"u_{name}") is not None)


def _end_of(line: Line, today: date) -> Due | None:
    """«к концу года», "by end of Q1 2026", «до конца марта», "by the end of next quarter"."""
    head = rf"(?:{either('due.by')}\s+)?{either('due.end_of')}\s+"
    found = line.take(rf"{head}{_QUARTER}") or line.take(r"(?<!\w)(?:by|until)?\s*(?:eo(?P<eo>[qmy]))(?!\w)")
    if found is not None:
        if found.groupdict().get("eo"):
            return Due(period_of(today + DAY, {"q": "quarter", "m": "month", "y": "year"}[found["eo"]]).last)
        return Due(_quarter_end(found, today))
    found = line.take(rf"{head}(?P<m>{listed('months')})(?:\s+(?P<y>\d{{4}}){_YEAR})?")
    if found is not None:
        return Due(_month_end(found, today))
    found = line.take(rf"{head}(?P<y>20\d\d){_YEAR}")
    if found is not None:
        return Due(date(int(found["y"]), 12, 31))
    found = line.take(rf"{head}(?:(?P<next>{either('due.next')})|{either('due.this')})?\s*(?:{_UNITS})")
    found = found or line.take(rf"{either('due.by')}\s+(?P<next>(?!))?(?:{_UNITS})\s+end")
    if found is None:
        return None
    return Due(_end_of_unit(_unit(found), today, skip=bool(found["next"])))


def _end_of_unit(unit: str, today: date, skip: bool) -> date:
    """Last day of the running (or the next) period; a period that ends today counts as over."""
    if unit == "half_year":
        ends = [date(today.year, 6, 30), date(today.year, 12, 31), date(today.year + 1, 6, 30)]
        ahead = [day for day in [*ends, date(today.year + 1, 12, 31)] if day > today]
        return ahead[1 if skip else 0]
    period = period_of(today + DAY, unit)
    return period.next().last if skip else period.last


_QUARTER = (
    rf"(?:q(?P<q>[1-4])|(?P<n>[1-4])(?:-\w{{1,3}}|st|nd|rd|th)?\s*{either('due.quarter')}"
    rf"|(?P<r>iv|i{{1,3}})\s+{either('due.quarter')}|(?P<o>{listed('ordinals')})\s+{either('due.quarter')})"
    rf"(?:\s*,?\s*(?P<y>20\d\d){_YEAR})?"
)


def _named_quarter(line: Line, today: date) -> Due | None:
    found = line.take(rf"(?:{either('due.inside')}|{either('due.by')})\s+{_QUARTER}")
    return Due(_quarter_end(found, today)) if found else None


def _quarter_end(found: re.Match[str], today: date) -> date:
    parts = found.groupdict()
    number = int(parts["q"] or parts["n"] or 0) or ROMAN.get(parts["r"] or "", 0)
    number = number or numbered("ordinals", parts["o"]) or 1
    year = int(parts["y"]) if parts["y"] else today.year
    day = period_of(date(year, 3 * number, 1), "quarter").last
    return day if parts["y"] or day > today else period_of(date(year + 1, 3 * number, 1), "quarter").last


def _month_end(found: re.Match[str], today: date) -> date:
    month = numbered("months", found["m"])
    assert month is not None
    year = int(found["y"]) if found["y"] else today.year
    day = period_of(date(year, month, 1), "month").last
    return day if found["y"] or day > today else period_of(date(year + 1, month, 1), "month").last


def _new_year(line: Line, today: date) -> Due | None:
    found = line.take(rf"{either('due.by')}\s+(?:the\s+)?{either('due.new_year')}")
    return Due(period_of(today + DAY, "year").last) if found else None


def _month_name(line: Line, today: date) -> Due | None:
    """«в марте» is its end; «к марту» is the day before it begins, or its end: the second reading is kept."""
    tail = rf"(?P<m>{listed('months')})(?:\s+(?P<y>\d{{4}}){_YEAR})?"
    found = line.take(rf"{either('due.by')}\s+{tail}")
    if found is not None:
        end = _month_end(found, today)
        before = period_of(end, "month").first - DAY
        return Due(before, end) if before > today else Due(end)
    found = line.take(rf"(?:{either('due.inside')})\s+{tail}")
    return Due(_month_end(found, today)) if found else None


def _year_number(line: Line, today: date) -> Due | None:
    found = line.take(rf"{either('due.inside')}\s+(?P<y>20\d\d){_YEAR}(?![\w.])")
    if found is not None:
        return Due(date(int(found["y"]), 12, 31))
    found = line.take(
        rf"{either('due.by')}\s+(?P<y>20\d\d)(?:\s*(?:г\.|год[уа]?|г|year)(?!\w))?(?![\w.]|\s*\d)"
    )
    return Due(date(int(found["y"]) - 1, 12, 31), date(int(found["y"]), 12, 31)) if found else None


def _length(line: Line, today: date) -> Due | None:
    """«за 3 месяца», "in 6 weeks", «за квартал»; also "6 weeks" with a number and nothing before it."""
    count = rf"(?P<n>{NUMBER}|{listed('numbers')})"
    found = line.take(rf"{either('due.within')}\s+(?:{count}\s+)?(?:{_UNITS})")
    if found is None:
        return None
    unit = _unit(found)
    if found["n"] is None or numbered("numbers", found["n"]) == 1:
        return _one(unit, today)
    number = int(found["n"]) if found["n"].isdigit() else numbered("numbers", found["n"])
    return _after(float(number or 1), unit, today)


def _one(unit: str, today: date) -> Due:
    """«За квартал»: the running one while half of it is ahead, else the next; the other is kept."""
    if unit in ("day", "half_year"):
        return _after(1, unit, today)
    running: Period = period_of(today + DAY, unit)
    grain = "week" if unit == "week" else None
    if (running.last - today).days * 2 >= running.days:
        return Due(running.last, running.next().last, grain)
    return Due(running.next().last, running.last, grain)


def _after(count: float, unit: str, today: date) -> Due:
    """Today plus a length, moved to the nearest end of a month (of a week for days and weeks)."""
    day = today + timedelta(days=round(count * LENGTHS[unit]))
    grain = "week" if unit in ("day", "week") and count * LENGTHS[unit] < 75 else "month"
    period = period_of(day, grain)
    before = period.first - DAY
    near = before if before > today and (day - before) < (period.last - day) else period.last
    return Due(near, None, "week" if grain == "week" else None)


def _this(line: Line, today: date) -> Due | None:
    """«в этом квартале», "next month"."""
    head = rf"(?:(?:{either('due.inside')})\s+)?"
    found = line.take(rf"{head}(?:(?P<next>{either('due.next')})|{either('due.this')})\s+(?:{_UNITS})")
    if found is None:
        return None
    return Due(_end_of_unit(_unit(found), today, skip=bool(found["next"])))
