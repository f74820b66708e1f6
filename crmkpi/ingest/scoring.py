"""How well one column of a file fits one canonical column: its header first, then what its values can be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from crmkpi.ingest.column_names import looks_like_count
from crmkpi.ingest.flags import NO, YES
from crmkpi.ingest.message_words import says_status
from crmkpi.ingest.profile import ColumnProfile
from crmkpi.ingest.synonym_words import (
    FILLER,
    Names,
    ideas,
    names_of,
    spelt_out,
    stem,
    stems,
    without_flag_words,
)
from crmkpi.tables import Column

ACCEPT = 0.58
SURE = 0.75
_BRACKETS = re.compile(r"\([^)]*\)")
# words that a shorter header may leave out without changing what it is
_LIGHT = frozenset(
    stem(w)
    for w in (
        "order",
        "customer",
        "client",
        "item",
        "product",
        "date",
        "id",
        "заказа",
        "клиента",
        "товара",
        "дата",
    )
)
# words that only say that something is numbered
_NUMBERING = frozenset(
    stem(w)
    for w in ["id", "uuid", "guid", "код", "номер", "number", "no", "№", "идентификатор", "key", "ключ", "ид"]
)
# a sale price and a purchase price are no two words for one thing
_PRICED = frozenset(stem(w) for w in ("price", "цена", "cost"))
# ids of which a file of several rows holds several
_MANY = frozenset({"customer_id", "order_id", "lead_id", "ticket_id", "message_id"})
FEWEST = 8
# share of the header's score that a kind of values leaves to a canonical kind; what is missing excludes
_FITS: dict[str, dict[str, float]] = {
    "id": {"id": 1, "integer": 0.97, "email": 0.97, "phone": 0.95, "category": 0.85, "text": 0.7, "number": 0.3,
           "flag": 0.3, "empty": 0.9},
    "text": {"text": 1, "category": 1, "id": 0.85, "integer": 0.4, "flag": 0.3, "empty": 0.9},
    "category": {"category": 1, "text": 0.85, "id": 0.85, "integer": 0.75, "flag": 0.75, "empty": 0.9},
    "money": {"money": 1, "number": 1, "integer": 0.98, "flag": 0.8, "id": 0.2, "empty": 0.9},
    "number": {"number": 1, "integer": 1, "money": 0.85, "percent": 0.8, "flag": 0.8, "id": 0.3, "empty": 0.9},
    "integer": {"integer": 1, "number": 0.9, "flag": 0.9, "money": 0.7, "id": 0.3, "empty": 0.9},
    "date": {"date": 1, "datetime": 1, "text": 0.62, "category": 0.62, "empty": 0.9},
    "datetime": {"date": 1, "datetime": 1, "text": 0.62, "category": 0.62, "empty": 0.9},
    "flag": {"flag": 1, "date": 0.97, "datetime": 0.97, "integer": 0.85, "category": 0.8, "number": 0.5, "empty": 0.9},
}  # fmt: skip


@dataclass(frozen=True)
class Fit:
    """Score 0..1 of a pair and why: exact, words, similar (spelling) or kind (values only)."""

    score: float
    why: str


NONE = Fit(0.0, "none")


def fit(source: ColumnProfile, table: str, column: Column) -> Fit:
    """Fit of a file's column to a canonical column; 0 when header or values exclude it."""
    name = name_fit(source.name, table, column.name)
    if name.score == 0:
        return NONE
    share = _value_share(source, column)
    if (table, column.name) == ("messages", "status"):
        share = share if says_status(source.values) else 0.0
    return Fit(round(min(name.score * share, 1.0), 4), name.why) if share else NONE


