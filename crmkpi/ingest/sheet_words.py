"""The words of KPI sheets: plan and fact, totals, units, owners, and periods as people write them."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta
from functools import lru_cache

import polars as pl

from crmkpi.ingest.dates import date_form, moment
from crmkpi.ingest.table_choice import PERIOD

PLAN, FACT, DERIVED = "plan", "fact", "derived"
_PLAN = r"план|plan|planned|target|цель|планы|бюджет|budget"
_FACT = r"факт|fact|actual|actuals|результат|фактически|выполнено"
_DERIVED = re.compile(
    r"(?:%|процент|доля)?\s*(?:выполнени\w*|исполнени\w*|отклонени\w*|дельта|разниц\w*|прирост\w*|рост|темп\w*"
    r"|delta|variance|diff\w*|change|growth|achievement|attainment|completion|vs\.?)\b.*|%|Δ.*|±.*|[+]/-.*|yoy|mom|wow|г/г|м/м",
    re.IGNORECASE,
)
_ROLE = re.compile(rf"(?P<plan>{_PLAN})|(?P<fact>{_FACT})", re.IGNORECASE)
_MARK = r"[\s,;:()\[\]/–—-]+"
_ROLE_AT_END = re.compile(
    rf"(?P<rest>.+?){_MARK}(?:(?P<plan>{_PLAN})|(?P<fact>{_FACT}))[)\]\s.]*", re.IGNORECASE
)
_ROLE_AT_START = re.compile(
    rf"[(\[]?(?:(?P<plan>{_PLAN})|(?P<fact>{_FACT})){_MARK}(?P<rest>.+)", re.IGNORECASE
)
_UNIT = re.compile(
    r"(?P<rest>.+?)[\s,]*(?:[,(]\s*|\s(?=%|₽|\$|€))(?P<unit>%|₽|\$|€|(?:тыс\.?|млн\.?|млрд\.?)?\s*(?:руб\w*|р|₽|шт|чел|rub|usd|eur)\.?"
    r"|тыс\.?|млн\.?|млрд\.?|k|thousands?|m|mln|millions?|дн\w*\.?|days?|шт\.?|pcs\.?|percent|проц\w*\.?)\s*\)?",
    re.IGNORECASE,
)
_TOTAL = re.compile(
    r"(?:общий\s+)?(?:итог|итого|всего|total|grand total|sum|сумма|среднее|average|ytd|с начала года)\b.*",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?:показател|метрик|kpi|metric|indicator|наименовани|name)\w*", re.IGNORECASE)
_OWNER = re.compile(r"(?:ответственн|владелец|исполнитель|owner|responsible)\w*", re.IGNORECASE)
_UNIT_HEAD = re.compile(r"(?:ед\.?|единиц)\w*\.?\s*(?:изм\w*\.?|измерени\w*)?|units?", re.IGNORECASE)
_QUARTER = re.compile(
    r"(?:([1-4])\s*-?(?:й|ый)?\s*(?:кв|квартал|q)\.?|q([1-4]))[\s'.-]*((?:20)?\d{2})\s*(?:г\.?)?", re.I
)
_QUARTER_LATER = re.compile(r"(20\d{2})[\s-]*(?:q([1-4])|([1-4])\s*кв\.?)", re.I)
_WEEK = re.compile(r"(20\d{2})[\s-]*w(\d{1,2})|(?:нед|неделя|week|wk|w)\.?\s*(\d{1,2})\D+(20\d{2})", re.I)
_WEEK_FIRST = re.compile(r"(\d{1,2})\s*(?:нед|неделя)\.?\D+(20\d{2})", re.I)
_YEAR = re.compile(r"(20\d{2})\s*(?:г\.?|год)?", re.I)
# the days of most exports, known without asking polars about every cell
_PLAIN_DAY = re.compile(
    r"(?:(?P<y>(?:19|20)\d{2})-(?P<m>\d{2})-(?P<d>\d{2})|(?P<d2>\d{1,2})\.(?P<m2>\d{1,2})\.(?P<y2>(?:19|20)\d{2}))"
    r"(?:[ t]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
)
_MIDNIGHT = re.compile(r"[ T]00:00(?::00(?:\.0+)?)?$")
GRAINS = ("day", "week", "month", "quarter", "year")
# any year will do to see whether a header without one is a period
SOME_YEAR = 2024


def period_start(header: str, year: int | None = None) -> tuple[str, date] | None:
    """Grain and first day of a text that is a period, else None. `year` is for texts without one («март»).

    >>> period_start("1 кв. 2026")
    ('quarter', datetime.date(2026, 1, 1))
    """
    text = _MIDNIGHT.sub("", header.strip().lower())
    found = _dated(text)
    if found is None and year is not None and PERIOD.fullmatch(text):
        found = _dated(f"{text} {year}")
    return found


@lru_cache(maxsize=20_000)
def _dated(text: str) -> tuple[str, date] | None:
    if found := _YEAR.fullmatch(text):
        return "year", date(int(found[1]), 1, 1)
    if found := _QUARTER.fullmatch(text):
        return "quarter", date(_full_year(found[3]), 3 * int(found[1] or found[2]) - 2, 1)
    if found := _QUARTER_LATER.fullmatch(text):
        return "quarter", date(int(found[1]), 3 * int(found[2] or found[3]) - 2, 1)
    if found := _WEEK.fullmatch(text):
        return _week(int(found[1] or found[4]), int(found[2] or found[3]))
    if found := _WEEK_FIRST.fullmatch(text):
        return _week(int(found[2]), int(found[1]))
    if found := _PLAIN_DAY.fullmatch(text):
        return _plain_day(found)
    form = date_form(pl.DataFrame({"v": [text], "n": [1]}))
    if not form.formats or form.unclear:
        return None
    day = pl.select(moment(pl.lit(text), form.formats).dt.date()).item()
    return None if day is None else ("day" if "%d" in form.formats[0] else "month", day)


def _plain_day(found: re.Match[str]) -> tuple[str, date] | None:
    year, month, day = (int(found[k] or found[f"{k}2"]) for k in ("y", "m", "d"))
    if not (1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]):
        return None
    return "day", date(year, month, day)


def _full_year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def _week(year: int, week: int) -> tuple[str, date] | None:
    # only some years have a week 53 (2020 has, 2021 has not)
    if not 1 <= week <= date(year, 12, 28).isocalendar().week:
        return None
    return "week", date.fromisocalendar(year, 1, 1) + timedelta(weeks=week - 1)


def role(text: str) -> str | None:
    """plan, fact, or derived (per cent of plan, deviation) if that is all a cell says, else None."""
    cell = text.strip(" .:()")
    if found := _ROLE.fullmatch(cell):
        return PLAN if found["plan"] else FACT
    return DERIVED if cell and _DERIVED.fullmatch(cell) else None


def split_role(name: str) -> tuple[str, str | None]:
    """A name and its role where it says one at either end: «Выручка, план» -> («Выручка», plan)."""
    for pattern in (_ROLE_AT_END, _ROLE_AT_START):
        if found := pattern.fullmatch(name.strip()):
            rest = found["rest"].strip(" ,;:()[]/–—-")
            return rest, PLAN if found["plan"] else FACT
    head, _, tail = name.rpartition(" / ")
    if head and role(tail) == DERIVED:
        return head, DERIVED
    return name.strip(), None


def split_unit(name: str) -> tuple[str, str | None]:
    """A name and its unit: «Отписки, %» -> («Отписки», «%»); «Выручка, тыс. руб.» -> («Выручка», «тыс. руб.»)."""
    found = _UNIT.fullmatch(name.strip())
    return (found["rest"].strip(" ,("), found["unit"].strip()) if found else (name.strip(), None)


def is_total(name: str) -> bool:
    """Whether a name is that of a total or an average of the others."""
    return _TOTAL.fullmatch(name.strip()) is not None


def column_role(header: str) -> str | None:
    """What a column of words in a KPI sheet holds by its header: metric, owner, unit; None if unsaid."""
    text = header.strip()
    for name, pattern in (("metric", _NAME), ("owner", _OWNER), ("unit", _UNIT_HEAD)):
        if pattern.match(text):
            return name
    return None
