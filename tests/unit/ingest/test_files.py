"""The kept rows of a project: safe names, honest refusals, all or nothing."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from crmkpi.engine.data import DamagedDataError
from crmkpi.ingest.files import INDEX, read_index, read_part, repaired, replacing
from crmkpi.ingest.load import LoadSettings, rebuild
from crmkpi.ingest.load_record import RECORD, read_record
from crmkpi.project.place import Place
from tests.unit.ingest.loaded import shop

ORDERS = "Order ID,Customer ID,Order Date,Amount\n1,a,2026-01-05,100\n2,b,2026-01-06,50\n"


@pytest.mark.parametrize(
    ("field", "value"),
    [("part", "../../x.parquet"), ("part", "/etc/x.parquet"), ("sha256", "../.."), ("sha256", "")],
)
def test_an_index_cannot_lead_out_of_the_project(tmp_path: Path, field: str, value: str) -> None:
    made = shop(tmp_path)
    made.load(ORDERS)
    path = made.data.root / "files" / INDEX
    document = json.loads(path.read_text(encoding="utf-8"))
    document["entries"][0][field] = value
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(DamagedDataError):
        read_index(made.data.root)


def test_damaged_rows_and_records_are_refused_with_a_sentence(tmp_path: Path) -> None:
    made = shop(tmp_path)
    made.load(ORDERS)
    entry = read_index(made.data.root).entries[0]
    part = next((made.data.root / "files").rglob("*.parquet"))
    part.write_bytes(part.read_bytes()[:40])
    with pytest.raises(DamagedDataError):
        read_part(made.data.root, entry)
    with pytest.raises(DamagedDataError):
        rebuild(made.data, LoadSettings(inactivity_days=30))
    part.unlink()
    with pytest.raises(DamagedDataError):
        read_part(made.data.root, entry)
    (made.data.root / RECORD).write_text("{")
    with pytest.raises(DamagedDataError):
        read_record(made.data.root)


def test_a_directory_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    root = tmp_path / "data"
    root.mkdir()
    (root / "old").write_text("old")

    def interrupted() -> None:
        with replacing(root) as fresh:
            (fresh / "new").write_text("new")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        interrupted()
    assert [p.name for p in tmp_path.iterdir()] == ["data"] and (root / "old").exists()
    with replacing(root) as fresh:
        (fresh / "new").write_text("new")
    assert [p.name for p in tmp_path.iterdir()] == ["data"]
    assert [p.name for p in root.iterdir()] == ["new"]


def test_what_a_killed_load_left_is_taken_up(tmp_path: Path) -> None:
    root = tmp_path / "data"
    aside, half = tmp_path / ".data-old-x", tmp_path / ".data-y"
    (aside / "old").mkdir(parents=True)
    (aside / "old" / "kept").write_text("kept")
    half.mkdir()
    os.utime(half, (0, 0))
    with pytest.raises(FileNotFoundError), replacing(root):
        assert (root / "kept").exists() and not half.exists()
        raise FileNotFoundError
    assert (root / "kept").exists()


@pytest.mark.parametrize("failing", [1, 2])
def test_a_signal_between_the_renames_brings_the_old_data_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    root = tmp_path / "data"
    root.mkdir()
    (root / "kept").write_text("kept")
    rename, calls = os.replace, itertools.count(1)

    def interrupted(source: Path, target: Path) -> None:
        if next(calls) == failing:
            raise SystemExit  # what a handler of SIGTERM raises is no Exception
        rename(source, target)

    def load() -> None:
        with replacing(root) as fresh:
            (fresh / "new").write_text("new")
            monkeypatch.setattr(os, "replace", interrupted)

    with pytest.raises(SystemExit):
        load()
    assert [p.name for p in root.iterdir()] == ["kept"]
    assert [p.name for p in tmp_path.iterdir()] == ["data"]


def test_a_process_killed_between_the_renames_loses_nothing(tmp_path: Path) -> None:
    root = tmp_path / "data"
    root.mkdir()
    (root / "kept").write_text("kept")
    program = """
import os, sys
from pathlib import Path
from crmkpi.ingest.files import replacing
rename = os.replace
def killed(source, target):
    if Path(source).name.startswith(".data-"):
        os._exit(9)
    rename(source, target)
with replacing(Path(sys.argv[1])) as fresh:
    os.replace = killed
"""
    done = subprocess.run([sys.executable, "-c", program, str(root)], check=False)
    assert done.returncode == 9 and not root.exists()
    assert Place(tmp_path).data.root == root  # opening the project is enough
    assert (root / "kept").read_text() == "kept"


def test_old_data_are_never_brought_back_over_new_ones(tmp_path: Path) -> None:
    root, aside = tmp_path / "data", tmp_path / ".data-old-x"
    (aside / "old").mkdir(parents=True)
    root.mkdir()
    (root / "new").write_text("new")
    assert repaired(root) == root and (root / "new").exists() and aside.exists()
    os.utime(aside, (0, 0))
    repaired(root)
    assert not aside.exists()


def test_a_reader_waits_for_a_load_that_is_putting_its_data_in_place(tmp_path: Path) -> None:
    root, aside = tmp_path / "data", tmp_path / ".data-old-x"
    (aside / "old").mkdir(parents=True)
    later = threading.Timer(0.1, root.mkdir)
    later.start()
    repaired(root)
    later.join()
    assert root.exists() and (aside / "old").exists()


def test_costs_of_the_same_day_and_category_are_updated_by_a_later_file(tmp_path: Path) -> None:
    made = shop(tmp_path)
    head = "Date,Cost Category,Cost Amount\n"
    made.load(head + "2026-01-31,SMS,100\n2026-01-31,Payroll,500\n")
    made.load(head + "2026-01-31,SMS,120\n2026-02-28,SMS,80\n", append=True)
    frame = made.table("costs").select("category", "amount").sort("category", "amount")
    assert frame.rows() == [("channel", 80), ("channel", 120), ("payroll", 500)]
