"""A second table under the first one: never read as rows of the first."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmkpi.ingest.inspect import inspect
from tests.unit.ingest.loaded import shop

ORDERS = "Номер заказа;Дата;Клиент;Сумма\n1;13.01.2026;A;100\n2;14.01.2026;B;200\n3;15.01.2026;C;300\n"
SECONDS = {
    "campaigns": "Кампания;Дата отправки;Отправлено;Доставлено\nАкция;13.01.2026;100;90\nАкция 2;14.01.2026;200;190\n",
    "expenses": "Статья;Месяц;Затраты;Комментарий\nРеклама;01.01.2026;100;\nФОТ;01.02.2026;200;\n",
    "narrow": "Склад;Остаток\nЮг;5\nСевер;7\n",
}


@pytest.mark.parametrize("second", SECONDS)
@pytest.mark.parametrize("gap", ["\n", ";;;\n", "\n\n \n"])
def test_only_the_first_table_is_read_and_the_second_is_named(second: str, gap: str, tmp_path: Path) -> None:
    made = shop(tmp_path)
    result = made.load(ORDERS + gap + SECONDS[second])
    report = result.files[0]
    assert made.orders() == {"1": 100.0, "2": 200.0, "3": 300.0}
    found = next(f for f in report.issues if f.code == "second_table")
    assert found.level == "error" and found.count == 2
    assert found.params["row"] == ORDERS.count("\n") + gap.count("\n") + 1
    taken = report.rows_used + report.rows_rejected + report.rows_empty + report.dropped_total_rows
    assert report.rows_in == taken and report.rows_used == 3


@pytest.mark.parametrize(
    "rest",
    [
        "\n4;16.01.2026;D;400\n",  # a gap in the middle of one table
        "\nЯнварь;;;\n4;16.01.2026;D;400\n",  # a section line
        "\nНомер заказа;Дата;Клиент;Сумма\n4;16.01.2026;D;400\n",  # the same header again
        "\n4;16.01.2026;Клиент без имени;400\n\n5;;Примечание;500\n",
    ],
)
def test_a_gap_inside_one_table_is_no_second_table(rest: str, tmp_path: Path) -> None:
    report = inspect([shop(tmp_path).file(ORDERS + rest)])[0]
    assert "second_table" not in {f.code for f in report.issues} and report.rows_used >= 4


def test_a_table_of_words_only_is_never_cut(tmp_path: Path) -> None:
    text = "Имя;Город;Статус\n" + "Анна;Москва;да\n" * 3 + "\nИван;Казань;нет\n" * 3
    report = inspect([shop(tmp_path).file(text)])[0]
    assert "second_table" not in {f.code for f in report.issues}
