"""docs/security.md is complete and names only tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\d+) \| ([^|]+) \| ([^|]+) \|$", TEXT, re.MULTILINE)
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)))


def test_every_number_stands_there_once():
    assert [int(number) for number, _, _ in ROWS] == list(range(1, 106))


def test_a_row_without_a_test_says_why():
    for number, _, shown in ROWS:
        assert "tests/" in shown or len(shown.removeprefix("not shown:").strip()) > 5, number


@pytest.mark.parametrize("path", sorted({path for path, _ in NAMED}))
def test_every_named_test_exists(path):
    found = set(re.findall(r"def (test_\w+)\(", (ROOT / path).read_text(encoding="utf-8")))
    assert {name for where, name in NAMED if where == path} <= found
