"""The clickable tree of metrics: a Components v2 component.

Python decides every text, this room only passes cards to the browser. The browser keeps what is folded and the
zoom (per tree and tab), so a click on a node costs one short rerun and no layout on the server.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import streamlit as st

from crmkpi.i18n import Words
from crmkpi.views.tree import TreeCard

HERE = Path(__file__).parent
WORDS = (
    "tree",
    "identity",
    "influence",
    "missing",
    "missing_help",
    "expand",
    "collapse",
    "zoom_in",
    "zoom_out",
    "fit",
    "fit_help",
    "starred",
    "part",
)

_component = st.components.v2.component(
    "crmkpi_metric_tree",
    html='<div class="mt"></div>',
    css=(HERE / "metric_tree.css").read_text(encoding="utf-8"),
    js=(HERE / "metric_tree.js").read_text(encoding="utf-8"),
)


def metric_tree(cards: Sequence[TreeCard], t: Words, key: str, selected: str | None = None) -> str | None:
    """Draw the tree; returns the id of the node that was clicked in this run, else None.

    `key` names the tree for the browser's memory (project and template), `selected` is the marked node.
    """
    data = {
        "key": key,
        "selected": selected,
        "nodes": [asdict(card) for card in cards],
        "words": {word: t(f"tree_picture.{word}") for word in WORDS},
    }
    result = _component(key=f"metric_tree_{key}", data=data, on_clicked_change=_nothing)
    clicked = result.clicked
    return clicked if isinstance(clicked, str) and any(card.id == clicked for card in cards) else None


def _nothing() -> None:
    """The click is read from the result; Streamlit only wants a callback to exist."""
