"""Traps that look harmless: values that resemble something else, rows that resemble totals, odd but real exports."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from tests.exports.corpus import ROWS, Case, Written, case, comma, english, text
from tests.exports.corpus_files import put, typed_rows, workbook

W, E = Written(), english()
CELLS = W.cells()
TOTAL = sum(o.amount for o in ROWS)
SUM = "Сумма заказа"


def _with_column(name: str, header: str, values: Sequence[str], **changes: object) -> Case:
    rows = [[*c, v] for c, v in zip(CELLS, values, strict=True)]
    head = (*W.header, header)
    return case(name, "traps", text(head, rows), W, **{"columns": head, **changes})  # type: ignore[arg-type]


def alike() -> list[Case]:
    """Columns that a reader likes to take for something else."""
    n = range(len(ROWS))
    sums = {SUM: float(TOTAL)}
    return [
        _with_column(
            "quantities of one and none",
            "Количество",
            [str(i % 2) for i in n],
            sums={**sums, "Количество": 20.0},
        ),
        _with_column(
            "quantities with a unit",
            "Количество",
            [f"{i % 4 + 1} шт" for i in n],
            sums={**sums, "Количество": 100.0},
        ),
        _with_column(
            "article numbers like decimals",
            "Артикул",
            [f"{i % 9 + 1}.{10 * (i % 5):02d}" for i in n],
            ids={"Артикул": [f"{i % 9 + 1}.{10 * (i % 5):02d}" for i in n]},
        ),
        _with_column(
            "article numbers like powers",
            "Артикул",
            [f"{i + 10}E{i % 7}" for i in n],
            ids={"Артикул": [f"{i + 10}E{i % 7}" for i in n]},
        ),
        _with_column(
            "article numbers like dates",
            "Артикул",
            [f"{i % 12 + 1:02d}-{i % 28 + 1:02d}-{1990 + i}" for i in n],
            ids={"Артикул": [f"{i % 12 + 1:02d}-{i % 28 + 1:02d}-{1990 + i}" for i in n]},
        ),
        _with_column(
            "amounts like excel days",
            "Сумма скидки",
            [str(45_000 + i) for i in n],
            sums={**sums, "Сумма скидки": float(sum(45_000 + i for i in n))},
        ),
        _with_column(
            "amounts like years",
            "Сумма бонусов",
            [str(2_000 + i % 30) for i in n],
            sums={**sums, "Сумма бонусов": float(sum(2_000 + i % 30 for i in n))},
        ),
        _with_column(
            "amounts like compact days",
            "Сумма кредита",
            [str(20_250_101 + i) for i in n],
            sums={**sums, "Сумма кредита": float(sum(20_250_101 + i for i in n))},
        ),
        _with_column(
            "postgres booleans",
            "Активен",
            ["t" if i % 3 else "f" for i in n],
            flags={"Активен": [int(i % 3 > 0) for i in n]},
        ),
        _with_column(
            "mysql nulls",
            "Бонусы",
            ["\\N" if i % 3 else "10,5" for i in n],
            sums={**sums, "Бонусы": 14 * 10.5},
        ),
        _with_column(
            "namibia",
            "Страна",
            [("NA", "DE", "FR", "US")[i % 4] for i in n],
            ids={"Страна": [("NA", "DE", "FR", "US")[i % 4] for i in n]},
        ),
        _with_column(
            "comments with numbers", "Комментарий", [f"звонить после {i}" if i % 3 else "12,5" for i in n]
        ),
        _with_column(
            "weights with decimals of two lengths",
            "Вес, кг",
            [f"{i % 7},{(i * 125) % 1000:03d}" if i % 2 else f"{i % 7},5" for i in n],
            sums={
                **sums,
                "Вес, кг": round(
                    sum(i % 7 + ((i * 125) % 1000) / 1000 if i % 2 else i % 7 + 0.5 for i in n), 6
                ),
            },
        ),
    ]


def near_totals() -> list[Case]:
    """Rows that resemble totals and are none, and totals that resemble rows."""
    named = [[*c[:6], "Итого"] if i == 39 else c for i, c in enumerate(CELLS)]
    customer = [[c[0], c[1], "Total", *c[3:]] if i in (7, 39) else c for i, c in enumerate(CELLS)]
    total = comma(TOTAL)
    plain = {"flags": {}, "ids": {}}
    return [
        case("a city called total", "traps", text(W.header, named), W, dropped=0),
        case("a customer called total", "traps", text(W.header, customer), W, dropped=0, ids={}, flags={}),
        case(
            "total with the label in the third column",
            "traps",
            text(W.header, [*CELLS, ["", "", "Итого:", total, "", "", ""]]),
            W,
            dropped=1,
        ),
        case(
            "total with a count",
            "traps",
            text(W.header, [*CELLS, ["Итого: 40", "", "", total, "", "", ""]]),
            W,
            dropped=1,
        ),
        case(
            "total with the span in the date column",
            "traps",
            text(W.header, [*CELLS, ["Всего", "за 2025 год", "", total, "", "", ""]]),
            W,
            dropped=1,
        ),
        case(
            "average and total",
            "traps",
            text(
                W.header,
                [
                    *CELLS,
                    ["Среднее", "", "", comma(TOTAL / 40), "", "", ""],
                    ["Итого", "", "", total, "", "", ""],
                ],
            ),
            W,
            dropped=2,
        ),
        case(
            "total in capitals with spaces",
            "traps",
            text(W.header, [*CELLS, ["  И Т О Г О  ", "", "", total, "", "", ""]]),
            W,
            dropped=1,
        ),
        case(
            "total in a two-column sheet",
            "traps",
            "Месяц;Выручка\r\n"
            + "".join(f"01.{m:02d}.2025;{1000 + m},50\r\n" for m in range(1, 13))
            + f"Итого;{12_078 + 6},00\r\n",
            None,
            rows=12,
            columns=("metric", "date", "value"),
            sums={"value": 12_084.0},
            dropped=1,
        ),
        case(
            "total without a label in a two-column sheet",
            "traps",
            "Месяц;Выручка\r\n"
            + "".join(f"01.{m:02d}.2025;{1000 + m},50\r\n" for m in range(1, 13))
            + f";{12_078 + 6},00\r\n",
            None,
            rows=12,
            columns=("metric", "date", "value"),
            sums={"value": 12_084.0},
            dropped=1,
        ),
        case("number of rows under the table", "traps", text(W.header, CELLS) + "Всего записей: 40\r\n", W),
        case(
            "the largest order last",
            "traps",
            text(W.header, [*CELLS[:39], [*CELLS[39][:3], comma(TOTAL - ROWS[39].amount), *CELLS[39][4:]]]),
            W,
            sums={SUM: float(2 * (TOTAL - ROWS[39].amount))},
            dropped=0,
        ),
        case(
            "exact duplicate rows stay",
            "traps",
            text(W.header, [*CELLS, *CELLS[:5]]),
            Written(rows=[*ROWS, *ROWS[:5]]),
            dropped=0,
            **plain,
        ),
    ]


def odd_headers() -> list[Case]:
    """Headers with look-alike letters, decomposed letters, units and notes."""
    latin = [
        "Номер заказа",
        "Дата заказа",
        "ID клиента",
        "Cуммa заказа",
        "Статус",
        "Согласие на рассылку",
        "Город",
    ]
    body = text(W.header, CELLS).split("\r\n", 1)[1]
    mapping = {"amount": "Cуммa заказа", "order_id": "Номер заказа", "ordered_at": "Дата заказа"}
    nfd = unicodedata.normalize("NFD", text([*W.header[:6], "Район"], CELLS))
    notes = "# выгрузка из CRM, 05.01.2026\r\n# фильтр: все\r\n"
    blank = "\r\n\r\n" + text(W.header, CELLS)
    dots = {
        "sums": {"Сумма заказа, руб.": float(TOTAL)},
        "columns": None,
        "mapping": {"amount": "Сумма заказа, руб."},
    }
    return [
        case(
            "latin letters in a russian header",
            "traps",
            ";".join(latin) + "\r\n" + body,
            W,
            columns=tuple(latin),
            mapping=mapping,
            sums={"Cуммa заказа": float(TOTAL)},
        ),
        case("decomposed letters", "traps", nfd, W, columns=None, mapping={"amount": SUM}),
        case("comment lines above", "traps", notes + text(W.header, CELLS), W),
        case("blank lines above", "traps", blank, W),
        case(
            "units in headers",
            "traps",
            text([*W.header[:3], "Сумма заказа, руб.", *W.header[4:]], CELLS),
            W,
            **dots,
        ),
        case("bom and sep line", "traps", "\ufeffsep=;\r\n" + text(W.header, CELLS), W),
        case("header quoted, rows not", "traps", ";".join(f'"{h}"' for h in W.header) + "\r\n" + body, W),
        case(
            "underscored lower case",
            "traps",
            "order_id,created_at,customer_id,total_price,status,accepts_marketing,city\n"
            + text(E.header, E.cells(), ",", "\n").split("\n", 1)[1],
            None,
            rows=40,
            table="orders",
            mapping={
                "order_id": "order_id",
                "ordered_at": "created_at",
                "customer_id": "customer_id",
                "amount": "total_price",
            },
            sums={"total_price": float(TOTAL)},
        ),
    ]


def more_dates() -> list[Case]:
    """Times as JavaScript, SQL Server, Salesforce and others write them."""
    ways = {
        "salesforce time": lambda d: d.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        "python time": lambda d: d.strftime("%Y-%m-%d %H:%M:%S.123456+03:00"),
        "javascript time": lambda d: d.strftime("%a %b %d %Y %H:%M:%S GMT+0300"),
        "sql server time": lambda d: f"{d:%b} {d.day:2d} {d.year} {d:%I:%M%p}".replace(" 0", "  "),
        "basic iso": lambda d: d.strftime("%Y%m%dT%H%M%SZ"),
        "rfc 2822": lambda d: d.strftime("%a, %d %b %Y %H:%M:%S +0000"),
        "american with seconds": lambda d: d.strftime("%m/%d/%Y %I:%M:%S %p"),
        "year first with dots": lambda d: d.strftime("%Y.%m.%d %H:%M"),
        "no leading zeros": lambda d: f"{d.year}-{d.month}-{d.day} {d.hour}:{d.minute:02d}",
    }
    out = []
    for name, how in ways.items():
        one = english(day=how)
        out.append(case(name, "dates", text(one.header, one.cells(), "\t"), one))
    holes = Written(day=lambda d: "-" if d.day == ROWS[2].at.day else d.strftime("%d.%m.%Y %H:%M"))
    gone = {"Дата заказа": [None if o.at.day == ROWS[2].at.day else o.at for o in ROWS]}
    out.append(
        case("dates with dashes for none", "dates", text(holes.header, holes.cells()), holes, dates=gone)
    )
    return out


def more_sheets() -> list[Case]:
    """Workbooks as people keep them."""
    head, rows = list(W.header), typed_rows()
    day = "dd.mm.yyyy hh:mm"

    def half_text(sheet: Worksheet, book: xlsxwriter.Workbook) -> None:
        mixed = [
            [r[0], o.at.strftime("%d.%m.%Y %H:%M") if i % 2 else r[1], *r[2:]]
            for i, (r, o) in enumerate(zip(rows, ROWS, strict=True))
        ]
        put(sheet, [head, *mixed], 0, book.add_format({"num_format": day}))

    def money_text(sheet: Worksheet, book: xlsxwriter.Workbook) -> None:
        mixed = [
            [*r[:3], comma(o.amount) if i % 2 else r[3], *r[4:]]
            for i, (r, o) in enumerate(zip(rows, ROWS, strict=True))
        ]
        put(sheet, [head, *mixed], 0, book.add_format({"num_format": day}))

    def merged(sheet: Worksheet, book: xlsxwriter.Workbook) -> None:
        fmt = book.add_format({"num_format": day})
        put(sheet, [head, *rows], 0, fmt)
        for first in range(1, 39, 2):
            sheet.merge_range(first, 6, first + 1, 6, CELLS[first - 1][6])

    def formulas(sheet: Worksheet, book: xlsxwriter.Workbook) -> None:
        put(sheet, [head, *rows], 0, book.add_format({"num_format": day}))
        for i, o in enumerate(ROWS, 1):
            sheet.write_formula(i, 3, f"=ROUND({o.amount},2)", None, float(o.amount))

    def errors(sheet: Worksheet, book: xlsxwriter.Workbook) -> None:
        put(
            sheet,
            [[*head, "Бонус"], *([*r, i * 1.5] for i, r in enumerate(rows))],
            0,
            book.add_format({"num_format": day}),
        )
        sheet.write_formula(5, 7, "=1/0", None, "#DIV/0!")

    def flags(sheet: Worksheet, book: xlsxwriter.Workbook) -> None:
        put(
            sheet,
            [head, *([*r[:5], o.consent, r[6]] for r, o in zip(rows, ROWS, strict=True))],
            0,
            book.add_format({"num_format": day}),
        )

    def two_tables(sheet: Worksheet, book: xlsxwriter.Workbook) -> None:
        put(sheet, [head, *rows], 0, book.add_format({"num_format": day}))
        put(
            sheet,
            [
                ["", "", "", "", "", "", "", "", "Менеджер", "План"],
                *([None] * 8 + [f"М{i}", i * 100] for i in range(3)),
            ],
        )

    def noise(sheet: Worksheet, book: xlsxwriter.Workbook) -> None:
        put(
            sheet,
            [head, *([*r[:3], float(o.amount) + 1e-11, *r[4:]] for r, o in zip(rows, ROWS, strict=True))],
            0,
            book.add_format({"num_format": day}),
        )

    made = {
        "xlsx with dates half as text": half_text,
        "xlsx with amounts half as text": money_text,
        "xlsx with merged cells in the body": merged,
        "xlsx with formulas": formulas,
        "xlsx with booleans": flags,
        "xlsx with float noise": noise,
    }
    out = [
        case(name, "workbook", workbook({"Лист1": fill}), W, file="export.xlsx")
        for name, fill in made.items()
    ]
    bonus = {SUM: float(TOTAL), "Бонус": sum(i * 1.5 for i in range(40)) - 6.0}
    out.append(
        case(
            "xlsx with an error cell",
            "workbook",
            workbook({"Лист1": errors}),
            W,
            file="export.xlsx",
            columns=(*head, "Бонус"),
            sums=bonus,
        )
    )
    out.append(
        case(
            "xlsx with a small table beside",
            "workbook",
            workbook({"Лист1": two_tables}),
            W,
            file="export.xlsx",
            columns=None,
        )
    )
    return out


def trap_cases() -> list[Case]:
    """All of this module."""
    return [*alike(), *near_totals(), *odd_headers(), *more_dates(), *more_sheets()]
