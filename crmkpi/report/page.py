"""Page: the report as one HTML file. Nothing from outside, readable on a phone, in the dark, on paper.

One script of ours shows values under the pointer and folds the tree; the page's policy names its fingerprint, so that
no other script can run, whatever a header or a name holds. Without scripts everything is still there to read.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from crmkpi.charts.theme import DARK, Palette
from crmkpi.i18n import Words
from crmkpi.report.content import Content, Source
from crmkpi.report.options import ReportOptions
from crmkpi.report.pictures import NAMES, Chart, inline, milestone_charts, palette, way, why_chart
from crmkpi.report.plain_text import every_text, glued
from crmkpi.report.tree_layout import layout
from crmkpi.report.tree_picture import tree_svg
from crmkpi.views.tree import TreeCard

PHONE, WIDE = 340, 900
SCRIPT = (Path(__file__).parent / "templates" / "page.js").read_text(encoding="utf-8")
_SCRIPT_HASH = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode("ascii")
# nothing may load or be sent, one script may run; styles and pictures stand in the file itself
POLICY = (
    f"default-src 'none'; script-src 'sha256-{_SCRIPT_HASH}'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
SHOWN_ISSUES = 30


@dataclass(frozen=True)
class Branch:
    """A node with its own below it, for the list that a phone opens by touch. `open`: drawn open at first."""

    card: TreeCard
    children: tuple[Branch, ...]
    open: bool


def page_bytes(origin: Source, found: Content, options: ReportOptions) -> bytes:
    """The whole page as UTF-8."""
    t, colours = origin.words, palette(options.colour)
    found = every_text(found, glued)
    why = why_chart(found, t, colours)
    charts = milestone_charts(found.verdict.rows, t, colours)
    html = (
        environment()
        .get_template("page.html.j2")
        .render(
            t=t,
            c=found,
            policy=Markup(POLICY),
            script=Markup(SCRIPT),
            light=variables(colours),
            dark=variables(DARK),
            logo=logo_data(options),
            why=both_sizes(why, colours),
            charts={key: both_sizes(chart, colours) for key, chart in charts.items()},
            ways={row.id: way(row) for row in found.verdict.rows},
            picture=_picture(found, t),
            branches=branches(found.tree.cards) if found.tree else (),
            issues=found.issues[:SHOWN_ISSUES],
            more=max(0, len(found.issues) - SHOWN_ISSUES),
        )
    )
    return html.encode("utf-8")


def environment() -> Environment:
    """Templates with every value escaped unless it is our own markup."""
    return Environment(
        loader=PackageLoader("crmkpi.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def variables(colours: Palette) -> Markup:
    """The colours as variables of a style sheet."""
    return Markup(";".join(f"--{name}:{getattr(colours, name)}" for name in NAMES))


def logo_data(options: ReportOptions) -> str | None:
    """The logo as a data address, None without one."""
    if options.logo is None:
        return None
    kind = "jpeg" if options.logo_kind == "jpg" else "png"
    return f"data:image/{kind};base64,{base64.b64encode(options.logo).decode('ascii')}"


def both_sizes(chart: Chart | None, colours: Palette) -> dict[str, Any] | None:
    """The chart for a phone and for a wide screen: one scaled drawing would be too small to read on a phone."""
    if chart is None:
        return None
    drawn = {
        size: Markup(inline(chart.svg(width), f"{chart.key}-{size}", colours))
        for size, width in (("phone", PHONE), ("wide", WIDE))
    }
    return {"name": chart.name, **drawn}


def _picture(found: Content, t: Words) -> Markup | None:
    if found.tree is None:
        return None
    colours = {name: f"var(--{name})" for name in NAMES}
    return Markup(tree_svg(layout(found.tree.cards), colours, t("report.picture"), page=True))


def branches(cards: Sequence[TreeCard]) -> tuple[Branch, ...]:
    """The tree as nested branches; the way along the largest parts stands open."""
    children: dict[str | None, list[TreeCard]] = {}
    for card in cards:
        children.setdefault(card.parent, []).append(card)

    def grown(card: TreeCard, opened: bool) -> Branch:
        below = children.get(card.id, [])
        largest = max(below, key=lambda c: abs(c.contribution_share or 0.0), default=None)
        return Branch(card, tuple(grown(c, opened and c is largest) for c in below), opened and bool(below))

    return tuple(grown(card, True) for card in children.get(None, ())[:1])
