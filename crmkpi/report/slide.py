"""Slide: the few things that slides are made of. Texts stay texts, tables stay tables; nothing runs over its place."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crmkpi.charts.theme import Palette

FONT = "Arial"
# inches: 16:9
WIDTH, HEIGHT = 13.333, 7.5
LEFT, TOP = 0.55, 1.3
INNER = WIDTH - 2 * LEFT
POINTS = 72.0
# mean width of a letter in parts of the size (Cyrillic Arial, measured wide), and height of a line
LETTER, LINE = 0.58, 1.2
TITLE_ONLY = 5
FIXED_DAY = datetime(2000, 1, 1)


@dataclass(frozen=True)
class Run:
    """A stretch of text of one look."""

    text: str
    size: float = 14.0
    bold: bool = False
    colour: str | None = None


class Deck:
    """A deck of 16:9 slides in one look."""

    def __init__(self, title: str, footer: str, colours: Palette) -> None:
        import pptx
        from pptx.util import Inches

        self.book = pptx.Presentation()
        self.book.slide_width, self.book.slide_height = Inches(WIDTH), Inches(HEIGHT)
        self.colours, self.footer = colours, footer
        about = self.book.core_properties
        about.title, about.created, about.modified = title, FIXED_DAY, FIXED_DAY
        about.author = about.last_modified_by = ""

    def slide(self, title: str, size: float = 26.0) -> Any:
        """A new slide with its title, a line of the accent's colour and a footer with the page number."""
        page = self.book.slides.add_slide(self.book.slide_layouts[TITLE_ONLY])
        place_text(
            page.shapes.title, [[Run(title, fitting(title, INNER, 0.8, size), True, self.colours.text)]]
        )
        move(page.shapes.title, LEFT, 0.32, INNER, 0.8)
        box(page, LEFT, 1.13, 0.9, 0.05, self.colours.accent)
        number = f"{len(self.book.slides)}"
        self.text(page, [[Run(self.footer, 9, False, self.colours.soft)]], LEFT, 7.08, INNER - 0.6, 0.3)
        last = self.text(
            page, [[Run(number, 9, False, self.colours.soft)]], WIDTH - LEFT - 0.5, 7.08, 0.5, 0.3
        )
        align_right(last)
        return page

    def text(
        self, page: Any, lines: Sequence[Sequence[Run]], x: float, y: float, width: float, height: float
    ) -> Any:
        """Paragraphs in a text box; sizes are the caller's (see `fitting`)."""
        from pptx.util import Inches

        frame = page.shapes.add_textbox(Inches(x), Inches(y), Inches(width), Inches(height))
        place_text(frame, lines)
        return frame

    def bullets(
        self,
        page: Any,
        texts: Sequence[str],
        x: float,
        y: float,
        width: float,
        height: float,
        sizes: Sequence[int] = (18, 16, 14, 13, 12),
    ) -> None:
        """A list that fits its place: the size falls until it does, then the last points are left out."""
        shown = list(texts)
        while shown:
            size = next((s for s in sizes if _lines(shown, width - 0.3, s) <= height), None)
            if size is not None:
                break
            shown.pop()
        else:
            return
        lines = [[Run(f"•  {text}", float(size), False, self.colours.text)] for text in shown]
        frame = self.text(page, lines, x, y, width, height)
        space_after(frame, 7)

    def table(
        self, page: Any, rows: Sequence[Sequence[Run]], widths: Sequence[float], y: float, row_height: float
    ) -> None:
        """An editable table; the first row is the header."""
        from pptx.util import Inches

        shape = page.shapes.add_table(
            len(rows),
            len(widths),
            Inches(LEFT),
            Inches(y),
            Inches(sum(widths)),
            Inches(row_height * len(rows)),
        )
        shape.table.horz_banding = False
        for j, width in enumerate(widths):
            shape.table.columns[j].width = Inches(width)
        for i, row in enumerate(rows):
            shape.table.rows[i].height = Inches(row_height)
            for j, run in enumerate(row):
                self._cell(shape.table.cell(i, j), run, header=i == 0)

    def _cell(self, cell: Any, run: Run, header: bool) -> None:
        from pptx.enum.text import MSO_ANCHOR

        place_text(cell, [[run]])
        cell.vertical_anchor = MSO_ANCHOR.MIDDLE
        cell.fill.solid()
        cell.fill.fore_color.rgb = rgb(self.colours.accent if header else self.colours.card)

    def picture(
        self, page: Any, png: bytes, x: float, y: float, width: float, height: float, name: str
    ) -> None:
        """A picture inside a frame, its proportions kept, with a text for people who do not see it."""
        from pptx.util import Inches

        shape = page.shapes.add_picture(io.BytesIO(png), Inches(x), Inches(y))
        scale = min(Inches(width) / shape.width, Inches(height) / shape.height)
        shape.width, shape.height = round(shape.width * scale), round(shape.height * scale)
        shape._element.nvPicPr.cNvPr.set("descr", name)

    def made(self) -> bytes:
        """The file; every entry carries a fixed day, so that the same deck has the same bytes."""
        out, again = io.BytesIO(), io.BytesIO()
        self.book.save(out)
        with zipfile.ZipFile(out) as read, zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED) as write:
            for name in read.namelist():
                info = zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0))
                write.writestr(info, read.read(name), zipfile.ZIP_DEFLATED)
        return again.getvalue()


