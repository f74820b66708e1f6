"""Tree picture: the placed tree as SVG, for a page and for paper. Every text is escaped."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from html import escape

from crmkpi.report.pictures import FONT
from crmkpi.report.tree_layout import Box, Layout

# how many letters fit into a line of a box at the size of names
LINE = 33
TONES = {"good": "good", "bad": "bad"}


def tree_svg(placed: Layout, colours: Mapping[str, str], name: str, page: bool = False) -> str:
    """The tree as one SVG. `colours`: name -> hex or CSS variable; `page`: fonts of the reader's browser."""
    font = "inherit" if page else FONT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 -2 {placed.width + 4:.0f} {placed.height + 4:.0f}"'
        f' role="img" aria-label="{escape(name)}" font-family="{font}">'
    ]
    parts += [_edge(parent, child, colours) for parent, child in placed.edges()]
    above = {parent.card.id for parent, _ in placed.edges()}
    parts += [_box(box, colours, page, box.card.id in above) for box in placed.boxes]
    return "".join([*parts, "</svg>"])


def _edge(parent: Box, child: Box, colours: Mapping[str, str]) -> str:
    x1, y1, x2, y2 = parent.x + parent.width, parent.middle, child.x, child.middle
    bend = (x1 + x2) / 2
    dashed = child.card.edge == "influence"
    weight = 1.2 if dashed else 1.2 + 4.5 * abs(child.card.contribution_share or 0.0)
    tone = (
        colours["flat"]
        if dashed
        else colours.get(TONES.get(child.card.direction_of_part, ""), colours["flat"])
    )
    style = ' stroke-dasharray="5 4"' if dashed else ' stroke-opacity="0.75"'
    path = f"M{x1:.1f} {y1:.1f}C{bend:.1f} {y1:.1f} {bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
    own = f' data-child="{escape(child.card.id)}" data-parent="{escape(parent.card.id)}"'
    return f'<path{own} d="{path}" fill="none" stroke="{tone}" stroke-width="{weight:.1f}"{style}/>'


def _box(box: Box, colours: Mapping[str, str], page: bool, folds: bool) -> str:
    card, low = box.card, box.card.edge == "influence"
    tone = colours.get(TONES.get(card.direction, ""), colours["soft"])
    dash = ' stroke-dasharray="5 4"' if low else ""
    lines = textwrap.wrap(card.name, LINE, max_lines=1 if low else 2, placeholder="…") or [""]
    names = "".join(
        f'<text x="12" y="{19 + 14 * i}" font-size="12" fill="{colours["text"]}">{escape(line)}</text>'
        for i, line in enumerate(lines)
    )
    at = 38 if low else 36 if len(lines) == 1 else 50
    size = 13 if low else 16
    at = at + 3 if len(lines) == 1 and not low else at
    hint = escape(f"{card.name}: {card.value_text} {card.change_text}. {card.status_text}")
    parts = [
        f'<g{_handle(box, hint, folds) if page else ""} transform="translate({box.x:.1f} {box.y:.1f})">',
        "" if page else f"<title>{hint}</title>",
        f'<rect width="{box.width:.0f}" height="{box.height:.0f}" rx="9" fill="{colours["card"]}"'
        f' stroke="{colours["line"]}" stroke-width="1.2"{dash}/>',
        f'<rect x="0" y="9" width="3.5" height="{box.height - 18:.0f}" rx="1.7" fill="{tone}"/>',
        names,
        f'<text x="12" y="{at}" font-size="{size}" font-weight="700" fill="{colours["text"]}">'
        f"{escape(card.value_text)}</text>",
        f'<text x="{box.width - 10:.0f}" y="{at}" font-size="12" text-anchor="end" fill="{tone}">'
        f"{escape(card.change_text)}</text>",
    ]
    if card.contribution_text and not low:
        parts.append(_part(box, colours))
    return "".join([*parts, "</g>"])


def _handle(box: Box, hint: str, folds: bool) -> str:
    """What the page's script needs: the node, its parent, what to say of it, whether it folds."""
    card = box.card
    told = f' data-tip="{hint}" data-node="{escape(card.id)}" data-parent="{escape(card.parent or "")}"'
    return f'{told} role="button" tabindex="0" aria-expanded="true" aria-label="{hint}"' if folds else told


def _part(box: Box, colours: Mapping[str, str]) -> str:
    """The node's part of the root's change: a short bar and its number."""
    card = box.card
    tone = colours.get(TONES.get(card.direction_of_part, ""), colours["flat"])
    length = max(2.0, 70 * abs(card.contribution_share or 0.0))
    return (
        f'<rect x="12" y="{box.height - 17:.0f}" width="{length:.0f}" height="7" rx="3.5" fill="{tone}"/>'
        f'<text x="{length + 18:.0f}" y="{box.height - 10:.0f}" font-size="11" fill="{colours["soft"]}">'
        f"{escape(card.contribution_text or '')}</text>"
    )
