"""Strong and weak sides: own quarter of history, published band, and the unknown that is not guessed."""

from __future__ import annotations

from datetime import date

import pytest

from crmkpi.catalog import benchmarks
from crmkpi.forecast.series import Point
from crmkpi.i18n import catalogue
from crmkpi.periods import periods_between
from crmkpi.targets import coach
from crmkpi.targets.settings import TargetSettings
from crmkpi.targets.sides import place, ranked
from tests.unit.targets.series_of import CHURN, OPEN_RATE
from tests.unit.targets.shop import raw_orders, shop

RULES = TargetSettings()


def months(values, complete=True):
    found = periods_between(date(2023, 1, 1), date(2029, 12, 31), "month")
    return [Point(p, v, complete) for p, v in zip(found, values, strict=False)]


def band(low: float, high: float, count: int = 2) -> benchmarks.BenchmarkBand:
    row = next(r for r in benchmarks.benchmarks() if r.metric_id == "open_rate" and r.unit == "%")
    return benchmarks.BenchmarkBand(low=low, high=high, rows=(row,) * count)


RISING = [0.20, 0.21, 0.19, 0.22, 0.21, 0.23, 0.22, 0.26]
FALLING = [*RISING[:-1], 0.15]
MIDDLE = [*RISING[:-1], 0.211]


@pytest.mark.parametrize(
    ("values", "rows", "verdict", "codes"),
    [
        (RISING, None, "works_well", ("best_quarter",)),
        (FALLING, None, "needs_attention", ("worst_quarter",)),
        (MIDDLE, None, "as_usual", ("middle",)),
        (MIDDLE, band(0.3, 0.4), "needs_attention", ("middle", "below_band")),
        (MIDDLE, band(0.1, 0.2), "works_well", ("middle", "above_band")),
        (MIDDLE, band(0.2, 0.3), "as_usual", ("middle", "inside_band")),
        (FALLING, band(0.1, 0.12), "needs_attention", ("worst_quarter", "above_band")),
        (RISING[-3:], None, "not_known", ("short_history",)),
        (RISING[-3:], band(0.3, 0.4), "needs_attention", ("short_history", "below_band")),
        (RISING[-3:], band(0.3, 0.4, count=1), "not_known", ("short_history",)),
        ([], None, "not_known", ("no_value",)),
        ([0.2] * 9, None, "not_known", ("short_history",)),
    ],
)  # fmt: skip
def test_verdicts(values, rows, verdict, codes):
    side = place(OPEN_RATE, months(values), rows, RULES)
    assert (side.verdict, side.why) == (verdict, codes)
    assert all(f"sides.why.{code}" in catalogue("ru") for code in side.why)


def test_less_is_better_turns_everything_round():
    assert place(CHURN, months(RISING), None, RULES).verdict == "needs_attention"
    assert place(CHURN, months(FALLING), None, RULES).verdict == "works_well"
    assert place(CHURN, months(MIDDLE), band(0.1, 0.2), RULES).why[-1] == "below_band"


def test_unfinished_periods_are_not_placed():
    series = [
        *months(MIDDLE),
        *[Point(periods_between(date(2023, 9, 1), date(2023, 9, 30), "month")[0], 0.01, False)],
    ]
    assert place(OPEN_RATE, series, None, RULES).value == 0.211


def test_a_metric_without_a_good_side_is_not_judged():
    pressure = OPEN_RATE.__class__(**{**OPEN_RATE.__dict__, "better": "band"})
    assert place(pressure, months(RISING), None, RULES).why == ("no_direction",)


def test_candidates_come_worst_first_and_the_unknown_last():
    found = [place(OPEN_RATE, months(v), None, RULES) for v in (RISING, [], FALLING, MIDDLE)]
    assert [s.verdict for s in ranked(found)] == ["needs_attention", "as_usual", "works_well", "not_known"]


def test_every_node_the_data_feed_is_placed_as_of_a_past_day(tmp_path):
    raw, day = raw_orders(date(2023, 1, 1), date(2025, 4, 20)), date(2024, 12, 31)
    whole, then = shop(tmp_path / "all", raw), shop(tmp_path / "then", raw, until=day)
    now_view = coach.strong_and_weak(whole, "ecommerce_revenue", day)
    then_view = coach.strong_and_weak(then, "ecommerce_revenue")
    assert len(now_view) >= 4
    assert [(s.metric, s.verdict, s.value) for s in now_view] == [
        (s.metric, s.verdict, s.value) for s in then_view
    ]
