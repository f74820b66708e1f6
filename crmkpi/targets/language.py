"""The words in which people say targets: vocabularies of grammar/*.toml, stems, and a line that is used up.

Nothing here knows a metric's meaning. A line is read by taking pieces out of it; what nobody took was not
understood, and is said so.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent / "grammar"
LANGUAGES = ("ru", "en")
# a place of a quoted text, and a piece that is used up; both are no characters of any alphabet
QUOTED = "\ue000"
USED = "\ue001"
QUOTES = {"«": "»", "“": "”", '"': '"', "„": "“"}
# a stem shorter than this says nothing any more
MIN_STEM = 3
# vowels that come and go in Russian: «покупка», but «покупок»
_FLEETING = re.compile(r"(?<=[бвгджзклмнпрстфхцчшщ])[ое](?=к$)")


@dataclass(frozen=True)
class Vocabulary:
    """One language's words. `said` = section.name -> alternatives of a regular expression."""

    said: Mapping[str, str]
    numbers: Mapping[str, int]
    months: Mapping[str, int]
    ordinals: Mapping[str, int]
    endings: tuple[str, ...]
    irregular: Mapping[str, str]
    stop: frozenset[str]
    names: Mapping[str, tuple[str, ...]]


@cache
def vocabulary(lang: str) -> Vocabulary:
    """The words of a language."""
    with (HERE / f"{lang}.toml").open("rb") as file:
        raw: dict[str, Any] = tomllib.load(file)
    endings = sorted(set(raw["endings"]["list"].split()), key=len, reverse=True)
    said = {
        f"{section}.{name}": words
        for section, body in raw.items()
        if section not in ("numbers", "months", "ordinals", "endings", "stop", "metric")
        for name, words in body.items()
    }
    return Vocabulary(
        said=said,
        numbers=raw["numbers"],
        months=raw["months"],
        ordinals=raw.get("ordinals", {}),
        endings=tuple(endings),
        irregular=raw["endings"]["irregular"],
        stop=frozenset(raw["stop"]["list"].split()),
        names={name: tuple(phrases) for name, phrases in raw["metric"].items()},
    )


@cache
def either(key: str) -> str:
    """A group of all alternatives of a key in both languages, longest first, whole words only."""
    return _group([p for lang in LANGUAGES for p in _alternatives(vocabulary(lang).said[key])])


def _alternatives(pattern: str) -> list[str]:
    """Split at the bars that stand in no bracket."""
    parts, depth = [""], 0
    for char in pattern:
        depth += {"(": 1, ")": -1}.get(char, 0)
        if char == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return parts


@cache
def listed(section: str) -> str:
    """A group of all words of numbers, months or ordinals in both languages."""
    return _group([w for lang in LANGUAGES for w in getattr(vocabulary(lang), section)])


def _group(parts: Sequence[str]) -> str:
    joined = "|".join(sorted(parts, key=len, reverse=True))
    # a digit may stand right before a unit: 12pp
    return f"(?:(?<![^\\W\\d])(?:{joined})(?!\\w))"


@cache
def numbered(section: str, word: str) -> int | None:
    """The number of a written word (two, March, first); None if it is none."""
    for lang in LANGUAGES:
        for pattern, value in getattr(vocabulary(lang), section).items():
            if re.fullmatch(pattern, word):
                return int(value)
    return None


def plain(text: str) -> str:
    """Lower case, е for ё, one kind of space and dash; every character keeps its place."""
    out = []
    for char in text:
        low = char.lower()
        char = low if len(low) == 1 else char
        out.append(_SAME.get(char, char))
    return "".join(out)


_SAME = {
    "ё": "е",
    "\u00a0": " ",
    "\u202f": " ",
    "\u2009": " ",
    "\t": " ",
    "\n": " ",
    "\r": " ",
} | dict.fromkeys("‐‑‒–—―−", "-")