def place_text(holder: Any, lines: Sequence[Sequence[Run]]) -> None:
    """Write paragraphs of runs into a shape or cell."""
    from pptx.enum.text import MSO_ANCHOR
    from pptx.util import Pt

    frame = holder.text_frame
    frame.word_wrap = True
    if hasattr(frame, "vertical_anchor"):
        frame.vertical_anchor = MSO_ANCHOR.TOP
    for i, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if i == 0 else frame.add_paragraph()
        paragraph.alignment = 1
        for run in line:
            made = paragraph.add_run()
            made.text = run.text
            made.font.size, made.font.bold, made.font.name = Pt(run.size), run.bold, FONT
            if run.colour:
                made.font.color.rgb = rgb(run.colour)


def align_right(frame: Any) -> None:
    """Set the first paragraph to the right edge."""
    from pptx.enum.text import PP_ALIGN

    frame.text_frame.paragraphs[0].alignment = PP_ALIGN.RIGHT


def box(
    page: Any, x: float, y: float, width: float, height: float, fill: str, line: str | None = None
) -> Any:
    """A filled rectangle, rounded when it has an outline."""
    from pptx.enum.shapes import MSO_SHAPE
    from pptx.oxml.ns import qn
    from pptx.util import Inches

    kind = MSO_SHAPE.ROUNDED_RECTANGLE if line else MSO_SHAPE.RECTANGLE
    shape = page.shapes.add_shape(kind, Inches(x), Inches(y), Inches(width), Inches(height))
    # without this the theme adds a shadow and its own colours
    shape._element.remove(shape._element.find(qn("p:style")))
    shape.fill.solid()
    shape.fill.fore_color.rgb = rgb(fill)
    if line is None:
        shape.line.fill.background()
    else:
        shape.adjustments[0] = 0.12
        shape.line.color.rgb = rgb(line)
    return shape


def straight(
    page: Any, start: tuple[float, float], end: tuple[float, float], colour: str, points: float
) -> None:
    """A line between two places."""
    from pptx.enum.shapes import MSO_CONNECTOR
    from pptx.oxml.ns import qn
    from pptx.util import Inches, Pt

    ends = [Inches(v) for v in (*start, *end)]
    line = page.shapes.add_connector(MSO_CONNECTOR.STRAIGHT, *ends)
    line._element.remove(line._element.find(qn("p:style")))
    line.line.color.rgb, line.line.width = rgb(colour), Pt(points)


def rgb(colour: str) -> Any:
    """#RRGGBB as the library's colour."""
    from pptx.dml.color import RGBColor

    return RGBColor.from_string(colour.lstrip("#").upper())


def move(shape: Any, x: float, y: float, width: float, height: float) -> None:
    """Put a shape somewhere, inches."""
    from pptx.util import Inches

    shape.left, shape.top, shape.width, shape.height = (Inches(v) for v in (x, y, width, height))


def fitting(text: str, width: float, height: float, largest: float, least: float = 10.0) -> float:
    """The largest size at which a text fits a box of inches and no word is cut, by the mean width of letters."""
    size = largest
    longest = max((len(word) for word in text.split()), default=0)
    while size > least and (
        _lines([text], width - 0.2, size, gap=0.0) > height or longest * size * LETTER / POINTS > width - 0.2
    ):
        size -= 0.5
    return size


def _lines(texts: Sequence[str], width: float, size: float, gap: float = 0.1) -> float:
    """Height in inches that paragraphs take."""
    letters = max(1.0, width * POINTS / (size * LETTER))
    count = sum(max(1, math.ceil(len(text) / letters)) for text in texts)
    return count * size * LINE / POINTS + gap * len(texts)


def space_after(frame: Any, points: float) -> None:
    """Room below every paragraph."""
    from pptx.util import Pt

    for paragraph in frame.text_frame.paragraphs:
        paragraph.space_after = Pt(points)
