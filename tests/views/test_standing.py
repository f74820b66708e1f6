"""The Result screen of one target: past days read nothing later, hand-set points are judged, check-ins are printed."""

from __future__ import annotations

from datetime import date

import pytest

from crmkpi.targets.plan import freeze
from crmkpi.targets.target import CheckIn, OwnPoint, Premortem, Target
from crmkpi.views.gap import gap_view
from crmkpi.views.milestone_files import calendar_text, points_workbook
from crmkpi.views.own_points import with_points, without_points

DUE = date(2026, 6, 30)


def only_row(data, shop, t, target, as_of=None):
    return gap_view(data, shop.model_copy(update={"targets": [target]}), t, as_of).rows[0]


@pytest.fixture(scope="module")
def target(data):
    return freeze(data, Target(metric="orders_count", goal=90.0, due=DUE, shape="linear"))


def test_a_past_day_shows_what_was_known_and_the_truth_beside_it(data, shop, rows, t, target):
    day = date(2025, 12, 31)
    december = int((rows["month"] == "2025-12").sum())
    row = only_row(data, shop, t, target, day)
    assert row.now == t.value(december, "count")
    points = dict(row.paths)["month"].points
    planned = [p for p in points if p.planned is not None]
    assert all(p.actual is None for p in planned[1:]), "nothing after the day is an actual value"
    january = int((rows["month"] == "2026-01").sum())
    assert planned[1].later == january
    assert (
        max(p.actual for p in points if p.actual is not None)
        <= rows[rows["day"] <= str(day)].groupby("month").size().max()
    )


def test_today_has_no_later_truth(data, shop, t, target):
    row = only_row(data, shop, t, target)
    assert all(p.later is None for _, path in row.paths for p in path.points)


def test_a_point_set_by_hand_is_kept_and_judged(data, shop, t, target):
    table = next(x for x in only_row(data, shop, t, target).points if x.grain == "month")
    assert table.verdict == "reaches"
    typed = {line.day: line.plan for line in table.lines} | {DUE: 80.0}
    moved = with_points(target, "month", typed, table)
    assert moved.own_points == (OwnPoint(day=DUE, grain="month", value=80.0),)
    after = next(x for x in only_row(data, shop, t, moved).points if x.grain == "month")
    assert (after.verdict, after.moved, after.lines[-1].plan) == ("short", True, 80.0)
    assert "не доходят" in after.said
    assert without_points(moved, "month") == target


def test_untouched_points_change_nothing(data, shop, t, target):
    table = next(x for x in only_row(data, shop, t, target).points if x.grain == "week")
    assert with_points(target, "week", {line.day: line.plan for line in table.lines}, table) == target


def test_a_moved_total_must_still_add_up(data, shop, t):
    total = freeze(data, Target(metric="orders_count", goal=300.0, due=DUE, measure="total"))
    table = next(x for x in only_row(data, shop, t, total).points if x.grain == "month")
    assert table.verdict == "reaches"
    first = table.lines[0]
    less = with_points(total, "month", {first.day: first.plan - 5}, table)
    assert next(x for x in only_row(data, shop, t, less).points if x.grain == "month").verdict == "short"
    more = with_points(total, "month", {first.day: first.plan + 5}, table)
    assert next(x for x in only_row(data, shop, t, more).points if x.grain == "month").verdict == "overshoots"


def test_notes_and_fears_come_back_as_text(data, shop, t, target):
    said = target.model_copy(
        update={
            "checkins": (
                CheckIn(day=date(2026, 3, 1), note="первая"),
                CheckIn(day=date(2026, 3, 20), confidence=0.6),
            ),
            "premortem": Premortem(colleagues="разработка"),
        }
    )
    stands = only_row(data, shop, t, said).standing
    assert [line.day for line in stands.checkins] == ["20 марта 2026", "1 марта 2026"]
    assert "60" in stands.own
    assert stands.risks == ((t("premortem.colleagues"), "разработка"),)


def test_points_can_be_taken_along(data, shop, t, target):
    project = shop.model_copy(update={"targets": [target]})
    text = calendar_text(data, project, target, t)
    assert text.count("BEGIN:VEVENT") >= 3 and "20260630" in text
    row = only_row(data, shop, t, target)
    assert points_workbook(row.name, row.sentence, row.points, t)[:2] == b"PK"
