"""Personal data in a file: which columns hold it, by header and by the shape of values.

Only mapped columns are ever kept; this list lets the mapping screen say what is dropped or hashed, and keeps
such columns out of the dimensions.
"""

from __future__ import annotations

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
_NAME_PAIRS = frozenset(
    {("first", "name"), ("last", "name"), ("full", "name"), ("customer", "name"), ("client", "name"),
     ("buyer", "name"), ("contact", "name"), ("billing", "name"), ("shipping", "name"), ("guest", "name"),
     ("recipient", "name"), ("middle", "name"), ("имя", "клиента")}
)  # fmt: skip


def personal(profiles: Sequence[ColumnProfile]) -> dict[str, str]:
    """Source column -> kind of personal data: email, phone, name, address, birth_date, passport, tax_id."""
    found = {p.name: personal_kind(p) for p in profiles}
    return {name: kind for name, kind in found.items() if kind is not None}


def personal_kind(column: ColumnProfile) -> str | None:
    """Kind of personal data that a column holds, or None."""
    if column.kind in ("email", "phone"):
        return column.kind
    own = words(column.name)
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
