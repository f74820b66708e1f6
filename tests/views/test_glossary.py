"""The glossary: every word of the search must be found, and missing data is named."""

from __future__ import annotations

from crmkpi.views.glossary import entries


def test_search_needs_every_word(t):
    assert entries(None, "средний чек", t)
    assert not entries(None, "средний чек абракадабра", t)


def test_with_data_the_metrics_that_work_come_first(data, t):
    found = entries(data, "", t)
    flags = [e.missing is not None for e in found]
    assert flags == sorted(flags)
    assert all(e.definition for e in found)
