"""Dates that read two ways, and times of several zones: asked with an example that shows the difference."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from crmkpi.ingest.dates import date_form
from crmkpi.ingest.inspect import inspect
from crmkpi.ingest.load import LoadSettings
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
