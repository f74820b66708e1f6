"""The desk as a whole keeps its word where nothing happens; the placebo passes and fails where it should."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from crmkpi.analysis.before_after import did_with_placebo
from crmkpi.analysis.desk import read_test
from crmkpi.analysis.desk_columns import recognise
from crmkpi.analysis.uplift import newcombe, pooled_z

RUNS, ALLOWED = 2000, 0.015


@pytest.mark.parametrize(("n1", "n0", "p1", "p0"), [(21_307, 21_306, 0.0125, 0.0057), (900, 100, 0.3, 0.25)])
def test_shares_of_published_size(n1: int, n0: int, p1: float, p0: float) -> None:
    rng = np.random.default_rng(2)
    low, high = newcombe(rng.binomial(n1, p1, RUNS), n1, rng.binomial(n0, p0, RUNS), n0)
    assert ((low <= p1 - p0) & (p1 - p0 <= high)).mean() == pytest.approx(0.95, abs=ALLOWED)
    _, p = pooled_z(rng.binomial(n1, p0, RUNS), n1, rng.binomial(n0, p0, RUNS), n0)
    assert (p < 0.05).mean() == pytest.approx(0.05, abs=ALLOWED)


def test_six_looks_together_find_something_in_one_file_of_twenty() -> None:
    rng, hits, runs = np.random.default_rng(21), 0, 400
    for _ in range(runs):
        frame = pl.DataFrame(
            {
                "group": rng.permutation(np.repeat(["control", "a", "b"], 300)),
                **{name: (rng.random(900) < 0.2).astype(float) for name in ("visit", "click", "order")},
            }
        )
        answer = read_test(frame, recognise(frame, "x"), segments=False)
        hits += any(r.verdict in ("up", "down") for r in answer.readings)
    # Holm promises at most 5 %; three chance errors of 400 runs are 3.3 points
    assert hits / runs <= 0.083


def test_the_placebo_passes_and_fails_where_it_should() -> None:
    rng = np.random.default_rng(6)

    def passed(drift: float) -> float:
        found = []
        for _ in range(200):
            rows = rng.normal(100, 20, (400, 1)) + rng.normal(0, 10, (400, 4)) + np.arange(4) * 2.0
            found.append(did_with_placebo(rows[:160] + np.arange(4) * drift, rows[160:]).passed)
        return float(np.mean(found))

    assert passed(0.0) == pytest.approx(0.95, abs=0.05)
    assert passed(6.0) < 0.02
