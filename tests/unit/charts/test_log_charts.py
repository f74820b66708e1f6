"""Pictures of the log: flags over a series, the timeline, two groups that part after a start."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from crmkpi.charts.log import timeline_chart, trend_chart
from crmkpi.charts.series import series_chart
from crmkpi.charts.theme import DARK, LIGHT
from crmkpi.i18n import Words
from crmkpi.views.log import EntryView, TrendPoint
from crmkpi.views.series import SeriesPoint

RU = Words("ru", "RUB")
NASTY = 'Письмо [x].1 "y" </script> ${z}'
POINTS = [SeriesPoint(f"{m}", f"{m}", float(m * 7 % 5 + 1), str(m)) for m in range(1, 9)]


def entry(title: str, first: date, last: date, tone: str = "good") -> EntryView:
    return EntryView(title, title, "", "", first, last, "A", "A", tone, "", (), (), (), (), (), "")


@pytest.mark.parametrize("additive", [True, False])
def test_flags_are_drawn_only_over_periods_in_which_something_began(additive):
    plain = series_chart(POINTS, "money", additive, RU, LIGHT).to_dict()
    flagged = [replace(p, events=(NASTY,)) if p.label == "3" else p for p in POINTS]
    spec = series_chart(flagged, "money", additive, RU, LIGHT).to_dict()
    assert len(spec["layer"]) == len(plain["layer"]) + 2
    assert [layer["transform"][0]["filter"] for layer in spec["layer"][-2:]] == ["isValid(datum.c7)"] * 2
    rows = next(iter(spec["datasets"].values())) if "datasets" in spec else spec["data"]["values"]
    assert [r["c7"] for r in rows if "c7" in r] == [NASTY]


def test_a_title_near_the_right_edge_is_written_to_the_left():
    made = [
        entry("early", date(2026, 1, 1), date(2026, 1, 30)),
        entry(NASTY, date(2026, 12, 1), date(2026, 12, 30), "neutral"),
    ]
    spec = timeline_chart(made, RU, DARK).to_dict()
    rows = spec["data"]["values"] if "values" in spec.get("data", {}) else spec["layer"][0]["data"]["values"]
    assert [(r["c0"], r["c8"]) for r in rows] == [(0, False), (1, True)]
    assert rows[0]["c1"] == 0 and rows[1]["c2"] == (date(2026, 12, 30) - date(2026, 1, 1)).days
    assert "http" not in json.dumps({k: v for k, v in spec.items() if k != "$schema"})


def test_both_groups_meet_at_one_before_the_start():
    points = [TrendPoint(-2, 1.1, 1.2), TrendPoint(-1, 1.0, 1.0), TrendPoint(0, 0.4, 0.9)]
    spec = trend_chart(points, RU, LIGHT).to_dict()
    rows = spec["data"]["values"] if "values" in spec.get("data", {}) else spec["layer"][0]["data"]["values"]
    assert {(r["c0"], r["c2"]): r["c1"] for r in rows}[(-1, 0)] == 1.0
    assert len(rows) == 6
