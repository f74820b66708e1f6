"""KPIs without a file: typed values become a series, live in every answer, and a file can take them over."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmkpi.engine.data import DataDir, Meta
from crmkpi.i18n import Words
from crmkpi.targets.own_kpi import (
    OwnNameError,
    compared,
    own_id,
    seen_on,
    taken_over,
    today,
    typed_series,
    with_values,
)
from crmkpi.targets.plan import freeze, plan, read_targets
from crmkpi.targets.target import CheckIn, OwnMetric, Target, TargetsDocument
from crmkpi.targets.typed_values import TypedFutureError, TypedLineError, read_values, values_text

MONTHS = [
    (date(2026, 1, 31), 40.0),
    (date(2026, 2, 28), 41.0),
    (date(2026, 3, 31), 43.0),
    (date(2026, 4, 30), 42.0),
    (date(2026, 5, 31), 45.0),
    (date(2026, 6, 30), 46.0),
    (date(2026, 7, 31), 47.0),
    (date(2026, 8, 31), 47.5),
]


def kpi(values=MONTHS, **more) -> Target:
    checkins = tuple(CheckIn(day=day, value=value) for day, value in values)
    fields = {"goal": 55.0, "due": date(2026, 12, 31), "own": OwnMetric(unit="points")} | more
    return Target(metric=own_id("NPS сервиса"), checkins=checkins, **fields)


@pytest.fixture
def bare(tmp_path) -> DataDir:
    """A project in which nothing was ever loaded."""
    data = DataDir(tmp_path / "data")
    data.meta = Meta()
    return data


def test_a_typed_kpi_lives_in_the_plan_without_any_file(bare):
    target = freeze(bare, kpi())
    assert target.baseline.value == 47.5 and target.baseline.period == "2026-08"
    found = plan(bare, TargetsDocument(target=(target,)), None, Words("ru"))
    one = found["targets"][0]
    assert found["as_of"] == "2026-08-31"
    assert one["current"] == {"value": 47.5, "period": "2026-08", "complete": True}
    assert one["gap"] == pytest.approx(7.5)
    assert [m["due"] for m in one["milestones"] if m["grain"] == "month"][-1] == "2026-12-31"
    assert 0 < one["probability"] < 1
    assert "NPS сервиса" in one["sentence"] and "own:" not in one["sentence"]


def test_a_value_typed_later_moves_the_day_and_the_status(bare):
    target = freeze(bare, kpi())
    more = target.model_copy(
        update={"checkins": (*target.checkins, CheckIn(day=date(2026, 9, 30), value=56.0))}
    )
    one = plan(bare, TargetsDocument(target=(more,)))["targets"][0]
    assert one["status"] == "done" and one["baseline"]["value"] == 47.5
    past = plan(bare, TargetsDocument(target=(more,)), date(2026, 8, 31))["targets"][0]
    assert past["current"]["value"] == 47.5


def test_less_is_better_when_it_was_typed_so(bare):
    falling = [(day, 10 - n / 2) for n, (day, _) in enumerate(MONTHS)]
    target = kpi(falling, goal=4.0, own=OwnMetric(unit="hours", better="down"))
    one = plan(bare, TargetsDocument(target=(freeze(bare, target),)))["targets"][0]
    assert one["gap"] == pytest.approx(4.0 - 6.5)
    assert one["status"] in ("on_track", "at_risk")


def test_one_value_in_the_middle_of_a_month_is_no_complete_period():
    series = typed_series(kpi([(date(2026, 8, 10), 3.0)]), "month", date(2026, 8, 10))
    assert [(p.period.text, p.value, p.complete) for p in series] == [("2026-08", 3.0, False)]


def test_a_skipped_month_is_unknown_and_the_last_value_of_a_month_counts():
    said = [(date(2026, 1, 31), 1.0), (date(2026, 3, 10), 2.0), (date(2026, 3, 31), 3.0)]
    series = typed_series(kpi(said), "month", date(2026, 3, 31))
    assert [p.value for p in series] == [1.0, None, 3.0]


@given(
    st.lists(
        st.tuples(st.dates(date(2020, 1, 1), date(2022, 1, 1)), st.floats(-1e6, 1e6)), min_size=1, max_size=20
    ),
    st.dates(date(2020, 1, 1), date(2022, 6, 1)),
    st.sampled_from(["day", "week", "month", "quarter"]),
)
@settings(max_examples=60, deadline=None)
def test_nothing_typed_after_the_day_is_read(said, day, grain):
    early = [(d, v) for d, v in said if d <= day]
    assert typed_series(kpi(said), grain, day) == typed_series(kpi(early), grain, day)


def test_today_is_the_end_of_the_files_and_typed_values_may_come_later():
    target = kpi()
    assert today(date.min, [target]) == date(2026, 8, 31)
    assert today(date(2026, 5, 31), [target]) == date(2026, 5, 31)
    assert seen_on(target, date(2026, 5, 31), date(2026, 5, 31)) == date(2026, 8, 31)
    assert seen_on(target, date(2026, 4, 30), date(2026, 5, 31)) == date(2026, 4, 30), (
        "a past day was asked for"
    )


def test_a_month_that_nobody_has_typed_yet_is_not_unknown(bare):
    series = typed_series(kpi(), "month", date(2026, 10, 15))
    assert series[-1].period.text == "2026-08" and series[-1].complete
    target = kpi()
    one = plan(bare, TargetsDocument(target=(target,)), date(2026, 9, 30))["targets"][0]
    assert one["baseline"]["value"] == 47.5 and one["current"]["period"] == "2026-08"
    assert one["gap"] == pytest.approx(7.5) and one["milestones"]
    late = plan(bare, TargetsDocument(target=(target,)), date(2027, 1, 31))["targets"][0]
    assert late["status"] == "not_enough_data", "after its date without a value nothing is claimed"


def test_names_are_needed_and_short():
    assert own_id("  NPS   сервиса ") == "own:NPS сервиса"
    for bad in ("", "   ", "x" * 81):
        with pytest.raises(OwnNameError):
            own_id(bad)


def test_a_targets_file_can_hold_a_typed_kpi(bare):
    text = """
