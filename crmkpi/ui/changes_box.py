"""What the last file changed: a card until the visitor has read it, then one folded line that stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.changes import ChangesView, changes_view


def changes_box(s: Session, changes: Mapping[str, Any] | None) -> None:
    """Draw the changes that are kept with the load, so that a reload of the page loses nothing."""
    t, project, data = s.t, s.project, s.data
    assert project is not None and data is not None
    if s.get("unchanged"):
        st.info(t("data_ui.changed_nothing"), icon=":material/info:")
        s.drop("unchanged")
    found = changes_view(changes, len(project.targets), t)
    if found is None:
        return
    if s.get("changes_seen") == data.meta.data_hash:
        with st.expander(t("changes.folded"), icon=":material/history:"):
            st.markdown(f"**{plain(found.headline)}**")
            _sentences(s, found)
            _months(s, found)
        return
    with st.container(key=f"verdict_{found.tone}_changes"):
        st.subheader(plain(found.headline), anchor=False)
        _sentences(s, found)
        if found.months:
            with st.expander(t("data_ui.changed_months"), icon=":material/history:"):
                _months(s, found)
        if st.button(t("data_ui.seen"), icon=":material/done:", key="changes_seen"):
            s.put("changes_seen", data.meta.data_hash)
            st.rerun()


def _sentences(s: Session, found: ChangesView) -> None:
    st.markdown("  \n".join(plain(line) for line in found.sentences))


def _months(s: Session, found: ChangesView) -> None:
    t = s.t
    if not found.months:
        return
    with st.container(key="scroll_changes"):
        st.table(
            {
                t("data_ui.month"): [m.month for m in found.months],
                t("data_ui.month_orders"): [m.orders for m in found.months],
                t("data_ui.month_before"): [m.before for m in found.months],
                t("data_ui.month_after"): [m.after for m in found.months],
                t("data_ui.month_change"): [plain(m.change) for m in found.months],
            }
        )
