"""Two groups compared: published vectors, scipy, and laws that hold for any numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from crmkpi.analysis.revenue import bootstrap_effect, resampled_means, revenue_effect
from crmkpi.analysis.uplift import (
    BadArmError,
    UnpairedError,
    benjamini_hochberg,
    cuped,
    newcombe,
    ratio_effect,
    ratio_parts,
    two_proportions,
    welch,
    wilson,
)


def test_a_control_next_to_nothing_has_no_lift_and_no_crash():
    found = welch([1.0, 2.0, 3.0], [-4.0, 4.0001, 0.0])
    assert found.lift is None and found.low is not None


def test_two_proportions_vector() -> None:
    found = two_proportions(620, 20_000, 500, 20_000)
    assert found.estimate == pytest.approx(0.006)
    assert found.statistic == pytest.approx(3.63696, abs=5e-6)
    assert found.p_value == pytest.approx(0.000276, abs=5e-7)
    assert (found.low, found.high) == (pytest.approx(0.002768, abs=5e-7), pytest.approx(0.009243, abs=5e-7))
    assert found.lift == pytest.approx(0.24)
    assert (found.lift_low, found.lift_high) == (
        pytest.approx(0.104, abs=5e-4),
        pytest.approx(0.393, abs=5e-4),
    )
    assert found.total is not None and found.total[0] == pytest.approx(120)
    assert found.proven and found.notes == ()


def test_wilson_equals_scipy() -> None:
    low, high = wilson([3, 40, 0], [50, 60, 10])
    for i, (k, n) in enumerate([(3, 50), (40, 60), (0, 10)]):
        known = stats.binomtest(k, n).proportion_ci(0.95, method="wilson")
        assert (low[i], high[i]) == (pytest.approx(known.low), pytest.approx(known.high))


def test_newcombe_published_example() -> None:
    """Newcombe 1998, table II, case (a) by method 10: 56/70 against 48/80 gives .0524 to .3339."""
    low, high = newcombe(56, 70, 48, 80)
    assert (float(low), float(high)) == (pytest.approx(0.0524, abs=5e-5), pytest.approx(0.3339, abs=5e-5))


def test_nobody_bought_is_no_evidence_and_no_lift() -> None:
    found = two_proportions(0, 100, 0, 50)
    assert (found.estimate, found.p_value, found.lift, found.lift_low) == (0, 1, None, None)
    assert found.low is not None and found.low < 0 < (found.high or 0)
    assert found.notes == ("few_hits",)


@pytest.mark.parametrize(("hits", "n"), [(3, 2), (-1, 5), (0, 0)])
def test_impossible_arms_are_refused(hits: int, n: int) -> None:
    with pytest.raises(BadArmError):
        two_proportions(hits, n, 1, 10)


counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@settings(max_examples=60, deadline=None)
@given(counts, counts)
def test_swapping_the_arms_turns_the_sign(one: tuple[int, int], other: tuple[int, int]) -> None:
    there, back = two_proportions(*one, *other), two_proportions(*other, *one)
    assert there.estimate == pytest.approx(-(back.estimate or 0))
    assert there.low == pytest.approx(-(back.high or 0)) and there.p_value == pytest.approx(back.p_value)
    assert -1 - 1e-9 <= (there.low or 0) <= (there.estimate or 0) + 1e-12 <= (there.high or 0) + 2e-12


def test_welch_vector_and_scipy() -> None:
    one, other = [12, 15, 9, 20, 17], [8, 11, 10, 7, 13, 9]
    found = welch(one, other)
    assert found.statistic == pytest.approx(2.34184, abs=5e-6)
    assert found.df == pytest.approx(5.6757, abs=5e-5)
    assert found.p_value == pytest.approx(0.06012, abs=5e-6)
    known = stats.ttest_ind(one, other, equal_var=False)
    low, high = known.confidence_interval(0.95)
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))


def test_one_customer_or_no_spread_has_no_interval() -> None:
    for one, other in (([5.0], [1.0, 2.0]), ([3.0, 3.0], [3.0, 3.0])):
        found = welch(one, other)
        assert found.estimate is not None and found.low is None and found.p_value is None
        assert found.notes == ("no_spread",)
        assert bootstrap_effect(one, other).low is None
    with pytest.raises(BadArmError):
        welch([], [1.0, 2.0])


def test_cuped_cuts_the_variance_by_one_minus_rho_squared() -> None:
    rng = np.random.default_rng(5)
    before = rng.gamma(2, 50, 40_000)
    after = before * 0.8 + rng.normal(0, 50, 40_000)
    after[:20_000] += 4
    found = cuped(after[:20_000], before[:20_000], after[20_000:], before[20_000:])
    plain = welch(after[:20_000], after[20_000:])
    inside = np.r_[after[:20_000] - 4, after[20_000:]]
    rho = float(np.corrcoef(inside, before)[0, 1])
    width = [(e.high or 0) - (e.low or 0) for e in (found.effect, plain)]
    assert found.kept == pytest.approx(1 - rho**2, abs=0.003)
    assert (width[0] / width[1]) ** 2 == pytest.approx(found.kept, abs=0.005)
    assert found.theta == pytest.approx(0.8, abs=0.02)
    assert found.effect.low is not None and found.effect.low < 4 < (found.effect.high or 0)


def test_cuped_without_history_changes_nothing() -> None:
    one, other = [12.0, 15, 9, 20, 17], [8.0, 11, 10, 7, 13, 9]
    found = cuped(one, [0] * 5, other, [0] * 6)
    assert found.theta == 0 and found.kept == 1
    assert found.effect.p_value == pytest.approx(welch(one, other).p_value)
    with pytest.raises(UnpairedError):
        cuped(one, [0] * 4, other, [0] * 6)


def test_ratio_variance_equals_a_bootstrap_over_customers() -> None:
    rng = np.random.default_rng(11)
    sends = rng.integers(1, 30, 3000).astype(float)
    clicks = rng.binomial(sends.astype(int), rng.beta(1, 9, 3000)).astype(float)
    ratio, variance = ratio_parts(clicks, sends)
    draws = rng.integers(0, 3000, (2000, 3000))
    again = clicks[draws].sum(axis=1) / sends[draws].sum(axis=1)
    assert ratio == pytest.approx(clicks.sum() / sends.sum())
    assert variance is not None and np.sqrt(variance) == pytest.approx(again.std(), rel=0.06)
    # a binomial on messages pretends to know more
    naive = float(np.sqrt((ratio or 0) * (1 - (ratio or 0)) / sends.sum()))
    assert naive < 0.7 * np.sqrt(variance)


def test_ratio_effect_knows_its_unknowns() -> None:
    found = ratio_effect(([1.0, 2.0], [0.0, 0.0]), ([1.0, 2.0], [2.0, 2.0]))
    assert found.treated is None and found.estimate is None and found.low is None
    same = ratio_effect(([1.0, 2, 3], [2.0, 3, 7]), ([1.0, 2, 3], [2.0, 3, 7]))
    assert same.estimate == 0 and same.p_value == pytest.approx(1)


def test_resampled_means_have_the_bootstrap_distribution() -> None:
    """The shortcut (buyers first, then their receipts) against plain resampling of everybody."""
    rng = np.random.default_rng(2)
    money = np.where(rng.random(500) < 0.1, rng.lognormal(3, 1, 500), 0.0)
    quick = resampled_means(money, 4000, rng)
    plain = money[rng.integers(0, 500, (4000, 500))].mean(axis=1)
    assert quick.mean() == pytest.approx(money.mean(), rel=0.02)
    assert quick.std() == pytest.approx(plain.std(), rel=0.05)
    assert stats.ks_2samp(quick, plain).pvalue > 0.01


def test_bootstrap_interval_equals_plain_resampling() -> None:
    rng = np.random.default_rng(8)
    one, other = rng.gamma(2, 30, 400), rng.gamma(2, 25, 300)
    found = bootstrap_effect(one, other)
    plain = one[rng.integers(0, 400, (9000, 400))].mean(axis=1)
    plain -= other[rng.integers(0, 300, (9000, 300))].mean(axis=1)
    low, high = np.quantile(plain, [0.025, 0.975])
    assert (found.low, found.high) == (pytest.approx(low, abs=0.6), pytest.approx(high, abs=0.6))
    assert found == bootstrap_effect(one, other)


def test_one_giant_receipt_moves_the_answer_and_not_the_sensitivity_line() -> None:
    base = np.tile([0.0] * 9 + [100.0], 100)
    treated = base.copy()
    treated[0] = 100_000.0
    found = revenue_effect(treated, base, resamples=500)
    assert found.effect.estimate == pytest.approx(100)
    assert found.cap == 100 and found.winsorised.estimate == pytest.approx(0.1)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_benjamini_hochberg_equals_scipy(p_values: list[float]) -> None:
    known = stats.false_discovery_control(p_values)
    assert benjamini_hochberg(p_values) == pytest.approx(known)


def test_unknown_p_values_are_not_counted() -> None:
    assert benjamini_hochberg([0.01, None, 0.04]) == [pytest.approx(0.02), None, pytest.approx(0.04)]
    assert benjamini_hochberg([]) == []
