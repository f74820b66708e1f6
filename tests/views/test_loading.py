"""The line of a running load: rows in words, time in round steps, nothing while nothing is known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmkpi.i18n import Words
from crmkpi.views.loading import loading_view, remaining
from crmkpi.views.waiting import waiting_files

T = Words("ru")


def test_rows_and_time_are_said_as_people_say_them():
    view = loading_view("reading", 0.5, 1_200_000, "заказы.csv", 10.0, T)
    assert view.stage == "Читаем файл: заказы.csv"
    assert view.text.replace("\u00a0", " ") == "прочитано 1,2 млн строк, осталось ~10 с"
    assert view.share == 0.5


def test_long_waits_are_minutes_and_a_queue_promises_nothing():
    assert "осталось ~5 мин" in loading_view("building", 0.1, None, None, 33.0, T).text.replace("\u00a0", " ")
    assert loading_view("queued", None, None, None, 30.0, T).text == ""


@pytest.mark.parametrize(("share", "seconds"), [(0.0, 60.0), (0.03, 60.0), (0.9, 0.2)])
def test_too_little_is_known(share, seconds):
    assert remaining(share, seconds) is None


@given(st.floats(0.05, 1.0), st.floats(2.0, 5_000.0))
def test_what_remains_is_near_the_rule_of_three(share, seconds):
    left = remaining(share, seconds)
    assert left is not None and left >= 1
    exact = seconds * (1 - share) / share
    assert abs(left - exact) <= max(1.0, 0.5 * exact, 0)


@pytest.mark.parametrize(
    ("rows", "said"), [(300, "выберите ниже, что это за таблица"), (0, "строк с данными нет")]
)
def test_an_unknown_table_asks_what_it_is_and_an_empty_one_says_so(rows, said, t, tmp_path):
    path = tmp_path / "odd.csv"
    path.write_text("a;b\n")
    report = {"path": str(path), "file": "odd.csv", "table": None, "rows_used": rows}
    (line,) = waiting_files([path], [report], t, frozenset({"odd.csv"}))
    assert said in line.tells[0] and "⚠" not in line.tells[0]
