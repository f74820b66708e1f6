"""Every code, kind and canonical column has its words in both languages."""

from __future__ import annotations

import typing

import pytest

from crmkpi.i18n import catalogue
from crmkpi.ingest.synonym_words import Names, names_of
from crmkpi.tables import TABLES
from crmkpi.tables.model import Kind

KINDS = (*typing.get_args(Kind), "percent", "email", "phone", "empty")
REASONS = (
    "exact",
    "weak",
    "words",
    "similar",
    "preset",
    "remembered",
    "dimension",
    "personal",
    "not_used",
    "wide_sheet",
    "order_total",
)
QUESTIONS = ("ambiguous_date_order", "ambiguous_number", "which_amount", "currency", "time_zone")


def _all_names() -> list[tuple[str, str, Names]]:
    return [(t.name, c, names_of(t.name, c)) for t in TABLES.values() for c in t.names]


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_words_exist(lang: str) -> None:
    texts = catalogue(lang)
    wanted = (
        {f"kind.{k}" for k in KINDS} | {f"reason.{r}" for r in REASONS} | {f"question.{q}" for q in QUESTIONS}
    )
    wanted |= {f"table.{t}" for t in TABLES} | {
        f"column.{t.name}.{c}" for t in TABLES.values() for c in t.names
    }
    wanted |= {f"issue.{i}" for i in ("unparsed", "scientific_ids", "mixed_zones")}
    assert wanted <= set(texts)


def test_every_canonical_column_has_names_in_both_languages() -> None:
    for table, column, names in _all_names():
        letters = ["".join(n) for n in names.strong | names.weak]
        assert any(x[:1] <= "z" for x in letters), (table, column)
        assert any("а" <= x[:1] <= "я" for x in letters), (table, column)


def test_no_exact_name_is_excluded_by_its_own_column_alone() -> None:
    """A word that is a column's whole name must not be among the words that exclude it."""
    for table, column, names in _all_names():
        clash = {n[0] for n in names.strong if len(n) == 1} & names.avoid
        assert not clash, (table, column, clash)
