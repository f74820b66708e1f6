"""The mapping of one file as a table to edit: what every column was taken for, why, three examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st
from st_aggrid import AgGrid, StAggridTheme

from crmkpi.charts.theme import FONT, palette
from crmkpi.i18n import Words
from crmkpi.views.files import UNUSED, FileCard, takes

ROW, MOST_ROWS = 38, 14
# texts of the grid that a reader can meet here; the rest of its menus is switched off
GRID_WORDS = ("noRowsToShow", "ariaSortableColumn", "loadingOoo")


def mapping_grid(card: FileCard, table: str, t: Words) -> dict[str, str]:
    """Draw the grid; returns canonical -> source as it stands after the user's edits.

    A canonical column chosen twice keeps the last choice: one column of a table has one source.
    """
    names = takes(table, t)
    frame = pd.DataFrame([_line(row.__dict__, names, t) for row in card.rows])
    answer = AgGrid(
        frame,
        gridOptions=_options(list(names.values()), t),
        height=ROW * min(MOST_ROWS, len(frame) + 1) + 14,
        update_on=["cellValueChanged"],
        theme=grid_theme(st.context.theme.type == "dark"),
        allow_unsafe_jscode=False,
        key=f"mapping_{card.name}_{table}_{t.lang}",
    )
    back = {label: name for name, label in names.items()}
    found: dict[str, str] = {}
    for _, line in pd.DataFrame(answer.data).iterrows():
        canonical = back.get(line["taken"], UNUSED)
        if canonical != UNUSED:
            found[canonical] = str(line["source"])
    return found


def grid_theme(dark: bool) -> StAggridTheme:
    """The grid in the colours of the app; it lives in a frame of its own and inherits nothing."""
    colours = palette(dark)
    return StAggridTheme(base="quartz").withParams(
        fontFamily=FONT,
        fontSize=14,
        headerFontSize=13,
        backgroundColor=colours.card,
        foregroundColor=colours.text,
        headerBackgroundColor=colours.card,
        headerTextColor=colours.soft,
        borderColor=colours.line,
        accentColor=colours.accent,
        wrapperBorderRadius=12,
        spacing=6,
        browserColorScheme="dark" if dark else "light",
    )


def _line(row: Mapping[str, Any], names: Mapping[str, str], t: Words) -> dict[str, str]:
    mark = f"{t('data.check_mark')} " if row["check"] else ""
    unread = f" {row['unread']}" if row["unread"] else ""
    return {
        "source": row["source"],
        "examples": row["examples"],
        "taken": names.get(row["taken"], names[UNUSED]),
        "why": f"{mark}{row['why']}{unread}",
        "total": row["total"],
    }


def _options(choices: list[str], t: Words) -> dict[str, Any]:
    still = {"sortable": False, "suppressHeaderMenuButton": True, "resizable": True, "suppressMovable": True}
    editor = {
        "editable": True,
        "cellEditor": "agSelectCellEditor",
        "cellEditorParams": {"values": choices},
        "singleClickEdit": True,
        "cellStyle": {"fontWeight": 600},
    }
    columns: tuple[tuple[str, int, dict[str, Any]], ...] = (
        ("source", 2, {}),
        ("examples", 3, {}),
        ("taken", 2, editor),
        ("why", 3, {}),
        ("total", 2, {}),
    )
    return {
        "columnDefs": [
            {
                "field": name,
                "headerName": t(f"data.column_{name}"),
                "flex": flex,
                "minWidth": 130,
                **still,
                **extra,
            }
            for name, flex, extra in columns
        ],
        "rowHeight": ROW,
        "suppressContextMenu": True,
        "stopEditingWhenCellsLoseFocus": True,
        "localeText": {word: t(f"grid.{word}") for word in GRID_WORDS},
    }
