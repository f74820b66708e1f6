"""A survey without a column of kinds, and a file whose only date has an unusual header."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmkpi.ingest.load import LoadResult
from crmkpi.ingest.match import propose
from crmkpi.ingest.profile import profile
from tests.unit.ingest.loaded import Shop, shop
from tests.unit.ingest.text_tables import text_table

DAYS = [f"{1 + i % 28:02d}.{1 + i // 28:02d}.2026" for i in range(40)]


def answers_file(header: str, scores: list[int]) -> str:
    rows = [f"{day};u{i};{scores[i % len(scores)]}" for i, day in enumerate(DAYS)]
    return "\n".join([f"Дата ответа;ID клиента;{header}", *rows]) + "\n"


def loaded(made: Shop, text: str, name: str, **given: str) -> LoadResult:
    return made.load(made.file(text, name), answers={name: given})


@pytest.mark.parametrize(
    ("header", "name", "kind"),
    [
        ("Оценка NPS (0-10)", "export.csv", "nps"),
        ("CSAT score", "export.csv", "csat"),
        ("Оценка", "опрос_nps_март.csv", "nps"),
        ("Удовлетворенность: оценка", "export.csv", "csat"),
    ],
)
def test_the_header_or_the_file_name_tells_the_kind(
    tmp_path: Path, header: str, name: str, kind: str
) -> None:
    made = shop(tmp_path)
    result = loaded(made, answers_file(header, [1, 3, 4, 5]), name)
    assert result.unanswered == []
    assert made.table("surveys")["kind"].cast(str).unique().to_list() == [kind]


def test_otherwise_the_scale_preselects_and_an_answer_decides(tmp_path: Path) -> None:
    made = shop(tmp_path)
    result = loaded(made, answers_file("Оценка", [2, 8, 9, 10]), "export.csv")
    asked = [q for report in result.files for q in report.questions if q.code == "survey_kind"]
    assert [(q.column, q.options, q.default) for q in asked] == [("Оценка", ("nps", "csat"), "nps")]
    assert made.table("surveys")["kind"].cast(str).unique().to_list() == ["nps"]
    other = shop(tmp_path / "other")
    loaded(other, answers_file("Оценка", [2, 8, 9, 10]), "export.csv", survey_kind="csat")
    assert other.table("surveys")["kind"].cast(str).unique().to_list() == ["csat"]


def test_a_scale_that_is_neither_stops_the_file(tmp_path: Path) -> None:
    made = shop(tmp_path)
    result = loaded(made, answers_file("Оценка", [20, 80, 100]), "export.csv")
    assert [(q["code"], q["column"]) for q in result.unanswered] == [("survey_kind", "Оценка")]


CHECKS = {
    "Номер чека": [f"ЧК-{i:04d}" for i in range(40)],
    "Карта лояльности": [str(7_700_001_000 + i % 9) for i in range(40)],
    "Сумма к оплате": [f"{100 + i},50" for i in range(40)],
}


def test_the_only_date_of_a_file_is_the_date_of_its_rows_to_be_confirmed() -> None:
    table = text_table({**CHECKS, "Открыт": [f"{day} 12:30:00" for day in DAYS]})
    found = propose(table, profile(table))
    assert (found.table, found.mapping["ordered_at"]) == ("orders", "Открыт")
    assert "ordered_at" in found.unsure
    assert found.reasons["Открыт"].code == "only_date"


def test_two_dates_or_a_date_of_something_else_are_not_guessed() -> None:
    two = text_table({**CHECKS, "Открыт": DAYS, "Сдан": DAYS})
    assert "ordered_at" not in propose(two, profile(two)).mapping
    birth = text_table({**CHECKS, "День рождения гостя": DAYS})
    assert "ordered_at" not in propose(birth, profile(birth)).mapping
