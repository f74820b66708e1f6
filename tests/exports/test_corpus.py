"""Every export of the corpus through the public door of the reading room: right, or loud; never silently wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.exports.corpus import Case
from tests.exports.corpus_files import file_cases
from tests.exports.corpus_text import text_cases
from tests.exports.corpus_traps import trap_cases
from tests.exports.corpus_values import value_cases
from tests.exports.judge import Verdict, judged

CASES = [*text_cases(), *value_cases(), *file_cases(), *trap_cases()]


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Case, Verdict]]:
    folder: Path = tmp_path_factory.mktemp("corpus")
    return [(case, judged(case, folder / f"{place:03d}")) for place, case in enumerate(CASES)]


def listed(found: list[tuple[Case, Verdict]]) -> str:
    return "\n".join(f"{case.group}: {case.name}: {verdict}" for case, verdict in found)


def test_the_corpus_is_large_and_its_names_are_unique():
    assert len(CASES) >= 180
    assert len({case.name for case in CASES}) == len(CASES)


def test_nothing_is_silently_wrong(verdicts: list[tuple[Case, Verdict]]):
    wrong = [(case, verdict) for case, verdict in verdicts if verdict.silent]
    assert not wrong, listed(wrong)


def test_nearly_every_file_is_read_right(verdicts: list[tuple[Case, Verdict]]):
    missed = [(case, verdict) for case, verdict in verdicts if not verdict.right]
    print(f"{len(CASES) - len(missed)} of {len(CASES)} right\n{listed(missed)}")  # noqa: T201
    assert len(missed) <= 0.02 * len(CASES), listed(missed)
