"""What one cell looks like: number, date, e-mail ... Used to judge dialects and to find the header row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

_MONTHS = (
    r"январ|феврал|март|апрел|ма[йя]|июн|июл|август|сентябр|октябр|ноябр|декабр|янв|фев|мар|апр|авг|сен|окт|ноя|дек"
    r"|january|february|march|april|june|july|august|september|october|november|december"
    r"|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
)
_MONEY = r"(?:₽|руб\.?|р\.|коп\.?|\$|€|£|₸|usd|eur|rub|rur|gbp|шт\.?|тыс\.?|млн\.?|%)"
_NUMBER = (
    rf"^[(+\-−–]?\s*{_MONEY}?\s*[+\-−]?(?:\d[\d\s\u00a0\u202f'’.,]*|[.,]\d+)(?:e[+\-]?\d+)?\)?\s*{_MONEY}?$"
)
_DAY = r"\d{1,4}[./\-]\d{1,2}[./\-]\d{1,4}"
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[ap]m)?"
_MONTH = (
    rf"^(?:\d{{1,2}}[\s.\-]+)?(?:{_MONTHS})[а-яa-z]*\.?,?[\s.\-]*"
    r"(?:\d{1,2},?\s+)?(?:\d{2}|\d{4})?(?:\s*г\.?)?$"
)
_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.I))
    for name, pattern in (
        ("number", _NUMBER),
        ("date", rf"^{_DAY}\s?г?\.?$"),
        ("datetime", rf"^{_DAY},?[T\s]+{_CLOCK}\s*(?:Z|UTC|MSK|[+\-]\d{{2}}:?\d{{2}})?$"),
        ("datetime", rf"^{_CLOCK},?\s{_DAY}$"),
        ("time", r"^\d{1,3}:\d{2}(?::\d{2})?(?:[.,]\d+)?\s*(?:[ap]m)?$"),
        ("date", _MONTH),
        ("email", r"^[\w.+\-]+@[\w\-]+\.[\w.\-]+$"),
        ("url", r"^(?:https?|ftp)://\S+$|^www\.\S+$"),
        ("phone", r"^'?\+?\d[\d\s()\-]{8,18}\d$"),
        ("flag", r"^(?:true|false|yes|no|да|нет|истина|ложь|null|none|nan|n/?a|#н/д|-|—)$"),
        ("code", r"^(?=[^\s]*\d)[\w#№./\-]{1,40}$"),
    )
)
_WORDS = re.compile(r"^[^;|\t\x00-\x08\x1c-\x1f]+$", re.S)
_GLUED_COMMA = re.compile(r",[^\s\d]")
# columns whose cells look like these tell data from a header
TYPED = frozenset({"number", "date", "datetime", "time", "email", "url", "phone", "flag", "code"})


@lru_cache(maxsize=65536)
def shape(cell: str) -> str:
    """Shape of a cell: empty, number, date, datetime, time, email, url, phone, flag, code, text or odd.

    odd is text with delimiters inside that prose has not: the mark of a wrong split.
    """
    text = cell.strip()
    if not text:
        return "empty"
    if len(text) > 200:
        return "text" if _plain(text[:400]) else "odd"
    for name, pattern in _SHAPES:
        if pattern.match(text):
            return name
    return "text" if _plain(text) else "odd"


def _plain(text: str) -> bool:
    return bool(_WORDS.match(text)) and len(_GLUED_COMMA.findall(text)) <= len(text) // 40


def typed(cell: str) -> bool:
    """Whether a cell looks like data of a kind rather than like words."""
    return shape(cell) in TYPED


def filled(cells: Sequence[str]) -> int:
    """How many cells hold something."""
    return sum(1 for cell in cells if cell and not cell.isspace())


_ALIKE = ({"number", "code", "phone"}, {"date", "datetime", "time"}, {"code", "text"}, {"email", "url"})


def misfits(cells: list[str], kinds: tuple[str | None, ...]) -> bool:
    """Whether a record of the wrong width stands shifted: a cell of another kind than its column shows.

    A record cut at the end still fits its columns; one that lost or won a delimiter does not, and its values
    would be counted under the wrong names.
    """
    for cell, kind in zip(cells, kinds, strict=False):
        if kind is None:
            continue
        found = shape(cell)
        if found in ("empty", "flag", kind) or any({found, kind} <= alike for alike in _ALIKE):
            continue
        return True
    return False
