"""Text becomes typed rows: ids stay ids, flags from dates, copies found exactly, names never collide."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmkpi.ingest.clean import CleanTable, clean, exact_copies, own_names
from crmkpi.ingest.profile import profile
from crmkpi.ingest.read import read
from crmkpi.ingest.sniff import sniff


def cleaned(
    tmp_path: Path, text: str, table: str, mapping: dict[str, str], dimensions: dict[str, str] | None = None
) -> CleanTable:
    path = tmp_path / "file.csv"
    path.write_text(text, encoding="utf-8")
    source = read(sniff(path)[0])
    return clean(source, profile(source), table, mapping, dimensions or {})


def test_types_follow_the_canonical_column(tmp_path: Path) -> None:
    mapping = {
        "order_id": "No",
        "customer_id": "Client",
        "ordered_at": "When",
        "amount": "Sum",
        "status": "Done",
    }
    text = (
        "No;Client;When;Sum;Done\n0001;17850.0;05.01.2026 10:30;1 234,50;да\n0002;;06.01.2026 9:05;5,00;нет\n"
    )
    frame = cleaned(tmp_path, text, "orders", mapping).frame
    assert frame.drop("__dup").rows() == [
        ("0001", "17850", datetime(2026, 1, 5, 10, 30), 1234.5, "да", 2),
        ("0002", None, datetime(2026, 1, 6, 9, 5), 5.0, "нет", 3),
    ]


def test_a_date_of_opening_says_that_it_was_opened(tmp_path: Path) -> None:
    text = (
        "Client,Sent,Opened at,Clicks\na,2026-01-05,2026-01-06,2\nb,2026-01-05,,0\nc,2026-01-05,2026-01-07,\n"
    )
    mapping = {"customer_id": "Client", "sent_at": "Sent", "opened": "Opened at", "clicked": "Clicks"}
    frame = cleaned(tmp_path, text, "messages", mapping).frame
    assert frame["opened"].to_list() == [1, 0, 1]
    assert frame["clicked"].to_list() == [1, 0, None]


@pytest.mark.parametrize("repeat", [1, 50])
def test_parsing_distinct_values_equals_parsing_every_row(tmp_path: Path, repeat: int) -> None:
    body = "1,a,2026-01-05,10.5\n2,,2026-01-06,\n3,b,soon,x\n" * repeat
    mapping = {"order_id": "No", "customer_id": "Client", "ordered_at": "When", "amount": "Sum"}
    frame = cleaned(tmp_path, "No,Client,When,Sum\n" + body, "orders", mapping).frame
    once = [
        ("1", "a", datetime(2026, 1, 5), 10.5),
        ("2", None, datetime(2026, 1, 6), None),
        ("3", "b", None, None),
    ]
    assert frame.select("order_id", "customer_id", "ordered_at", "amount").rows() == once * repeat
    assert frame["__dup"].sum() == 3 * (repeat - 1)


def test_own_columns_never_take_a_canonical_or_physical_name() -> None:
    given_ = {"ts": "TS", "revenue": "Revenue", "мой столбец": "Мой столбец", "vip": "VIP"}
    assert own_names(given_, "orders") == {
        "ts": "ts_2", "revenue": "revenue_2", "мой столбец": "мой_столбец", "vip": "vip",
    }  # fmt: skip


def test_a_place_is_called_alike_in_both_languages() -> None:
    assert own_names({"город": "Город"}, "customers") == {"город": "city"}
    assert own_names({"city": "City"}, "customers") == {"city": "city"}


CELLS = st.sampled_from(["a", "b", None])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELLS, CELLS), max_size=30))
def test_exact_copies_equal_a_set_of_rows_already_seen(drawn: list[tuple[str | None, str | None]]) -> None:
    frame = pl.DataFrame(
        {"x": [r[0] for r in drawn], "y": [r[1] for r in drawn]}, schema=dict.fromkeys("xy", pl.String)
    )
    seen: set[tuple[str | None, str | None]] = set()
    expected = []
    for row in drawn:
        expected.append(row in seen)
        seen.add(row)
    assert exact_copies(frame.lazy(), ["x", "y"]).to_list() == expected
