"""Mix and rate: exact, and honest about Simpson's paradox and overlaps."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmkpi.tree.segments import additive, mix_rate, simpson


def test_the_published_simpson_case():
    before = {"a": (0.10 * 500, 500.0), "b": (0.02 * 500, 500.0)}
    after = {"a": (0.11 * 300, 300.0), "b": (0.025 * 700, 700.0)}
    parts = mix_rate(before, after)
    assert [p.rate for p in parts] == pytest.approx([0.004, 0.003])
    assert [p.mix for p in parts] == pytest.approx([-0.00995, -0.00655])
    change = math.fsum(p.contribution for p in parts)
    assert change == pytest.approx(-0.0095)
    assert simpson(parts, change)


def test_no_paradox_when_one_segment_agrees_with_the_total():
    before, after = {"a": (10.0, 100.0), "b": (5.0, 100.0)}, {"a": (8.0, 100.0), "b": (6.0, 100.0)}
    parts = mix_rate(before, after)
    assert not simpson(parts, -0.005)
    assert [p.mix for p in parts] == pytest.approx([0.0, 0.0])


def test_a_new_and_a_vanished_segment_have_a_mix_effect_only():
    before, after = {"old": (50.0, 100.0), "gone": (5.0, 50.0)}, {"old": (50.0, 100.0), "new": (40.0, 50.0)}
    parts = {p.segment: p for p in mix_rate(before, after)}
    assert (parts["gone"].status, parts["new"].status, parts["old"].status) == ("vanished", "new", None)
    assert (parts["gone"].rate, parts["new"].rate) == (0.0, 0.0)
    assert (parts["gone"].after, parts["new"].before) == (None, None)
    assert math.fsum(p.contribution for p in parts.values()) == pytest.approx(90 / 150 - 55 / 150)


def test_a_period_without_a_denominator_has_no_parts():
    parts = mix_rate({}, {"a": (1.0, 2.0)})
    assert [(p.contribution, p.after) for p in parts] == [(None, 0.5)]


def test_sums_change_by_segment_with_the_excess_over_their_share():
    parts = {
        p.segment: p for p in additive({"a": 80.0, "b": 20.0, "x": 0.0}, {"a": 88.0, "b": 42.0, None: 7.0})
    }
    assert parts["b"].contribution == 22
    # the total grew by 37: b held 20 % of it
    assert parts["b"].excess == pytest.approx(22 - 0.2 * 37)
    assert (parts[None].status, parts[None].before) == ("new", 0.0)
    assert math.fsum(p.excess for p in parts.values()) == pytest.approx(0, abs=1e-12)


def test_a_vanished_sum():
    parts = additive({"a": 5.0}, {})
    assert (parts[0].contribution, parts[0].status, parts[0].weight_after) == (-5.0, "vanished", None)


cells = st.dictionaries(
    st.sampled_from(["a", "b", "c", None]),
    st.tuples(st.floats(0, 1000), st.floats(0.5, 1000)),
    min_size=1,
)


@settings(max_examples=100, deadline=None)
@given(cells, cells)
def test_rate_and_mix_add_up_to_the_change_of_the_ratio(before, after):
    parts = mix_rate(before, after)
    change = sum(n for n, _ in after.values()) / sum(d for _, d in after.values()) - sum(
        n for n, _ in before.values()
    ) / sum(d for _, d in before.values())
    assert math.fsum(p.contribution for p in parts) == pytest.approx(change, rel=1e-9, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(cells, cells)
def test_turning_time_around_turns_the_effects_around(before, after):
    there = {p.segment: p for p in mix_rate(before, after)}
    for part in mix_rate(after, before):
        assert part.rate == pytest.approx(-there[part.segment].rate, abs=1e-12)
        assert part.mix == pytest.approx(-there[part.segment].mix, abs=1e-9)
