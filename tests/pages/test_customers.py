"""Customers: the triangle at every grain and measure."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("measure", ["retention_cohort", "cohort_revenue"])
def test_the_triangle_is_drawn(shop_home, opened, measure):
    app = opened("customers")
    app.button_group(key="cohort_measure").set_value(measure).run()
    app.button_group(key="cohort_grain").set_value("quarter").run()
    assert not app.exception, app.exception
