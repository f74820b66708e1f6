"""Small groups stay hidden, and nobody can subtract their way to them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as some

from crmkpi.report.small_groups import LEAST_PEOPLE, few, hidden, least, people

SIZES = some.lists(some.one_of(some.none(), some.integers(0, 40)), max_size=12)


def test_a_group_of_four_is_few_and_an_empty_one_tells_nothing():
    assert [few(x) for x in (None, 0, 1, 4, 5, 100)] == [False, False, True, True, False, False]


def test_the_second_smallest_is_hidden_with_a_lonely_small_one():
    assert hidden([100, 3, 20, 50]) == {1, 2}
    assert hidden([100, 50]) == frozenset()
    assert hidden([1, 1, 90, 80]) == {0, 1, 3}
    assert hidden([2, 3, 90]) == {0, 1}


@settings(max_examples=200, deadline=None)
@given(SIZES)
def test_what_is_hidden_is_never_one_group_nor_fewer_than_five_people(sizes):
    gone = hidden(sizes)
    assert {i for i, x in enumerate(sizes) if few(x)} <= gone
    assert all(sizes[i] for i in gone)
    if gone and len([x for x in sizes if x]) > len(gone):  # where there was something left to hide with them
        assert len(gone) >= 2
        assert sum(sizes[i] for i in gone) >= LEAST_PEOPLE


def test_a_count_of_people_speaks_of_no_more_than_it_counts():
    assert people("new_customers", 3.0, 400, 300) == 3
    assert people("new_customers", 0.0, 4, 3) == 3  # none of three is new: that tells of the three
    assert people("aov", 3.0, 400, 300) == 300
    assert people("aov", 10.0, 3, 0) == 3  # orders of nobody known: their rows
    assert people("crm_cost", 10.0, 2, None) is None


def test_the_smaller_of_two_sizes_counts_and_the_unknown_does_not():
    assert [least(3, 8), least(None, 8), least(0, 8), least(None, None), least(0, None)] == [3, 8, 8, None, 0]
