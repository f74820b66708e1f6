"""Yes and no in the words exports use: text -> Int8 1/0."""

from __future__ import annotations

import polars as pl

from crmkpi.ingest.cells import stripped

_PLAIN_YES = (
    "yes",
    "y",
    "true",
    "t",
    "1",
    "1.0",
    "1,0",
    "да",
    "д",
    "истина",
    "+",
    "✓",
    "✔",
    "✅",
    "есть",
    "on",
    "вкл",
)
_PLAIN_NO = (
    "no",
    "n",
    "false",
    "f",
    "0",
    "0.0",
    "0,0",
    "нет",
    "н",
    "ложь",
    "-",
    "–",
    "—",
    "✗",
    "✘",
    "❌",
    "off",
    "выкл",
)
# a yes or no only where the canonical column asks for one; elsewhere these are a status
_STATUS_YES = (
    "checked", "subscribed", "подписан", "подписана", "согласен", "согласна", "opt-in", "opted in", "granted",
    "active", "активен", "разрешено", "разрешен", "разрешён", "allowed", "enabled",
)  # fmt: skip
_STATUS_NO = (
    "unchecked", "unsubscribed", "отписан", "отписана", "не согласен", "не согласна", "opt-out", "opted out",
    "denied", "inactive", "неактивен", "запрещено", "запрещен", "запрещён", "not allowed", "not subscribed",
    "не подписан", "disabled",
)  # fmt: skip
YES, NO = _PLAIN_YES + _STATUS_YES, _PLAIN_NO + _STATUS_NO
PLAIN_WORDS = frozenset(_PLAIN_YES + _PLAIN_NO)
DASHES = frozenset({"-", "–", "—"})


def flag(cell: pl.Expr) -> pl.Expr:
    """Text -> 1, 0, null (neither). Blank stays null: unknown is not no."""
    text = stripped(cell).str.to_lowercase()
    return pl.when(text.is_in(YES)).then(1).when(text.is_in(NO)).then(0).otherwise(None).cast(pl.Int8)


def flag_words(distinct: list[str]) -> str | None:
    """`да|нет` as found, when all distinct values (stripped, at most 6) are plain yes or no words, else None.

    A dash is a no only beside a plus, a lone dash is a blank. Values that are all one number (only 1, only 0)
    are counts, not answers.
    """
    lowered = {value.strip().lower() for value in distinct if value.strip()}
    if "+" not in lowered:
        lowered -= DASHES
    if not lowered or len(lowered) > 6 or not lowered <= PLAIN_WORDS:
        return None
    yes, no = sorted(lowered & set(YES)), sorted(lowered & set(NO))
    if len(lowered) == 1 and lowered <= {"1", "0", "1.0", "0.0", "1,0", "0,0"}:
        return None
    return f"{'/'.join(yes)}|{'/'.join(no)}"
