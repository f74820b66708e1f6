"""Archives, workbooks, HTML tables, and files that are no tables."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import random
import zipfile
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from crmkpi.errors import CrmKpiError
from crmkpi.ingest.limits import Limits
from crmkpi.ingest.read import read
from crmkpi.ingest.sniff import sniff

CSV = "id;Дата;Сумма\n1;01.01.2026;10\n2;02.01.2026;20\n"


def write(tmp_path: Path, data: bytes, name: str = "x.bin") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def zipped(**members: bytes | str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__dot__", "."), data)
    return out.getvalue()


def refused(tmp_path: Path, data: bytes, limits: Limits | None = None) -> str:
    path = write(tmp_path, data)
    with pytest.raises(CrmKpiError) as caught:
        for source in sniff(path, limits=limits or Limits()):
            read(source, limits=limits or Limits())
    return caught.value.code


# archives -----------------------------------------------------------------------------------------------


def test_gzip_by_content_whatever_the_name(tmp_path: Path):
    source = sniff(write(tmp_path, gzip.compress(CSV.encode("cp1251")), "orders.csv"))[0]
    assert (source.kind, source.encoding) == ("gz", "cp1251")
    assert read(source).collect()["Сумма"].to_list() == ["10", "20"]


def test_zip_with_several_tables_and_rubbish(tmp_path: Path):
    data = zipped(
        **{
            "orders.csv": CSV,
            "dir/clients.csv": "id,name,n\n1,Anna,5\n2,Bob,6\n",
            "__MACOSX/._orders.csv": b"\x00\x05\x16\x07",
            ".DS_Store": b"\x00\x00\x00\x01Bud1",
            "readme.pdf": b"%PDF-1.4 text",
            "empty.csv": b"",
        }
    )
    sources = sniff(write(tmp_path, data))
    assert [source.member for source in sources] == ["orders.csv", "dir/clients.csv"]
    assert [read(source).rows_used for source in sources] == [2, 2]


def test_workbook_in_zip(tmp_path: Path):
    sources = sniff(write(tmp_path, zipped(**{"отчёт.xlsx": workbook(), "a.csv": CSV})))
    assert {source.member for source in sources} == {"отчёт.xlsx", "a.csv"}


def test_archive_in_archive_is_refused(tmp_path: Path):
    assert refused(tmp_path, zipped(**{"a.zip": zipped(**{"b.csv": CSV})})) == "nested_archive"
    assert refused(tmp_path, gzip.compress(zipped(**{"b.csv": CSV}))) == "nested_archive"
    assert refused(tmp_path, zipped(**{"innocent.csv": gzip.compress(CSV.encode())})) == "nested_archive"


def test_gzip_bomb_stops_early(tmp_path: Path):
    bomb = gzip.compress(b"a;b\n" + b"1;2\n" * 25_000_000)
    assert refused(tmp_path, bomb) == "unpacked_too_large"


def test_zip_bomb_is_refused_before_unpacking(tmp_path: Path):
    assert refused(tmp_path, zipped(**{"a.csv": b"0" * 100_000_000})) == "unpacked_too_large"


def test_too_many_entries(tmp_path: Path):
    assert refused(tmp_path, zipped(**{f"{i}.csv": "a;b\n1;2\n" for i in range(300)})) == "too_many_entries"


def test_truncated_gzip_is_damage(tmp_path: Path):
    text = "id;sum\n" + "".join(f"{i};{random.Random(i).random()}\n" for i in range(50_000))
    data = gzip.compress(text.encode())
    assert refused(tmp_path, data[: len(data) // 2]) == "damaged_file"


def test_zip_with_a_lie_in_its_table_of_contents(tmp_path: Path):
    data = bytearray(zipped(**{"a.csv": CSV * 100}))
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    assert refused(tmp_path, bytes(data)) == "damaged_file"


def test_password_in_zip(tmp_path: Path):
    data = bytearray(zipped(**{"a.csv": CSV}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert refused(tmp_path, bytes(data)) == "password_protected"


# no tables ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"%PDF-1.7\n...", "PDF"),
        (b"\x89PNG\r\n\x1a\n0000", "PNG"),
        (b"Rar!\x1a\x07\x00", "RAR"),
        (b"7z\xbc\xaf\x27\x1c\x00", "7Z"),
        (b"\x28\xb5\x2f\xfd\x00\x00", "ZSTD"),
        (b"x\x9c\x4b\x4c\x02\x00", "ZLIB"),
        (b"MZ\x90\x00\x03", "EXE"),
        (b'{"a": 1}', "JSON"),
        (b"<?xml version='1.0'?><note>x</note>", "XML"),
        (b"<html><body><p>no table</p></body></html>", "HTML"),
        (bytes(range(1, 32)) * 50, "BIN"),
    ],
)
def test_other_content_is_refused_by_name(tmp_path: Path, data: bytes, found: str):
    with pytest.raises(CrmKpiError, match="not_a_table") as caught:
        sniff(write(tmp_path, data, "orders.csv"))
    assert caught.value.params["found"] == found


@pytest.mark.parametrize(
    "data", [b"", b"\n" * 10_000, b"  \r\n\t\n", b"\xef\xbb\xbf", b"\xff\xfe", gzip.compress(b"", mtime=0)]
)
def test_nothing_inside(tmp_path: Path, data: bytes):
    assert refused(tmp_path, data) == "empty_file"


def test_missing_file(tmp_path: Path):
    with pytest.raises(CrmKpiError, match="file_unavailable"):
        sniff(tmp_path / "nowhere.csv")


def test_a_line_without_end_is_refused(tmp_path: Path):
    assert refused(tmp_path, b"a" * 50_000_000) == "line_too_long"


def test_too_many_columns_are_refused(tmp_path: Path):
    data = ";".join(f"c{i}" for i in range(100_000)) + "\n" + ";".join("1" for _ in range(100_000)) + "\n"
    assert refused(tmp_path, data.encode()) == "too_many_columns"


def test_two_thousand_columns_are_fine(tmp_path: Path):
    rows = [
        ";".join(f"column {i}" for i in range(2000)),
        *(";".join(str(i * j) for i in range(2000)) for j in range(3)),
    ]
    got = read(sniff(write(tmp_path, "\n".join(rows).encode()))[0])
    assert (len(got.columns), got.rows_used) == (2000, 3)


def test_a_cell_over_the_limit_rejects_its_row(tmp_path: Path):
    text = "id;note;sum\n1;a;5\n2;" + "x" * 1_200_000 + ";6\n3;b;7\n"
    got = read(sniff(write(tmp_path, text.encode()))[0])
    assert got.rejected["reason"].to_list() == ["long_cell"]
    assert got.rows_used == 2


def test_a_changed_file_is_noticed(tmp_path: Path):
    path = write(tmp_path, CSV.encode())
    source = sniff(path)[0]
    path.write_text("id;Дата\n1;2\n")
    with pytest.raises(CrmKpiError, match="file_changed"):
        read(source)


# workbooks ----------------------------------------------------------------------------------------------


def workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Заказы"
    sheet.append(["Отчёт по заказам за январь"])
    sheet.merge_cells("A1:F1")
    sheet.append([])
    sheet.append(["Номер", "Дата", "Создан", "Сумма", "Артикул", "Оплачен"])
    for i in range(1, 6):
        day = dt.date(2026, 1, i)
        sheet.append([1000 + i, day, dt.datetime(2026, 1, i, 10, i), i * 10.5, f"00{i}", i % 2 == 0])
    sheet.append(["Итого", None, None, 157.5])
    book.create_sheet("Пустой")
    other = book.create_sheet("Клиенты")
    other["B3"], other["C3"] = "Имя", "Телефон"
    other["B4"], other["C4"] = "Анна", "+79161234567"
    hidden = book.create_sheet("Служебный")
    hidden.append(["a", "b"])
    hidden.sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_workbook_sheets_titles_totals_and_types(tmp_path: Path):
    orders, clients = sniff(write(tmp_path, workbook(), "отчёт.xlsx"))
    assert (orders.kind, orders.sheet, orders.header_row, orders.skipped_title_rows) == (
        "xlsx",
        "Заказы",
        3,
        2,
    )
    got = read(orders)
    assert got.collect().row(0) == ("1001", "2026-01-01", "2026-01-01 10:01:00", "10.5", "001", "false", 4)
    assert (got.rows_in, got.rows_used, got.dropped_total_rows) == (6, 5, 1)
    assert read(clients).collect()["Телефон"].to_list() == ["+79161234567"]


def test_whole_numbers_have_no_fraction_and_times_no_day(tmp_path: Path):
    book = openpyxl.Workbook()
    book.active.append(["id", "время", "доля"])
    for i in range(3):
        book.active.append([float(i), dt.time(10, i), 0.125])
    book.save(tmp_path / "a.xlsx")
    got = read(sniff(tmp_path / "a.xlsx")[0]).collect()
    assert got.row(1)[:3] == ("1", "10:01:00", "0.125")


def test_far_corner_does_not_fill_the_memory(tmp_path: Path):
    book = openpyxl.Workbook()
    book.active["A1"], book.active["B1"], book.active["ZZ1048576"] = "a", "b", 1
    book.save(tmp_path / "a.xlsx")
    assert refused(tmp_path, (tmp_path / "a.xlsx").read_bytes()) == "file_too_large"


def test_other_documents_in_a_package(tmp_path: Path):
    assert (
        refused(tmp_path, zipped(**{"[Content_Types].xml": "<x/>", "word/document.xml": "<x/>"}))
        == "not_a_table"
    )


def test_parquet_is_read_as_text(tmp_path: Path):
    pl.DataFrame({"id": [1, 2], "day": [dt.date(2026, 1, 1), None], "x": [0.5, 1.0]}).write_parquet(
        tmp_path / "a.parquet"
    )
    got = read(sniff(tmp_path / "a.parquet")[0])
    assert got.collect().rows() == [("1", "2026-01-01", "0.5", 1), ("2", None, "1.0", 2)]


# HTML ---------------------------------------------------------------------------------------------------

HTML = """<html><head><meta charset="windows-1251"><style>td {mso-number-format:"\\@"}</style></head><body>
<table><tr><td>логотип</td></tr></table>
<table border=1><tr><td colspan="3">Отчёт &laquo;Продажи&raquo;</td></tr>
<tr><th>Дата</th><th>Менеджер</th><th>Сумма<br>руб</th></tr>
<tr><td>01.01.2026</td><td rowspan=2>Анна</td><td>1&nbsp;000,50</td></tr>
<tr><td>02.01.2026</td><td>20</td></tr>
<!-- <tr><td>x</td></tr> -->
<tr><td>03.01.2026</td><td>Олег</td><td>30</td></table></body></html>"""


def test_html_saved_as_xls(tmp_path: Path):
    sources = sniff(write(tmp_path, HTML.encode("cp1251"), "report.xls"))
    assert [(s.kind, s.header_row) for s in sources] == [("html", 2)]
    got = read(sources[0])
    assert got.columns == ["Дата", "Менеджер", "Сумма руб"]
    assert got.collect().rows() == [
        ("01.01.2026", "Анна", "1 000,50", 3),
        ("02.01.2026", "Анна", "20", 4),
        ("03.01.2026", "Олег", "30", 5),
    ]


def test_excel_2003_xml(tmp_path: Path):
    xml = """<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"
 xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="a"><Table>
