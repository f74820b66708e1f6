"""The verdict over the triangle: the share is counted again by pandas, and chance is told from a change."""

from __future__ import annotations

import pandas as pd
import pytest

from crmkpi.views import cohort_verdict as room
from crmkpi.views.cohort_verdict import cohort_verdict


def test_the_share_is_that_of_pandas(data, rows, t):
    month = rows["day"].dt.year * 12 + rows["day"].dt.month
    first = month.groupby(rows["customer"]).transform("min")
    whole = month.max() - (0 if (rows["day"].max() + pd.Timedelta(days=1)).day == 1 else 1)
    newest = sorted({m for m in first.unique() if m + 1 <= whole})[-room.NEWEST :]
    chosen = rows.assign(age=month - first)[first.isin(newest)]
    share = chosen[chosen["age"] == 1]["customer"].nunique() / chosen["customer"].nunique()
    assert t.percent(share) in cohort_verdict(data, "month", (), t).headline


@pytest.mark.parametrize(
    ("new", "old", "direction"),
    [
        ([("2026-01", 300, 1000)], [("2025-12", 200, 1000)], "good"),
        ([("2026-01", 200, 1000)], [("2025-12", 300, 1000)], "bad"),
        ([("2026-01", 21, 100)], [("2025-12", 20, 100)], "neutral"),
    ],
)
def test_only_more_than_chance_is_called_a_change(data, t, monkeypatch, new, old, direction):
    monkeypatch.setattr(room, "NEWEST", 1)
    monkeypatch.setattr(room, "_returns", lambda *_: [*old, *new])
    assert cohort_verdict(data, "month", (), t).direction == direction


def test_one_group_of_cohorts_is_not_compared(data, t, monkeypatch):
    monkeypatch.setattr(room, "_returns", lambda *_: [("2026-01", 3, 10)])
    said = cohort_verdict(data, "month", (), t)
    assert (said.direction, "Сравнить пока не с чем" in said.text) == ("neutral", True)


def test_no_cohort_at_all_says_what_is_needed(data, t, monkeypatch):
    monkeypatch.setattr(room, "_returns", lambda *_: [])
    assert cohort_verdict(data, "month", (), t).headline == "Когорт для сравнения пока нет"
