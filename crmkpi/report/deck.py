"""Deck: the report as slides that a consultant presents. Texts and tables can be edited, charts are pictures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from crmkpi.charts.theme import Palette
from crmkpi.i18n import Words
from crmkpi.report.content import Content, Source
from crmkpi.report.options import ReportOptions
from crmkpi.report.pictures import Chart, milestone_charts, palette, why_chart
from crmkpi.report.plain_text import cut, every_text, glued
from crmkpi.report.slide import (
    HEIGHT,
    INNER,
    LEFT,
    POINTS,
    TOP,
    Deck,
    Run,
    box,
    fitting,
    place_text,
    space_after,
    straight,
)
from crmkpi.report.tree_layout import Box, Measures, layout, shortened
from crmkpi.views.verdict import Answer, VerdictRow

# rows of the verdict on one slide; more go to a second one
ROWS = 7
BODY = HEIGHT - TOP - 0.5
# points: three columns and seven leaves fill a slide, and can be read from the last row
TREE = Measures(width=264.0, gap=44.0, tall=48.0, low=48.0, space=9.0)
DEPTH, LEAVES = 2, 7
NAME = 37
VERDICT_WIDTHS = (2.9, 1.7, 1.4, 1.4, 1.4, 2.03, 1.4)
SHOWN_ISSUES = 5
# letters of the title in the footer
FOOTER = 80


def deck_bytes(origin: Source, found: Content, options: ReportOptions) -> bytes:
    """The deck: title, verdict, why, tree, one slide per KPI, next steps, data and method."""
    t, colours = origin.words, palette(options.colour)
    found = every_text(found, glued)
    footer = f"{cut(found.title, FOOTER)} · {found.data_line}"
    deck = Deck(found.title, footer, colours)
    _title(deck, found, options, t)
    for start in range(0, len(found.verdict.rows), ROWS):
        _verdict(deck, found, found.verdict.rows[start : start + ROWS], t)
    _why(deck, found, why_chart(found, t, colours), t)
    if found.tree is not None:
        _tree(deck, found, t)
    charts = milestone_charts(found.verdict.rows, t, colours, height=300)
    for row in found.verdict.rows:
        _kpi(deck, row, charts.get(row.id), t)
    if found.next:
        page = deck.slide(t("report.section.next"))
        deck.bullets(page, [f"{s.name}. {s.text}" for s in found.next], LEFT, TOP + 0.1, INNER, BODY - 0.2)
    _definitions(deck, found, {target.metric for target in origin.project.targets}, t)
    _notes(deck, found, t)
    return deck.made()


def _tone(colours: Palette, tone: str) -> str:
    return {"good": colours.good, "bad": colours.bad, "warn": colours.warn}.get(tone, colours.soft)


def _title(deck: Deck, found: Content, options: ReportOptions, t: Words) -> None:
    lines = [t("report.slide.deck"), *([found.period] if found.period else []), found.data_line]
    title_slide(deck, found.title, lines, found.verdict.headline if found.verdict.rows else "", options)


def title_slide(deck: Deck, title: str, lines: Sequence[str], headline: str, options: ReportOptions) -> None:
    """The first slide: logo, title, a line in the accent's colour, the period, the source, the verdict."""
    from pptx.util import Inches

    colours = deck.colours
    page = deck.book.slides.add_slide(deck.book.slide_layouts[5])
    box(page, 0, 0, 0.28, HEIGHT, colours.accent)
    size = fitting(title, INNER - 1.0, 1.5, 44)
    place_text(page.shapes.title, [[Run(title, size, True, colours.text)]])
    shape = page.shapes.title
    shape.left, shape.top, shape.width, shape.height = Inches(0.95), Inches(2.1), Inches(11.4), Inches(1.7)
    first, *middle, last = lines
    shown = [[Run(first, 20, False, colours.accent)]]
    shown += [[Run(text, 16, False, colours.text)] for text in middle]
    shown.append([Run(last, 14, False, colours.soft)])
    if headline:
        shown.append([Run(headline, 16, True, colours.text)])
    frame = deck.text(page, shown, 0.95, 3.95, 11.4, 2.2)
    space_after(frame, 6)
    if options.logo is not None:
        picture = page.shapes.add_picture(io.BytesIO(options.logo), Inches(0.95), Inches(0.7))
        scale = min(Inches(3.2) / picture.width, Inches(0.95) / picture.height)
        picture.width, picture.height = round(picture.width * scale), round(picture.height * scale)


