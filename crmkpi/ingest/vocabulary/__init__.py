"""Vocabulary: what the values of a column say in the product's own words.

One TOML per column: canonical value -> beginnings of words (ru and en), first section that fits wins.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polars as pl

from crmkpi.ingest.known_words import latin, sound

SHORTEST_SOUND = 5
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Meaning:
    """One canonical value: patterns that bring it, patterns that forbid it; both for Russian in Latin letters too."""

    value: str
    words: re.Pattern[str]
    forbidden: re.Pattern[str] | None
    sounds: re.Pattern[str] | None = None
    forbidden_sounds: re.Pattern[str] | None = None


def _pattern(words: list[str]) -> re.Pattern[str]:
    # a phrase must begin at a word's beginning and may end inside a word
    return re.compile("|".join(rf"(?<!\w){re.escape(_plain(w))}" for w in words))


def _sounding(words: list[str], shortest: int = SHORTEST_SOUND) -> re.Pattern[str] | None:
    """Russian words by their sound in Latin letters; short ones mean too many things there, except as a «ne»."""
    heard = [" ".join(sound(latin(part)) for part in _plain(w).split()) for w in words if not w.isascii()]
    kept = [
        re.escape(h) + (r"(?!\w)" if len(h) < SHORTEST_SOUND else "") for h in heard if len(h) >= shortest
    ]
    return re.compile("|".join(rf"(?<!\w){h}" for h in kept)) if kept else None


def _plain(text: str) -> str:
    words = re.sub(r"[\W_]+", " ", text.casefold().replace("ё", "е"))
    return words.strip()


@cache
def meanings(name: str) -> tuple[Meaning, ...]:
    """The meanings of one vocabulary, in the order in which they are tried."""
    with (HERE / f"{name}.toml").open("rb") as file:
        sections = tomllib.load(file)
    return tuple(
        Meaning(
            value,
            _pattern(s["words"]),
            _pattern(s["not"]) if "not" in s else None,
            _sounding(s["words"]),
            _sounding(s.get("not", []), shortest=2),
        )
        for value, s in sections.items()
    )


def meaning(name: str, text: str | None) -> str | None:
    """The canonical value that a text stands for, None where no section fits.

    >>> meaning("status", "Отменён клиентом")
    'cancelled'
    """
    if text is None:
        return None
    plain = _plain(text)
    for one in meanings(name):
        if one.words.search(plain) and not (one.forbidden and one.forbidden.search(plain)):
            return one.value
    return _by_sound(name, plain) if plain.isascii() else None


def _by_sound(name: str, plain: str) -> str | None:
    """«otmenen» is «отменён»: tried only where no word fits as it stands."""
    heard = " ".join(sound(w) for w in plain.split())
    for one in meanings(name):
        if one.sounds is None or not one.sounds.search(heard):
            continue
        if not (one.forbidden_sounds and one.forbidden_sounds.search(heard)):
            return one.value
    return None


def understood(name: str, values: Iterable[str | None]) -> dict[str, str | None]:
    """Each distinct text -> its canonical value or None."""
    return {v: meaning(name, v) for v in values if v is not None}


def translate(column: str, found: dict[str, str | None]) -> pl.Expr:
    """The column in canonical words; texts that were not understood stay as they are."""
    known = {k: v for k, v in found.items() if v is not None}
    return pl.col(column).replace(known) if known else pl.col(column)
