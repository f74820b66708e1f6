"""Metrics that people keep in a sheet: what fills what, at which step, and what is never made up."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import Where, available, evaluate
from crmkpi.engine.sheet import catalogue_of, recognised, sheet_step
from tests.unit.engine.shop import Shop, random_orders

MONTHS = ("2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30")


def sheet(
    root: Path, table: dict[str, list[float]], dates: tuple[str, ...] = MONTHS, **more: object
) -> DataDir:
    rows = [
        {"metric": name, "date": pd.Timestamp(day), "value": float(value), **more}
        for name, values in table.items()
        for day, value in zip(dates, values, strict=True)
    ]
    return Shop(root).rows("dated_values", pd.DataFrame(rows), "date").done()


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("revenue_base", "revenue_base"),
        ("Средний чек", "aov"),
        ("средний  чек ", "aov"),
        ("Average order value", "aov"),
        ("Сколько постов выпустили", "posts_count"),
        ("Стоимость лида", "cpl"),
        ("Звонки маме", "own:Звонки маме"),
    ],
)
def test_names_in_both_languages_are_recognised(name, metric):
    assert recognised(name) == metric


def test_a_sum_adds_up_over_coarser_periods(tmp_path):
    data = sheet(tmp_path, {"Сколько постов выпустили": [4, 5, 6, 7]})
    months, quarters = evaluate(data, ["posts_count"], "month"), evaluate(data, ["posts_count"], "quarter")
    assert [months.value("posts_count", f"2024-0{m}") for m in (1, 2, 3, 4)] == [4, 5, 6, 7]
    assert quarters.value("posts_count", "2024-Q1") == 15
    assert "from_sheet" in quarters.get("posts_count", "2024-Q1").warnings
    assert quarters.get("posts_count", "2024-Q1").complete


def test_a_monthly_number_says_nothing_about_its_weeks(tmp_path):
    data = sheet(tmp_path, {"posts_count": [4, 5, 6, 7]})
    assert evaluate(data, ["posts_count"], "week").rows["value"].null_count() > 15
    assert evaluate(data, ["posts_count"], "week").rows["value"].drop_nulls().is_empty()


def test_a_ratio_is_shown_at_its_own_step_and_never_averaged(tmp_path):
    data = sheet(tmp_path, {"Средний чек": [100, 200, 300, 400]})
    assert evaluate(data, ["aov"], "month").value("aov", "2024-02") == 200
    assert evaluate(data, ["aov"], "quarter").value("aov", "2024-Q1") is None


def test_a_ratio_is_computed_from_its_counts_when_both_are_given(tmp_path):
    data = sheet(tmp_path, {"revenue_base": [1000, 100, 100, 1], "orders_count": [10, 10, 30, 1]})
    quarter = evaluate(data, ["aov"], "quarter").get("aov", "2024-Q1")
    assert (quarter.value, quarter.numerator, quarter.denominator) == (
        24,
        1200,
        50,
    )  # not (100 + 10 + 10/3) / 3
    assert "from_sheet" in quarter.warnings


def test_a_stock_is_its_last_value(tmp_path):
    data = sheet(tmp_path, {"base_size": [10, 12, 15, 9]})
    assert evaluate(data, ["base_size"], "quarter").value("base_size", "2024-Q1") == 15
    assert evaluate(data, ["base_size"], "all").value("base_size", "all") == 9


def test_rows_win_over_the_sheet(tmp_path):
    raw = random_orders(3, orders=60, days=90)
    shop = Shop(tmp_path).orders(raw)
    rows = pd.DataFrame([{"metric": "orders_count", "date": pd.Timestamp("2023-02-28"), "value": 999999.0}])
    data = shop.rows("dated_values", rows, "date").done()
    found = evaluate(data, ["orders_count"], "month").get("orders_count", "2023-02")
    assert found.value < 999
    assert "from_sheet" not in found.warnings


def test_what_rows_lack_the_sheet_fills(tmp_path):
    shop = Shop(tmp_path).orders(random_orders(3, orders=60, days=90))
    rows = pd.DataFrame(
        [
            {"metric": "Уровень NPS", "date": pd.Timestamp(f"2023-0{m}-28"), "value": 1.0 * m}
            for m in (1, 2, 3)
        ]
        + [
            {"metric": "crm_cost", "date": pd.Timestamp(f"2023-0{m}-28"), "value": 100.0 * m}
            for m in (1, 2, 3)
        ]
    )
    data = shop.rows("dated_values", rows, "date").done()
    found = evaluate(data, ["crc", "retained_customers"], "month")
    row = found.get("crc", "2023-03")
    assert row.value == pytest.approx(300 / found.value("retained_customers", "2023-03"))
    assert "from_sheet" in row.warnings
    assert available(data)["crm_cost"] is None


def test_a_sheet_knows_no_segments(tmp_path):
    shop = Shop(tmp_path).orders(random_orders(3, orders=60, days=90))
    rows = pd.DataFrame([{"metric": "crm_cost", "date": pd.Timestamp("2023-02-28"), "value": 5.0}])
    data = shop.rows("dated_values", rows, "date").done()
    found = evaluate(data, ["crm_cost"], "month", where=[Where("channel", ("web",))])
    assert found.reason("crm_cost").missing == ("costs.category",)


def test_shares_in_per_cent_become_shares(tmp_path):
    data = sheet(tmp_path, {"Уровень удержания": [40, 42, 55, 61], "open_rate": [0.2, 0.3, 0.2, 0.1]})
    found = evaluate(data, ["retention_rate", "open_rate"], "month")
    assert found.value("retention_rate", "2024-02") == pytest.approx(0.42)
    assert found.value("open_rate", "2024-02") == pytest.approx(0.3)


def test_unknown_names_are_the_users_own_metrics(tmp_path):
    data = sheet(tmp_path, {"Звонки маме": [3, 4, 5, 6]}, unit="шт")
    own = "own:Звонки маме"
    found = evaluate(data, None, "month")
    assert found.value(own, "2024-03") == 5
    assert catalogue_of(data)[own].label.ru == "Звонки маме"
    assert catalogue_of(data)[own].unit == "count"
    assert evaluate(data, [own], "quarter").value(own, "2024-Q1") is None  # nobody said that it adds up


@pytest.mark.parametrize(
    ("dates", "step"),
    [
        (("2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"), "day"),
        (("2024-01-01", "2024-01-08", "2024-01-15", "2024-01-22"), "week"),
        (MONTHS, "month"),
        (("2023-03-31", "2023-06-30", "2023-09-30", "2023-12-31"), "quarter"),
        (("2020-12-31", "2021-12-31", "2022-12-31", "2023-12-31"), "year"),
    ],
)
def test_the_step_of_a_sheet_is_read_from_its_dates(tmp_path, dates, step):
    data = sheet(tmp_path, {"aov": [1, 2, 3, 4]}, dates)
    assert sheet_step(data, "aov") == step
    values = evaluate(data, ["aov"], step).rows.filter(value=3.0)
    assert len(values) == 1
