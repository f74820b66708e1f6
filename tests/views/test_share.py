"""Share: a file name that every system accepts."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from crmkpi.views.share import file_name, project_file


@given(st.text(max_size=90))
@settings(max_examples=60)
def test_a_file_name_holds_only_harmless_characters(name):
    made = file_name(name)
    assert made and len(made) <= 60
    assert not set(made) & set('/\\:*?"<>|\n\r\t\0.')


def test_the_file_says_what_it_holds(data, shop, t):
    line = project_file(shop, data, t)
    assert line.name == "Магазин.crmkpi"
    assert "целей: 0" in line.holds
