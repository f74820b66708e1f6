"""The map from requirements to code and tests is honest: all are listed, and what it names exists."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COVERAGE = tomllib.loads((ROOT / "tests" / "coverage.toml").read_text(encoding="utf-8"))


def test_every_requirement_is_listed():
    assert list(COVERAGE) == [f"R{n}" for n in range(1, 77)]


@pytest.mark.parametrize("name", COVERAGE)
def test_what_it_names_exists(name: str):
    entry = COVERAGE[name]
    assert entry["status"] in {"done", "partly", "not_yet"}
    for where in entry["where"]:
        assert (ROOT / where).exists(), where
    for test in entry["tests"]:
        file, _, function = test.partition("::")
        text = (ROOT / file).read_text(encoding="utf-8")
        assert re.search(rf"^\s*def {function}\(", text, re.MULTILINE), test
    if entry["status"] == "done":
        assert entry["where"] and entry["tests"]
    else:
        assert entry.get("note") or entry["tests"]
