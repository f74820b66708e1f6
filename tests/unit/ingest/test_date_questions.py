"""Dates that read two ways, and times of several zones: asked with an example that shows the difference."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from crmkpi.ingest.dates import date_form
from crmkpi.ingest.inspect import inspect
from crmkpi.ingest.load import LoadSettings
from crmkpi.ingest.period_dates import period_day
from tests.unit.ingest.loaded import shop


def distinct(*values: str) -> pl.DataFrame:
    return pl.DataFrame({"v": list(values), "n": [1] * len(values)})


@pytest.mark.parametrize(
    ("values", "example"),
    [
        (("01/01/2026", "02/03/2026", "05/05/2026"), "02/03/2026"),
        (("01/01/26", "01/01/2026", "11/12/2026"), "11/12/2026"),
        (("1-1-2026", "3-3-2026", "7-8-2026"), "7-8-2026"),
    ],
)
def test_the_example_differs_both_ways(values: tuple[str, ...], example: str) -> None:
    form = date_form(distinct(*values))
    assert form.unclear and form.example == example


def test_dates_that_read_the_same_both_ways_ask_nothing(tmp_path: Path) -> None:
    assert not date_form(distinct("01/01/2026", "05/05/2026", "12/12/2026")).unclear
    made = shop(tmp_path)
    made.load("order_id,date,customer_id,amount\n1,01/01/2026,a,10\n2,05/05/2026,b,20\n")
    assert made.table("orders").height == 2


def test_the_question_shows_two_different_days(tmp_path: Path) -> None:
    path = shop(tmp_path).file("order_id,date,customer_id,amount\n1,01/01/2026,a,10\n2,02/03/2026,b,20\n")
    asked = next(q for q in inspect([path])[0].questions if q.code == "ambiguous_date_order")
    assert asked.params["dmy"] != asked.params["mdy"]


MIXED = "order_id,created_at,customer_id,amount\n1,2026-01-13T23:30:00+03:00,a,10\n2,2026-01-13T23:30:00-08:00,b,20\n"
AS_WRITTEN = [datetime(2026, 1, 13, 23, 30)] * 2
IN_UTC = [datetime(2026, 1, 13, 20, 30), datetime(2026, 1, 14, 7, 30)]
IN_MOSCOW = [datetime(2026, 1, 13, 23, 30), datetime(2026, 1, 14, 10, 30)]


@pytest.mark.parametrize(
    ("zone", "answer", "wanted"),
    [
        (None, "as_written", AS_WRITTEN), ("Europe/Moscow", "as_written", AS_WRITTEN),
        (None, None, IN_UTC), ("Europe/Moscow", "project", IN_MOSCOW),
        # the marked default is applied, not only shown
        ("Europe/Moscow", None, IN_MOSCOW),
    ],
)  # fmt: skip
def test_times_of_several_zones_follow_the_answer(
    zone: str | None, answer: str | None, wanted: list[datetime], tmp_path: Path
) -> None:
    made = shop(tmp_path)
    answers = {"o.csv": {"time_zone": answer}} if answer else {}
    made.load(made.file(MIXED, "o.csv"), answers=answers, settings=LoadSettings(zone=zone))
    found = made.table("orders").sort("order_id")["ts"].to_list()
    assert found == [int((w - datetime(1970, 1, 1)).total_seconds()) for w in wanted]


@pytest.mark.parametrize(
    ("texts", "days"),
    [
        (("2026-W05", "2026-W06"), ("2026-01-26", "2026-02-02")),
        (("нед. 5 2026", "неделя 53 2026"), ("2026-01-26", "2026-12-28")),
        (("W1 2026", "W2 2026"), ("2025-12-29", "2026-01-05")),
        (("5 неделя 2026", "6 нед. 2026"), ("2026-01-26", "2026-02-02")),
        (("1 кв. 2026", "4 квартал 2026 г."), ("2026-01-01", "2026-10-01")),
        (("Q2 2026", "2026-Q3"), ("2026-04-01", "2026-07-01")),
        (("2-й квартал 2026", "3 кв 2026"), ("2026-04-01", "2026-07-01")),
    ],
)
def test_weeks_and_quarters_are_their_first_day(
    texts: tuple[str, ...], days: tuple[str, ...], tmp_path: Path
) -> None:
    made = shop(tmp_path)
    made.load("Период;Статья расходов;Сумма\n" + "".join(f"{t};Реклама;100\n" for t in texts))
    epoch = datetime(1970, 1, 1)
    wanted = [(datetime.fromisoformat(d) - epoch).days for d in days]
    assert made.table("costs").sort("day")["day"].to_list() == sorted(wanted)
    assert wanted == sorted(wanted)


def test_iso_weeks_agree_with_the_calendar_of_python() -> None:
    texts = [f"{y}-W{w:02d}" for y in (2024, 2025, 2026) for w in range(1, 53)]
    found = pl.DataFrame({"v": texts}).select(period_day(pl.col("v")).dt.date()).to_series().to_list()
    assert found == [date.fromisocalendar(int(t[:4]), int(t[6:]), 1) for t in texts]


def test_an_impossible_week_is_unknown() -> None:
    frame = pl.DataFrame({"v": ["2025-W53", "2026-W54", "W5", "5", "Q5 2026"]})
    assert frame.select(period_day(pl.col("v")).dt.date()).to_series().to_list() == [None] * 5


def test_today_and_yesterday_are_counted_as_unread(tmp_path: Path) -> None:
    made = shop(tmp_path)
    rows = [
        "1;сегодня 10:15;A;1",
        "2;вчера 11:00;B;2",
        *(f"{i};{i + 10}.01.2026 10:00;C;5" for i in range(3, 9)),
    ]
    result = made.load("Номер заказа;Дата;Клиент;Сумма\n" + "\n".join(rows))
    assert {f.code: f.count for f in result.files[0].issues}["unparsed"] == 2
    assert made.table("orders").height == 6
