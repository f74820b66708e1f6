"""The PDF: our own font inside, texts never read as markup."""

from __future__ import annotations

import re
import zlib

import pytest

pytest.importorskip("typst")


def inflated(pdf: bytes) -> bytes:
    """The file with its compressed streams opened."""
    out = [pdf]
    for found in re.finditer(rb"stream\r?\n", pdf):
        try:
            out.append(zlib.decompressobj().decompress(pdf[found.end() :]))
        except zlib.error:
            continue
    return b"\n".join(out)


def test_only_our_font_is_used(made):
    pdf = made("pdf")
    assert pdf.startswith(b"%PDF-")
    fonts = {name.split(b"+")[-1] for name in re.findall(rb"/FontName\s*/([A-Za-z0-9+_-]+)", inflated(pdf))}
    # a sign that our font lacks would bring in another one
    assert fonts == {b"KpiSans-Regular", b"KpiSans-Bold"}


def test_markup_in_names_stays_text_and_nothing_links_outside(made):
    opened = inflated(made("pdf"))
    assert b"/URI" not in opened
    assert b"/JavaScript" not in opened and b"/Launch" not in opened
