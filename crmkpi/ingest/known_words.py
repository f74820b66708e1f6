"""Words that headers are made of, and two ways in which people hide them: Russian in Latin letters (nomer zakaza,
summa), and words glued together (orderid, createdat). The words themselves are those of the synonyms."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path

HERE = Path(__file__).parent
SHORTEST = 4
# what may stand glued behind a longer word
_TAILS = frozenset(
    {"id", "at", "no", "num", "qty", "sum", "key", "ref", "utm", "ip", "code", "date", "time", "type", "name"}
)
# too short to be told by their sound
_SHORT = {"imya": "имя", "imia": "имя", "fio": "фио", "kol": "кол", "vo": "во"}
_TO_LATIN = str.maketrans(
    dict(zip("абвгдезиклмнопрстуфхцэ", "abvgdeziklmnoprstufhce", strict=True))
    | {"ё": "e", "ж": "zh", "й": "i", "ч": "ch", "ш": "sh", "щ": "sh", "ъ": "", "ы": "i", "ь": "", "ю": "u", "я": "a"}
)  # fmt: skip
# spellings of one Russian letter, the longer ones first
_SAME = tuple(
    (re.compile(pattern), text)
    for pattern, text in (
        ("shch|sch", "sh"), ("kh", "h"), ("ts|cz", "c"), ("yu|iu|ju", "u"), ("ya|ia|ja", "a"), ("yo|jo|ye|je|io", "e"),
        ("x", "ks"), ("w", "v"), ("[yj]", "i"), ("'|`", ""), (r"(.)\1", r"\1"),
    )
)  # fmt: skip


@cache
def _texts() -> str:
    paths = [HERE / "hint_words.toml", *sorted((HERE / "synonyms").glob("*.toml"))]
    return "\n".join(path.read_text(encoding="utf-8").lower().replace("ё", "е") for path in paths)


@cache
def latin_words() -> frozenset[str]:
    """English words that occur in the names of columns."""
    return frozenset(re.findall(r"[a-z]+", _texts()))


@cache
def _russian_by_sound() -> dict[str, str]:
    """Russian words by how they sound in Latin letters."""
    words = sorted(set(re.findall(r"[а-я]+", _texts())), reverse=True)
    return {sound(latin(w)): w for w in words if len(latin(w)) >= SHORTEST}


def latin(russian: str) -> str:
    """A Russian word in Latin letters."""
    return russian.translate(_TO_LATIN)


def sound(word: str) -> str:
    """One spelling for all the ways in which a Russian word is written in Latin letters.

    >>> sound("oformleniya") == sound("oformlenija") == sound("oformleniia")
    True
    """
    for pattern, text in _SAME + _SAME:  # what one rule leaves, another may shorten: iya, ia, a
        word = pattern.sub(text, word)
    return word


@lru_cache(maxsize=20_000)
def respelt(word: str) -> tuple[str, ...]:
    """The word as the synonyms know it: zakaza -> заказа, orderid -> order, id; a word that they know, or that
    nothing explains, stays as it is."""
    if word in _SHORT:
        return (_SHORT[word],)
    if len(word) < SHORTEST or not word.isascii() or not word.isalpha() or word in latin_words():
        return (word,)
    russian = _russian_by_sound().get(sound(word))
    if russian is not None:
        return (russian,)
    for cut in range(len(word) - 2, SHORTEST - 1, -1):
        head, tail = word[:cut], word[cut:]
        if head in latin_words() and (tail in _TAILS or (len(tail) >= SHORTEST and tail in latin_words())):
            return (head, tail)
    return (word,)
