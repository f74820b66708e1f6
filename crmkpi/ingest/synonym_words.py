"""The names that exports give to canonical columns, read from `synonyms/*.toml` once.

A header is compared by the stems of its words, so «Сумма заказов, руб.» meets «сумма заказа».
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path

from crmkpi.ingest.column_names import words
from crmkpi.tables import TABLES

HERE = Path(__file__).parent / "synonyms"
FILLER = frozenset(
    {"the", "a", "an", "of", "for", "in", "to", "is", "по", "в", "на", "за", "из", "с", "и", "у", "от", "к", "для"}
)  # fmt: skip
_ENDING = re.compile(
    r"(?:иями|ями|ами|ого|его|ому|ему|ыми|ими|иях|ях|ах|ов|ев|ей|ам|ям|ый|ий|ая|яя|ое|ее|ые|ие|ой|ом|ем|ую|юю|ия|ии|ию|"
    r"а|я|о|е|ы|и|у|ю|ь|й)$"
)


@dataclass(frozen=True)
class Names:
    """Names of one canonical column as tuples of stems: strong, weak (if nothing better claims the header)
    and words, alone or together, that make a header something else."""

    strong: frozenset[tuple[str, ...]]
    weak: frozenset[tuple[str, ...]]
    avoid: frozenset[str]
    avoid_together: tuple[frozenset[str], ...] = ()
    ideas: frozenset[frozenset[str]] = frozenset()
    weak_ideas: frozenset[frozenset[str]] = frozenset()
    flag: bool = False

    @cached_property
    def strong_by_word(self) -> dict[str, list[frozenset[str]]]:
        """Strong names as sets of words, found by any of their words."""
        return _by_word(self.strong)

    @cached_property
    def weak_by_word(self) -> dict[str, list[frozenset[str]]]:
        """Weak names as sets of words, found by any of their words."""
        return _by_word(self.weak)

    @cached_property
    def spellings(self) -> dict[tuple[int, tuple[str, ...], str], list[str]]:
        """Words of strong names by their place, the other words of the name and their first letter."""
        found: dict[tuple[int, tuple[str, ...], str], list[str]] = {}
        for name in self.strong:
            for i, word in enumerate(name):
                found.setdefault((i, name[:i] + name[i + 1 :], word[0]), []).append(word)
        return found

    def excludes(self, own: tuple[str, ...]) -> bool:
        """Whether a header of these stems is certainly another column."""
        if not self.avoid.isdisjoint(own):
            return True
        return any(phrase.issubset(own) for phrase in self.avoid_together)


def _by_word(names: frozenset[tuple[str, ...]]) -> dict[str, list[frozenset[str]]]:
    found: dict[str, list[frozenset[str]]] = {}
    for name in {frozenset(n) - FILLER for n in names}:
        for word in name:
            found.setdefault(word, []).append(name)
    return found


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """A word without its Russian ending or English plural; short words stay whole."""
    if len(word) <= 3:
        return word
    if word[0] <= "z":
        if word.endswith("ies") and len(word) > 4:
            return word[:-3] + "y"
        return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
    return _ENDING.sub("", word) if len(word) > 4 else _ENDING.sub("", word) or word


@lru_cache(maxsize=50_000)
def stems(header: str) -> tuple[str, ...]:
    """The stems of a header's words, in order."""
    return tuple(stem(w) for w in words(header))


@cache
def _concepts() -> tuple[dict[str, str], dict[str, str], frozenset[str]]:
    with (HERE / "concepts.toml").open("rb") as file:
        raw = tomllib.load(file)
    same = {stem(w): idea for idea, text in raw["same"].items() for w in text.split()}
    short = {stem(k): stem(v) for k, v in raw["short"].items()}
    return same, short, frozenset(stem(w) for w in raw["flag"]["words"].split())


def spelt_out(own: tuple[str, ...]) -> tuple[str, ...]:
    """Stems with usual abbreviations written out: prod, desc -> product, description."""
    short = _concepts()[1]
    return tuple(short.get(s, s) for s in own)


def ideas(own: tuple[str, ...]) -> frozenset[str]:
    """What the stems mean, one word per idea: txn, ts -> order, date."""
    same = _concepts()[0]
    return frozenset(same.get(s, s) for s in own) - {"of", "the", "по", "для"}


def without_flag_words(own: tuple[str, ...]) -> tuple[str, ...]:
    """Stems of a yes/no column without "is", "flag", «факт», unless nothing else is there."""
    said = _concepts()[2]
    return tuple(s for s in own if s not in said) or own


@cache
def _texts(table: str) -> dict[str, dict[str, list[str] | str]]:
    with (HERE / f"{table}.toml").open("rb") as file:
        return tomllib.load(file)


def _merged(table: str, column: str) -> dict[str, list[str]]:
    own = _texts(table).get(column, {}) if (HERE / f"{table}.toml").exists() else {}
    parts = [own]
    if "extends" in own:
        other_table, other_column = str(own["extends"]).split(".")
        if other_table != "shared":
            parts.append(_texts(other_table).get(other_column, {}))
    parts.append(_texts("shared").get(column, {}))
    return {key: [w for part in parts for w in part.get(key, [])] for key in ("names", "weak", "avoid")}


@cache
def names_of(table: str, column: str) -> Names:
    """All names of one canonical column; its own name is always one of them."""
    found = _merged(table, column)
    strong = {stems(n) for n in (*found["names"], column.replace("_", " "))}
    weak = {stems(n) for n in found["weak"]} - strong
    avoid = {stems(n) for n in found["avoid"]}
    return Names(
        strong=frozenset(strong),
        weak=frozenset(weak),
        avoid=frozenset(a[0] for a in avoid if len(a) == 1),
        avoid_together=tuple(frozenset(a) for a in avoid if len(a) > 1),
        flag=(c := TABLES[table].column(column)) is not None and c.kind == "flag",
        ideas=frozenset(i for n in strong if len(i := ideas(n)) > 1),
        weak_ideas=frozenset(i for n in weak if len(i := ideas(n)) > 1),
    )
