"""Charts: specifications that Vega-Lite accepts, ticks that cover the data, names that stay plain text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmkpi.charts.cohorts import cohort_chart
from crmkpi.charts.milestones import milestone_chart
from crmkpi.charts.parts import funnel_chart, segment_chart, waterfall_chart
from crmkpi.charts.series import series_chart
from crmkpi.charts.theme import DARK, LIGHT, nice_ticks, palette, thinned, value_axis
from crmkpi.i18n import Words
from crmkpi.views.parts import CohortCell, CohortTriangle, Part
from crmkpi.views.path import PathPoint, TargetPath
from crmkpi.views.series import SeriesPoint

RU, EN = Words("ru", "RUB"), Words("en", "USD")
NASTY = 'Москва [центр].2024 "x" </script> ${y}'
numbers = st.floats(-1e12, 1e12, allow_nan=False)


@given(st.lists(st.one_of(st.none(), numbers), min_size=1, max_size=30), st.booleans())
@settings(max_examples=80)
def test_ticks_cover_the_data_and_go_up(values, zero):
    ticks = nice_ticks(values, zero)
    known = [v for v in values if v is not None]
    assert ticks == sorted(set(ticks)) and len(ticks) >= 2
    if known:
        slack = 1e-6 * max(1.0, *map(abs, known))
        assert ticks[0] <= min(known) + slack and ticks[-1] >= max(known) - slack
        assert not zero or ticks[0] <= 0 <= ticks[-1]


@given(st.integers(1, 900), st.integers(2, 20))
@settings(max_examples=50)
def test_labels_are_few_and_the_last_period_has_one(count, most):
    places = thinned(count, most)
    assert len(places) <= most
    assert places[-1] == count - 1


def test_axis_labels_speak_the_readers_language():
    assert "\\u043c\\u043b\\u043d" in value_axis([0.0, 2_000_000.0], "money", RU)["labelExpr"]  # «млн»
    assert "2M" in value_axis([0.0, 2_000_000.0], "money", EN)["labelExpr"]


def test_a_share_axis_has_no_idle_decimals():
    labels = json.loads(value_axis([0.0, 0.05, 0.1], "share", EN)["labelExpr"].split("['")[0])
    assert list(labels.values()) == ["0%", "5%", "10%"]


def points(n, hole=False):
    return [
        SeriesPoint(
            f"p{i}",
            f"t{i}",
            None if hole and i == 3 else float(i * i),
            str(i),
            i < n - 1,
            float(i) if i > 2 else None,
        )
        for i in range(n)
    ]


CELL = CohortCell(0, 0, 1.0, "100 %", "d")
PAST = PathPoint("a", "a", None, "", actual=1.0)
CHARTS = {
    "bars": lambda c: series_chart(points(12), "money", True, RU, c),
    "line": lambda c: series_chart(points(90, hole=True), "share", False, RU, c),
    "empty": lambda c: series_chart([], "count", True, RU, c),
    "waterfall": lambda c: waterfall_chart(
        [Part("a", 100.0, "100", "total"), Part(NASTY, -7.0, "−7", "bad"), Part("b", 93.0, "93", "total")],
        RU,
        c,
    ),
    "segments": lambda c: segment_chart([Part(NASTY, 1.0, "1", "good", "n"), Part("x", None, "—")], RU, c),
    "funnel": lambda c: funnel_chart([Part("a", 10.0, "10"), Part("b", 3.0, "3")], RU, c),
    "cohorts": lambda c: cohort_chart(
        CohortTriangle(
            ("янв",),
            ("5",),
            ("0", "1"),
            (CohortCell(0, 0, 1.0, "100 %", "d"), CohortCell(0, 1, None, "—", "d")),
        ),
        RU,
        c,
    ),
    "milestones": lambda c: milestone_chart(
        TargetPath(
            (PathPoint("a", "a", None, "", actual=1.0), PathPoint("b", "b", 2.0, "2", 1.5, 2.5)),
            3.0,
            "цель",
            "count",
        ),
        RU,
        c,
    ),
}


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_every_chart_is_a_valid_specification_without_foreign_addresses(name, colours):
    spec = CHARTS[name](colours).to_dict()  # altair checks it against the schema of Vega-Lite
    text = json.dumps({k: v for k, v in spec.items() if k != "$schema"})
    assert "http" not in text and '"url"' not in text and "href" not in text
    assert spec["background"] == "transparent"


def test_names_of_users_are_data_and_never_field_names_or_expressions():
    spec = CHARTS["segments"](LIGHT).to_dict()
    rows = spec["layer"][0].get("data", spec.get("data"))
    del spec["data"]
    for layer in spec["layer"]:
        layer.pop("data", None)
    assert NASTY not in json.dumps(spec, ensure_ascii=False)
    assert rows["values"][0]["c3"] == NASTY


def test_the_unfinished_period_is_not_drawn_like_the_others():
    spec = CHARTS["bars"](LIGHT).to_dict()
    whole, cut = spec["layer"][0], spec["layer"][1]
    assert whole["mark"]["color"] != cut["mark"]["color"]
    assert cut["mark"]["color"]["gradient"] == "linear"


def test_both_themes_differ():
    assert palette(True) is DARK and palette(False) is LIGHT
    assert DARK.text != LIGHT.text
