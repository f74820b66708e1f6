"""Control points as a grid to edit, with the check that they still reach the goal, and the ways to take them along."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st
from st_aggrid import AgGrid

from crmkpi.i18n import Words
from crmkpi.targets.target import Target
from crmkpi.ui.mapping_grid import GRID_WORDS, ROW, grid_theme
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.gap import GapRow
from crmkpi.views.milestone_files import calendar_text, points_workbook
from crmkpi.views.own_points import PointTable, point_frame, with_points, without_points
from crmkpi.views.rows import csv_bytes
from crmkpi.views.share import file_name

MOST_ROWS = 16
ICONS = {"reaches": ":green[:material/check_circle:]", "overshoots": ":green[:material/north_east:]"}


def point_tab(s: Session, row: GapRow, as_of: date | None) -> None:
    """Choose the grain, edit, save at once, take along. On a past day the points are for reading only."""
    t = s.t
    if not row.points:
        st.caption(t("gap.no_milestones"))
        return
    tables = {table.grain: table for table in row.points}
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        grain = st.segmented_control(
            t("node.grain"),
            list(tables),
            default="month" if "month" in tables else next(iter(tables)),
            required=True,
            format_func=lambda g: t(f"gap.by_{g}"),
            key=f"points_{row.id}",
            label_visibility="collapsed",
        )
        _downloads(s, row, tables[str(grain)])
    table = tables[str(grain)]
    icon = ICONS.get(table.verdict, ":orange[:material/warning:]")
    if table.said:
        st.markdown(f"{icon} {plain(table.said)}")
    typed = _grid(s, row, table, as_of is None)
    target = next((x for x in s.project.targets if x.id == row.id), None) if s.project else None
    if target is None or as_of is not None:
        return
    st.caption(t("points.edit"))
    _save(s, target, with_points(target, table.grain, typed, table))
    if table.moved:
        st.caption(t("points.moved"))
        if st.button(t("points.reset"), icon=":material/undo:", key=f"reset_{row.id}_{table.grain}"):
            _save(s, target, without_points(target, table.grain))


def _save(s: Session, before: Target, after: Target) -> None:
    """Keep the points when they differ, and draw the page with them."""
    if after == before:
        return
    assert s.project is not None
    targets = [after if x.id == before.id else x for x in s.project.targets]
    s.project = s.project.model_copy(update={"targets": targets})
    s.save()
    st.toast(s.t("points.saved"), icon=":material/flag:")
    st.rerun()


def _grid(s: Session, row: GapRow, table: PointTable, editable: bool) -> dict[date, float]:
    """The grid; returns the plan of every day as it stands after the user's edits."""
    frame = pd.DataFrame(
        {
            "day": [x.day.isoformat() for x in table.lines],
            "label": [x.label for x in table.lines],
            "plan": [x.plan for x in table.lines],
            "usual": [x.low_high for x in table.lines],
            "fact": [x.fact for x in table.lines],
            "state": [x.status for x in table.lines],
        }
    )
    # a new key for new values: the grid must not answer with what it was given before
    version = hash(tuple(x.plan for x in table.lines)) & 0xFFFF
    answer = AgGrid(
        frame,
        gridOptions=_options(table, editable, s.t),
        height=ROW * min(MOST_ROWS, len(frame) + 1) + 14,
        update_on=["cellValueChanged"],
        theme=grid_theme(st.context.theme.type == "dark"),
        allow_unsafe_jscode=False,
        key=f"points_{row.id}_{table.grain}_{s.lang}_{version}_{editable}",
    )
    found = {}
    for _, line in pd.DataFrame(answer.data).iterrows():
        value = pd.to_numeric(line["plan"], errors="coerce")
        if pd.notna(value):
            found[date.fromisoformat(str(line["day"]))] = float(value)
    return found


def _options(table: PointTable, editable: bool, t: Words) -> Mapping[str, Any]:
    still = {"sortable": False, "suppressHeaderMenuButton": True, "resizable": True, "suppressMovable": True}
    plan = t("gap.plan") + (" (%)" if table.percent else "")
    edit = {
        "editable": editable,
        "singleClickEdit": True,
        "cellEditor": "agNumberCellEditor",
        "cellStyle": {"fontWeight": 600},
        "type": "numericColumn",
        "valueFormatter": f"value.toLocaleString('{t.lang}')",
    }
    columns: tuple[tuple[str, str, int, dict[str, Any]], ...] = (
        ("label", t("gap.due"), 2, {"minWidth": 150}),
        ("plan", plan, 2, edit),
        ("usual", t("points.usual"), 3, {}),
        ("fact", t("gap.fact"), 2, {}),
        ("state", t("gap.state"), 3, {}),
    )
    return {
        "columnDefs": [
            {"field": name, "headerName": title, "flex": flex, "minWidth": 120, **still, **extra}
            for name, title, flex, extra in columns
        ],
        "rowHeight": ROW,
        "suppressContextMenu": True,
        "stopEditingWhenCellsLoseFocus": True,
        "localeText": {word: t(f"grid.{word}") for word in GRID_WORDS},
    }


def _downloads(s: Session, row: GapRow, table: PointTable) -> None:
    """Calendar, Excel, CSV; each is made only when it is asked for."""
    t, data, project = s.t, s.full or s.ground, s.project
    assert data is not None and project is not None
    name = file_name(row.name)
    target = next(x for x in project.targets if x.id == row.id)
    with st.container(horizontal=True, width="content"):
        st.download_button(
            t("result.calendar"),
            data=lambda: calendar_text(data, project, target, t).encode("utf-8"),
            file_name=f"{name}.ics",
            mime="text/calendar",
            icon=":material/calendar_add_on:",
            key=f"ics_{row.id}",
        )
        st.download_button(
            t("result.excel"),
            data=lambda: points_workbook(row.name, row.sentence, row.points, t),
            file_name=f"{name}.xlsx",
            mime="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            icon=":material/table:",
            key=f"xlsx_{row.id}",
        )
        st.download_button(
            t("result.csv"),
            data=lambda: csv_bytes(point_frame(table, t)),
            file_name=f"{name}.csv",
            mime="text/csv",
            key=f"csv_{row.id}",
        )
