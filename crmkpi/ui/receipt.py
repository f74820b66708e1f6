"""After the load: the receipt of rows, the bridge from the file's sum to the root, and the way on."""

from __future__ import annotations

import streamlit as st

from crmkpi.charts.parts import waterfall_chart
from crmkpi.ui import figures
from crmkpi.ui.caching import kept
from crmkpi.ui.files_step import ICONS
from crmkpi.ui.nav import go_to
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.data import ReceiptView, explained_difference, receipt_view


def show_receipt(s: Session) -> None:
    """Verdict, next step, bridge, then the lines for those who want to check."""
    data, t = s.data, s.t
    assert data is not None and s.project is not None
    view: ReceiptView | None = kept(s, "receipt", (), lambda: receipt_view(data, t))
    if view is None:
        st.info(t("data.no_receipt"))
        return
    lines = [t("data.table_line", name=x.name, rows=x.rows, span=x.span) for x in view.tables]
    figures.verdict("receipt", "good", t("data.loaded"), lines[:1])
    if st.button(t("data.next"), type="primary", icon=":material/account_tree:", key="to_tree"):
        go_to("tree")
    if view.bridge:
        _bridge(s, view)
    with st.expander(t("data.receipt"), icon=":material/receipt_long:"):
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
        for line in lines:
            st.caption(plain(line))
    notes = [x for x in view.issues if x[0] != "info"]
    with st.expander(
        t.plural("data.issues", len(view.issues)), icon=":material/fact_check:", expanded=bool(notes)
    ):
        for level, message in view.issues:
            st.markdown(f"{ICONS[level]} {plain(message)}")


def _bridge(s: Session, view: ReceiptView) -> None:
    t, project = s.t, s.project
    assert project is not None
    left, right = st.columns([3, 2])
    with left, st.container(key="card_bridge", height="stretch"):
        st.subheader(t("data.bridge"), anchor=False)
        st.caption(t("data.bridge_text"))
        figures.chart(s, "load_bridge", (view.steps,), lambda ink: waterfall_chart(view.bridge, t, ink))
    with right, st.container(key="card_own", height="stretch"):
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
