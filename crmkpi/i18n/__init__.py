"""Words: every sentence, number and date a person reads, in their language.

Texts live in `ru/<room>.toml` and `en/<room>.toml` with the same keys (a test holds them equal). A key is
`section.name`; `{name}` is filled from parameters. A missing key is a defect and raises.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from crmkpi.periods import Period

HERE = Path(__file__).parent
# a full stop twice after a letter at the end of a sentence; neither three of them nor a path
TWO_STOPS = re.compile(r"(?<=[^\W\d_])\.\.(?=\s|$)")
LANGUAGES = ("ru", "en")
UNKNOWN = "—"
NBSP = "\u00a0"
MINUS = "\u2212"
_CURRENCY = {"RUB": "₽", "USD": "$", "EUR": "€", "GBP": "£", "KZT": "₸", "BYN": "Br", "UAH": "₴", "TRY": "₺"}


@cache
def catalogue(lang: str) -> dict[str, str]:
    """All texts of a language, flat: `section.name` -> text."""
    found: dict[str, str] = {}
    for path in sorted((HERE / lang).glob("*.toml")):
        with path.open("rb") as file:
            for key, text in _flat(tomllib.load(file)):
                if key in found:
                    raise ValueError(f"text {key} stands twice ({path.name})")
                found[key] = text
    return found


def _flat(tree: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    out: list[tuple[str, str]] = []
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            out += _flat(value, name + ".")
        else:
            out.append((name, str(value)))
    return out


class Quantity(NamedTuple):
    """A number with the unit of its metric, as a parameter of a sentence."""

    value: float | None
    unit: str


class Words:
    """The texts and formats of one language. Call it with a key.

    `currency` is an ISO code or None (money is then printed without a sign).
    """

    def __init__(self, lang: str = "ru", currency: str | None = None) -> None:
        self.lang = lang if lang in LANGUAGES else "en"
        self.currency = currency
        self.locale = Locale.parse(self.lang)

    def __call__(self, key: str, **params: object) -> str:
        text = catalogue(self.lang)[key]
        if "{" not in text:
            return text
        # an abbreviation at the end of a sentence («217 тыс.») brings its own full stop
        return TWO_STOPS.sub(".", text.format_map(_Shown(self, params)))

    def has(self, key: str) -> bool:
        """Whether there is a text of this key (for codes that come from data)."""
        return key in catalogue(self.lang)

    def plural(self, key: str, n: float, **params: object) -> str:
        """A text that depends on a count: `<key>.one|few|many|other` by CLDR rules, `{n}` filled."""
        form = self.locale.plural_form(n)
        full = f"{key}.{form}"
        return self(full if self.has(full) else f"{key}.other", n=n, **params)

    # numbers ---------------------------------------------------------------------------------------
    def number(self, value: float | None, digits: int | None = None) -> str:
        """A plain number; digits None: as many as the size deserves."""
        if value is None:
            return UNKNOWN
        if digits is None:
            digits = _digits(value)
        pattern = "#,##0" + ("." + "#" * digits if digits else "")
        return self._tidy(format_decimal(round(value, digits) + 0.0, format=pattern, locale=self.locale))

    def percent(self, share: float | None, digits: int | None = None) -> str:
        """A share 0..1 as per cent."""
        if share is None:
            return UNKNOWN
        value = share * 100
        if digits is None:
            digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 1 or value == 0 else 2
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        sign = NBSP + "%" if self.lang == "ru" else "%"
        return self._tidy(format_decimal(value, format=pattern, locale=self.locale)) + sign

    def points(self, change: float | None) -> str:
        """A difference of shares in percentage points."""
        if change is None:
            return UNKNOWN
        value = change * 100
        digits = 1 if abs(value) >= 0.1 or value == 0 else 2
        text = format_decimal(value, format="#,##0." + "0" * digits, locale=self.locale)
        return self._tidy(text) + NBSP + ("п.п." if self.lang == "ru" else "pp")

    def money(self, value: float | None, short: bool = False) -> str:
        """Money with the project's sign; short: 12,4 млн."""
        if value is None:
            return UNKNOWN
        text = self.short(value) if short else self.number(value, 0 if abs(value) >= 1000 else 2)
        sign = _CURRENCY.get(self.currency or "", self.currency or "")
        if not sign:
            return text
        if self.lang == "ru":
            return f"{text}{NBSP}{sign}"
        return text.replace(MINUS, f"{MINUS}{sign}") if text.startswith(MINUS) else f"{sign}{text}"

    def short(self, value: float | None) -> str:
        """A large number in short: 8,91 млн / 8.91M."""
        if value is None:
            return UNKNOWN
        for size, name in ((1e9, "billion"), (1e6, "million"), (1e4, "thousand")):
            if abs(value) >= size:
                base = 1e3 if name == "thousand" else size
                scaled = value / base
                text = self.number(scaled, 2 if abs(scaled) < 10 else 1 if abs(scaled) < 100 else 0)
                return text + self(f"short.{name}")
        return self.number(value)

    def value(self, value: float | None, unit: str, short: bool = False) -> str:
        """A metric's value by its unit: money, share, count, ratio, days, hours, score."""
        if value is None:
            return UNKNOWN
        if unit == "share":
            return self.percent(value)
        if unit == "money":
            return self.money(value, short=short)
        text = self.short(value) if short and abs(value) >= 1e4 else self.number(value)
        key = f"unit.{unit}"
        suffix = catalogue(self.lang).get(key, "")
        return f"{text}{NBSP}{suffix}" if suffix else text

    def signed(self, text: str, value: float | None) -> str:
        """Put a plus before a formatted value that grew."""
        return f"+{text}" if value is not None and value > 0 else text

    def change(self, before: float | None, after: float | None, unit: str) -> str:
        """A change in the unit people expect: shares in points, the rest in per cent of before.

        From nothing or from below zero no percentage says anything: then it is unknown.
        """
        if before is None or after is None:
            return UNKNOWN
        if unit == "share":
            return self.signed(self.points(after - before), after - before)
        if before <= 0:
            return UNKNOWN if after != before else self.percent(0.0)
        relative = (after - before) / before
        return self.signed(self.percent(relative), relative)

    # dates -----------------------------------------------------------------------------------------
    def date(self, day: date | None) -> str:
        """A day as people write it."""
        if day is None:
            return UNKNOWN
        return format_date(day, "d MMMM y" if self.lang == "ru" else "d MMM y", locale=self.locale)

    def period(self, period: Period | None) -> str:
        """A period as people say it: «ноябрь 2011», «3 кв. 2011»."""
        if period is None:
            return UNKNOWN
        first = period.first
        if period.grain == "day":
            return self.date(first)
        if period.grain == "week":
            return self("period.week", week=first.isocalendar()[1], year=first.isocalendar()[0])
        if period.grain == "month":
            return format_date(first, "LLLL y", locale=self.locale)
        if period.grain == "quarter":
            return self("period.quarter", quarter=(first.month + 2) // 3, year=first.year)
        if period.grain == "year":
            return str(first.year)
        return f"{self.date(first)} – {self.date(period.last)}"

    def _tidy(self, text: str) -> str:
        return text.replace("-", MINUS).replace("\u202f", NBSP)


class _Shown(dict):  # type: ignore[type-arg]
    """Parameters as people read them: counts grouped, dates by language, None as the unknown sign."""

    def __init__(self, words: Words, params: Mapping[str, object]) -> None:
        super().__init__(params)
        self.words = words

    def __getitem__(self, key: str) -> object:
        value = super().__getitem__(key)
        if value is None:
            return UNKNOWN
        if key in ("table", "columns") and isinstance(value, str):
            return self._named(key, value)
        if hasattr(value, "ru") and hasattr(value, "en"):  # a text in both languages (a node's name)
            return getattr(value, self.words.lang)
        if isinstance(value, Quantity):
            return self.words.value(value.value, value.unit)
        if isinstance(value, Period):
            return self.words.period(value)
        if isinstance(value, bool):
            return value
        if key == "year":
            return value
        if isinstance(value, (int, float)):
            return self.words.number(value)
        if isinstance(value, date):
            return self.words.date(value)
        return value

    def _named(self, key: str, value: str) -> str:
        """Canonical names by their words: `orders` as «Заказы», its columns in the words of the table.

        Anything else (a header of the user's file, a name that is in words already) stays as it is.
        """
        texts = catalogue(self.words.lang)
        if key == "table":
            return texts.get(f"table.{value}", value)
        known = super().get("table")
        if known is None:
            return value
        groups = [part.split("|") for part in value.split(", ")]
        named = [[self._quoted(texts.get(f"column.{known}.{n}", n)) for n in group] for group in groups]
        return ", ".join(texts["tree.or"].join(group) for group in named)

    def _quoted(self, text: str) -> str:
        return f"«{text}»" if self.words.lang == "ru" else f"“{text}”"


def _digits(value: float) -> int:
    size = abs(value)
    if size == round(size) or size >= 1000:
        return 0
    return 1 if size >= 100 else 2 if size >= 1 else 3
