"""Proposed dates: they pass the letter T, and the past speaks by first passages."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmkpi.forecast.series import Point
from crmkpi.i18n import catalogue
from crmkpi.periods import periods_between
from crmkpi.targets.assess import Inputs, assess
from crmkpi.targets.smart import horizon
from crmkpi.targets.target import Target
from crmkpi.targets.when import median_passage, passage, propose
from tests.unit.targets.series_of import CHURN, CUSTOMERS, OPEN_RATE, ORDERS, levels, sums

FIRST, LAST = date(2021, 1, 1), date(2025, 8, 31)
SLOW = levels(
    FIRST, LAST, lambda d: 0.15 + 0.05 * math.sin((d - FIRST).days / 200) + 0.003 * math.sin(d.month * 2.1)
)


def inputs(facts, series, grain="month") -> Inputs:
    return Inputs(
        Target(id="t", metric=facts.id, goal=0, due=date(2025, 12, 31), grain=grain), facts, series, LAST
    )


@pytest.mark.parametrize("grain", ["day", "week", "month", "quarter"])
@pytest.mark.parametrize("facts", [ORDERS, CUSTOMERS, OPEN_RATE, CHURN], ids=lambda f: f.id)
def test_every_date_passes_the_letter_t(facts, grain):
    series = sums(FIRST, LAST) if facts in (ORDERS, CUSTOMERS) else SLOW
    draft = inputs(facts, series, grain)
    now = series[grain][-1].value
    least, most = horizon(facts, draft.settings)
    for option in propose(draft, now * 1.1).found:
        target = draft.target.model_copy(update={"due": option.day, "goal": now * 1.1})
        assert assess(Inputs(target, facts, series, LAST)).letters["time_bound"].ok
        assert least <= option.days <= most
        assert f"when.source.{option.source}" in catalogue("ru")


def test_strategic_metrics_get_months_and_tactical_ones_weeks():
    far = propose(inputs(CHURN, SLOW), 0.1).found
    near = propose(inputs(OPEN_RATE, SLOW), 0.2).found
    assert min(o.days for o in far) >= 60 and max(o.days for o in near) <= 56


def test_the_time_it_took_before_is_proposed():
    """A saw that climbs .1 in z a month for ten months: a change of .3 takes three months, every time."""
    months = periods_between(date(2019, 1, 1), LAST, "month")
    z = [-1.5 + 0.1 * (i % 10) for i in range(len(months))]
    series = {"month": [Point(p, 1 / (1 + math.exp(-v))) for p, v in zip(months, z, strict=True)]}
    facts = CHURN.__class__(**{**CHURN.__dict__, "better": "up"})
    now = z[-1]
    found = propose(inputs(facts, series), 1 / (1 + math.exp(-(now + 0.299))))
    assert found.pace is not None and found.pace.runs > 30
    assert found.pace.median is None or found.pace.median >= 3


def test_a_setback_is_named():
    """Two years only, so that no season is taken out: up three months by 3 %, down one by 2 %."""
    months = periods_between(date(2023, 12, 1), LAST, "month")
    steps = np.where(np.arange(len(months)) % 4 == 2, -0.02, 0.03)
    values = 100 * np.exp(np.cumsum(steps))
    series = {"month": [Point(p, float(v)) for p, v in zip(months, values, strict=True)]}
    found = propose(inputs(CUSTOMERS, series), float(values[-1]) * 1.065)
    pace = found.pace
    assert pace is not None and pace.median is not None and pace.setback is not None
    assert pace.setback.after == pytest.approx(pace.setback.before * math.exp(-0.02))
    assert any(o.source == "as_before" for o in found.found)


def test_nothing_is_known_without_history():
    assert propose(inputs(OPEN_RATE, {"month": []})).found == ()
    one = {"month": [Point(periods_between(date(2025, 8, 1), LAST, "month")[0], 0.2)]}
    assert propose(inputs(OPEN_RATE, one), 0.3).pace is None


def test_the_season_of_the_date_is_said_after_two_years():
    seasonal = propose(inputs(ORDERS, sums(FIRST, LAST)), 900.0).found
    assert all(o.season in ("strong", "weak", "usual") for o in seasonal)
    short = propose(inputs(ORDERS, sums(date(2024, 6, 1), LAST)), 900.0).found
    assert short and all(o.season is None for o in short)


def test_median_by_hand():
    """Lengths 2, 3 and 5 arrived, 4 and 6 did not: S(2)=.8, S(3)=.6, S(5)=.3: the median is 5."""
    assert median_passage([(2, True), (3, True), (4, False), (5, True), (6, False)]) == 5
    assert median_passage([(2, True), (9, False), (9, False)]) is None
    assert median_passage([]) is None


@given(st.lists(st.integers(1, 30), min_size=1, max_size=40))
def test_without_runs_that_go_on_it_is_the_plain_lower_median(lengths):
    ordered = sorted(lengths)
    assert median_passage([(n, True) for n in lengths]) == ordered[(len(ordered) - 1) // 2]


def test_first_passage():
    z = [0.0, 0.1, -0.2, 0.4, 0.5]
    assert passage(z, 0, 0.4) == 3
    assert passage(z, 0, -0.15) == 2
    assert passage(z, 0, 0.6) is None
