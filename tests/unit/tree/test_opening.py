"""The opening view and the cutting of periods that still run."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from crmkpi.engine.data import DataDir, Meta, TableCoverage
from crmkpi.periods import Coverage, parse_period
from crmkpi.tree.explain import (
    GrainMismatchError,
    IncompletePeriodError,
    NothingToCompareError,
    PeriodOutsideDataError,
    compared,
)
from crmkpi.tree.opening import (
    NoCompletePeriodError,
    NoCoverageError,
    coverage_of,
    like_for_like,
    nearest_complete,
    opening,
)


def _data(path: Path, first: str, last: str, gap: int = 1, table: str = "orders") -> DataDir:
    data = DataDir(path)
    covered = TableCoverage(first=date.fromisoformat(first), last=date.fromisoformat(last), usual_gap=gap)
    data.meta = Meta(coverage={table: covered})
    return data


def _texts(periods) -> tuple[str, str]:
    return periods[0].text, periods[1].text


def test_thirteen_complete_months_open_on_the_year_before(tmp_path):
    found = opening(_data(tmp_path, "2024-11-01", "2025-11-30"))
    assert (found.period.text, found.vs.text, found.compare) == ("2025-11", "2024-11", "year")
    assert not found.season_warning and not found.closed_by_pause


def test_twelve_complete_months_open_on_the_previous_one_with_the_season_warning(tmp_path):
    found = opening(_data(tmp_path, "2010-12-01", "2011-12-09"))
    assert (found.period.text, found.vs.text, found.compare) == ("2011-11", "2011-10", "previous")
    assert found.season_warning


def test_the_switch_overrides_the_choice(tmp_path):
    data = _data(tmp_path, "2024-11-01", "2025-11-30")
    assert opening(data, compare="previous").vs.text == "2025-10"
    short = _data(tmp_path / "short", "2025-06-01", "2025-11-30")
    assert opening(short, compare="year").vs.text == "2025-10"


def test_a_last_day_without_orders_still_opens_on_that_month(tmp_path):
    found = opening(_data(tmp_path, "2025-01-01", "2025-10-30", gap=2))
    assert found.period.text == "2025-10" and found.closed_by_pause


def test_a_first_month_that_begins_late_is_no_partner(tmp_path):
    found = opening(_data(tmp_path, "2025-09-20", "2025-10-31"))
    assert (found.period.grain, found.period.text, found.vs.text) == ("week", "2025-W43", "2025-W42")


def test_a_few_days_open_on_days_and_one_day_on_nothing(tmp_path):
    found = opening(_data(tmp_path, "2025-10-07", "2025-10-09"))
    assert (found.period.text, found.vs.text) == ("2025-10-09", "2025-10-08")
    with pytest.raises(NoCompletePeriodError):
        opening(_data(tmp_path / "one", "2025-10-07", "2025-10-07"))


def test_another_table_dates_its_own_tree(tmp_path):
    data = _data(tmp_path, "2025-01-01", "2025-03-31", table="messages")
    assert opening(data, "sends").period.text == "2025-03"
    assert opening(data, "leads").period.text == "2025-03"  # the widest table there is
    data.meta = Meta()
    with pytest.raises(NoCoverageError):
        coverage_of(data, "orders")


def test_nearest_complete_periods():
    covered = Coverage(date(2010, 12, 1), date(2011, 12, 9))
    assert [p.text for p in nearest_complete(covered, parse_period("2011-12"))] == ["2011-11"]
    assert [p.text for p in nearest_complete(covered, parse_period("2010-Q4"))] == ["2011-Q1"]
    assert [p.text for p in nearest_complete(covered, parse_period("2010-06"))] == ["2010-12"]
    window = nearest_complete(covered, parse_period("2011-12-01..2011-12-20"))
    assert [p.text for p in window] == ["2011-12-01..2011-12-09"]
    assert nearest_complete(covered, parse_period("2013-01-01..2013-01-20")) == []


def test_like_for_like_takes_the_same_number_of_first_days():
    covered = Coverage(date(2010, 12, 1), date(2011, 12, 9))
    cut = like_for_like(covered, parse_period("2011-12"), parse_period("2010-12"))
    assert _texts(cut) == ("2011-12-01..2011-12-09", "2010-12-01..2010-12-09")
    whole = like_for_like(covered, parse_period("2011-11"), parse_period("2011-10"))
    assert _texts(whole) == ("2011-11", "2011-10")


def test_a_long_period_against_a_short_month_is_cut_to_the_shorter():
    covered = Coverage(date(2025, 1, 1), date(2025, 3, 29))
    cut = like_for_like(covered, parse_period("2025-03"), parse_period("2025-02"))
    assert _texts(cut) == ("2025-03-01..2025-03-28", "2025-02-01..2025-02-28")


def test_compared_checks_what_it_is_given(tmp_path):
    data = _data(tmp_path, "2010-12-01", "2011-12-09")
    assert _texts(compared(data, "orders", "2011-Q3", "2011-Q2")) == ("2011-Q3", "2011-Q2")
    assert _texts(compared(data, "orders", "2011-Q3", None)) == ("2011-Q3", "2011-Q2")
    assert _texts(compared(data, "orders", None, None)) == ("2011-11", "2011-10")
    assert _texts(compared(data, "orders", None, "2011-01")) == ("2011-11", "2011-01")
    with pytest.raises(GrainMismatchError):
        compared(data, "orders", "2011-11", "2011-Q2")
    with pytest.raises(PeriodOutsideDataError):
        compared(data, "orders", "2015-01", "2011-11")
    with pytest.raises(NothingToCompareError):
        compared(data, "orders", "2010-12", None)


def test_an_incomplete_period_names_the_nearest_complete_ones(tmp_path):
    data = _data(tmp_path, "2010-12-01", "2011-12-09")
    with pytest.raises(IncompletePeriodError) as error:
        compared(data, "orders", "2011-12", "2011-11")
    assert error.value.params["nearest"] == "2011-11"
    assert error.value.exit_status == 2


def test_to_date_lets_a_running_period_through_but_not_a_headless_one(tmp_path):
    data = _data(tmp_path, "2010-12-05", "2011-12-09")
    now = compared(data, "orders", "2011-12", "2011-11", to_date=True)
    assert _texts(now) == ("2011-12-01..2011-12-09", "2011-11-01..2011-11-09")
    running = compared(data, "orders", None, None, to_date=True)
    assert _texts(running) == ("2011-12-01..2011-12-09", "2011-11-01..2011-11-09")
    with pytest.raises(IncompletePeriodError):
        compared(data, "orders", "2011-12", "2010-12", to_date=True)
