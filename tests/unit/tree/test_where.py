"""Where a change sits: excess adds to zero, many small segments do not win by their number."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from crmkpi.tree.segments import SegmentPart, additive, mix_rate
from crmkpi.tree.where import RankedSegment, excesses, limit_of, strength

cells = st.dictionaries(
    st.sampled_from(["a", "b", "c", None]),
    st.tuples(st.floats(1, 1000), st.floats(1, 1000)),
    min_size=1,
)


@settings(max_examples=80, deadline=None)
@given(cells, cells)
def test_excesses_of_a_ratio_add_up_to_zero(before, after):
    assert math.fsum(excesses(mix_rate(before, after))) == pytest.approx(0, abs=1e-6)


def test_a_ratio_that_moved_alike_everywhere_has_no_excess():
    before = {"a": (10.0, 100.0), "b": (60.0, 300.0)}
    after = {"a": (15.0, 100.0), "b": (75.0, 300.0)}
    assert excesses(mix_rate(before, after)) == pytest.approx([0.0, 0.0])


def test_the_excess_of_a_sum_is_its_change_beyond_its_share():
    parts = additive({"a": 80.0, "b": 20.0}, {"a": 88.0, "b": 42.0})
    assert excesses(parts) == pytest.approx([8 - 0.8 * 30, 22 - 0.2 * 30])


@pytest.mark.parametrize("n", [1, 3, 40])
def test_the_largest_of_n_normal_segments_passes_the_limit_once_in_twenty(n):
    assert (2 * norm.cdf(limit_of(n)) - 1) ** n == pytest.approx(0.95)


def test_what_is_usual_does_not_count():
    part = SegmentPart("a", 1.0, 2.0, 1.0)
    noisy = [RankedSegment(part, 5.0, 6.0), RankedSegment(part, -5.0, 6.0)]
    clear = [RankedSegment(part, 5.0, 2.0), RankedSegment(part, -5.0, 2.0)]
    assert strength(noisy) == 0.0
    assert not noisy[0].stands_out
    assert strength(clear) == pytest.approx(3.0)


def test_without_a_past_many_small_segments_weigh_less():
    part = SegmentPart("a", 1.0, 2.0, 1.0)
    few = [RankedSegment(part, 5.0), RankedSegment(part, -5.0)]
    many = [RankedSegment(part, side * 0.5) for side in (1, -1) for _ in range(10)]
    assert strength(few) > strength(many)
