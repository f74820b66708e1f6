"""How a header is read: words in lower case, without units, and what they hint at."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import lru_cache
from pathlib import Path

from crmkpi.ingest.known_words import respelt

_CAMEL = re.compile(r"(?<=[a-zа-я0-9])(?=[A-ZА-Я])|(?<=[A-ZА-Я])(?=[A-ZА-Я][a-zа-я])")
_LAST_HASH = re.compile(r"\s*#\s*$")
_LETTERS = re.compile(r"[A-Za-zА-Яа-яЁё]+")
_CYRILLIC = re.compile(r"[А-Яа-яЁё]")
# Latin letters that look like Russian ones: people type «Cумма» with an English C
_TWINS = str.maketrans("ABCEHKMOPTXaceopxy", "АВСЕНКМОРТХасеорху")
_WORD = re.compile(r"[a-zа-я]+|\d+|№|%")
CURRENCY_WORDS = {
    "RUB": ("₽", "руб", "rub", "rur", "р"),
    "USD": ("$", "usd", "долл"),
    "EUR": ("€", "eur", "евро"),
    "GBP": ("£", "gbp"),
    "KZT": ("₸", "kzt", "тг", "тенге"),
    "BYN": ("byn",),
    "UAH": ("₴", "uah", "грн"),
    "TRY": ("₺", "try", "tl"),
    "INR": ("₹", "inr"),
    "JPY": ("¥", "jpy"),
    "CNY": ("cny", "rmb"),
    "PLN": ("zł", "pln"),
    "CHF": ("chf",),
    "AED": ("aed",),
}


def _hints() -> dict[str, frozenset[str]]:
    with (Path(__file__).parent / "hint_words.toml").open("rb") as file:
        return {name: frozenset(text.split()) for name, text in tomllib.load(file).items()}


_HINTS = _hints()
_COUNTED_MONEY = frozenset({"сумма", "amount", "revenue"})


def _one_alphabet(word: re.Match[str]) -> str:
    """A Russian word typed with a few Latin twins, all in Russian letters; other words as they are."""
    if not _CYRILLIC.search(word[0]):
        return word[0]
    whole = word[0].translate(_TWINS)
    return whole if not re.search("[A-Za-z]", whole) else word[0]


@lru_cache(maxsize=20_000)
def words(header: str) -> tuple[str, ...]:
    """Words of a header in order: `CustomerID` -> customer, id; «Сумма заказа, руб.» -> сумма, заказа."""
    text = _LETTERS.sub(_one_alphabet, unicodedata.normalize("NFC", header.replace("\ufeff", "")))
    text = _CAMEL.sub(" ", text).lower().replace("ё", "е")
    text = text.replace("e-mail", "email").replace("е-mail", "email")
    found = [part for w in _WORD.findall(_LAST_HASH.sub(" no", text)) for part in respelt(w)]
    kept = [w for w in found if w not in _HINTS["unit"]]
    return tuple(kept or found)


def plain(header: str) -> str:
    """The words joined by one blank: what synonyms are compared with."""
    return " ".join(words(header))


def has_any(header: str, wanted: frozenset[str]) -> bool:
    """Whether one of the words stands in the header."""
    return not wanted.isdisjoint(words(header))


def looks_like_id(header: str) -> bool:
    """Whether the header names an identifier (order no, код клиента), not a count or an amount."""
    return has_any(header, _HINTS["id"]) and not has_any(header, _HINTS["not_id"])


def is_strict_id(header: str) -> bool:
    """Whether the header names an identifier so plainly that values without digits are ids too."""
    return has_any(header, _HINTS["strict_id"]) and not has_any(header, _HINTS["not_id"])


def looks_like_money(header: str) -> bool:
    """Whether the header names an amount of money."""
    if has_any(header, _HINTS["count"]) and not has_any(header, _COUNTED_MONEY):
        return False
    return has_any(header, _HINTS["money"]) or currency_of(header) is not None


def looks_like_date(header: str) -> bool:
    """Whether the header names a moment, so that serial numbers and epochs may be dates."""
    return has_any(header, _HINTS["date"])


def looks_like_count(header: str) -> bool:
    """Whether the header names whole things counted, so that 1,234 leans to a thousand."""
    return has_any(header, _HINTS["count"])


def looks_like_phone(header: str) -> bool:
    """Whether the header names a telephone number."""
    return has_any(header, _HINTS["phone"])


def currency_of(header: str) -> str | None:
    """ISO code of the currency that stands in a header («Сумма, ₽», Amount (USD)), else None."""
    text = header.lower()
    found = set(re.findall(r"[a-zа-яł]+|[₽$€£₸₴₺₹¥]", text))
    return next((code for code, names in CURRENCY_WORDS.items() if found & set(names)), None)


# a header that says its numbers are kept in thousands, millions or billions; a lone «к» or "m" says nothing
_SIZES = (
    (1_000, r"тыс\.?|тысяч\w*|thousands?|'?000s?|k"),
    (1_000_000, r"млн\.?|миллион\w*|mln|mio|millions?"),
    (1_000_000_000, r"млрд\.?|миллиард\w*|bln|billions?"),
)
_SIGN = r"(?:[$€£₽₸]|usd|eur|gbp|rub|руб\.?)"


def size_of(header: str) -> int:
    """What one unit of a column is worth: 1,000 for «Сумма, тыс. руб.», Amount ($k) or Revenue (000), else 1.

    Latin words count only in brackets, after a comma or "in", or beside a currency: "1000 items" names no unit.
    """
    text = header.lower()
    for size, words in _SIZES:
        placed = rf"(?:[(\[,]\s*|\bin\s+){_SIGN}?\s*(?:{words})\s*{_SIGN}?\s*(?:[)\]]|$)"
        beside = rf"(?:{_SIGN}\s?(?:{words})|(?:{words})\s*{_SIGN})(?!\w)"
        if re.search(placed, text) or re.search(rf"(?<!\w){beside}", text):
            return size
    return 1
