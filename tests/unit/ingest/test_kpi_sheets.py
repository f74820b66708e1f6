"""Sheets that marketers keep by hand, through the whole load: months across or down, plan and fact, totals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmkpi.ingest.inspect import inspect
from crmkpi.ingest.load import LoadResult
from crmkpi.ingest.wide import kpi_sheet, long_values
from tests.unit.ingest.loaded import Shop, issues, shop
from tests.unit.ingest.text_tables import text_table

Row = Sequence[object]
JAN, FEB, MAR = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)


def book(path: Path, sheets: dict[str, Sequence[Row]], merged: Sequence[str] = ()) -> Path:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        for cells in merged:
            sheet.merge_cells(cells)
    made.save(path)
    return path


def values(made: Shop, column: str = "value") -> dict[tuple[str, date], float | None]:
    """(metric, day) -> value or target."""
    frame = made.table("dated_values").with_columns(pl.col("day").cast(pl.Date))
    return {(m, d): v for m, d, v in frame.select("metric", "day", column).iter_rows()}


def load(
    tmp_path: Path, rows: Sequence[Row], merged: Sequence[str] = (), **options: object
) -> tuple[Shop, LoadResult]:
    made = shop(tmp_path)
    result = made.load(book(tmp_path / "kpi.xlsx", {"KPI": rows}, merged), **options)
    return made, result


def file_issues(result: LoadResult) -> dict[str, int]:
    return {f.code: f.count for report in result.files for f in report.issues}


def test_months_across_with_a_merged_title_and_a_total_column_and_row(tmp_path: Path) -> None:
    rows = [
        ["Отчёт CRM-отдела за 2026 год"],
        [],
        ["Показатель", "янв.26", "фев.26", "мар.26", "Итого"],
        ["Выручка", 1_000_000, 1_200_000, 900_000, 3_100_000],
        ["Открываемость", 0.215, 0.22, None, None],
        ["Итого", 1, 2, 3, 6],
    ]
    made, result = load(tmp_path, rows, ["A1:E1"])
    assert values(made) == {
        ("Выручка", JAN): 1e6,
        ("Выручка", FEB): 1.2e6,
        ("Выручка", MAR): 9e5,
        ("Открываемость", JAN): 0.215,
        ("Открываемость", FEB): 0.22,
    }
    assert file_issues(result)["wide_rows_left"] == 1
    assert result.files[0].mapping == {"metric": "metric", "date": "date", "value": "value"}


PLAN_ROWS = [
    ["Показатель", None, "янв.26", "фев.26", "мар.26"],
    ["Выручка", "План", 10, 20, 30],
    [None, "Факт", 9, 21, None],
    [None, "% выполнения", 0.9, 1.05, None],
]
PLAN_COLUMNS = [
    ["Показатель", "янв.26", None, "фев.26", None, "мар.26", None],
    [None, "План", "Факт", "План", "Факт", "План", "Факт"],
    ["Выручка", 10, 9, 20, 21, 30, None],
]
PLAN_DOWN = [
    ["Месяц", "Выручка", None, None],
    [None, "План", "Факт", "% выполнения"],
    ["Январь 2026", 10, 9, 0.9],
    ["Февраль 2026", 20, 21, 1.05],
    ["Март 2026", 30, None, None],
]
PLAN_NAMES = [
    ["Месяц", "Выручка план", "Выручка факт", "Комментарий"],
    [datetime(2026, 1, 1), 10, 9, "новый год"],
    [datetime(2026, 2, 1), 20, 21, None],
    [datetime(2026, 3, 1), 30, None, None],
]


@pytest.mark.parametrize(
    ("rows", "merged"),
    [
        (PLAN_ROWS, ["A2:A4"]),
        (PLAN_COLUMNS, ["B1:C1", "D1:E1", "F1:G1"]),
        (PLAN_DOWN, ["B1:D1"]),
        (PLAN_NAMES, []),
    ],
)
def test_plan_and_fact_stand_side_by_side_whichever_way_they_are_written(
    tmp_path: Path, rows: Sequence[Row], merged: Sequence[str]
) -> None:
    made, _ = load(tmp_path, rows, merged)
    assert values(made) == {("Выручка", JAN): 9, ("Выручка", FEB): 21, ("Выручка", MAR): None}
    assert values(made, "target") == {("Выручка", JAN): 10, ("Выручка", FEB): 20, ("Выручка", MAR): 30}


def test_one_row_per_day_is_a_sheet_and_no_order_file(tmp_path: Path) -> None:
    made = shop(tmp_path)
    made.load("Дата;Выручка;Заказы;Новые клиенты\n01.01.2026;10;1;1\n02.01.2026;12;2;0\n03.01.2026;14;2;1\n")
    assert made.data.tables() == ["dated_values", "ids"]
    assert values(made)["Заказы", date(2026, 1, 2)] == 2


def test_advertising_by_day_stays_advertising(tmp_path: Path) -> None:
    made = shop(tmp_path)
    rows = "01.01.2026;10;100;1\n02.01.2026;12;120;2\n03.01.2026;9;90;1\n"
    assert inspect([made.file("Дата;Расход;Показы;Клики\n" + rows)])[0].table == "ads"


def test_costs_with_a_category_are_no_sheet() -> None:
    costs = {
        "Месяц": ["янв.26", "фев.26", "мар.26"],
        "Статья": ["SMS", "ФОТ", "SMS"],
        "Сумма": ["1", "2", "3"],
    }
    assert kpi_sheet(text_table(costs)) is None


def test_an_ordinary_order_file_is_no_sheet() -> None:
    orders = {
        "Номер": ["1", "2", "3"],
        "Дата": ["01.01.2026", "02.01.2026", "02.01.2026"],
        "Сумма": ["1", "2", "3"],
    }
    assert kpi_sheet(text_table(orders)) is None


def test_a_year_above_its_months_dates_them(tmp_path: Path) -> None:
    rows = [
        ["Показатель", "2026", None, None],
        [None, "Январь", "Февраль", "Март"],
        ["Выручка", 1, 2, 3],
        ["Заказы", 4, 5, 6],
    ]
    made, _ = load(tmp_path, rows, ["B1:D1"])
    assert values(made)["Заказы", MAR] == 6


def test_months_without_a_year_are_asked_about_and_go_on_over_december(tmp_path: Path) -> None:
    text = "Показатель;Ноябрь;Декабрь;Январь\nЗаказы;1;2;3\n"
    made = shop(tmp_path)
    waiting = made.load(made.file(text, "kpi.csv"))
    assert [q["code"] for q in waiting.unanswered] == ["sheet_year"] and not made.data.tables()
    made.load(made.file(text, "kpi.csv"), answers={"kpi.csv": {"sheet_year": "2025"}})
    assert values(made) == {
        ("Заказы", date(2025, 11, 1)): 1,
        ("Заказы", date(2025, 12, 1)): 2,
        ("Заказы", date(2026, 1, 1)): 3,
    }


def test_a_year_in_the_files_name_is_the_marked_default(tmp_path: Path) -> None:
    made = shop(tmp_path)
    made.load(made.file("Показатель;Январь;Февраль;Март\nЗаказы;1;2;3\n", "KPI 2026.csv"))
    assert values(made)["Заказы", JAN] == 1


@pytest.mark.parametrize(("answer", "share"), [("shares", 0.3), ("percents", 0.003)])
def test_small_per_cents_without_a_sign_are_asked_about(tmp_path: Path, answer: str, share: float) -> None:
    text = "Месяц;Заказы;Отписки, %\nянв.26;10;0,3\nфев.26;12;0,4\nмар.26;9;0,2\n"
    made = shop(tmp_path)
    path = made.file(text, "kpi.csv")
    asked = inspect([path])[0].questions
    assert [(q.code, q.params["shares"], q.params["percents"]) for q in asked] == [
        ("sheet_percent", "40", "0.4")
    ]
    assert made.load(path).unanswered
    made.load(path, answers={"kpi.csv": {"sheet_percent": answer}})
    assert values(made)["Отписки", JAN] == pytest.approx(share)


def test_a_rate_that_cannot_be_a_share_proves_per_cents(tmp_path: Path) -> None:
    made = shop(tmp_path)
    made.load("Месяц;Открываемость, %;Отписки, %\nянв.26;21,5;0,3\nфев.26;22;0,4\nмар.26;19;0,2\n")
    assert values(made)["Открываемость", JAN] == pytest.approx(0.215)
    assert values(made)["Отписки", JAN] == pytest.approx(0.003)


def test_thousands_and_millions_become_units(tmp_path: Path) -> None:
    made = shop(tmp_path)
    result = made.load("Показатель;янв.26;фев.26;мар.26\n«Выручка», тыс. руб.;1,5;2;3\nЗаказы;10;11;12\n")
    assert values(made)["«Выручка»", JAN] == 1500 and values(made)["Заказы", JAN] == 10
    assert issues(result)["scaled_values"] == 3


def test_sheets_of_one_book_with_other_metrics_stand_together_and_notes_are_left_out(tmp_path: Path) -> None:
    head = ["Показатель", "янв.26", "фев.26", "мар.26"]
    sheets = {
        "Продажи": [head, ["Выручка", 1, 2, 3], ["Заказы", 1, 2, 3]],
        "Рассылки": [head, ["Отправлено", 10, 20, 30], ["Клики", 1, 2, 3]],
        "Заметки": [["Позвонить Маше", "срочно"], ["Купить торт", "нет"]],
    }
    made = shop(tmp_path)
    made.load(book(tmp_path / "kpi.xlsx", sheets))
    assert {m for m, _ in values(made)} == {"Выручка", "Заказы", "Отправлено", "Клики"}


def test_sheets_of_two_cities_keep_their_metrics_apart(tmp_path: Path) -> None:
    rows = [["Показатель", "янв.26", "фев.26", "мар.26"], ["Выручка", 1, 2, 3]]
    made = shop(tmp_path)
    result = made.load(book(tmp_path / "kpi.xlsx", {"Москва": rows, "Питер": rows}))
    assert {m for m, _ in values(made)} == {"Выручка / Москва", "Выручка / Питер"}
    assert file_issues(result)["sheets_apart"] == 1


def test_sheets_of_two_years_add_up_to_one_history(tmp_path: Path) -> None:
    sheets = {
        year: [["Показатель", f"янв.{year[2:]}", f"фев.{year[2:]}", f"мар.{year[2:]}"], ["Выручка", 1, 2, 3]]
        for year in ("2025", "2026")
    }
    made = shop(tmp_path)
    made.load(book(tmp_path / "kpi.xlsx", sheets))
    assert len(values(made)) == 6 and {m for m, _ in values(made)} == {"Выручка"}


def test_next_months_sheet_updates_what_it_brings_again(tmp_path: Path) -> None:
    made = shop(tmp_path)
    made.load("Показатель;янв.26;фев.26;мар.26\nВыручка;1;2;3\n")
    made.load("Показатель;фев.26;мар.26;апр.26\nВыручка;2;4;5\n", append=True)
    assert values(made) == {
        ("Выручка", JAN): 1, ("Выручка", FEB): 2, ("Выручка", MAR): 4, ("Выручка", date(2026, 4, 1)): 5
    }  # fmt: skip


def test_a_sheet_that_a_person_calls_another_table_keeps_its_own_columns(tmp_path: Path) -> None:
    path = shop(tmp_path).file(
        "Дата;Выручка;Заказы\n01.01.2026;10;1\n02.01.2026;12;2\n03.01.2026;14;2\n", "kpi.csv"
    )
    columns = {"date": "Дата", "amount": "Выручка"}
    found = inspect([path], mapping={"kpi.csv": {"table": "costs", "columns": columns}})[0]
    assert [c.name for c in found.columns] == ["Дата", "Выручка", "Заказы"] and found.mapping == columns


MONTHS = ["янв.26", "фев.26", "мар.26", "апр.26"]
CELLS = st.lists(st.lists(st.integers(0, 10**6), min_size=4, max_size=4), min_size=2, max_size=4)


@settings(max_examples=25, deadline=None)
@given(CELLS)
def test_a_sheet_turned_round_says_the_same(cells: list[list[int]]) -> None:
    names = [f"Метрика {chr(1040 + i)}" for i in range(len(cells))]
    wide = text_table({"Показатель": names} | {m: [row[i] for row in cells] for i, m in enumerate(MONTHS)})
    tall = text_table({"Месяц": MONTHS} | dict(zip(names, cells, strict=True)))
    found = []
    for table in (wide, tall):
        long = long_values(table)
        assert long is not None
        found.append(sorted(long.collect().select("metric", "date", "value").rows()))
    assert found[0] == found[1] and len(found[0]) == 4 * len(cells)
