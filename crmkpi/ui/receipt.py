"""After the load: can the data be used, what changed, the bridge from the file's sum to the root, the findings."""

from __future__ import annotations

import streamlit as st

from crmkpi.charts.parts import waterfall_chart
from crmkpi.ui import figures
from crmkpi.ui.caching import kept
from crmkpi.ui.changes_box import changes_box
from crmkpi.ui.nav import go_to
from crmkpi.ui.quality_box import quality_card, rejected_button, switch_card
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.data import ReceiptView, explained_difference, receipt_view
from crmkpi.views.files import loaded_columns
from crmkpi.views.unlocks import table_unlocks


def show_receipt(s: Session) -> None:
    """Verdict, next step, what changed, switches beside the bridge, then the lines for those who want to check."""
    data, t = s.full, s.t
    assert data is not None and s.project is not None
    view: ReceiptView | None = kept(s, "receipt", _state(s), lambda: receipt_view(data, t))
    if view is None or view.verdict is None:
        st.info(t("data.no_receipt"))
        return
    figures.verdict("receipt", view.verdict.tone, view.verdict.headline, view.verdict.sentences)
    if st.button(t("data.next"), type="primary", icon=":material/account_tree:", key="to_tree"):
        go_to("tree")
    changes_box(s, view.changes)
    if view.bridge:
        _bridge(s, view)
    quality_card(s, view)
    _rows(s, view)
    _table_unlocks(s)


def _state(s: Session) -> tuple[str, ...]:
    """What the record beside the tables depends on besides the tables themselves."""
    assert s.project is not None
    return (s.project.settings.model_dump_json(), *(f.sha256 for f in s.project.files))


def _bridge(s: Session, view: ReceiptView) -> None:
    t = s.t
    left, right = st.columns([3, 2])
    with left, st.container(key="card_bridge", height="stretch"):
        st.subheader(t("data.bridge"), anchor=False)
        st.caption(t("data.bridge_text"))
        figures.chart(s, "load_bridge", (view.steps,), lambda ink: waterfall_chart(view.bridge, t, ink))
    with right:
        switch_card(s, view)
        _own(s, view)


def _own(s: Session, view: ReceiptView) -> None:
    t, project = s.t, s.project
    assert project is not None
    with st.container(key="card_own"):
        st.subheader(t("data.own"), anchor=False)
        st.caption(t("data.own_text"))
        own = st.number_input(
            t("data.own"),
            value=project.settings.own_total,
            min_value=0.0,
            key="own",
            label_visibility="collapsed",
        )
        if own != project.settings.own_total:
            settings = project.settings.model_copy(update={"own_total": own})
            s.project = project.model_copy(update={"settings": settings})
            s.save()
        if own is not None:
            st.markdown(f":material/search_insights: {plain(explained_difference(view, own, t))}")


def _rows(s: Session, view: ReceiptView) -> None:
    t = s.t
    with st.expander(t("data.receipt"), icon=":material/receipt_long:"), st.container(key="scroll_receipt"):
        st.table(
            {
                t("data.file"): [plain(x.file) for x in view.files],
                t("data.table"): [x.table for x in view.files],
                t("data.rows_in"): [x.rows_in for x in view.files],
                t("data.rows_used"): [x.rows_used for x in view.files],
                t("data.rows_rejected"): [x.rejected for x in view.files],
                t("data.reasons"): [plain(x.reasons) for x in view.files],
            }
        )
        for one in view.tables:
            st.caption(plain(t("data.table_line", name=one.name, rows=one.rows, span=one.span)))
    rejected_button(s, view)


def _table_unlocks(s: Session) -> None:
    t = s.t
    found = table_unlocks(loaded_columns(s.full), t)
    if not found:
        return
    with st.expander(t("data_ui.unlock_tables"), icon=":material/lock_open:"):
        for one in found:
            st.markdown(t("data_ui.unlock", what=f"**{plain(one.what)}**", metrics=plain(one.metrics)))
