"""Trouble with the file: archives, workbooks, HTML saved as .xls, things that are no tables, and bombs."""

from __future__ import annotations

import gzip
import html
import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime

import polars as pl
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from tests.exports.corpus import ROWS, Case, Written, case, comma, english, ru_day, text

W = Written()
E = english()
PLAIN = text(W.header, W.cells())
TOTAL = float(sum(o.amount for o in ROWS))


def zipped(members: dict[str, bytes]) -> bytes:
    """A zip with these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def workbook(sheets: dict[str, Callable[[Worksheet, xlsxwriter.Workbook], None]]) -> bytes:
    """An xlsx with these sheets, each filled by its function."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    for name, fill in sheets.items():
        fill(book.add_worksheet(name), book)
    book.close()
    return out.getvalue()


def put(sheet: Worksheet, rows: Sequence[Sequence[object]], at: int = 0, day: object = None) -> None:
    """Rows of values from row `at` on; datetimes with the format `day`."""
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            if isinstance(value, datetime):
                sheet.write_datetime(at + i, j, value, day)
            elif value is not None:
                sheet.write(at + i, j, value)


def typed_rows() -> list[list[object]]:
    """The rows as a system writes them into a workbook: numbers as numbers, dates as dates."""
    cells = W.cells()
    return [
        [int(o.number), o.at, o.customer, float(o.amount), *c[4:]] for o, c in zip(ROWS, cells, strict=True)
    ]


