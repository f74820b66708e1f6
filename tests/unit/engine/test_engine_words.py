"""Every code that the engine can give has a sentence in both languages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from crmkpi.engine import available, evaluate, long, notices
from crmkpi.i18n import LANGUAGES, catalogue

DECLARED = set(re.findall(r"[a-z_]+", (notices.__doc__ or "").split("`):")[1]))


def given() -> set[str]:
    """Codes as they stand in the code: appended texts, keys of claims, and what conditions choose between."""
    found: set[str] = set()
    for module in (notices, long):
        for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def test_the_list_of_codes_is_the_code():
    assert not DECLARED - given()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_warnings_have_words(lang):
    assert {f"warning.{code}" for code in DECLARED} <= set(catalogue(lang))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_reasons_have_words(lang):
    source = "".join(Path(str(m.__file__)).read_text(encoding="utf-8") for m in (available, evaluate))
    reasons = {
        "missing_columns", "by_model", "not_by_dimension", "sparse_costs", "short_history", "short_grain"
    }  # fmt: skip
    assert all(f'"{reason}"' in source for reason in reasons)
    assert {f"reason.{reason}" for reason in reasons} <= set(catalogue(lang))
