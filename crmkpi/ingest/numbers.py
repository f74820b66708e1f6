"""Numbers as people and programs write them: which sign is the decimal one, and text -> Float64.

The decimal sign belongs to the column, found over all its distinct values and so independent of row order:
where `.` and `,` both stand in a value the later one is decimal; a sign that occurs twice groups thousands;
a single sign before exactly three digits says nothing (1,234), and if nothing else speaks, we ask.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from crmkpi.ingest.cells import stripped
from crmkpi.ingest.column_names import CURRENCY_WORDS

_SIGNS = "₽$€£₸₴₺₹¥"
_MONEY_WORDS = (
    r"(?:руб(?:лей|ля|ль)?|р|rub|rur|usd|eur|евро|gbp|kzt|тенге|тг|byn|uah|грн|try|tl|pln|zł|chf|aed|inr|cny|jpy|"
    r"us|шт|ед)"
)
_WORD = rf"(?i)^({_MONEY_WORDS}\b\.?\s?)|(\s?{_MONEY_WORDS}\.?)$"
# Excel and web pages group thousands by blanks of all widths and by apostrophes
_GROUP_BLANK = r"[\s\u00a0\u2007\u2009\u202f'’`´]+"
_CORE = r"^[-+]?(?:\d[\d ]*(?:[.,]\d+)*[.,]?|[.,]\d+)(?:[eE][-+]?\d{1,3})?$"
# both signs are proven in one column (a sheet with numbers beside numbers as text): each value says its own
MIXED = ",."
_WHOLE = r"^[-+]?\d[\d ]*$"


@dataclass(frozen=True)
class DecimalEvidence:
    """How many distinct values speak for each reading of `.` and `,` in one column."""

    dot: int
    comma: int
    unclear_dot: int
    unclear_comma: int
    long_whole: int
    example: str | None

    @property
    def sign(self) -> str | None:
        """The proven decimal sign, MIXED when both are and no value is unclear, or None."""
        if self.dot and not self.comma:
            return "."
        if self.comma and not self.dot:
            return ","
        if self.dot and self.comma and not (self.unclear_dot or self.unclear_comma):
            return MIXED
        return None

    @property
    def unclear(self) -> bool:
        """Signs occur, and none of them is proven."""
        return self.sign is None and bool(self.unclear_dot or self.unclear_comma or self.dot or self.comma)


def tidied(cell: pl.Expr) -> pl.Expr:
    """Sign in front, groups by one blank, no currency and no per cent: what is left must be a number.

    Parentheses and a trailing minus are negative (accounting and SAP exports), U+2212 is a minus.
    """
    text = stripped(cell).str.replace_all(_GROUP_BLANK, " ").str.replace_all(r"[\u2212\u2013\u2012]", "-")
    text = text.str.replace_all(rf"[{_SIGNS}%]", "").str.strip_chars(" ").str.replace_all(_WORD, "")
    text = text.str.replace(r"^\(\s*(.+?)\s*\)$", "-$1").str.replace_all(_WORD, "")
    text = text.str.replace(r"^([^-].*?)\s*-$", "-$1").str.replace(r"^([-+])\s+", "$1")
    text = text.str.replace(r"^([-+])[^\d.,-]{0,6}(?:руб\.?|rub)\s?", "$1")
    return text.str.strip_chars(" ")


def written_forms(known: pl.DataFrame) -> pl.DataFrame:
    """One value (the smallest) for each way of writing: columns v and n (rows) of distinct values in and out.

    Digits are alike except a zero before the sign, so a column of millions of prices has a few dozen forms.
    """
    form = pl.col("v").str.replace_all("[0-9]", "9")
    zero = pl.col("v").str.contains(r"^\D*0[.,]")
    return (
        known.group_by(form.alias("form"), zero.alias("zero"))
        .agg(pl.col("v").min(), pl.col("n").sum())
        .select("v", "n")
    )


def all_bare(distinct: pl.Series, decimal: str | None) -> bool:
    """Whether all texts are bare numbers: digits, a minus, the decimal sign, and nothing to clean."""
    return bool(distinct.drop_nulls().str.contains(rf"^-?[0-9]{{1,15}}(?:[{decimal or '.'}][0-9]+)?$").all())


def is_number(cell: pl.Expr) -> pl.Expr:
    """Whether the cell reads as a number under some decimal sign."""
    return tidied(cell).str.contains(_CORE)


def is_percent(cell: pl.Expr) -> pl.Expr:
    """Whether the cell ends in a per cent sign."""
    return stripped(cell).str.contains(r"\d\s*%$")


def decimal_evidence(distinct: pl.Series) -> DecimalEvidence:
    """Evidence over all distinct values of a column (raw text)."""
    core = pl.select(tidied(pl.lit(distinct)).alias("v")).to_series()
    core = (
        core.filter(core.str.contains(_CORE).fill_null(False))
        .str.strip_chars("-+")
        .str.replace(r"[eE].*$", "")
    )
    # a group starts with 1-3 digits of which the first is no zero; anything else before the sign is a whole part
    single_dot = core.str.contains(r"^[^.,]*\.[^.,]*$")
    single_comma = core.str.contains(r"^[^.,]*,[^.,]*$")
    unclear = core.str.contains(r"^[1-9]\d{0,2}[.,]\d{3}$")
    later_dot = core.str.contains(r",.*\.") & ~core.str.contains(r"\..*,")
    later_comma = core.str.contains(r"\..*,") & ~core.str.contains(r",.*\.")
    many_comma = core.str.contains(r"^[^.]*,[^.]*,[^.]*$")
    many_dot = core.str.contains(r"^[^,]*\.[^,]*\.[^,]*$")
    dot = later_dot | many_comma | (single_dot & ~unclear)
    comma = later_comma | many_dot | (single_comma & ~unclear)
    doubtful = core.filter(unclear)
    return DecimalEvidence(
        dot=int(dot.sum()),
        comma=int(comma.sum()),
        unclear_dot=int((unclear & single_dot).sum()),
        unclear_comma=int((unclear & single_comma).sum()),
        long_whole=int(core.str.contains(r"^\d{4,}(?:[.,]|$)").sum()),
        example=str(doubtful.min()) if len(doubtful) else None,
    )


def number(cell: pl.Expr, decimal: str | None, percent: bool = False, plain: bool = False) -> pl.Expr:
    """Text -> Float64; null where the cell is not a number in this column's notation.

    `plain` (proven over all values) skips the cleaning. Grouping must be regular: `1,2,3` is no number.
    `percent`: a cell with a per cent sign becomes a share (12,5 % -> 0.125).
    """
    sign = decimal or "."
    if plain:
        bare = cell.str.replace(",", ".", literal=True) if "," in sign else cell
        return stripped(bare).cast(pl.Float64, strict=False)
    if sign == MIXED:
        return pl.coalesce(number(cell, ".", percent), number(cell, ",", percent))
    group = "," if sign == "." else "."
    text = tidied(cell)
    valid = (
        rf"^[-+]?(?:\d+|\d{{1,3}}(?: \d{{3}})+|\d{{1,3}}(?:{re.escape(group)}\d{{2,3}})*{re.escape(group)}\d{{3}})"
        rf"(?:{re.escape(sign)}\d*)?(?:[eE][-+]?\d{{1,3}})?$|^[-+]?{re.escape(sign)}\d+$"
    )
    digits = text.str.replace_all(rf"[ {re.escape(group)}]", "").str.replace(sign, ".", literal=True)
    value = pl.when(text.str.contains(valid)).then(digits).cast(pl.Float64, strict=False)
    # 1e300 is a damaged cell, and a sum with it is no sum
    value = pl.when(value.abs() < 1e15).then(value)
    return pl.when(is_percent(cell)).then(value / 100).otherwise(value) if percent else value


def is_whole(distinct: pl.Series, decimal: str | None) -> bool:
    """Whether all numbers of the column are written as whole ones (1 234, 1,234 under a decimal dot, 5.0)."""
    sign = re.escape(decimal or ".")
    return not bool(distinct.str.contains(rf"{sign}[0-9]*[1-9]|[eE]-").any())


def foreign(own: str, found: tuple[str, ...]) -> str:
    """Pattern of cells that name another of the column's currencies than the chosen one."""
    return "|".join(
        _pattern_of(CURRENCY_WORDS[code]) for code in found if code != own and code in CURRENCY_WORDS
    )


def currencies(distinct: pl.Series) -> list[str]:
    """ISO codes of the currencies that stand in the cells, in a fixed order."""
    text = distinct.str.to_lowercase()
    return [code for code, names in CURRENCY_WORDS.items() if _any_holds(text, names)]


def _any_holds(text: pl.Series, names: tuple[str, ...]) -> bool:
    return bool(text.str.contains(_pattern_of(names)).any())


def _pattern_of(names: tuple[str, ...]) -> str:
    signs = "".join(re.escape(n) for n in names if not n.isalpha())
    letters = "|".join(n for n in names if n.isalpha())
    pattern = rf"[{signs}]|" if signs else ""
    return rf"{pattern}(?:^|[\d\s\u00a0\u202f.,])(?:{letters})\.?(?:$|[\s\d\u00a0])"