def _verdict(deck: Deck, found: Content, rows: tuple[VerdictRow, ...], t: Words) -> None:
    colours = deck.colours
    page = deck.slide(
        f"{t('report.section.verdict')}: {found.verdict.headline[:1].lower()}{found.verdict.headline[1:]}"
    )
    names = ("name", "status", "start", "now", "goal", "gap", "chance")
    table = [[Run(t(f"report.column.{name}"), 12, True, colours.card) for name in names]]
    for row in rows:
        gap = row.gap
        table.append(
            [
                Run(row.name, fitting(row.name, VERDICT_WIDTHS[0], 0.55, 14), True, colours.text),
                Run(row.status, 12, True, _tone(colours, row.tone)),
                Run(gap.start, 13, False, colours.text),
                Run(gap.now, 13, True, colours.text),
                Run(gap.goal, 13, False, colours.text),
                Run(gap.left, fitting(gap.left, VERDICT_WIDTHS[5], 0.5, 12), False, colours.text),
                Run(row.chance or "—", 12, False, colours.text),
            ]
        )
    deck.table(page, table, VERDICT_WIDTHS, TOP + 0.15, 0.62)
    said = list(found.verdict.focus)
    top = TOP + 0.15 + 0.62 * len(table) + 0.25
    deck.bullets(page, said, LEFT, top, INNER, HEIGHT - 0.55 - top)


def _why(deck: Deck, found: Content, chart: Chart | None, t: Words) -> None:
    colours = deck.colours
    page = deck.slide(t("report.section.why"))
    if found.tree is None:
        deck.bullets(page, [found.no_tree or ""], LEFT, TOP, INNER, BODY)
        return
    said = [found.tree.headline, *found.tree.sentences, *found.tree.notices]
    width = INNER if chart is None else 4.6
    size = fitting(" ".join(said), width, BODY - 0.9, 18, 11)
    lines = [[Run(text, size, i == 0, colours.text)] for i, text in enumerate(said)]
    frame = deck.text(page, lines, LEFT, TOP + 0.1, width, BODY - 0.3)
    space_after(frame, 9)
    if chart is not None:
        deck.picture(
            page, chart.png(620, 2.5), LEFT + 4.95, TOP + 0.15, INNER - 4.95, BODY - 0.75, chart.name
        )
        note = [[Run(t("report.slide.why_note"), 11, False, colours.soft)]]
        deck.text(page, note, LEFT + 4.95, HEIGHT - 0.85, INNER - 4.95, 0.3)


def _tree(deck: Deck, found: Content, t: Words) -> None:
    assert found.tree is not None
    colours = deck.colours
    page = deck.slide(f"{t('report.section.tree')}: {found.period}", 22)
    placed = layout(shortened(found.tree.cards, DEPTH, LEAVES), TREE)
    scale = min(1.0, BODY * POINTS / placed.height, INNER * POINTS / placed.width)
    top = TOP + 0.1 + max(0.0, BODY - 0.15 - placed.height * scale / POINTS) / 2

    def at(x: float, y: float) -> tuple[float, float]:
        return LEFT + x * scale / POINTS, top + y * scale / POINTS

    for parent, child in placed.edges():
        tone = _tone(colours, child.card.direction_of_part) if child.card.contribution_text else colours.flat
        weight = 1.0 + 4.0 * abs(child.card.contribution_share or 0.0)
        straight(page, at(parent.x + parent.width, parent.middle), at(child.x, child.middle), tone, weight)
    for one in placed.boxes:
        _node(page, one, at(one.x, one.y), scale, colours, t)


