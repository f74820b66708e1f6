"""Polluted files as in the Pollock benchmark, unaided: only the file is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmkpi.errors import CrmKpiError
from crmkpi.ingest.read import read
from crmkpi.ingest.sniff import sniff
from crmkpi.ingest.text_table import ROW
from tests.exports.pollock import Polluted, polluted, row_level, score, whole_file
from tests.exports.pollock_further import further

# every 29th of the 2,184 row-level files here, all of them in bench/ingest.py
STEP = 29


def points(file: Polluted, path: Path) -> float:
    """What our reader gets for one file, 10 at most."""
    path.write_bytes(file.data)
    try:
        table = read(sniff(path)[0])
    except CrmKpiError:
        return sum(score(file, None, []).values())
    header = [h.replace(" / ", " ") for h in table.original_headers]
    records = table.collect().sort(ROW).select(table.columns).rows()
    return sum(score(file, header, records).values())


def test_the_benchmark_has_the_papers_size():
    assert len(list(polluted())) == 2289


@pytest.mark.parametrize("file", list(whole_file()), ids=lambda f: f.name)
def test_whole_files(file: Polluted, tmp_path: Path):
    # a second table that is wider costs a nameless column and empty cells, no record
    assert points(file, tmp_path / "polluted.csv") >= (9.75 if "more" in file.name else 9.9)


def test_damaged_rows_cost_next_to_nothing(tmp_path: Path):
    files = list(row_level())[::STEP]
    got = {file.name: points(file, tmp_path / "polluted.csv") for file in files}
    mean = sum(got.values()) / len(got)
    worst = sorted(got.items(), key=lambda item: item[1])[:15]
    assert mean >= 9.95, f"{mean:.3f}, worst {worst}"


@pytest.mark.parametrize("file", list(further()), ids=lambda f: f.name)
def test_further_files(file: Polluted, tmp_path: Path):
    assert points(file, tmp_path / "polluted.csv") >= 9.9


def test_zero_bytes_of_a_torn_file_are_refused_in_words(tmp_path: Path):
    path = tmp_path / "torn.csv"
    path.write_bytes(next(further()).data + b"\x00" * 64)
    with pytest.raises(CrmKpiError) as refused:
        sniff(path)
    assert refused.value.key.startswith("error.")
