from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmkpi.periods import (
    BadPeriodError,
    Coverage,
    Period,
    parse_period,
    period_of,
    periods_between,
    usual_gap,
)

DAYS = st.dates(date(1995, 1, 1), date(2045, 12, 31))
GRAINS = st.sampled_from(["day", "week", "month", "quarter", "year"])


@given(DAYS, GRAINS)
def test_a_period_holds_its_day_and_reads_back_from_its_text(day, grain):
    period = period_of(day, grain)
    assert period.contains(day)
    assert parse_period(period.text) == period


@given(DAYS, GRAINS)
def test_neighbours_touch_and_return(day, grain):
    period = period_of(day, grain)
    assert period.next().first == period.last + timedelta(days=1)
    assert period.next().previous() == period


@given(DAYS, st.integers(0, 700), GRAINS)
def test_periods_between_cover_the_span_without_gaps(first, length, grain):
    last = first + timedelta(days=length)
    found = periods_between(first, last, grain)
    assert found[0].contains(first)
    assert found[-1].contains(last)
    for a, b in pairwise(found):
        assert b.first == a.last + timedelta(days=1)


def test_texts_are_the_contract():
    assert period_of(date(2011, 9, 5), "week").text == "2011-W36"
    assert period_of(date(2011, 9, 5), "quarter").text == "2011-Q3"
    assert parse_period("2011-09-01..2011-09-20").days == 20
    assert parse_period("2011-09-01..2011-09-20").previous() == Period(date(2011, 8, 12), date(2011, 8, 31))
    assert period_of(date(2020, 12, 31), "week").text == "2020-W53"
    assert period_of(date(2020, 12, 31), "week").year_ago().text == "2019-W52"
    assert parse_period("2024-02-29").year_ago().first == date(2023, 2, 28)


@pytest.mark.parametrize(
    "text", ["", "2011-13", "2011-02-30", "yesterday", "2011-Q5", "2011-05-02..2011-05-01"]
)
def test_what_is_no_period_is_refused(text):
    with pytest.raises(BadPeriodError):
        parse_period(text)


def test_a_month_that_ends_on_a_day_without_orders_is_complete():
    # a shop closed on Saturdays and Sundays: the pause of three days is usual, 28 October is a Friday
    friday = Coverage(date(2010, 12, 1), date(2011, 7, 29), usual_gap=3)
    july = parse_period("2011-07")
    assert friday.complete(july) and friday.closed_by_pause(july)
    assert friday.last_complete("month") == july
    every_day = Coverage(date(2010, 12, 1), date(2011, 7, 29), usual_gap=1)
    assert not every_day.complete(july)
    assert every_day.last_complete("month") == parse_period("2011-06")


def test_a_period_that_begins_before_the_data_is_not_complete():
    assert not Coverage(date(2011, 1, 3), date(2011, 12, 31)).complete(parse_period("2011-01"))
    assert Coverage(date(2011, 1, 3), date(2011, 1, 20)).last_complete("month") is None


def test_usual_gap_is_the_95th_percentile_at_most_a_week():
    daily = [date(2024, 1, 1) + timedelta(days=i) for i in range(100)]
    assert usual_gap(daily) == 1
    workdays = [d for d in daily if d.weekday() < 5]
    assert usual_gap(workdays) == 3
    assert usual_gap([date(2024, 1, 1), date(2024, 3, 1)]) == 7
    assert usual_gap([date(2024, 1, 1)]) == 1