def archives() -> list[Case]:
    """Packed tables."""
    notes = {
        "__MACOSX/._export.csv": b"\x00\x05\x16\x07",
        ".DS_Store": b"\x00\x00",
        "export.csv": PLAIN.encode(),
    }
    customers = "ID клиента;Дата регистрации;Сегмент\n" + "".join(
        f"C{i:04d};01.0{1 + i % 9}.2024;{'Новый' if i % 2 else 'Старый'}\n" for i in range(1, 16)
    )
    inner = zipped({"export.csv": PLAIN.encode()})
    bomb = zipped({"export.csv": b"\0" * (64 << 20)})
    return [
        case("gzip", "archive", gzip.compress(PLAIN.encode(), mtime=0), W, file="export.csv.gz"),
        case("gzip named csv", "archive", gzip.compress(PLAIN.encode("cp1251"), mtime=0), W),
        case("zip with one table", "archive", inner, W, file="export.zip"),
        case("zip from a mac", "archive", zipped(notes), W, file="export.zip"),
        case(
            "zip with two tables",
            "archive",
            zipped({"1_customers.csv": customers.encode(), "2_orders.csv": PLAIN.encode("cp1251")}),
            W,
            file="export.zip",
            tables=2,
            table_at=1,
        ),
        case(
            "zip with a picture beside",
            "archive",
            zipped({"a.png": b"\x89PNG\r\n\x1a\n" + bytes(200), "export.csv": PLAIN.encode()}),
            W,
            file="export.zip",
        ),
        case(
            "zip in a zip", "archive", zipped({"a.zip": inner}), file="export.zip", error=("nested_archive",)
        ),
        case(
            "zip with cyrillic names",
            "archive",
            zipped({"Заказы за год.csv": PLAIN.encode("cp1251")}),
            W,
            file="Выгрузка.zip",
        ),
        case(
            "zip cut in half",
            "archive",
            inner[: len(inner) // 2],
            file="export.zip",
            error=("damaged_file", "not_a_table"),
        ),
        case(
            "gzip cut in half",
            "archive",
            gzip.compress(PLAIN.encode(), mtime=0)[:600],
            file="export.csv.gz",
            error=("damaged_file",),
        ),
        case(
            "zip bomb",
            "archive",
            bomb,
            file="export.zip",
            error=("unpacked_too_large", "nul_bytes", "not_a_table"),
        ),
        case("empty zip", "archive", zipped({}), file="export.zip", error=("empty_file",)),
    ]


def workbooks() -> list[Case]:
    """Excel files with numbers, dates, titles, totals and several sheets."""
    head, rows = list(W.header), typed_rows()
    texts = [
        [c[0], c[1], c[2], o.amount.to_eng_string().replace(".", ","), *c[4:]]
        for o, c in zip(ROWS, W.cells(), strict=True)
    ]

    def plain(sheet: Worksheet, book: xlsxwriter.Workbook) -> None:
        put(sheet, [head, *rows], 0, book.add_format({"num_format": "dd.mm.yyyy hh:mm"}))

    def titled(sheet: Worksheet, book: xlsxwriter.Workbook) -> None:
        sheet.merge_range(0, 0, 0, 6, "Отчёт по заказам за 2025 год")
        put(
            sheet,
            [head, *rows, ["Итого", None, None, TOTAL]],
            3,
            book.add_format({"num_format": "dd.mm.yy hh:mm"}),
        )

    def as_text(sheet: Worksheet, book: xlsxwriter.Workbook) -> None:
        for i, row in enumerate([head, *texts]):
            for j, value in enumerate(row):
                sheet.write_string(i, j, value)

    def aside(sheet: Worksheet, book: xlsxwriter.Workbook) -> None:
        day = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        put(sheet, [[None, None, *row] for row in [head, *rows]], 4, day)

    def serials(sheet: Worksheet, book: xlsxwriter.Workbook) -> None:
        put(
            sheet,
            [
                head,
                *(
                    [r[0], (o.at.replace(hour=0, minute=0) - datetime(1899, 12, 30)).days, *r[2:]]
                    for r, o in zip(rows, ROWS, strict=True)
                ),
            ],
        )

    def codes(sheet: Worksheet, book: xlsxwriter.Workbook) -> None:
        padded = book.add_format({"num_format": "0000000000"})
        plain(sheet, book)
        for i, o in enumerate(ROWS, 1):
            sheet.write_number(i, 0, int(o.number), padded)

    def notes(sheet: Worksheet, book: xlsxwriter.Workbook) -> None:
        put(sheet, [["Выгрузка сделана менеджером"], ["Вопросы: отдел продаж"]])

    def groups(sheet: Worksheet, book: xlsxwriter.Workbook) -> None:
        sheet.merge_range(0, 0, 0, 1, "Заказ")
        sheet.merge_range(0, 2, 0, 6, "Покупатель и деньги")
        put(sheet, [head, *rows], 1, book.add_format({"num_format": "dd.mm.yyyy hh:mm"}))

    bare = {"columns": None, "mapping": {}, "sums": {}, "dates": {}, "flags": {}, "ids": {}}
    return [
        case("xlsx", "workbook", workbook({"Лист1": plain}), W, file="export.xlsx"),
        case(
            "xlsx with title, blank rows and total",
            "workbook",
            workbook({"Отчёт": titled}),
            W,
            file="export.xlsx",
            dropped=1,
        ),
        case("xlsx with everything as text", "workbook", workbook({"Лист1": as_text}), W, file="export.xlsx"),
        case(
            "xlsx with the table in the middle",
            "workbook",
            workbook({"Лист1": aside}),
            W,
            file="export.xlsx",
            columns=None,
        ),
        case(
            "xlsx with date serials",
            "workbook",
            workbook({"Лист1": serials}),
            W,
            file="export.xlsx",
            minutes=False,
        ),
        case(
            "xlsx with a sheet of notes first",
            "workbook",
            workbook({"Читать": notes, "Заказы": plain}),
            W,
            file="export.xlsx",
        ),
        case(
            "xlsx with an empty sheet first",
            "workbook",
            workbook({"Лист1": lambda s, b: None, "Лист2": plain}),
            W,
            file="export.xlsx",
        ),
        case("xlsx named csv", "workbook", workbook({"Лист1": plain}), W, file="export.csv"),
        case("xlsx with padded numbers", "workbook", workbook({"Лист1": codes}), W, file="export.xlsx"),
        case(
            "xlsx with merged group header",
            "workbook",
            workbook({"Лист1": groups}),
            W,
            file="export.xlsx",
            **bare,
        ),
        case(
            "xlsx of headers only",
            "workbook",
            workbook({"Лист1": lambda s, b: put(s, [head])}),
            None,
            file="export.xlsx",
            rows=0,
        ),
        case(
            "xlsx without anything",
            "workbook",
            workbook({"Лист1": lambda s, b: None}),
            None,
            file="export.xlsx",
            error=("empty_file", "not_a_table"),
        ),
        case(
            "xlsx cut in half",
            "workbook",
            workbook({"Лист1": plain})[:3000],
            file="export.xlsx",
            error=("damaged_file", "not_a_table"),
        ),
    ]


def pages() -> list[Case]:
    """HTML tables that are called .xls."""

    def table(head: Sequence[str], rows: Sequence[Sequence[str]], cell: str = "td") -> str:
        def line(row: Sequence[str], tag: str) -> str:
            return "<tr>" + "".join(f"<{tag}>{html.escape(c)}</{tag}>" for c in row) + "</tr>"

        return "<table border=1>" + line(head, cell) + "".join(line(r, "td") for r in rows) + "</table>"

    page = table(W.header, W.cells(), "th")
    meta = '<html><head><meta charset="windows-1251"></head><body>{}</body></html>'
    nbsp = Written(money=lambda v: comma(v))
    return [
        case("html table as xls", "html", f"<html><body>{page}</body></html>", W, file="export.xls"),
        case("html in cp1251", "html", meta.format(page).encode("cp1251"), W, file="export.xls"),
        case(
            "html with a title and a layout table",
            "html",
            f"<html><body><h1>Отчёт</h1><table><tr><td>меню</td></tr></table>{page}</body></html>",
            W,
            file="export.xls",
        ),
        case(
            "html with nbsp and td header",
            "html",
            "<TABLE>" + table(nbsp.header, nbsp.cells()).split(">", 1)[1].replace(" 2025", "&nbsp;2025"),
            W,
            file="export.xls",
        ),
        case(
            "html without closing tags",
            "html",
            table(W.header, W.cells()).replace("</td>", "").replace("</tr>", ""),
            W,
            file="export.xls",
        ),
    ]


def refusals() -> list[Case]:
    """What is no table ends with a known error; what is headers only has no rows."""
    lines = PLAIN.splitlines()
    nul = "\r\n".join([*lines[:5], lines[5].replace("2025", "20\x0025"), *lines[6:]])
    parquet = io.BytesIO()
    pl.DataFrame({h: [c[i] for c in W.cells()] for i, h in enumerate(W.header)}).write_parquet(parquet)
    return [
        case("empty file", "refusal", b"", error=("empty_file",)),
        case("ten thousand line ends", "refusal", b"\n" * 10_000, error=("empty_file",)),
        case("blanks only", "refusal", b"  \t \r\n  \r\n", error=("empty_file",)),
        case("bom only", "refusal", b"\xef\xbb\xbf", error=("empty_file",)),
        case("headers only", "refusal", ";".join(W.header) + "\r\n", columns=W.header, rows=0),
        case(
            "pdf named csv",
            "refusal",
            b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type/Catalog>>\nendobj\n" * 20,
            error=("not_a_table",),
        ),
        case(
            "png named csv", "refusal", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, error=("not_a_table",)
        ),
        case(
            "exe named csv",
            "refusal",
            b"MZ\x90\x00\x03" + bytes(range(256)) * 20,
            error=("not_a_table", "nul_bytes"),
        ),
        case(
            "rar",
            "refusal",
            b"Rar!\x1a\x07\x01\x00" + bytes(range(256)) * 8,
            file="export.rar",
            error=("not_a_table",),
        ),
        case(
            "7z",
            "refusal",
            b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(range(256)) * 8,
            file="export.7z",
            error=("not_a_table",),
        ),
        case(
            "json",
            "refusal",
            b'{"orders": [' + b",".join(b'{"id": %d, "sum": 10.5}' % i for i in range(50)) + b"]}",
            error=("not_a_table",),
        ),
        case("nul bytes", "refusal", nul, error=("nul_bytes",)),
        case(
            "docx",
            "refusal",
            zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"}),
            file="a.docx",
            error=("not_a_table",),
        ),
        case(
            "2,500 columns",
            "refusal",
            (";".join(f"c{i}" for i in range(2500)) + "\n") * 4,
            error=("too_many_columns",),
        ),
        case(
            "one line without end", "refusal", b"a;" * 3_000_000, error=("line_too_long", "too_many_columns")
        ),
        case("parquet", "file", parquet.getvalue(), W, file="export.parquet"),
        case("file name with traps", "file", PLAIN, W, file="con ..\u202egpj.csv"),
        case("csv named xlsx", "file", PLAIN, W, file="export.xlsx"),
        case("tsv named xls", "file", text(W.header, W.cells(), "\t").encode("utf-16"), W, file="export.xls"),
        case("txt", "file", text(E.header, E.cells(), "\t"), E, file="export.txt"),
        case(
            "day of the first order",
            "file",
            text(W.header, [[c[0], ru_day(o.at), *c[2:]] for c, o in zip(W.cells(), ROWS, strict=True)]),
            W,
        ),
    ]


def file_cases() -> list[Case]:
    """All of this module."""
    return [*archives(), *workbooks(), *pages(), *refusals()]
