"""The calendar file is RFC 5545: line ends, folding, escaping, whole days, the same file for the same targets."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmkpi.i18n import Words
from crmkpi.targets.assess import Inputs, assess
from crmkpi.targets.calendar_export import Event, calendar, escaped, folded, milestones_calendar
from crmkpi.targets.target import Target
from tests.unit.targets.series_of import ORDERS, sums

DAY = date(2025, 8, 31)
SERIES = sums(date(2022, 1, 1), DAY)


def unfolded(text: str) -> list[str]:
    assert text.endswith("\r\n") and "\n" not in text.replace("\r\n", "")
    return text.replace("\r\n ", "").split("\r\n")[:-1]


def sign(found: re.Match[str]) -> str:
    return {"n": "\n", "N": "\n"}.get(found.group(1), found.group(1))


def read(text: str) -> list[dict[str, str]]:
    """An independent little reader: unfold, split at the first colon, undo the escapes."""
    events: list[dict[str, str]] = []
    for line in unfolded(text):
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            events.append({})
        elif events and line != "END:VEVENT":
            events[-1][name] = re.sub(r"\\(.)", sign, value)
    return events


def assessed(**fields):
    target = Target(
        **({"id": "t1", "metric": "orders_count", "goal": 900, "due": date(2025, 12, 31)} | fields)
    )
    return assess(Inputs(target, ORDERS, SERIES, DAY))


def test_months_ahead_become_events_and_the_last_is_the_due_date():
    events = read(milestones_calendar([assessed()], DAY, Words("ru")))
    assert [e["DTSTART;VALUE=DATE"] for e in events] == ["20250930", "20251031", "20251130", "20251231"]
    assert [e["DTEND;VALUE=DATE"] for e in events] == ["20251001", "20251101", "20251201", "20260101"]
    assert events[-1]["SUMMARY"].startswith("Срок цели: Заказы")
    assert len({e["UID"] for e in events}) == 4 and all(e["DTSTAMP"] == "20250831T000000Z" for e in events)


def test_weeks_can_be_asked_for_and_a_date_inside_a_month_is_not_lost():
    text = milestones_calendar([assessed(due=date(2025, 11, 10))], DAY, Words("en"))
    assert [e["DTSTART;VALUE=DATE"] for e in read(text)] == ["20250930", "20251031", "20251110"]
    weeks = read(milestones_calendar([assessed()], DAY, Words("en"), ("week",)))
    assert len(weeks) > 12


def test_the_same_targets_give_the_same_file_and_stable_ids():
    one, two = (milestones_calendar([assessed()], DAY, Words("en")) for _ in range(2))
    assert one == two
    moved = read(milestones_calendar([assessed(goal=950)], DAY, Words("en")))
    assert [e["UID"] for e in moved] == [e["UID"] for e in read(one)]


def test_nothing_ahead_is_an_empty_calendar():
    text = milestones_calendar([assessed(due=date(2025, 7, 31))], DAY, Words("en"))
    assert read(text) == [] and text.startswith("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")


def test_escaping_by_hand():
    assert escaped("a,b;c\\d\ne\r\nf") == "a\\,b\\;c\\\\d\\ne\\nf"
    assert escaped("x\x00\x07y") == "xy"


@pytest.mark.parametrize("text", ["END:VEVENT\r\nBEGIN:VALARM", "\r\nATTACH:x", "a\rb"])
def test_a_name_cannot_smuggle_in_properties(text):
    (event,) = read(calendar([Event("u", DAY, text, text)], DAY, "n"))
    assert "ATTACH" not in event and set(event) >= {"SUMMARY", "DESCRIPTION"}


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=300))
def test_lines_are_at_most_75_octets_and_fold_back(text):
    line = "SUMMARY:" + escaped(text)
    out = folded(line)
    assert all(len(piece.encode("utf-8")) <= 75 for piece in out.split("\r\n"))
    assert out.replace("\r\n ", "") == line


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=120))
def test_any_text_comes_back(text):
    (event,) = read(calendar([Event("u", DAY, text)], DAY, "n"))
    assert event["SUMMARY"] == text
