"""Values typed or pasted as text, a date and a number on each line, for a KPI that no file feeds."""

from __future__ import annotations

import re
from datetime import date

from crmkpi.errors import CrmKpiError
from crmkpi.periods import BadPeriodError, parse_period

DAY_FIRST = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})")
MONTH_FIRST = re.compile(r"(\d{1,2})[./](\d{4})")
DATE = re.compile(
    r"\s*(\d{1,2}[./]\d{1,2}[./]\d{4}|\d{1,2}[./]\d{4}|\d{4}-[0-9WQ-]+|\d{4}(?=[\s;\t:]))[\s;:,\t]*"
)
NOISE = re.compile(r"[\s\u00a0\u202f%₽$€£₸]|руб\.?")
NUMBER = re.compile(r"[-+−]?\d+(?:[.,]\d+)*")


class TypedLineError(CrmKpiError):
    """A line is not a date and a number: `number` (1-based), `line`."""

    code = "typed_line"


class TypedFutureError(CrmKpiError):
    """A value for a day that has not come: `number`, `day`, `today`."""

    code = "typed_future"


def read_values(text: str, today: date, percent: bool, comma: bool) -> tuple[tuple[date, float], ...]:
    """Date and value of every line, in order of the days; of two values of one day the later line counts.

    A date is a day (31.10.2026, 2026-10-31), or a period that stands for its last day (10.2026, 2026-10, 2026-W44,
    2026-Q3). percent: values are per cent and become shares. comma: a single comma is a decimal one (Russian).
    Errors: TypedLineError, TypedFutureError; nothing is taken half.
    """
    found: dict[date, float] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        day, value = _line(line, comma) or (None, 0.0)
        if day is None:
            raise TypedLineError(number=number, line=line.strip()[:60])
        if day > today:
            raise TypedFutureError(number=number, day=day, today=today)
        found[day] = round(value / 100, 12) if percent else value
    return tuple(sorted(found.items()))


def _line(line: str, comma: bool) -> tuple[date, float] | None:
    head = DATE.match(line)
    if head is None:
        return None
    rest = NOISE.sub("", line[head.end() :]).replace("−", "-")
    if not NUMBER.fullmatch(rest):
        return None
    day = _day(head.group(1))
    return None if day is None else (day, _number(rest, comma))


def _day(text: str) -> date | None:
    """The day, the last day of a named period, or None where there is no such day."""
    full, month = DAY_FIRST.fullmatch(text), MONTH_FIRST.fullmatch(text)
    try:
        if full:
            return date(int(full[3]), int(full[2]), int(full[1]))
        if month:
            return parse_period(f"{month[2]}-{int(month[1]):02}").last
        return parse_period(text).last
    except (ValueError, BadPeriodError):
        return None


def _number(text: str, comma: bool) -> float:
    """«1234,5» and «1,234.5»; one comma with three digits after it is a thousand unless commas are decimal."""
    groups = text.split(",")
    thousands = len(groups) > 2 or (
        len(groups) == 2 and ("." in groups[1] or (not comma and len(groups[1]) == 3))
    )
    text = text.replace(",", "" if thousands else ".")
    whole, dot, part = text.rpartition(".")
    return float(whole.replace(".", "") + dot + part)


def values_text(values: tuple[tuple[date, float], ...], percent: bool, comma: bool) -> str:
    """The same values as lines to edit: «31.10.2026 18,5»."""
    lines = []
    for day, value in values:
        shown = f"{round(value * 100, 10) if percent else value:.12g}"
        lines.append(f"{day:%d.%m.%Y} {shown.replace('.', ',') if comma else shown}")
    return "\n".join(lines)
