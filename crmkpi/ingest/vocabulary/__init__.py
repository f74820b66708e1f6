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

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Meaning:
    """One canonical value: patterns that bring it, patterns that forbid it."""

    value: str
    words: re.Pattern[str]
    forbidden: re.Pattern[str] | None


def _pattern(words: list[str]) -> re.Pattern[str]:
    # a phrase must begin at a word's beginning and may end inside a word
    return re.compile("|".join(rf"(?<!\w){re.escape(_plain(w))}" for w in words))


def _plain(text: str) -> str:
    words = re.sub(r"[\W_]+", " ", text.casefold().replace("ё", "е"))
    return words.strip()


@cache
def meanings(name: str) -> tuple[Meaning, ...]:
    """The meanings of one vocabulary, in the order in which they are tried."""
    with (HERE / f"{name}.toml").open("rb") as file:
        sections = tomllib.load(file)
    return tuple(
        Meaning(value, _pattern(s["words"]), _pattern(s["not"]) if "not" in s else None)
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
    return None


def understood(name: str, values: Iterable[str | None]) -> dict[str, str | None]:
    """Each distinct text -> its canonical value or None."""
    return {v: meaning(name, v) for v in values if v is not None}


def translate(column: str, found: dict[str, str | None]) -> pl.Expr:
    """The column in canonical words; texts that were not understood stay as they are."""
    known = {k: v for k, v in found.items() if v is not None}
    return pl.col(column).replace(known) if known else pl.col(column)