[[target]]
metric = "own:NPS"
goal = 50
due = 2026-12-31
own = { unit = "points", better = "up" }
checkins = [ { day = 2026-07-31, value = 40 }, { day = 2026-08-31, value = 42 } ]
"""
    one = plan(bare, read_targets(text.encode()))["targets"][0]
    assert one["current"]["value"] == 42 and one["unit"] == "points"


def test_taking_over_keeps_the_typed_start_and_values():
    target = kpi().model_copy(update={"own_points": ()})
    fed = taken_over(target, "active_customers")
    assert fed.own is None and fed.metric == "active_customers" and fed.checkins == target.checkins
    sheet = taken_over(target, "own:NPS сервиса")
    assert sheet.own.source == "own:NPS сервиса" and not sheet.typed and sheet.metric == target.metric


def test_typed_and_filed_values_are_compared_to_a_hundredth():
    typed = typed_series(kpi(MONTHS[:3]), "month", date(2026, 3, 31))
    filed = typed_series(
        kpi([(date(2026, 1, 31), 40.2), (date(2026, 2, 28), 45.0)]), "month", date(2026, 3, 31)
    )
    assert [row.same for row in compared(typed, filed)] == [True, False, None]


def test_new_values_leave_notes_where_they_are():
    before = (CheckIn(day=MONTHS[0][0], note="начали", value=1.0), CheckIn(day=MONTHS[1][0], value=2.0))
    after = with_values(before, [(MONTHS[0][0], 5.0), (MONTHS[2][0], 6.0)])
    assert [(c.day, c.note, c.value) for c in after] == [
        (MONTHS[0][0], "начали", 5.0),
        (MONTHS[2][0], "", 6.0),
    ]


@pytest.mark.parametrize(
    ("line", "day", "value"),
    [
        ("31.10.2026 18,5", date(2026, 10, 31), 18.5),
        ("31.10.2026\t1 234,5 ₽", date(2026, 10, 31), 1234.5),
        ("2026-10-31; 7", date(2026, 10, 31), 7.0),
        ("10.2026 43", date(2026, 10, 31), 43.0),
        ("2026-10: -3", date(2026, 10, 31), -3.0),
        ("2026-Q3 12%", date(2026, 9, 30), 12.0),
        ("2026-W36 5", date(2026, 9, 6), 5.0),
    ],
)
def test_lines_are_read_as_people_write_them(line, day, value):
    assert read_values(line, date(2026, 12, 31), percent=False, comma=True) == ((day, value),)


def test_a_comma_is_read_by_the_language():
    day = date(2026, 12, 31)
    assert read_values("01.12.2026 1,234", day, False, comma=True)[0][1] == 1.234
    assert read_values("01.12.2026 1,234", day, False, comma=False)[0][1] == 1234.0
    assert read_values("01.12.2026 18,5", day, True, comma=True)[0][1] == pytest.approx(0.185)


@pytest.mark.parametrize(
    "line", ["вчера 5", "31.02.2026 5", "31.10.2026", "31.10.2026 много", "5", "2026-13 4"]
)
def test_a_line_that_cannot_be_read_is_named_and_nothing_is_taken(line):
    with pytest.raises(TypedLineError) as error:
        read_values(f"30.09.2026 4\n{line}", date(2026, 12, 31), False, True)
    assert error.value.params["number"] == 2


def test_a_day_that_has_not_come_is_refused():
    with pytest.raises(TypedFutureError):
        read_values("31.10.2062 5", date(2026, 12, 31), False, True)


@given(
    st.dictionaries(
        st.dates(date(2000, 1, 1), date(2030, 1, 1)),
        st.decimals(-99999, 99999, places=2).map(float),
        max_size=8,
    ),
    st.booleans(),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_values_survive_being_written_and_read(values, percent, comma):
    stored = tuple(sorted((d, round(v / 100, 12) if percent else v) for d, v in values.items()))
    text = values_text(stored, percent, comma)
    back = read_values(text, date(2030, 1, 1) + timedelta(days=1), percent, comma)
    assert [d for d, _ in back] == [d for d, _ in stored]
    assert [v for _, v in back] == pytest.approx([v for _, v in stored])
