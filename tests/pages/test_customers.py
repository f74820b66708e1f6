"""Customers: the triangle at every grain and measure."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("measure", ["retention_cohort", "cohort_revenue"])
def test_the_triangle_is_drawn(shop_home, opened, measure):
    app = opened("customers")
    app.button_group(key="cohort_measure").set_value(measure).run()
    app.button_group(key="cohort_grain").set_value("quarter").run()
    assert not app.exception, app.exception


def test_the_other_tabs_open(shop_home, opened):
    app = opened("customers")
    for tab in ("flow", "rfm", "ltv", "cohorts"):
        app.button_group(key="customers_tab").set_value(tab).run()
        assert not app.exception, (tab, app.exception)
    app.button_group(key="customers_tab").set_value("ltv").run()
    app.toggle(key="ltv_model").set_value(True).run()
    assert not app.exception, app.exception
    assert app.info
