"""Personal data in a file: which columns hold it, by header and by the shape of values.

Only mapped columns are ever kept; this list lets the mapping screen say what is dropped or hashed, and keeps
such columns out of the dimensions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from crmkpi.ingest.column_names import words
from crmkpi.ingest.profile import ColumnProfile
from crmkpi.ingest.synonym_words import stem

_KINDS: tuple[tuple[str, str], ...] = (
    ("email", "email емейл имейл мейл почта"),
    ("phone", "phone телефон mobile мобильный сотовый whatsapp telegram телеграм вотсап"),
    ("passport", "passport паспорт снилс ssn"),
    ("tax_id", "инн"),
    ("birth_date", "birthday birth dob рождения др birthdate"),
    (
        "address",
        "address address1 address2 street адрес улица zip postcode postal индекс province квартира дом ip",
    ),
    ("name", "фио фамилия имя отчество firstname lastname fullname surname"),
)
_BY_WORD = {stem(w): kind for kind, row in _KINDS for w in row.split()}
# columns that say who bought: a name there is a person's, in «Сотрудник» it is a way to look at the numbers
_PEOPLE_WORDS = """
пользователь покупатель клиент заказчик получатель контрагент гость user buyer customer client guest
"""
_PEOPLE = frozenset(stem(w) for w in _PEOPLE_WORDS.split())
_NAME = re.compile(r"[A-ZА-ЯЁ][\w'’.-]*(?: [A-ZА-ЯЁ][\w'’.-]*){1,2}")
_FIRM = re.compile(r"\b(?:ООО|ОАО|ЗАО|ПАО|АО|ИП|LLC|Ltd|Inc|GmbH|Corp)\b")
NAMES_SHARE = 0.8
_SNILS = re.compile(r"\d{3}-?\d{3}-?\d{3}[ -]?\d{2}", re.ASCII)
_INN = re.compile(r"\d{12}", re.ASCII)
_INN_WEIGHTS = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_CARD = re.compile(r"[2-6]\d{3}([ -]?)\d{4}\1\d{4}\1\d{4}", re.ASCII)
_NAME_PAIRS = frozenset(
    {("first", "name"), ("last", "name"), ("full", "name"), ("customer", "name"), ("client", "name"),
     ("buyer", "name"), ("contact", "name"), ("billing", "name"), ("shipping", "name"), ("guest", "name"),
     ("recipient", "name"), ("middle", "name"), ("имя", "клиента")}
)  # fmt: skip


# so many examples with right check digits are no accident (a random 11-digit number passes one time in a hundred)
_FEWEST = 2


def personal(profiles: Sequence[ColumnProfile]) -> dict[str, str]:
    """Source column -> kind of personal data: email, phone, name, address, birth_date, passport, tax_id, card."""
    found = {p.name: personal_kind(p) for p in profiles}
    return {name: kind for name, kind in found.items() if kind is not None}


def personal_kind(column: ColumnProfile) -> str | None:
    """Kind of personal data that a column holds, or None."""
    if column.kind in ("email", "phone"):
        return column.kind
    proven = proven_kind(column.examples) if column.kind in ("id", "text", "integer") else None
    if proven is not None:
        return proven
    own = words(column.name)
    if column.kind in ("text", "category") and _PEOPLE & {stem(w) for w in own} and _names(column):
        return "name"
    if any(pair == own[i : i + 2] for i in range(len(own)) for pair in _NAME_PAIRS):
        return "name"
    if column.kind in ("text", "category", "id", "date", "datetime", "integer", "empty"):
        kind = next((_BY_WORD[stem(w)] for w in own if stem(w) in _BY_WORD), None)
        # «Имя кампании» names no person, and an e-mail's subject is no address
        if (
            kind == "name"
            and len(own) > 1
            and not {"клиент", "покупател", "контакт", "гост"} & {stem(w) for w in own}
        ):
            return None
        if kind in ("email", "phone") and column.kind not in ("text", "id"):
            return None
        return kind
    return None


def _names(column: ColumnProfile) -> bool:
    """Whether most values read like names of people: two or three capitalised words, no firm among them."""
    known = column.values or column.examples
    fits = [bool(_NAME.fullmatch(v.strip())) and not _FIRM.search(v) for v in known]
    return len(fits) >= _FEWEST and sum(fits) >= NAMES_SHARE * len(fits)


def proven_kind(examples: Sequence[str]) -> str | None:
    """Kind that the check digits of all examples prove, whatever the header says: card, passport (SNILS), tax_id."""
    if len(examples) < _FEWEST:
        return None
    for kind, fits in (("passport", is_snils), ("tax_id", is_person_inn), ("card", is_card)):
        if all(fits(example) for example in examples):
            return kind
    return None


def is_snils(text: str) -> bool:
    """Number of a Russian pension account: nine digits and their check number (weights 9..1, modulo 101)."""
    if not _SNILS.fullmatch(text.strip()):
        return False
    digits = _digits(text)
    check = sum(d * (9 - n) for n, d in enumerate(digits[:9])) % 101 % 100
    return check == digits[9] * 10 + digits[10]


def is_person_inn(text: str) -> bool:
    """Tax number of a person in Russia: twelve digits, the last two of them check digits."""
    if not _INN.fullmatch(text.strip()):
        return False
    digits = _digits(text)
    sums = [
        sum(d * w for d, w in zip(digits, weights, strict=False)) % 11 % 10
        for weights in (_INN_WEIGHTS[1:], _INN_WEIGHTS)
    ]
    return sums == digits[10:]


def is_card(text: str) -> bool:
    """Number of a bank card: 16 digits that begin with 2 to 6 and pass the Luhn sum."""
    if not _CARD.fullmatch(text.strip()):
        return False
    doubled = [d * 2 - 9 * (d > 4) if n % 2 == 0 else d for n, d in enumerate(_digits(text))]
    return sum(doubled) % 10 == 0


def _digits(text: str) -> list[int]:
    return [int(c) for c in text if c.isdigit()]
