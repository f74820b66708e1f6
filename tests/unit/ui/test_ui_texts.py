"""What users type never becomes mark-up, a path or a style."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmkpi.i18n import Words
from crmkpi.ui.inbox import project_name, safe_name
from crmkpi.ui.style import _css_string, plain


@given(st.text(max_size=200))
@settings(max_examples=100)
def test_a_file_name_never_leaves_its_folder(name):
    made = safe_name(name)
    assert made and len(made) <= 120
    assert "/" not in made and "\\" not in made and not made.startswith(".") and "\0" not in made


@pytest.mark.parametrize(
    "text", ["*bold*", "[a](http://x)", "![i](http://x)", "`code`", ":red[x]", "# h", "$x$", "<b>"]
)
def test_user_text_is_not_markdown(text):
    made = plain(text)
    for sign in "*[]()`:#$<>!":
        assert made.count(sign) == made.count("\\" + sign)


@given(st.text(max_size=60))
@settings(max_examples=60)
def test_a_css_string_cannot_be_closed_from_inside(text):
    made = _css_string(text)
    assert made[0] == made[-1] == '"'
    assert '"' not in made[1:-1] and "\n" not in made and "<" not in made


def test_a_project_is_named_after_its_file_or_their_number():
    t = Words("ru")
    assert project_name(["заказы.csv.gz"], t) == "заказы"
    assert project_name(["a.csv", "b.csv"], t) == "Выгрузка: 2 файла"
