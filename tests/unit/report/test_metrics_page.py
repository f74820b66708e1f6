"""The page of metrics in docs is the one that the catalogue gives today, and it lacks nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmkpi.catalog import metrics
from crmkpi.i18n import LANGUAGES
from crmkpi.report.metrics_page import NAMES, metrics_page, needs
from crmkpi.tables import TABLES

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_is_up_to_date(lang):
    assert (DOCS / NAMES[lang]).read_text(encoding="utf-8") == metrics_page(lang), "run: python docs/make.py"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_metric_stands_once_with_its_definition(lang):
    page = metrics_page(lang)
    for metric in metrics().values():
        assert page.count(f"\n`{metric.id}`. ") == 1, metric.id
        assert metric.definition[lang] in page
    assert "None" not in page


def test_needs_lead_to_columns_of_canonical_tables():
    for metric in metrics().values():
        for full in needs(metric):
            for one in full.split("|"):
                table, _, column = one.partition(".")
                assert table in TABLES, (metric.id, one)
                assert column in TABLES[table].names, (metric.id, one)


def test_needs_by_hand():
    known = metrics()
    assert needs(known["orders_count"]) == ("orders.customer_id|order_lines.customer_id",)
    assert needs(known["revenue_total"]) == ()
    assert {"customers.consent_email", "costs.category"} & set(needs(known["crc"]))
    # a ratio needs what its parts need
    assert set(needs(known["aov"])) == set(needs(known["revenue_base"])) | set(needs(known["orders_count"]))