@cache
def stem(word: str) -> str:
    """The part of a word that does not change: «долю» and «доля», «orders» and «order» have one stem."""
    word = plain(word)
    russian = bool(re.search("[а-я]", word))
    words = vocabulary("ru" if russian else "en")
    if word in words.irregular:
        return words.irregular[word]
    if russian:
        word = re.sub(r"(?<=\w{4})(?:ся|сь)$", "", word)
    for ending in words.endings:
        if word.endswith(ending) and len(word) - len(ending) >= MIN_STEM:
            word = word[: -len(ending)]
            break
    if russian and len(word) >= 5:
        word = _FLEETING.sub("", word).rstrip("ь")
    return word


def stems(text: str) -> list[str]:
    """Stems of the words that carry meaning."""
    return [stem(word) for word in re.findall(r"\w+", plain(text)) if not stopped(word)]


def stopped(word: str) -> bool:
    """Whether a word carries no meaning of its own."""
    return any(plain(word) in vocabulary(lang).stop for lang in LANGUAGES)


@dataclass
class Line:
    """One typed line. `text` (plain) has the places of quoted texts as QUOTED and of used pieces as USED.

    shown: the same places as typed; quotes: texts not used up yet; used_quotes: the others in the order of use.
    """

    given: str
    text: str = ""
    shown: str = ""
    quotes: list[str] = field(default_factory=list)
    used_quotes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.shown = self._without_quotes(self.given)
        self.text = plain(self.shown)

    def _without_quotes(self, given: str) -> str:
        """Quoted texts out, in order; inside, a doubled closing quote is the quote itself."""
        out, i = [], 0
        while i < len(given):
            close = QUOTES.get(given[i])
            end = _closing(given, i + 1, close) if close else -1
            if close is None or end < 0:
                out.append(given[i])
                i += 1
                continue
            self.quotes.append(given[i + 1 : end].replace(close * 2, close))
            out.append(QUOTED)
            i = end + 1
        return "".join(out)

    def take(self, pattern: str) -> re.Match[str] | None:
        """Find the first place of a pattern and use it up."""
        found = re.search(pattern, self.text)
        if found is not None:
            self.use(found.start(), found.end())
        return found

    def use(self, start: int, end: int) -> None:
        """Use up a piece; quoted places inside it keep their turn."""
        piece = "".join(QUOTED if c == QUOTED else USED for c in self.text[start:end])
        self.text = self.text[:start] + piece.replace(QUOTED, USED) + self.text[end:]
        gone = [i for i, c in enumerate(piece) if c == QUOTED]
        if gone:
            before = self.text[:start].count(QUOTED)
            for _ in gone:
                self.used_quotes.append(self.quotes.pop(before))

    def quoted_in(self, found: re.Match[str]) -> list[str]:
        """The quoted texts inside a match that `take` has just returned."""
        count = found.group().count(QUOTED)
        return self.used_quotes[len(self.used_quotes) - count :] if count else []

    def tokens(self) -> list[tuple[str, int, int]]:
        """Words not used up: stem, start, end."""
        return [
            (stem(m.group()), m.start(), m.end()) for m in re.finditer(r"\w+", self.text) if _word(m.group())
        ]

    def rest(self) -> list[str]:
        """What nobody took, in pieces of neighbouring words; stop words and signs alone are nothing."""
        found = []
        for piece in re.finditer(f"[^{USED}.,;:()!?]+", self.text):
            words = list(re.finditer(rf"[\w{QUOTED}%+-]+", piece.group()))
            while words and _empty(words[0].group()):
                words = words[1:]
            while words and _empty(words[-1].group()):
                words = words[:-1]
            if words:
                found.append(self.shown[piece.start() + words[0].start() : piece.start() + words[-1].end()])
        return self._with_quotes(found)

    def _with_quotes(self, pieces: Iterable[str]) -> list[str]:
        left = iter(self.quotes)
        return [re.sub(QUOTED, lambda _: f"«{next(left, '')}»", piece) for piece in pieces]


def _empty(word: str) -> bool:
    return stopped(word) or not re.search(rf"[\w{QUOTED}]", word)


def _word(text: str) -> bool:
    return QUOTED not in text and USED not in text


def _closing(text: str, start: int, close: str) -> int:
    """Place of the closing quote, doubled ones skipped; -1 without one."""
    i = start
    while (i := text.find(close, i)) >= 0:
        if text[i + 1 : i + 2] == close:
            i += 2
            continue
        return i
    return -1
