"""Header lists that came after the first ones: their score when they were unseen is in bench/HEADERS.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.exports.test_headers import Score, parsed, scored

ALL = [
    one
    for name in ("header_lists_later.txt", "header_lists_latest.txt")
    for one in parsed((Path(__file__).parent / name).read_text(encoding="utf-8"))
]


@pytest.fixture(scope="module")
def score(tmp_path_factory: pytest.TempPathFactory) -> Score:
    folder = tmp_path_factory.mktemp("later")
    total = Score()
    for one in ALL:
        scored(one, folder, total)
    return total


def test_wanted_columns_are_found(score: Score):
    assert score.right >= 0.92 * score.asked, f"{score.right} of {score.asked}\n" + "\n".join(score.missed)


def test_hardly_a_column_is_mapped_wrongly(score: Score):
    assert len(score.false) <= 0.04 * score.nowhere, f"{len(score.false)} of {score.nowhere}\n" + "\n".join(
        score.false
    )


def test_tables_are_recognised_and_lists_of_nothing_are_left_alone(score: Score):
    assert not score.tables
