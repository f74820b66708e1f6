"""The drawer of one node in the editor: its formula, what hangs on it, its name, its place, taking it out."""

from __future__ import annotations

from typing import Literal, cast

import streamlit as st

from crmkpi.catalog.trees import Grade
from crmkpi.errors import CrmKpiError
from crmkpi.project.tree_versions import Control
from crmkpi.project.tree_work import with_control, with_edit
from crmkpi.tree.editing import free_id
from crmkpi.tree.edits import LONGEST_NAME, LONGEST_NOTE, Add, Believe, Compute, Edit, Move, Remove, Rename
from crmkpi.tree.spoken import editable
from crmkpi.ui.caching import kept
from crmkpi.ui.editor_hand import hand, keep, refuse
from crmkpi.ui.formula_line import forget, formula_line
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.editor import CONTROLS, NodeForm, metrics_to_add, node_form, places_to_hang
from crmkpi.views.formula_check import identity_check
from crmkpi.views.tree import DEFAULT_TREE, root_node

GRADES = ("A", "B", "C", "D")


def open_editor(s: Session, node_id: str) -> None:
    """Open the drawer of a node of the list."""
    assert s.project is not None
    form = node_form(s.project, node_id, s.t)
    if form is not None:
        st.dialog(plain(form.name), width="medium", position="right")(_drawer)(s, form)


def _drawer(s: Session, form: NodeForm) -> None:
    t = s.t
    assert s.data is not None  # and with it the project's own catalogue is in force in this fragment
    tabs = ["formula", "add", "name"]
    tabs += ["belief"] if form.kind == "belief" else []
    tabs += ["place"] if form.parent else []
    tab = st.segmented_control(
        t("editor.what_to_do"),
        tabs,
        default="formula",
        required=True,
        format_func=lambda x: t(f"editor.tab_{x}"),
        key=f"editor_tab_{form.id}",
        label_visibility="collapsed",
    )
    {"formula": _formula, "add": _add, "name": _name, "belief": _belief, "place": _place}[str(tab)](s, form)


def _apply(s: Session, edit: Edit) -> None:
    """Keep one edit, or say why not."""
    assert s.project is not None
    try:
        changed, _ = with_edit(s.project, s.data, s.project.tree.template or DEFAULT_TREE, edit, hand(s))
    except CrmKpiError as error:
        refuse(s, error)
        return
    keep(s, changed)


def _formula(s: Session, form: NodeForm) -> None:
    t, data, project = s.t, s.data, s.project
    assert data is not None and project is not None
    st.caption(t("editor.formula_text"))
    found = formula_line(
        s,
        f"node_{form.id}",
        editable(form.formula, t.lang) if form.formula else "",
        lambda text: identity_check(data, project, form.id, text, t),
    )
    with st.container(horizontal=True):
        if st.button(t("editor.save"), type="primary", key="formula_save") and found.formula is not None:
            forget(s, f"node_{form.id}")
            _apply(s, Compute(id=form.id, identity=found.formula))
        if form.formula and st.button(
            t("editor.uncompute"), key="formula_drop", help=t("editor.uncompute_help")
        ):
            forget(s, f"node_{form.id}")
            _apply(s, Compute(id=form.id, identity=None))


def _add(s: Session, form: NodeForm) -> None:
    t, data, project = s.t, s.data, s.project
    assert data is not None and project is not None
    st.caption(t("editor.add_text", name=form.name))
    names = kept(s, "editor.names", (), lambda: metrics_to_add(data, t))
    metric = st.selectbox(
        t("editor.metric"),
        list(names),
        index=None,
        format_func=lambda m: names[m],
        placeholder=t("editor.insert_any"),
        key=f"add_metric_{form.id}",
    )
    why = st.text_area(
        t("editor.why"), max_chars=LONGEST_NOTE, placeholder=t("editor.why_example"), key=f"add_why_{form.id}"
    )
    elasticity, grade = _strength(s, f"add_{form.id}", None, None)
    # a button that waits for the text to be sent would swallow the first click: the edit itself says what is missing
    if st.button(t("editor.add"), type="primary", disabled=not metric, key="add_save"):
        node_id = free_id(root_node(project), str(metric))
        _apply(
            s,
            Add(id=node_id, metric=str(metric), parent=form.id, why=why, elasticity=elasticity, grade=grade),
        )


