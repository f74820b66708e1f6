"""The files behind a segment and a cell hold exactly the customers that pandas counts."""

from __future__ import annotations

import io

import pandas as pd
import pytest

from crmkpi.engine.evaluate import Where, evaluate_periods
from crmkpi.i18n import Words
from crmkpi.periods import parse_period
from crmkpi.views.customer_lists import SEGMENT_FLOWS, cohort_choices, cohort_list, listed, segment_list

MARCH = parse_period("2026-03")
METRICS = {
    "active": "active_customers", "lost": "lost_customers", "new": "new_customers", "returned": "returned_customers",
}  # fmt: skip


def people(file: bytes) -> set[str]:
    frame = pd.read_csv(io.BytesIO(file), sep=";", decimal=",")
    return set(frame.iloc[:, 0])


def test_the_buyers_of_a_segment(data, rows, t):
    found = people(segment_list(data, "channel", "Сайт", "active", MARCH, (), t))
    now = rows[(rows["month"] == "2026-03") & (rows["channel"] == "Сайт")]
    assert found == set(now["customer"])


@pytest.mark.parametrize("flow", SEGMENT_FLOWS)
def test_every_list_is_as_long_as_its_metric(data, flow, t):
    where = (Where("channel", ("Магазин",)),)
    listed_people = people(segment_list(data, "channel", "Магазин", flow, MARCH, (), t))
    said = evaluate_periods(data, [METRICS[flow]], [MARCH], where=where)
    assert len(listed_people) == said.value(METRICS[flow], "2026-03")


@pytest.mark.parametrize("age", [0, 1, 3])
def test_a_cell_of_the_triangle(data, rows, age, t):
    first = rows.groupby("customer")["day"].min().dt.strftime("%Y-%m")
    cohort = "2024-01"
    month = (pd.Period(cohort) + age).strftime("%Y-%m")
    born = set(first[first == cohort].index)
    expected = born & set(rows[rows["month"] == month]["customer"])
    assert people(cohort_list(data, cohort, age, (), t)) == expected
    choice = next(c for c in cohort_choices(data, "month", (), t) if c.cohort == max(first))
    assert choice.name


def test_choices_count_what_the_file_holds(data, t):
    for choice in cohort_choices(data, "quarter", (), t):
        for age, text in enumerate(choice.ages):
            n = len(people(cohort_list(data, choice.cohort, age, (), t)))
            assert t.number(n) in text


def test_only_dimensions_of_orders_have_lists(data):
    assert listed(data, "channel")
    assert not listed(data, "no such column")
    assert Words("en").has("list.active")