def _node(page: Any, one: Box, corner: tuple[float, float], scale: float, colours: Palette, t: Words) -> None:
    card = one.card
    width, height = one.width * scale / POINTS, one.height * scale / POINTS
    shape = box(page, *corner, width, height, colours.card, colours.line)
    box(page, corner[0], corner[1] + 0.06, 0.05, height - 0.12, _tone(colours, card.direction))
    name = cut(card.name, NAME)
    line = [
        Run(card.value_text, 14 * scale, True, colours.text),
        Run(f"   {card.change_text}", 12 * scale, False, _tone(colours, card.direction)),
    ]
    if card.contribution_text:
        line.append(Run(f"   {card.contribution_text}", 11 * scale, False, colours.soft))
    place_text(shape, [[Run(name, 12 * scale, False, colours.text)], line])
    frame = shape.text_frame
    frame.margin_left, frame.margin_right, frame.margin_top, frame.margin_bottom = 110000, 20000, 35000, 0


def _kpi(deck: Deck, row: VerdictRow, chart: Chart | None, t: Words) -> None:
    colours = deck.colours
    page = deck.slide(row.name)
    facts = t("report.slide.kpi_facts", start=row.gap.start, now=row.gap.now, goal=row.gap.goal)
    said = [facts, row.gap.left]
    if row.chance:
        said.append(f"{t('report.column.chance').lower()} {row.chance}")
    text = " · ".join(said)
    size = fitting(f"{row.status}   {text}", INNER, 0.3, 15)
    line = [
        Run(f"{row.status}   ", size, True, _tone(colours, row.tone)),
        Run(text, size, False, colours.text),
    ]
    deck.text(page, [line], LEFT, TOP - 0.02, INNER, 0.4)
    if chart is not None:
        deck.picture(page, chart.png(640, 2.5), LEFT, TOP + 0.6, 7.4, 3.75, chart.name)
    left, width = (LEFT + 7.75, INNER - 7.75) if chart is not None else (LEFT, INNER)
    questions = (("good", row.good), ("helps", row.helps), ("pays", row.pays))
    for i, (key, answer) in enumerate(questions):
        _answer(deck, page, t(f"verdict.question_{key}"), answer, left, TOP + 0.6 + 1.27 * i, width)
    if row.steps:
        heading = [[Run(t("verdict.next"), 12, True, colours.soft)]]
        deck.text(page, heading, LEFT, TOP + 4.42, INNER, 0.3)
        deck.bullets(page, row.steps, LEFT, TOP + 4.7, INNER, 1.05, (14, 13, 12, 11))


def _answer(deck: Deck, page: Any, question: str, answer: Answer, x: float, y: float, width: float) -> None:
    """One of the three answers: a line of its tone, the question, the sentence."""
    box(page, x, y, width, 0.04, _tone(deck.colours, answer.tone))
    size = fitting(answer.text, width, 0.78, 14, 9)
    lines = [
        [Run(question, 11, True, deck.colours.soft)],
        [Run(answer.text, size, False, deck.colours.text)],
    ]
    deck.text(page, lines, x - 0.08, y + 0.05, width + 0.1, 1.15)


def _definitions(deck: Deck, found: Content, kpis: set[str], t: Words) -> None:
    """What the root and the KPIs mean; the other metrics of the tree stand in the other kinds of report."""
    root = found.definitions[:1] if found.tree else ()
    shown = dict.fromkeys([*root, *(d for d in found.definitions if d.id in kpis)])
    lines = [
        " ".join(x for x in (f"{d.name}: {d.definition}", d.formula and f"({d.formula})") if x) for d in shown
    ]
    if lines:
        page = deck.slide(t("report.section.definitions"))
        deck.bullets(page, lines, LEFT, TOP + 0.1, INNER, BODY - 0.2)


def _notes(deck: Deck, found: Content, t: Words) -> None:
    page = deck.slide(t("report.section.method"))
    deck.bullets(page, [*found.method, found.stamp], LEFT, TOP + 0.1, INNER, BODY - 0.2)
    issues = [text for _, text in found.issues]
    if issues:
        page = deck.slide(t("report.section.quality"))
        more = len(issues) - SHOWN_ISSUES
        said = issues[:SHOWN_ISSUES] + ([t("report.more_issues", n=more)] if more > 0 else [])
        deck.bullets(page, said, LEFT, TOP + 0.1, INNER, BODY - 0.2)
