"""A sheet of monthly numbers, without orders: its last month is a whole month for the tree too."""

from __future__ import annotations

from pathlib import Path

from crmkpi.tree.opening import coverage_of, opening
from tests.unit.ingest.loaded import shop

MONTHS = ["янв.25", "фев.25", "мар.25", "апр.25", "май.25", "июн.25"]
SHEET = "\n".join(
    [
        ";".join(["Показатель", "План/Факт", *MONTHS]),
        "Выручка;Факт;1000;1100;1200;1300;1400;1500",
        "Количество заказов;Факт;10;11;12;13;14;15",
    ]
)


def test_the_opening_view_of_a_monthly_sheet_is_its_last_month(tmp_path: Path) -> None:
    made = shop(tmp_path)
    made.load(made.file(SHEET, "kpi.csv"))
    assert coverage_of(made.data, "orders").last.isoformat() == "2025-06-30"
    found = opening(made.data)
    assert (found.period.text, found.vs.text) == ("2025-06", "2025-05")
