"""The baseline set, frozen: values are those of the engine's last complete month, and they do not move afterwards."""

from __future__ import annotations

from datetime import date

import pytest

from crmkpi.engine.evaluate import evaluate
from crmkpi.project.drafts import Drafts
from crmkpi.targets.starting_point import BASELINE_SET, fix_start
from tests.views.small_shop import shop_project


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    return Drafts(home).place(shop_project(home).id).data


def test_the_set_holds_one_value_of_each_group_with_its_period(data):
    fixed = fix_start(data)
    assert fixed.day == date(2026, 3, 31)
    found = {v.metric: v for v in fixed.values}
    assert found["aov"].period == "2026-03"
    assert found["aov"].value == evaluate(data, ["aov"], "month").value("aov", "2026-03")
    assert found["open_rate"].value is None, "no messages were loaded: unknown, not zero"
    assert len(fixed.values) == len(BASELINE_SET)


def test_an_earlier_day_reads_nothing_later(data):
    found = {v.metric: v for v in fix_start(data, date(2025, 6, 30)).values}
    assert found["aov"].period == "2025-06"
