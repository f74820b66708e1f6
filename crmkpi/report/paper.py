"""Paper: the report as PDF, A4, set by typst. Texts travel as data and never become markup."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from crmkpi.charts.theme import Palette
from crmkpi.i18n import Words
from crmkpi.report.content import Content, Source, as_json
from crmkpi.report.options import ReportOptions
from crmkpi.report.pictures import FONTS, NAMES, milestone_charts, palette, way, why_chart
from crmkpi.report.plain_text import breakable, every_text, glued
from crmkpi.report.tree_layout import depths, layout, shortened
from crmkpi.report.tree_picture import tree_svg

TEMPLATE = Path(__file__).parent / "templates" / "paper.typ"
CHART = 620
DEPTH, LEAVES = 3, 12
SHOWN_ISSUES = 20
LABELS = (
    "report.confidential",
    "report.column.name",
    "report.column.change",
    "report.value_now",
    "report.part",
    "report.tree_note",
    "report.tree_short",
    "report.no_issues",
    "report.column.file",
    "report.column.table",
    "report.column.rows_in",
    "report.column.rows_used",
    "report.column.rows_rejected",
    "report.column.gap",
    "gap.start",
    "gap.now",
    "gap.goal",
    "gap.chance",
    "gap.due",
    "gap.plan",
    "gap.fact",
    "gap.state",
    "gap.guardrails",
    "verdict.question_good",
    "verdict.question_helps",
    "verdict.question_pays",
    "drivers.together",
    "drivers.together_text",
    "data.bridge",
    "node.formula",
    "node.fraction",
)
SECTIONS = ("verdict", "why", "tree", "kpis", "next", "quality", "definitions", "method")


def paper_bytes(origin: Source, found: Content, options: ReportOptions) -> bytes:
    """The PDF with our font inside; fonts of the machine play no part."""
    import typst

    document = _document(origin, found, options)
    files = {
        "main": TEMPLATE.read_bytes(),
        "report.json": json.dumps(document, ensure_ascii=False, default=date.isoformat).encode("utf-8"),
    }
    return typst.compile(files, font_paths=[str(FONTS)], ignore_system_fonts=True, format="pdf")  # type: ignore[no-any-return, call-overload]


def _document(origin: Source, found: Content, options: ReportOptions) -> dict[str, Any]:
    t, colours = origin.words, palette(options.colour)
    found = every_text(found, lambda text: breakable(glued(text)))
    why = why_chart(found, t, colours)
    charts = milestone_charts(found.verdict.rows, t, colours, height=165)
    return {
        **as_json(found),
        "rows": [
            {
                **asdict(row),
                "chart": charts[row.id].svg(CHART) if row.id in charts else None,
                "points": [asdict(p) for p in path.points] if (path := way(row)) else [],
            }
            for row in found.verdict.rows
        ],
        "issues": [text for _, text in found.issues[:SHOWN_ISSUES]],
        "more": t("report.more_issues", n=len(found.issues) - SHOWN_ISSUES)
        if len(found.issues) > SHOWN_ISSUES
        else None,
        "why_chart": why.svg(CHART) if why else None,
        **_tree(found, colours, t),
        "labels": {key: t(key) for key in LABELS} | {name: t(f"report.section.{name}") for name in SECTIONS},
        "colours": hex_colours(colours),
        # typst takes texts only: the logo travels as numbers
        "logo": list(options.logo) if options.logo else None,
    }


def _tree(found: Content, colours: Palette, t: Words) -> dict[str, Any]:
    """The drawing of the largest branches and every node as a line of a table."""
    if found.tree is None:
        return {"picture": None, "nodes": [], "cut": False}
    drawn = shortened(found.tree.cards, DEPTH, LEAVES)
    places = depths(found.tree.cards)
    lines = [{**asdict(card), "depth": places[card.id]} for card in found.tree.cards]
    return {
        "picture": tree_svg(layout(drawn), hex_colours(colours), t("report.picture")),
        "nodes": lines,
        "cut": len(drawn) < len(lines),
    }


def hex_colours(colours: Palette) -> Mapping[str, str]:
    """The colours by name, as the template reads them."""
    return {name: getattr(colours, name) for name in NAMES}
