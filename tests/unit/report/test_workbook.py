"""The workbook: numbers are numbers, figures can be recomputed, nothing from a file becomes a formula."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime

import openpyxl
import pandas as pd
import pytest

from tests.unit.report.conftest import HOSTILE
from tests.views.small_shop import orders


@pytest.fixture(scope="module")
def book(made):
    return openpyxl.load_workbook(io.BytesIO(made("xlsx")))


def frame(book, name) -> pd.DataFrame:
    rows = list(book[name].iter_rows(values_only=True))
    return pd.DataFrame(rows[1:], columns=rows[0])


def test_sheets_have_a_frozen_header_and_nothing_active(book, made):
    assert len(book.sheetnames) == 7
    for sheet in book:
        assert sheet.freeze_panes == "B2"
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                assert cell.hyperlink is None
    names = zipfile.ZipFile(io.BytesIO(made("xlsx"))).namelist()
    assert not [n for n in names if "external" in n.lower() or "vba" in n.lower() or "macro" in n.lower()]


def test_a_name_that_looks_like_a_formula_is_text(book):
    assert book.properties.title == "".join(c for c in HOSTILE if c != "\x07").replace("\u202e", "[U+202E]")


def test_monthly_revenue_is_what_pandas_counts(book):
    rows = pd.DataFrame(orders(), columns=["order", "day", "customer", "amount", "channel"])
    rows["month"] = pd.to_datetime(rows["day"], format="%d.%m.%Y").dt.strftime("%Y-%m")
    rows["amount"] = rows["amount"].str.replace(",", ".").astype(float)
    truth = rows.groupby("month")["amount"].sum()
    found = (
        frame(book, "Показатели по месяцам").query("Код == 'revenue_base'").set_index("Период")["Значение"]
    )
    assert list(found.index) == list(truth.index)
    assert found.astype(float).to_numpy() == pytest.approx(truth.to_numpy(), abs=0.005)


def test_every_ratio_is_its_numerator_over_its_denominator(book):
    found = frame(book, "Показатели по месяцам")
    plain = found[found["Код"].isin(["aov", "purchase_frequency", "retention_rate"])].dropna(
        subset=["Значение"]
    )
    assert len(plain) > 60
    again = plain["Числитель"] / plain["Знаменатель"]
    assert again.to_numpy() == pytest.approx(plain["Значение"].to_numpy(), rel=1e-9)


def test_parts_of_the_leaves_add_up_to_the_change_of_the_root(book):
    tree = frame(book, "Дерево")
    parts = tree[tree["Связь"] == "расчётная связь"].dropna(subset=["Вклад в изменение вершины"])
    leaves = parts[~parts["Код"].isin(parts["Входит в"])]
    root = tree.iloc[0]
    assert leaves["Вклад в изменение вершины"].sum() == pytest.approx(root["Стало"] - root["Было"], rel=1e-9)
    assert root["Изменение"] == pytest.approx(root["Стало"] - root["Было"])


def test_days_are_days(book):
    cell = book["Контрольные точки"]["D2"]
    assert isinstance(cell.value, datetime) and cell.is_date
    assert isinstance(book["Цели"]["K2"].value, datetime)