<Row><Cell><Data ss:Type="String">Дата</Data></Cell><Cell ss:Index="3"><Data ss:Type="String">Сумма</Data></Cell></Row>
<Row><Cell><Data ss:Type="DateTime">2026-01-05T00:00:00.000</Data></Cell><Cell/>
<Cell><Data ss:Type="Number">5</Data></Cell></Row>
<Row><Cell><Data ss:Type="DateTime">2026-01-06T00:00:00.000</Data></Cell>
<Cell ss:Index="3"><Data ss:Type="Number">6</Data></Cell></Row>
</Table></Worksheet></Workbook>"""
    got = read(sniff(write(tmp_path, xml.encode(), "a.xls"))[0])
    assert got.columns == ["Дата", "column_2", "Сумма"]
    assert got.collect().rows() == [("2026-01-05", None, "5", 2), ("2026-01-06", None, "6", 3)]


# hostile ------------------------------------------------------------------------------------------------


def test_random_and_mutated_files_raise_only_our_errors(tmp_path: Path):
    seeds = [
        CSV.encode(), CSV.encode("cp1251"), CSV.encode("utf-16"), gzip.compress(CSV.encode() * 50),
        zipped(**{"a.csv": CSV, "b.xlsx": workbook()}), workbook(), HTML.encode("cp1251"), (CSV * 300).encode(),
    ]  # fmt: skip
    pl.DataFrame({"id": [1, 2], "s": ["a", "b"]}).write_parquet(tmp_path / "p.parquet")
    seeds.append((tmp_path / "p.parquet").read_bytes())
    dice = random.Random(11)
    path = tmp_path / "x.bin"
    for _ in range(300):
        data = bytearray(dice.choice(seeds) if dice.random() < 0.9 else dice.randbytes(dice.randrange(2000)))
        for _ in range(dice.randrange(1, 12)):
            if data and dice.random() < 0.7:
                data[dice.randrange(len(data))] = dice.choice(b"\x00\xff\";\n\r,\\'<" + dice.randbytes(2))
            elif data:
                at = dice.randrange(len(data))
                del data[at : at + dice.randrange(30)]
        path.write_bytes(bytes(data))
        try:
            for source in sniff(path):
                got = read(source)
                used = got.collect().height
                assert got.rows_in == used + got.rows_rejected + got.rows_empty + got.dropped_total_rows
        except CrmKpiError:
            pass
