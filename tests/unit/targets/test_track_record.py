"""Past chances against what came: the table counts right, reads nothing later, and honest chances look honest."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from crmkpi.forecast.series import Point
from crmkpi.periods import periods_between
from crmkpi.targets.facts import Facts
from crmkpi.targets.track_record import MIN_GOALS, ORIGINS, PLACES, table, told

MONTHS = periods_between(date(2019, 1, 1), date(2025, 12, 31), "month")
FACTS = Facts("orders_count")


def series(values) -> list[Point]:
    return [Point(p, float(v)) for p, v in zip(MONTHS, values, strict=False)]


def noisy(seed: int, n: int = 40) -> list[Point]:
    return series(1000 * np.exp(np.random.default_rng(seed).normal(0, 0.1, n)))


def test_bands_hold_the_hand_counted_means():
    found = table([(0.1, False), (0.15, True), (0.5, True), (0.79, False), (1.0, True)], 1)
    by = {b.low: b for b in found.bands}
    assert (by[0.0].goals, by[0.0].said, by[0.0].hit) == (2, pytest.approx(0.125), 0.5)
    assert (by[0.2].goals, by[0.2].said, by[0.2].hit) == (0, None, None)
    assert (by[0.5].goals, by[0.5].hit) == (2, 0.5)
    assert by[0.8].goals == 1
    squares = [0.1**2, 0.85**2, 0.5**2, 0.79**2, 0.0]
    assert found.brier == pytest.approx(sum(squares) / 5)
    assert not found.enough and table([], 0).brier is None


def test_every_origin_gives_its_goals_and_short_history_none():
    assert len(told(noisy(1), FACTS)) == ORIGINS * len(PLACES)
    assert told(noisy(1, 8), FACTS) == []
    assert len(told(noisy(1, 9), FACTS)) == len(PLACES) < MIN_GOALS


def test_the_announced_chance_knows_nothing_later():
    whole = noisy(2)
    changed = [*whole[:-1], Point(whole[-1].period, 99999.0)]
    first, second = told(whole, FACTS), told(changed, FACTS)
    assert [p for p, _ in first] == [p for p, _ in second]
    assert first[-1][1] != second[-1][1], "the truth of the last origin did change"


def test_falling_metrics_are_hit_from_below():
    falling = series(1000 * 0.9 ** np.arange(30) * np.exp(np.random.default_rng(0).normal(0, 0.01, 30)))
    down = told(falling, Facts("cac", better="down"))
    assert sum(came for _, came in down) / len(down) > 0.8


def test_chances_on_plain_noise_come_true_as_often_as_said():
    pairs = [pair for seed in range(30) for pair in told(noisy(seed), FACTS)]
    for band in table(pairs, 30).bands:
        if band.goals >= 100:
            assert band.hit == pytest.approx(band.said, abs=0.12)
