"""The evidence pack on its four papers: a page, an A4 document, slides and a workbook. One content, no second count."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from markupsafe import Markup

from crmkpi.charts.theme import DARK
from crmkpi.i18n import Words
from crmkpi.project.own_catalogue import project_in_force
from crmkpi.project.place import Place
from crmkpi.report.deck import title_slide
from crmkpi.report.file import Written, checked_target, save
from crmkpi.report.options import ReportOptions
from crmkpi.report.pack import Ask, Card, Pack, Section, pack
from crmkpi.report.page import both_sizes, environment, logo_data, variables
from crmkpi.report.paper import CHART, hex_colours
from crmkpi.report.pictures import FONTS, Chart, palette
from crmkpi.report.plain_text import breakable, cut, every_text, glued
from crmkpi.report.slide import HEIGHT, INNER, LEFT, TOP, Deck, Run, fitting, space_after
from crmkpi.report.workbook import ANSWER, Sheet, written
from crmkpi.views.log import Lists, no_lists

TEMPLATE = Path(__file__).parent / "templates" / "pack.typ"
# no script at all: nothing may run, load or be sent
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
BODY = HEIGHT - TOP - 0.5
POINTS_A_SLIDE, ROWS_A_SLIDE, CARDS_A_SLIDE = 5, 10, 3
FOOTER = 90
Charts = Mapping[str, Chart]


def write_pack(
    place: Place,
    target: Path,
    ask: Ask,
    words: Words,
    options: ReportOptions | None = None,
    lists: Lists = no_lists,
) -> Written:
    """Write one person's evidence pack to `target` (html, pdf, pptx or xlsx); whole or not at all.

    The same project gives the same bytes. Errors: ReportFormatError, ReportFolderError, ProjectWithoutDataError,
    PackPeriodError.
    """
    suffix = checked_target(target, PAPERS)
    chosen = options or ReportOptions()
    # like a report, a pack may be made in a thread that knows nothing of the project's own trees and metrics
    with project_in_force(place):
        found, charts = pack(place, ask, words, chosen, lists)
        made = PAPERS[suffix](found, charts, Words(words.lang, words.currency), chosen)
    save(made, target)
    return {"file": target.name, "bytes": len(made), "sections": [s.id for s in found.sections]}


def page_bytes(found: Pack, charts: Charts, t: Words, options: ReportOptions) -> bytes:
    """One HTML file, readable on a phone, in the dark, on paper; without any script."""
    colours = palette(options.colour)
    html = (
        environment()
        .get_template("pack.html.j2")
        .render(
            t=t,
            c=every_text(found, glued),
            policy=Markup(POLICY),
            light=variables(colours),
            dark=variables(DARK),
            logo=logo_data(options),
            charts={key: both_sizes(chart, colours) for key, chart in charts.items()},
        )
    )
    return html.encode("utf-8")


def paper_bytes(found: Pack, charts: Charts, t: Words, options: ReportOptions) -> bytes:
    """The PDF, A4."""
    import typst

    document = {
        **asdict(every_text(found, lambda text: breakable(glued(text)))),
        "charts": {key: chart.svg(CHART) for key, chart in charts.items()},
        "colours": hex_colours(palette(options.colour)),
        "confidential": t("report.confidential"),
        "logo": list(options.logo) if options.logo else None,
    }
    files = {
        "main": TEMPLATE.read_bytes(),
        "pack.json": json.dumps(document, ensure_ascii=False).encode("utf-8"),
    }
    return typst.compile(files, font_paths=[str(FONTS)], ignore_system_fonts=True, format="pdf")  # type: ignore[no-any-return, call-overload]


# slides ----------------------------------------------------------------------------------------------------
def deck_bytes(found: Pack, charts: Charts, t: Words, options: ReportOptions) -> bytes:
    """Slides: the title, then each section; texts and tables can be edited, charts are pictures."""
    found = every_text(found, glued)
    colours = palette(options.colour)
    deck = Deck(found.title, cut(f"{found.title} · {found.period}", FOOTER), colours)
    title_slide(
        deck, found.title, [t("report.slide.deck"), found.period, found.data_line], found.headline, options
    )
    for section in found.sections:
        _section(deck, section, charts)
    return deck.made()


def _section(deck: Deck, section: Section, charts: Charts) -> None:
    """Sentences, the table below them where both fit one slide, then the cards."""
    points = [x for x in (section.lead, *section.points) if x]
    together = section.table is not None and len(points) <= 1 and len(section.table.rows) <= ROWS_A_SLIDE
    if together:
        _table(deck, section, 0, points)
    else:
        for start in range(0, len(points), POINTS_A_SLIDE):
            page = deck.slide(section.title)
            deck.bullets(page, points[start : start + POINTS_A_SLIDE], LEFT, TOP + 0.1, INNER, BODY - 0.2)
        for start in range(0, len(section.table.rows) if section.table else 0, ROWS_A_SLIDE):
            _table(deck, section, start, [])
    small = [c for c in section.cards if c.chart is None and len(c.lines) <= 1]
    for start in range(0, len(small), CARDS_A_SLIDE):
        page = deck.slide(section.title)
        for k, card in enumerate(small[start : start + CARDS_A_SLIDE]):
            _small_card(deck, page, card, TOP + 0.15 + k * (BODY - 0.1) / CARDS_A_SLIDE)
    for card in section.cards:
        if card not in small:
            _card(deck, section, card, charts.get(card.chart or ""))


def _table(deck: Deck, section: Section, start: int, points: Sequence[str]) -> None:
    table, colours = section.table, deck.colours
    assert table is not None
    page = deck.slide(section.title)
    top = TOP + 0.15
    if points:
        deck.bullets(page, points, LEFT, TOP + 0.05, INNER, 0.7, (16, 14, 12))
        top += 0.7
    columns = len(table.headers)
    first = INNER * 0.34
    widths = [first, *([(INNER - first) / (columns - 1)] * (columns - 1))]
    if columns == 3 and 2 not in table.numbers:
        widths = [INNER * 0.3, INNER * 0.18, INNER * 0.52]
    rows = [[Run(h, 12, True, colours.card) for h in table.headers]]
    for row in table.rows[start : start + ROWS_A_SLIDE]:
        rows.append(
            [
                Run(v, fitting(v, w, 0.42, 13), i == 0, colours.text)
                for i, (v, w) in enumerate(zip(row, widths, strict=True))
            ]
        )
    deck.table(page, rows, widths, top, 0.43)


def _tone(deck: Deck, card: Card) -> str:
    colours = deck.colours
    return {"good": colours.good, "bad": colours.bad, "warn": colours.warn}.get(card.tone, colours.soft)


def _small_card(deck: Deck, page: Any, card: Card, top: float) -> None:
    """A card without a picture: a third of a slide."""
    colours = deck.colours
    head = [Run(card.title, 17, True, colours.text)]
    head += [Run(f"   {card.badge}", 14, True, _tone(deck, card))] if card.badge else []
    facts = " · ".join(f"{name}: {value}" for name, value in card.facts)
    texts = [x for x in (*card.lines, facts) if x]
    size = fitting(" ".join(texts), INNER, 0.9, 15, 10)
    lines = [head, *([Run(text, size, False, colours.text)] for text in texts)]
    space_after(deck.text(page, lines, LEFT, top, INNER, BODY / CARDS_A_SLIDE), 4)


def _card(deck: Deck, section: Section, card: Card, chart: Chart | None) -> None:
    """One slide a card: badge, sentences and facts at the left, the chart at the right or over the whole width."""
    colours = deck.colours
    page = deck.slide(f"{section.title}: {card.title}", 24)
    lines = [[Run(card.badge, 16, True, _tone(deck, card))]] if card.badge else []
    said = [text for text in card.lines if text]
    alone = chart is not None and not said and not card.facts
    width = INNER if chart is None or alone else 5.6
    size = fitting(
        " ".join([*said, *(f"{a} {b}" for a, b in card.facts)]),
        width,
        BODY - (1.6 if chart is None else 2.7),
        16,
        10,
    )
    lines += [[Run(text, size, False, colours.text)] for text in said]
    lines += [
        [Run(f"{name}: ", size, False, colours.soft), Run(value, size, True, colours.text)]
        for name, value in card.facts
    ]
    space_after(deck.text(page, lines, LEFT, TOP + 0.1, width, 0.4 if alone else BODY - 0.3), 7)
    if chart is not None and alone:
        deck.picture(page, chart.png(900, 2.0), LEFT, TOP + 0.6, INNER, BODY - 0.9, chart.name)
    elif chart is not None:
        deck.picture(page, chart.png(460, 2.5), LEFT + 5.9, TOP + 0.2, INNER - 5.9, BODY - 0.6, chart.name)


# workbook --------------------------------------------------------------------------------------------------
def workbook_bytes(found: Pack, charts: Charts, t: Words, options: ReportOptions) -> bytes:
    """A sheet a section: sentences, facts and tables as rows."""
    sheets = [_sheet(section, t) for section in found.sections]
    first = Sheet(
        t("pack.section.about"),
        (t("pack.column.what"), t("pack.column.value")),
        (
            (t("pack.column.person"), found.person),
            (t("pack.column.period"), found.period),
            (t("pack.column.result"), found.headline),
            (t("pack.column.source"), found.data_line),
            (t("pack.column.stamp"), found.stamp),
        ),
        ANSWER,
    )
    return written([first, *(s for s in sheets if s.rows)], found.title, options)


def _sheet(section: Section, t: Words) -> Sheet:
    if section.table is not None:
        return Sheet(section.title, section.table.headers, section.table.rows, ANSWER)
    rows: list[tuple[object, ...]] = [
        (section.title, text) for text in (section.lead, *section.points) if text
    ]
    for card in section.cards:
        rows += [(card.title, card.badge)] if card.badge else []
        rows += [(card.title, text) for text in card.lines]
        rows += [(card.title, f"{name}: {value}") for name, value in card.facts]
    return Sheet(section.title, (t("pack.column.what"), t("pack.column.value")), tuple(rows), ANSWER)


PAPERS: dict[str, Callable[[Pack, Charts, Words, ReportOptions], bytes]] = {
    "html": page_bytes,
    "pdf": paper_bytes,
    "pptx": deck_bytes,
    "xlsx": workbook_bytes,
}
