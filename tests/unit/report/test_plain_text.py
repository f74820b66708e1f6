"""Plain text: hidden signs become visible, ordinary texts do not change."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from crmkpi.report.plain_text import every_text, glued, plain


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_nothing_hidden_is_left(text):
    found = plain(text)
    assert plain(found) == found
    kinds = {unicodedata.category(c) for c in found} - {"Cc"}
    assert "Cs" not in kinds
    assert not [
        c for c in found if unicodedata.bidirectional(c) in ("RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI")
    ]
    assert all(c in "\t\n\r" for c in found if unicodedata.category(c) == "Cc")


def test_ordinary_texts_stay():
    for text in ("Средний чек: 3\u00a0665\u00a0₽ (−1,2\u00a0%)", "a\nb\tc", "«Лён & Ко» — №1"):
        assert plain(text) is text or plain(text) == text


@dataclass(frozen=True)
class Held:
    name: str
    inner: tuple[str, ...]
    number: float | None = None


def test_texts_inside_anything_are_reached_and_numbers_stay():
    held = Held("a\x00", ("b\u202e", "c"), 1.5)
    assert every_text(held, plain) == Held("a", ("b[U+202E]", "c"), 1.5)
    assert every_text({"x": [held]}, plain) == {"x": [Held("a", ("b[U+202E]", "c"), 1.5)]}
    same = Held("a", ("b",))
    assert every_text(same, plain) == same


def test_a_sign_and_its_currency_stay_together():
    assert glued("+₽5 and −$3, 2 − 1") == "+\u2060₽5 and −\u2060$3, 2 − 1"