def _belief(s: Session, form: NodeForm) -> None:
    t = s.t
    why = st.text_area(t("editor.why"), value=form.why, max_chars=LONGEST_NOTE, key=f"belief_why_{form.id}")
    elasticity, grade = _strength(s, f"belief_{form.id}", form.elasticity, form.grade)
    if st.button(t("editor.save"), type="primary", key="belief_save"):
        _apply(s, Believe(id=form.id, why=why, elasticity=elasticity, grade=grade))


def _strength(
    s: Session, key: str, elasticity: float | None, grade: str | None
) -> tuple[float | None, Grade | None]:
    """How strongly the node pulls its parent, if somebody knows; with the evidence behind it."""
    t = s.t
    known = st.checkbox(t("editor.strength_known"), value=elasticity is not None, key=f"{key}_known")
    if not known:
        return None, None
    value = st.number_input(
        t("editor.strength"),
        value=elasticity if elasticity is not None else 0.1,
        min_value=-10.0,
        max_value=10.0,
        step=0.05,
        help=t("editor.strength_help"),
        key=f"{key}_value",
    )
    said = st.radio(
        t("editor.grade"),
        GRADES,
        index=GRADES.index(grade) if grade in GRADES else len(GRADES) - 1,
        format_func=lambda g: t(f"editor.grade_{g}"),
        key=f"{key}_grade",
    )
    return float(value), cast(Grade, said)


def _name(s: Session, form: NodeForm) -> None:
    t, project = s.t, s.project
    assert project is not None
    ru = st.text_input(t("editor.name_ru"), value=form.ru, max_chars=LONGEST_NAME, key=f"name_ru_{form.id}")
    en = st.text_input(t("editor.name_en"), value=form.en, max_chars=LONGEST_NAME, key=f"name_en_{form.id}")
    if st.button(t("editor.save"), type="primary", key="name_save"):
        _apply(s, Rename(id=form.id, ru=ru, en=en))
    st.divider()
    choices = ("role", *CONTROLS)
    control = st.radio(
        t("editor.control"),
        choices,
        index=choices.index(form.said_control or "role"),
        format_func=lambda c: t(f"editor.control_{c}"),
        help=t("editor.control_help"),
        key=f"control_{form.id}",
    )
    if control != (form.said_control or "role"):
        said = None if control == "role" else cast(Control, control)
        keep(s, with_control(project, form.metric, said, project.tree.template or DEFAULT_TREE, hand(s)))


def _place(s: Session, form: NodeForm) -> None:
    t, project = s.t, s.project
    assert project is not None and form.parent is not None
    with st.container(horizontal=True):
        for step, icon, name in ((-1, "arrow_upward", "up"), (1, "arrow_downward", "down")):
            there = form.place + step
            off = not 0 <= there < form.places
            if st.button(t(f"editor.{name}"), icon=f":material/{icon}:", disabled=off, key=f"place_{name}"):
                _apply(s, Move(id=form.id, parent=form.parent, place=there))
    where = places_to_hang(project, form.id, t)
    ids = list(where)
    parent = st.selectbox(
        t("editor.hang_on"),
        ids,
        index=ids.index(form.parent),
        format_func=lambda n: where[n],
        key=f"hang_{form.id}",
    )
    if parent != form.parent:
        st.caption(t("editor.move_exact") if form.kind == "exact" else t("editor.move_belief"))
        why = st.text_area(t("editor.why"), value=form.why, max_chars=LONGEST_NOTE, key=f"move_why_{form.id}")
        if st.button(t("editor.move"), type="primary", key="move_save"):
            _apply(s, Move(id=form.id, parent=str(parent), why=why))
    st.divider()
    _removal(s, form)


def _removal(s: Session, form: NodeForm) -> None:
    t = s.t
    kind: Literal["exact", "belief"] = "exact" if form.kind == "exact" else "belief"
    st.caption(t(f"editor.remove_{kind}"))
    label = t.plural("editor.remove_with", form.below) if form.below else t("editor.remove")
    if st.button(label, icon=":material/delete:", key="remove_node"):
        _apply(s, Remove(id=form.id))