def _value_share(source: ColumnProfile, column: Column) -> float:
    share = _FITS[column.kind].get(source.kind, 0.0)
    if column.kind == "id" and source.kind in ("integer", "number") and looks_like_count(source.name):
        return 0.0  # «Получателей» counts people, it does not name one
    if column.kind == "flag" and source.kind in ("integer", "number"):
        # opens of one recipient are few; hundreds are a campaign's count
        share = share if isinstance(source.max, (int, float)) and -1 < source.max <= 60 else 0.0
    if column.kind == "flag" and source.kind == "category":
        # «Открыто», «Ошибка» are steps of a message and no yes or no
        share = share if source.distinct <= 4 and _yes_or_no(source.values) else 0.0
    if column.kind == "category" and source.kind in ("text", "id", "integer") and source.filled > 50:
        # a channel or a country repeats; what is different in every row is no category
        share = share if source.distinct <= 0.5 * source.filled else share * 0.5
    if column.name in _MANY and source.distinct == 1 and source.filled >= FEWEST:
        share *= 0.5  # one number on every row is the shop's own account, not a customer's or an order's
    if column.name == "message_id" and source.filled >= 20 and source.distinct < 0.1 * source.filled:
        share *= 0.5  # the number of a mailing: a message has a handful of events, not dozens
    if column.kind == "id" and source.kind == "text" and source.filled:
        share = share if max(map(len, source.examples), default=0) <= 60 else 0.3
    return share


def _yes_or_no(values: Sequence[str]) -> bool:
    """Whether most of the words can be read as yes or no; without values only the header counts."""
    return not values or 2 * sum(v.strip().lower() in YES + NO for v in values) >= len(values)


@lru_cache(maxsize=100_000)
def name_fit(header: str, table: str, column: str) -> Fit:
    """Fit of a header alone to a canonical column: exact name 1, weak name 0.72, name inside a longer header less,
    one misspelt word 0.85.

    What stands in brackets (a unit, "inc tax") may be left out: the better of both readings counts.
    """
    own, names = stems(header), names_of(table, column)
    full = _stems_fit(own, names)
    if spelt_out(own) != own:
        written = _stems_fit(spelt_out(own), names)
        full = written if written.score > full.score else full
    if full.score == 1.0 or "(" not in header:
        return full
    bare = _stems_fit(stems(_BRACKETS.sub(" ", header)), names)
    return Fit(bare.score * 0.98, bare.why) if bare.score > full.score else full


def _stems_fit(own: tuple[str, ...], names: Names) -> Fit:
    if not own:
        return NONE
    if own in names.strong:
        return Fit(1.0, "exact")
    bare = without_flag_words(own)
    if names.flag and bare in names.strong:
        return Fit(0.95, "words")
    if own in names.weak:
        return Fit(0.72, "weak")
    bag = frozenset(own) - FILLER
    if not bag or names.excludes(own):
        return NONE
    score = max(_best(bag, names.strong_by_word), 0.72 * _best(bag, names.weak_by_word))
    if score < 0.88 and not _PRICED & bag:
        if ideas(own) in names.ideas:
            return Fit(0.88, "words")
        if len(own) > 1 and len(ideas(own)) == 1 and any(ideas(own) == ideas(n) for n in names.strong):
            # "sales document": two words for one thing
            return Fit(0.75, "words")
        score = max(score, 0.66 if ideas(own) in names.weak_ideas else 0.0)
    if score < 0.8 and _misspelt(own, names):
        return Fit(0.85, "similar")
    return Fit(score, "words") if score >= 0.45 else NONE


def _best(bag: frozenset[str], by_word: Mapping[str, Sequence[frozenset[str]]]) -> float:
    return max((_words_fit(bag, name) for word in bag for name in by_word.get(word, ())), default=0.0)


def _words_fit(header: frozenset[str], name: frozenset[str]) -> float:
    if header == name:
        return 0.96
    if name < header:
        if name <= _NUMBERING:
            return 0.0  # «ID звонка» is the number of a call, whatever else a bare «ID» would be
        extra = len(header - name)
        return (0.93 - 0.11 * extra) if len(name) > 1 else (0.72 - 0.12 * extra)
    if header < name and len(header) > 1 and name - header <= _LIGHT:
        return 0.80 - 0.12 * len(name - header)
    return 0.0


def _misspelt(own: tuple[str, ...], names: Names) -> bool:
    """A strong name with one word misspelt by a letter (two in a long word): Quantitty, «Кличество»."""
    for i, word in enumerate(own):
        # one changed letter in a short word is another word
        near = names.spellings.get((i, own[:i] + own[i + 1 :], word[0]), ()) if len(word) >= 5 else ()
        if any(len(n) >= 5 and OSA.distance(word, n) <= (1 if len(n) < 9 else 2) for n in near):
            return True
    return False
