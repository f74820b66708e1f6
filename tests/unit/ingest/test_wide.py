"""Sheets with periods across the top become values by date."""

from __future__ import annotations

from datetime import date

import pytest

from crmkpi.ingest.match import propose
from crmkpi.ingest.profile import profile, typed
from crmkpi.ingest.wide import long_values, period_start
from tests.unit.ingest.text_tables import text_table


@pytest.mark.parametrize(
    ("header", "grain", "first"),
    [
        ("янв.26", "month", date(2026, 1, 1)),
        ("Январь 2026", "month", date(2026, 1, 1)),
        ("01.2026", "month", date(2026, 1, 1)),
        ("2026-02", "month", date(2026, 2, 1)),
        ("Feb 2026", "month", date(2026, 2, 1)),
        ("2 кв. 2026", "quarter", date(2026, 4, 1)),
        ("Q3 2026", "quarter", date(2026, 7, 1)),
        ("2026-Q4", "quarter", date(2026, 10, 1)),
        ("2026-W05", "week", date(2026, 1, 26)),
        ("нед. 45 2025", "week", date(2025, 11, 3)),
        ("2026", "year", date(2026, 1, 1)),
        ("05.01.2026", "day", date(2026, 1, 5)),
    ],
)
def test_period_headers_are_dated(header: str, grain: str, first: date) -> None:
    assert period_start(header) == (grain, first)


@pytest.mark.parametrize("header", ["Показатель", "Итого", "март", "нед. 45", "03/04/2026", "Сумма 2"])
def test_headers_without_a_certain_period_stay_headers(header: str) -> None:
    assert period_start(header) is None


def test_a_wide_sheet_becomes_values_by_date_and_totals_are_left_out() -> None:
    table = text_table(
        {
            "Показатель": ["Выручка", "Конверсия"],
            "янв.26": ["1 000", "12,5 %"],
            "фев.26": ["2 000", None],
            "мар.26": ["3 000,5", "10 %"],
            "1 кв. 2026": ["6 000,5", "11 %"],
        },
        ";",
    )
    long = long_values(table)
    assert long is not None
    profiles = profile(long)
    found = propose(long, profiles)
    assert (found.table, found.mapping) == (
        "dated_values",
        {"metric": "metric", "date": "date", "value": "value"},
    )
    rows = long.collect().select(typed(p) for p in profiles).rows()
    assert rows == [
        ("Выручка", date(2026, 1, 1), 1000.0),
        ("Выручка", date(2026, 2, 1), 2000.0),
        ("Выручка", date(2026, 3, 1), 3000.5),
        ("Конверсия", date(2026, 1, 1), 0.125),
        ("Конверсия", date(2026, 3, 1), 0.1),
    ]
    assert {f.code: f.count for f in long.findings} == {"wide_sheet": 5, "wide_totals": 1}


def test_plan_rows_become_targets_beside_the_facts() -> None:
    table = text_table(
        {
            "Показатель": ["Заказы", None],
            "": ["План", "Факт"],
            "2026-01": ["100", "90"],
            "2026-02": ["110", "95"],
            "2026-03": ["120", None],
        }
    )
    long = long_values(table)
    assert long is not None
    rows = long.collect().select("metric", "date", "value", "target").sort("date").rows()
    assert rows == [
        ("Заказы", "2026-01-01", "90", "100"),
        ("Заказы", "2026-02-01", "95", "110"),
        ("Заказы", "2026-03-01", None, "120"),
    ]


def test_an_ordinary_table_is_not_wide() -> None:
    assert long_values(text_table({"Дата": ["2026-01-01"], "Сумма": ["1"], "2026": ["2"]})) is None
