"""Thousands of simulated tests with a known truth: intervals cover 95 %, nothing is found where there is nothing.

2,000 runs per method; the chance deviation at 95 % is half a point, the allowance one and a half.
"""

from __future__ import annotations

import numpy as np
import pytest

from crmkpi.analysis.before_after import did
from crmkpi.analysis.revenue import bootstrap_effect
from crmkpi.analysis.uplift import Effect, cuped, log_ratio, newcombe, pooled_z, ratio_effect, welch_parts

RUNS = 2000
ALLOWED = 0.015


def covers(effects: list[Effect], truth: float) -> float:
    inside = [e.low is not None and e.high is not None and e.low <= truth <= e.high for e in effects]
    return sum(inside) / len(inside)


@pytest.mark.parametrize(("p1", "p0", "n1", "n0"), [(0.14, 0.06, 955, 318), (0.03, 0.025, 9000, 1000)])
def test_shares(p1: float, p0: float, n1: int, n0: int) -> None:
    rng = np.random.default_rng(101)
    hits1, hits0 = rng.binomial(n1, p1, RUNS), rng.binomial(n0, p0, RUNS)
    low, high = newcombe(hits1, n1, hits0, n0)
    assert ((low <= p1 - p0) & (p1 - p0 <= high)).mean() == pytest.approx(0.95, abs=ALLOWED)
    _, low, high = log_ratio(hits1, n1, hits0, n0)
    lift = p1 / p0 - 1
    assert ((low <= lift) & (lift <= high)).mean() == pytest.approx(0.95, abs=ALLOWED)
    _, p = pooled_z(rng.binomial(n1, p0, RUNS), n1, rng.binomial(n0, p0, RUNS), n0)
    assert (p < 0.05).mean() == pytest.approx(0.05, abs=ALLOWED)


def test_means_of_unequal_spread() -> None:
    rng = np.random.default_rng(102)
    one, other = rng.gamma(4, 30, (RUNS, 150)), rng.gamma(4, 10, (RUNS, 400))
    parts = [(a.mean(axis=1), a.var(axis=1, ddof=1), a.shape[1]) for a in (one, other)]
    diff, _, _, p = welch_parts(*parts[0], *parts[1])
    assert diff.mean() == pytest.approx(80, abs=1)
    shifted = (parts[0][0] - 80, parts[0][1], parts[0][2])
    _, _, _, p = welch_parts(*shifted, *parts[1])
    # the interval covers the truth exactly when the test of the shifted means does not reject
    assert (p >= 0.05).mean() == pytest.approx(0.95, abs=ALLOWED)


def test_money_of_few_buyers_by_bootstrap() -> None:
    rng = np.random.default_rng(103)

    def arm(n: int, share: float) -> np.ndarray:
        return np.where(rng.random(n) < share, rng.gamma(3, 500, n), 0.0)

    effects = [bootstrap_effect(arm(700, 0.2), arm(500, 0.15), resamples=200, seed=i) for i in range(RUNS)]
    assert covers(effects, 0.05 * 1500) == pytest.approx(0.95, abs=ALLOWED)
    nothing = [bootstrap_effect(arm(700, 0.15), arm(500, 0.15), resamples=200, seed=i) for i in range(RUNS)]
    assert sum(e.proven for e in nothing) / RUNS == pytest.approx(0.05, abs=ALLOWED)


def test_cuped_and_did() -> None:
    rng = np.random.default_rng(104)
    adjusted, differences = [], []
    for _ in range(RUNS):
        before = rng.gamma(2, 50, 300)
        after = before * 0.7 + rng.gamma(2, 20, 300)
        after[:120] += 5
        adjusted.append(cuped(after[:120], before[:120], after[120:], before[120:]).effect)
        differences.append(did((before[:120], after[:120]), (before[120:], after[120:])))
    assert covers(adjusted, 5) == pytest.approx(0.95, abs=ALLOWED)
    assert covers(differences, 5) == pytest.approx(0.95, abs=ALLOWED)


def test_ratios_with_customers_as_units() -> None:
    rng = np.random.default_rng(105)

    def arm(n: int) -> tuple[np.ndarray, np.ndarray]:
        sends = rng.integers(1, 25, n)
        return rng.binomial(sends, rng.beta(2, 18, n)).astype(float), sends.astype(float)

    effects = [ratio_effect(arm(400), arm(300)) for _ in range(RUNS)]
    assert covers(effects, 0.0) == pytest.approx(0.95, abs=ALLOWED)
