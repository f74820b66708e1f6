"""The cell as text: white space off, and which words mean that nothing is there."""

from __future__ import annotations

import polars as pl

WHITE = (
    " \t\r\n\v\f\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u200b\u202f\u205f\u3000\ufeff"
)
_BLANK_WORDS = (
    "",
    "-",
    "--",
    "—",
    "–",
    "−",
    "n/a",
    "#n/a",
    "#н/д",
    "н/д",
    "na",
    "null",
    "none",
    "nan",
    "nat",
    "nil",
    "(null)",
    "<null>",
    "\\n",
    "пусто",
    "(пусто)",
    "(blank)",
    "<пусто>",
    "нет данных",
    "не указано",
    "не указан",
    "не указана",
    "(not set)",
    "not set",
    "undefined",
    "#n/a n/a",
)
# two upper-case letters are codes of countries there, and NA is Namibia
_CODE_LIKE = frozenset({"na"})
ZERO_DATES = (
    "0000-00-00",
    "0000-00-00 00:00:00",
    "00.00.0000",
    "01.01.0001",
    "01.01.0001 00:00:00",
    "0001-01-01",
    "0001-01-01 00:00:00",
    "0001-01-01T00:00:00",
    "00/00/0000",
)
SHEET_ERRORS = (
    "#REF!",
    "#VALUE!",
    "#DIV/0!",
    "#NAME?",
    "#NUM!",
    "#NULL!",
    "#ССЫЛКА!",
    "#ЗНАЧ!",
    "#ДЕЛ/0!",
    "#ИМЯ?",
    "#ЧИСЛО!",
    "#ПУСТО!",
)


def blank_words(codes: bool = False) -> list[str]:
    """Words of an empty cell in the spellings that occur. `codes`: the column holds two-letter codes."""
    kept = [w for w in _BLANK_WORDS if not (codes and w in _CODE_LIKE)]
    spellings = {v for w in kept for v in (w, w.upper(), w.capitalize(), w.title())}
    spellings |= {"#Н/Д", "#N/A", "NaN", "NaT", "N/A", "Н/Д"}
    if codes:
        spellings.discard("NA")
    return sorted(spellings)


BLANKS = blank_words()
BLANKS_OF_CODES = blank_words(codes=True)


def stripped(cell: pl.Expr) -> pl.Expr:
    """The cell without white space around it; NBSP, thin blanks and byte order marks count as white."""
    return cell.str.strip_chars(WHITE)


def filled(cell: pl.Expr, codes: bool = False) -> pl.Expr:
    """The stripped cell, or null where it is blank or says so (n/a, -, #Н/Д, пусто)."""
    text = stripped(cell)
    return pl.when(text.is_in(BLANKS_OF_CODES if codes else BLANKS)).then(None).otherwise(text)
