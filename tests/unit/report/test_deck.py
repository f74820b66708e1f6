"""The deck: editable, every slide titled, everything inside the slide."""

from __future__ import annotations

import io
import zipfile

import pytest

pptx = pytest.importorskip("pptx")


@pytest.fixture(scope="module")
def deck(made):
    return pptx.Presentation(io.BytesIO(made("pptx")))


def test_slides_are_wide_titled_and_hold_everything_inside(deck):
    assert deck.slide_width / deck.slide_height == pytest.approx(16 / 9, abs=0.001)
    assert len(deck.slides) >= 8
    for slide in deck.slides:
        assert slide.shapes.title.text_frame.text.strip()
        for shape in slide.shapes:
            assert shape.left >= 0 and shape.top >= 0
            assert shape.left + shape.width <= deck.slide_width + 9525
            assert shape.top + shape.height <= deck.slide_height + 9525


def test_the_verdict_is_a_table_and_the_tree_is_made_of_shapes(deck):
    tables = [s for slide in deck.slides for s in slide.shapes if s.has_table]
    assert len(tables) == 1
    assert [len(t.table.rows) for t in tables] == [3]
    pictures = [s for slide in deck.slides for s in slide.shapes if s.shape_type == 13]
    assert len(pictures) == 4  # the logo, the bridge, a chart for each KPI
    lines = [s for slide in deck.slides for s in slide.shapes if s.shape_type == 9]
    assert lines


def test_hostile_names_are_text_and_nothing_links_outside(deck, made):
    assert "<script>window.__pwn=1</script>" in deck.slides[0].shapes.title.text_frame.text
    with zipfile.ZipFile(io.BytesIO(made("pptx"))) as file:
        for name in file.namelist():
            if name.endswith(".rels"):
                assert b'TargetMode="External"' not in file.read(name)
