"""The cohort triangle against a count by pandas."""

from __future__ import annotations

import pytest

from crmkpi.views.customers import triangle


def expected(rows):
    month = rows["day"].dt.year * 12 + rows["day"].dt.month
    first = month.groupby(rows["customer"]).transform("min")
    pairs = rows.assign(cohort=first, age=month - first)
    sizes = pairs.groupby("cohort")["customer"].nunique()
    kept = pairs.groupby(["cohort", "age"])["customer"].nunique()
    return sizes, kept


def test_shares_are_those_of_pandas(data, rows, t):
    found = triangle(data, "retention_cohort", "month", (), t)
    sizes, kept = expected(rows)
    first = sizes.index[-len(found.cohorts)]
    assert list(found.sizes) == [t.number(int(n)) for n in sizes]
    cell = next(c for c in found.cells if c.cohort == 0 and c.age == 3)
    assert cell.text == t.percent(kept.get((first, 3), 0) / sizes[first], 0)


def test_every_cohort_begins_with_all_of_itself(data, t):
    found = triangle(data, "retention_cohort", "month", (), t)
    assert {c.text for c in found.cells if c.age == 0} == {t.percent(1.0, 0)}
    assert all(c.share is None or 0 <= c.share <= 1 for c in found.cells)


@pytest.mark.parametrize("grain", ["week", "quarter"])
def test_other_grains_name_their_cohorts(data, t, grain):
    assert all(triangle(data, "cohort_revenue", grain, (), t).cohorts)
