"""A header that says «тыс. руб.» changes every number by a thousand: it is read and said, never passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import evaluate
from crmkpi.ingest.column_names import size_of
from crmkpi.ingest.load import load


@pytest.mark.parametrize(
    ("header", "size"),
    [
        ("Сумма, тыс. руб.", 1_000),
        ("Сумма (тыс.руб)", 1_000),
        ("Выручка тыс ₽", 1_000),
        ("Оборот, млн", 1_000_000),
        ("Amount ($k)", 1_000),
        ("Revenue (000)", 1_000),
        ("Revenue, in thousands", 1_000),
        ("Revenue (USD mln)", 1_000_000),
        ("Сумма", 1),
        ("1000 items", 1),
        ("Скидка, к оплате", 1),
        ("Total, $", 1),
        ("Стоимость тысячи показов", 1),
        ("CPM, руб. за тыс. показов", 1),
        ("Price in USD", 1),
    ],
)
def test_sizes_in_headers(header: str, size: int) -> None:
    assert size_of(header) == size


def test_orders_in_thousands_become_money_and_the_report_says_so(tmp_path: Path) -> None:
    rows = "\n".join(f"{i};К{i % 7};{1 + i % 28:02d}.0{1 + i % 3}.2026;{i},5" for i in range(1, 61))
    file = tmp_path / "orders.csv"
    file.write_text(f"Номер заказа;Клиент;Дата заказа;Сумма, тыс. руб.\n{rows}\n", encoding="utf-8")
    data = DataDir(tmp_path / "data")
    found = load([file], data)
    expected = sum((i + 0.5) * 1000 for i in range(1, 61))
    assert evaluate(data, ["revenue_base"], "all").value("revenue_base", "all") == pytest.approx(expected)
    assert found.bridge[0].money == pytest.approx(expected)
    findings = [f for report in found.files for f in report.as_dict()["issues"]]  # type: ignore[attr-defined]
    assert any(one["code"] == "header_units" for one in findings)
