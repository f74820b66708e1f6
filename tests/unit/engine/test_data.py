"""The canonical store on disk."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from crmkpi.engine.calendar import Calendar, Slot, day_number
from crmkpi.engine.data import DamagedDataError, DataDir, Meta, NoDataError, TableCoverage
from crmkpi.engine.memory import Memory, remembered
from crmkpi.periods import Coverage, parse_period


def test_a_table_and_its_meta_come_back(tmp_path):
    data = DataDir(tmp_path)
    data.write("costs", pl.LazyFrame({"day": [1], "amount": [250]}))
    cover = TableCoverage(first=date(2024, 1, 1), last=date(2024, 2, 1), usual_gap=3)
    data.seal(lambda meta: meta.coverage.update(costs=cover))
    again = DataDir(tmp_path)
    assert again.tables() == ["costs"]
    assert again.columns("costs") == ["day", "amount"]
    assert again.frame("costs").collect()["amount"].to_list() == [250]
    assert again.meta.coverage["costs"].coverage == Coverage(date(2024, 1, 1), date(2024, 2, 1), 3)


def test_the_hash_follows_the_bytes(tmp_path):
    data = DataDir(tmp_path)
    data.write("costs", pl.DataFrame({"amount": [1]}))
    first = data.seal().data_hash
    assert data.seal().data_hash == first
    data.write("costs", pl.DataFrame({"amount": [2]}))
    assert data.seal().data_hash != first


def test_a_meta_written_elsewhere_is_read_again(tmp_path):
    data, other = DataDir(tmp_path), DataDir(tmp_path)
    data.meta = Meta(scale=100)
    assert other.meta.scale == 100
    data.meta = Meta(scale=1000, zone="Europe/Moscow")
    assert other.meta.scale == 1000


@pytest.mark.parametrize("text", ["{", '{"version": "x"}', '{"surprise": 1}', ""])
def test_a_cut_or_edited_meta_is_a_clear_error(tmp_path, text):
    (tmp_path / "meta.json").write_text(text)
    with pytest.raises(DamagedDataError):
        _ = DataDir(tmp_path).meta


def test_an_empty_directory_has_no_data(tmp_path):
    with pytest.raises(NoDataError):
        _ = DataDir(tmp_path).meta


def test_days_find_their_periods():
    months = [parse_period(f"2024-0{m}") for m in (1, 2, 3)]
    calendar = Calendar(tuple(Slot(p, p.first, p.last) for p in months))
    maps = calendar.maps(Coverage(date(2024, 1, 10), date(2024, 3, 20)))
    days = [
        date(2023, 5, 1),
        date(2024, 1, 1),
        date(2024, 2, 29),
        date(2024, 3, 20),
        date(2024, 3, 21),
        date(2025, 1, 1),
    ]
    frame = pl.DataFrame({"day": [*[day_number(d) for d in days], None]}, schema={"day": pl.Int32})
    day = pl.col("day")
    found = frame.select(t=maps.t(day), ends=maps.ends_from(day), starts=maps.starts_from(day))
    assert found["t"].to_list() == [-1, 0, 1, 2, 2, -1, -1]
    # March is unfinished: its stocks are read on the 20th, so an order of the 21st would come too late
    assert found["ends"].to_list() == [0, 0, 1, 2, 3, 3, 3]
    assert found["starts"].to_list() == [0, 0, 2, 3, 3, 3, 3]


def test_memory_forgets_the_least_used():
    memory = Memory(2)
    made: list[str] = []

    def make(name: str) -> str:
        made.append(name)
        return name

    for name in ("a", "b", "a", "c", "a", "b"):
        assert memory.get(name, lambda name=name: make(name)) == name
    assert made == ["a", "b", "c", "b"]


def test_a_remembered_fact_tells_its_named_arguments_apart(tmp_path):
    calls = []

    @remembered
    def fact(data: DataDir, days: int = 90) -> int:
        calls.append(days)
        return days

    data = DataDir(tmp_path)
    data.write("orders", pl.DataFrame({"a": [1]}))
    data.meta = Meta(data_hash="x" * 64)
    assert [fact(data, days=30), fact(data, days=60), fact(data, 60), fact(data, days=30)] == [30, 60, 60, 30]
    assert calls == [30, 60, 60]
