"""The glossary finds a metric by name, and works without a project."""

from __future__ import annotations


def test_search_narrows_the_list(home, opened):
    app = opened("glossary")
    everything = len(app.expander)
    app.text_input(key="glossary_search").set_value("удержан").run()
    assert 0 < len(app.expander) < everything
    assert not app.exception, app.exception
