"""Loading: what replaces what, what changes nothing, and that an error leaves everything as it was."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import crmkpi.ingest.load
from crmkpi.errors import CrmKpiError
from crmkpi.i18n import Words, catalogue
from crmkpi.ingest.documents import KINDS
from crmkpi.ingest.inspect import inspect
from crmkpi.ingest.load import LoadSettings, read_record, rebuild
from tests.unit.ingest.loaded import Shop, issues, shop, steps

ROOM = Path(crmkpi.ingest.load.__file__).parent
HEAD = "Order ID,Customer ID,Order Date,Amount,Status\n"
JANUARY = HEAD + "1,a,2026-01-05,100,Completed\n2,b,2026-01-06,50,Completed\n"
FEBRUARY = HEAD + "2,b,2026-01-06,55,Completed\n3,c,2026-02-06,70,Completed\n"


def state(made: Shop) -> dict[str, str]:
    """Every file below the data directory and its hash."""
    root = made.data.root
    found = sorted(p for p in root.rglob("*") if p.is_file())
    return {str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest() for p in found}


def test_the_same_bytes_twice_change_nothing_and_say_so(tmp_path: Path) -> None:
    made = shop(tmp_path)
    first = made.load(JANUARY)
    before = state(made)
    again = made.load(JANUARY)
    assert not first.unchanged and again.unchanged
    assert state(made) == before
    assert steps(again) == steps(first) and again.loaded == first.loaded
    assert made.load(JANUARY, append=True).unchanged


def test_a_currency_that_the_load_found_and_the_project_noted_is_no_change(tmp_path: Path) -> None:
    made = shop(tmp_path)
    text = "Order ID,Customer ID,Order Date,Amount,Currency\n1,a,2026-01-05,100,RUB\n2,b,2026-01-06,50,RUB\n"
    first = made.load(text)
    assert first.currency == "RUB"
    assert made.load(text, settings=LoadSettings(currency=first.currency)).unchanged
    assert not made.load(text, settings=LoadSettings(currency="USD")).unchanged
    assert made.data.meta.currency == "USD"


def test_a_file_replaces_the_earlier_one_of_the_same_headers(tmp_path: Path) -> None:
    made = shop(tmp_path)
    made.load(JANUARY)
    made.load(FEBRUARY)
    assert made.orders() == {"2": 55.0, "3": 70.0}
    assert [p.name for p in (made.data.root / "files").iterdir() if p.is_dir()] == [
        hashlib.sha256(FEBRUARY.encode()).hexdigest()
    ]


def test_append_adds_a_period_and_updates_rows_by_key(tmp_path: Path) -> None:
    made = shop(tmp_path)
    made.load(JANUARY)
    result = made.load(FEBRUARY, append=True)
    assert made.orders() == {"1": 100.0, "2": 55.0, "3": 70.0}
    assert steps(result)["superseded"] == (1, -50.0)
    assert issues(result)["updated_rows"] == 1
    assert len(result.kept_files) == 2


def test_appending_in_two_steps_equals_one_load_of_everything(tmp_path: Path) -> None:
    apart, together = shop(tmp_path / "apart"), shop(tmp_path / "together")
    third = HEAD + "4,a,2026-03-01,10,Completed\n5,,2026-03-02,20,Completed\n"
    apart.load(JANUARY)
    apart.load(third, append=True)
    together.load(JANUARY + third.removeprefix(HEAD))
    assert apart.table("orders").equals(together.table("orders"))
    assert apart.data.meta.data_hash == together.data.meta.data_hash


def test_another_set_of_headers_stands_beside_and_fills_what_the_later_file_lacks(tmp_path: Path) -> None:
    made = shop(tmp_path)
    made.load(
        "Order ID,Customer ID,Order Date,Amount,City\n1,a,2026-01-05,100,Oslo\n2,b,2026-01-06,50,Rome\n"
    )
    result = made.load(HEAD + "2,b,2026-01-06,55,Completed\n3,c,2026-02-06,70,Completed\n")
    frame = made.table("orders").select("order_id", "city").sort("order_id")
    assert frame.rows() == [("1", "Oslo"), ("2", "Rome"), ("3", None)]
    assert made.orders() == {"1": 100.0, "2": 55.0, "3": 70.0}
    assert issues(result)["updated_rows"] == 1


def test_two_files_of_one_table_add_up_when_their_numbers_differ(tmp_path: Path) -> None:
    made = shop(tmp_path)
    made.load(JANUARY, HEAD + "7,a,2026-03-01,10,Completed\n")
    assert made.orders() == {"1": 100.0, "2": 50.0, "7": 10.0}


def test_a_switch_rebuilds_everything_from_the_kept_rows(tmp_path: Path) -> None:
    made = shop(tmp_path)
    made.load(HEAD + "1,a,2026-01-05,100,Completed\n2,b,2026-01-06,50,Test\n")
    assert made.orders() == {"1": 100.0}
    result = rebuild(made.data, LoadSettings(exclude_tests=False))
    assert made.orders() == {"1": 100.0, "2": 50.0}
    assert not result.unchanged and result.receipt.files[0].rows_used == 2
    assert rebuild(made.data, LoadSettings(exclude_tests=False)).unchanged


def test_exact_copies_are_kept_and_a_switch_drops_them(tmp_path: Path) -> None:
    text = (
        "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID\n"
        "1,A,2,2026-01-05,10,7\n1,A,2,2026-01-05,10,7\n1,B,1,2026-01-05,5,7\n"
    )
    made = shop(tmp_path)
    result = made.load(text)
    assert made.orders() == {"1": 45.0} and issues(result)["exact_duplicates"] == 1
    result = rebuild(made.data, LoadSettings(drop_exact_duplicates=True))
    assert made.orders() == {"1": 25.0}
    assert steps(result)["duplicates"] == (1, -20.0)


BAD = {
    "no_rows": HEAD,
    "missing_required": "Order ID,Customer ID,Amount,Status\n1,a,100,Completed\n2,b,20,Completed\n",
    "not_recognised": "foo,bar\nx,y\nz,w\n",
    "column_not_read": "Order ID,Customer ID,Order Date,Amount\n1,a,soon,100\n2,b,later,20\n3,b,then,20\n",
    "empty_file": "",
}


@pytest.mark.parametrize("code", sorted(BAD))
def test_a_bad_file_is_one_clear_sentence_and_the_state_stays(tmp_path: Path, code: str) -> None:
    made = shop(tmp_path)
    made.load(JANUARY)
    before = state(made)
    with pytest.raises(CrmKpiError) as caught:
        made.load(BAD[code])
    assert caught.value.code == code
    for lang in ("ru", "en"):
        sentence = Words(lang)(caught.value.key, **caught.value.params)
        assert "file2.csv" in sentence and "{" not in sentence
    assert state(made) == before
    # nothing is left beside the data directory either
    assert [p.name for p in made.root.iterdir() if p.name.startswith(".")] == []


def test_an_order_file_without_dates_names_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CrmKpiError) as caught:
        shop(tmp_path).load(BAD["missing_required"])
    assert caught.value.params["table"] == "orders" and caught.value.params["columns"] == "ordered_at"


def test_lines_need_dates_unless_there_are_orders(tmp_path: Path) -> None:
    lines = "Order ID,SKU,Product,Quantity,Unit Price\n1,t,Tea,1,100\n2,c,Cup,2,25\n9,c,Cup,2,25\n"
    made = shop(tmp_path)
    with pytest.raises(CrmKpiError) as caught:
        made.load(lines)
    assert caught.value.params["columns"] == "ordered_at"
    result = made.load(JANUARY, lines)
    assert made.table("order_lines")["product"].to_list() == ["Tea", "Cup"]
    assert issues(result)["lines_without_order"] == 1
    assert made.table("orders")["line_sum"].to_list() == [100, 50]


def test_two_files_that_share_numbers_are_refused_together(tmp_path: Path) -> None:
    made = shop(tmp_path)
    with pytest.raises(CrmKpiError) as caught:
        made.load(JANUARY, FEBRUARY)
    assert caught.value.code == "two_files_one_table" and caught.value.params["count"] == 1
    assert not made.data.root.exists()


def test_a_question_holds_up_its_own_file_only(tmp_path: Path) -> None:
    made = shop(tmp_path)
    asked = "Customer ID,Registered At,Segment\na,01/02/2025,x\nb,03/04/2025,y\nc,05/06/2025,y\n"
    result = made.load(made.file(JANUARY, "o.csv"), made.file(asked, "c.csv"))
    assert [(u["file"], u["code"]) for u in result.unanswered] == [("c.csv", "ambiguous_date_order")]
    assert [f.loaded for f in result.files] == [True, False]
    assert "customers" not in made.data.tables() and made.orders() == {"1": 100.0, "2": 50.0}
    answers = {"c.csv": {"ambiguous_date_order:Registered At": "dmy"}}
    result = made.load(made.root / "files" / "c.csv", answers=answers)
    assert not result.unanswered and made.table("customers").height == 3


def test_an_answer_that_is_no_option_is_refused(tmp_path: Path) -> None:
    text = "Order ID,Customer ID,Order Date,Amount\n1,a,01/05/2026,100\n2,b,02/06/2026,50\n"
    made = shop(tmp_path)
    with pytest.raises(CrmKpiError) as caught:
        made.load(made.file(text, "o.csv"), answers={"o.csv": {"ambiguous_date_order": "later"}})
    assert caught.value.code == "bad_answer"


def test_a_mapping_by_hand_wins_and_is_checked(tmp_path: Path) -> None:
    text = "Order ID,Customer ID,Order Date,Amount,Bonus\n1,a,2026-01-05,100,7\n2,b,2026-01-06,50,3\n"
    made = shop(tmp_path)
    path = made.file(text, "o.csv")
    columns = {
        "order_id": "Order ID",
        "customer_id": "Customer ID",
        "ordered_at": "Order Date",
        "amount": "Bonus",
    }
    made.load(path, mapping={"o.csv": {"table": "orders", "columns": columns}})
    assert made.orders() == {"1": 7.0, "2": 3.0}
    for wrong in ({"table": "orders", "columns": columns | {"amount": "Nope"}}, {"table": "nope"}):
        with pytest.raises(CrmKpiError) as caught:
            made.load(path, mapping={"o.csv": wrong})
        assert caught.value.code == "bad_mapping"
    sha = hashlib.sha256(text.encode()).hexdigest()
    made.load(path, mapping={sha: {"table": "orders", "columns": columns | {"amount": "Amount"}}})
    assert made.orders() == {"1": 100.0, "2": 50.0}


def test_an_unknown_time_zone_is_refused_only_where_it_is_used(tmp_path: Path) -> None:
    text = (
        "Order ID,Customer ID,Created at,Amount\n1,a,2026-01-05T22:30:00Z,100\n2,b,2026-01-06T10:00:00Z,50\n"
    )
    made = shop(tmp_path)
    path = made.file(text, "o.csv")
    answers = {"o.csv": {"time_zone": "project"}}
    with pytest.raises(CrmKpiError) as caught:
        made.load(path, settings=LoadSettings(zone="Mars/Olympus"), answers=answers)
    assert caught.value.code == "bad_zone"
    made.load(path, settings=LoadSettings(zone="Europe/Moscow"), answers=answers)
    # 22:30 UTC is the next day in Moscow
    assert made.table("orders").sort("order_id")["ts"][0] % 86_400 == 1 * 3600 + 30 * 60


def test_inspect_has_the_agreed_shape_and_writes_nothing(tmp_path: Path) -> None:
    made = shop(tmp_path)
    path = made.file("\ufeff" + JANUARY.replace("100", "1e5"), "o.csv")
    report = inspect([path], Words("ru"))[0].as_dict()
    assert set(report) >= {
        "file", "sha256", "bytes", "kind", "member", "sheet", "encoding", "delimiter", "quote", "decimal",
        "header_row", "skipped_title_rows", "dropped_total_rows", "rows_in", "rows_used", "rows_rejected",
        "columns", "table", "system", "mapping", "confidence", "questions", "issues",
    }  # fmt: skip
    assert set(report["columns"][0]) == {  # type: ignore[index]
        "name", "kind", "format", "unparsed", "distinct", "min", "max", "sum", "examples",
    }  # fmt: skip
    json.dumps(report)
    assert report["table"] == "orders" and report["rows_used"] == 2
    assert not made.data.root.exists()


def test_headers_alone_can_be_inspected(tmp_path: Path) -> None:
    report = inspect([shop(tmp_path).file(HEAD)])[0]
    assert (report.rows_in, report.rows_used, report.questions) == (0, 0, [])


def test_the_record_of_a_load_can_be_read_again(tmp_path: Path) -> None:
    made = shop(tmp_path)
    result = made.load(JANUARY)
    record = read_record(made.data.root)
    assert record is not None
    assert record.bridge == result.bridge and record.receipt == result.receipt
    assert [f.code for f in record.findings] == [f.code for f in result.issues]
    document = result.as_dict(Words("en"))
    json.dumps(document)
    assert document["loaded"][0] == {  # type: ignore[index]
        "table": "orders", "rows": 2, "from": "2026-01-05", "to": "2026-01-06", "customers": 2,
        "sums": {"amount": 150.0},
    }  # fmt: skip


CELL = st.one_of(st.none(), st.sampled_from(["1", "2", "x", "2026-01-05", "100", "-5", "a,b", "Итого"]))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELL, CELL, CELL), max_size=12))
def test_every_row_that_was_read_is_accounted_for(tmp_path: Path, drawn: list) -> None:
    made = shop(tmp_path / hashlib.sha256(repr(drawn).encode()).hexdigest())
    body = "".join(f"{a or ''},{b or ''},2026-01-05,{c or ''},Completed\n" for a, b, c in drawn)
    try:
        result = made.load(HEAD + "77,q,2026-01-05,5,Completed\n" + body)
    except CrmKpiError:
        return
    if result.unanswered:
        return
    one = result.receipt.files[0]
    assert one.rows_in == one.rows_used + one.rows_rejected + one.rows_empty + one.dropped_total_rows
    assert result.bridge[0].rows == one.rows_used
    assert sum(s.minor for s in result.bridge[:-1]) == result.bridge[-1].minor


def test_an_archive_brings_all_its_tables_and_leaves_the_rest_out(tmp_path: Path) -> None:
    made = shop(tmp_path)
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("orders.csv", JANUARY)
        archive.writestr(
            "customers.csv", "Customer ID,Registered At,Segment\na,2025-01-01,VIP\nb,2025-01-02,Base\n"
        )
        archive.writestr("notes.csv", "foo,bar\nx,y\nz,w\n")
    result = made.load(path)
    assert {"orders", "customers"} <= set(made.data.tables())
    assert any(i.code == "table_left_out" for f in result.files for i in f.issues)
    assert made.load(path).unchanged
    # one archive, two kept tables
    parts = sorted(p.name for p in (made.data.root / "files").rglob("*.parquet"))
    assert len(parts) == 2 and len(set(parts)) == 2
    made.load(FEBRUARY)
    assert made.orders() == {"2": 55.0, "3": 70.0} and made.table("customers").height == 2


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_every_step_of_the_bridge_has_a_name(lang: str) -> None:
    texts = catalogue(lang)
    for code in (*KINDS[:-1], "file_sum", "shipping", "anonymous", "root"):
        assert f"bridge.{code}" in texts


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_every_finding_of_the_loading_room_has_a_sentence(lang: str) -> None:
    texts = catalogue(lang)
    codes: set[str] = set()
    for path in sorted(ROOM.glob("*.py")):
        source = path.read_text(encoding="utf-8")
        codes |= set(re.findall(r'finding\(\s*"(\w+)"', source))
    assert len(codes) > 15
    assert [c for c in codes if f"issue.{c}" not in texts] == []
