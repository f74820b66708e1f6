"""Own metrics: the list, and the dialog in which one is written, with its value beside it."""

from __future__ import annotations

from typing import cast

import streamlit as st

from crmkpi.catalog.metric import Unit
from crmkpi.errors import CrmKpiError
from crmkpi.periods import Period
from crmkpi.project.tree_work import with_own_metric, without_own_metric
from crmkpi.tree.own_metric import LONGEST_NAME, UNITS, OwnMetric, OwnMetricError, slug
from crmkpi.tree.spoken import editable
from crmkpi.ui.editor_hand import hand, keep, refuse
from crmkpi.ui.formula_line import forget, formula_line
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.editor import EditorView
from crmkpi.views.formula_check import own_check
from crmkpi.views.tree import DEFAULT_TREE

BETTER = ("up", "down", "band")
NEW = "own_new"


def own_metrics_box(s: Session, view: EditorView, period: Period) -> None:
    """The card of own metrics."""
    t = s.t
    with st.container(key="card_own_metrics"):
        st.subheader(t("editor.own_title"), anchor=False)
        if not view.own:
            st.caption(t("editor.own_none"))
        for row in view.own:
            with st.container(horizontal=True, vertical_alignment="center", wrap=False):
                st.markdown(f"**{plain(row.name)}**  \n:gray[= {plain(row.formula)}]", width="stretch")
                st.markdown(f"**{plain(row.value)}**", width="content")
                if st.button(
                    t("editor.own_edit"), icon=":material/edit:", key=f"own_{row.id}", type="tertiary"
                ):
                    open_own(s, row.id, period)
        if st.button(t("editor.own_new"), icon=":material/add:", key="own_new"):
            open_own(s, None, period)


def open_own(s: Session, own_id: str | None, period: Period) -> None:
    """The dialog of one own metric, or of a new one."""
    st.dialog(
        s.t("editor.own_new" if own_id is None else "editor.own_change"), width="medium", position="right"
    )(_dialog)(s, own_id, period)


def _dialog(s: Session, own_id: str | None, period: Period) -> None:
    t, data, project = s.t, s.data, s.project
    assert data is not None and project is not None
    known = next((one for one in project.own_trees.state.own if one.id == own_id), None)
    key = own_id or NEW
    ru = st.text_input(
        t("editor.name_ru"), value=known.ru if known else "", max_chars=LONGEST_NAME, key=f"own_ru_{key}"
    )
    en = st.text_input(
        t("editor.name_en"),
        value=known.en if known else "",
        max_chars=LONGEST_NAME,
        placeholder=t("editor.name_same"),
        key=f"own_en_{key}",
    )
    start = editable(known.formula, t.lang) if known else ""
    found = formula_line(s, key, start, lambda text: own_check(data, project, key, text, period, t))
    unit, better, meaning = _details(s, key, known, found.unit)
    with st.container(horizontal=True):
        pressed = st.button(t("editor.save"), type="primary", key=f"own_save_{key}")
        if pressed and found.formula is not None:
            _save(
                s,
                {
                    "id": own_id or slug(ru.strip() or en, [one.id for one in project.own_trees.state.own]),
                    "ru": (ru.strip() or en).strip(),
                    "en": (en.strip() or ru).strip(),
                    "formula": found.formula,
                    "unit": unit,
                    "better": better,
                    "meaning": meaning,
                },
                key,
            )
        if own_id and st.button(t("editor.own_remove"), icon=":material/delete:", key=f"own_remove_{key}"):
            _remove(s, own_id)


def _details(s: Session, key: str, known: OwnMetric | None, proposed: str) -> tuple[str, str, str]:
    """Unit, direction and meaning; the unit follows the formula until the person chooses another."""
    t = s.t
    with st.container(horizontal=True):
        now = known.unit if known else proposed
        unit = st.selectbox(
            t("editor.unit"),
            UNITS,
            index=UNITS.index(cast(Unit, now)),
            format_func=lambda u: t(f"editor.unit_{u}"),
            key=f"own_unit_{key}_{proposed}",
        )
        better = st.selectbox(
            t("editor.better"),
            BETTER,
            index=BETTER.index(known.better) if known else 0,
            format_func=lambda b: t(f"editor.better_{b}"),
            key=f"own_better_{key}",
        )
    meaning = st.text_input(
        t("editor.meaning"),
        value=known.meaning if known else "",
        max_chars=300,
        placeholder=t("editor.meaning_example"),
        key=f"own_meaning_{key}",
    )
    return str(unit), str(better), meaning


def _save(s: Session, fields: dict[str, object], key: str) -> None:
    assert s.project is not None
    if not fields["ru"]:
        refuse(s, OwnMetricError(reason="no_name", name="—", other=""))
        return
    try:
        own = OwnMetric.model_validate(fields)
        changed = with_own_metric(s.project, s.data, own, s.project.tree.template or DEFAULT_TREE, hand(s))
    except CrmKpiError as error:
        refuse(s, error)
        return
    forget(s, key)
    keep(s, changed)


def _remove(s: Session, own_id: str) -> None:
    assert s.project is not None
    tree = s.project.tree.template or DEFAULT_TREE
    try:
        changed = without_own_metric(s.project, s.data, own_id, tree, hand(s))
    except CrmKpiError as error:
        refuse(s, error)
        return
    keep(s, changed)
