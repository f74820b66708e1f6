"""The starting point of the project: frozen in one click, shown with its date ever after."""

from __future__ import annotations

import streamlit as st

from crmkpi.targets.starting_point import fix_start
from crmkpi.ui.caching import kept
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.start_point import start_view


def start_box(s: Session) -> None:
    """Before: the offer with its button. After: the date, and the values behind one click."""
    data, project, t = s.data, s.project, s.t
    assert data is not None and project is not None
    if project.starting_point is None:
        with st.container(
            key="card_startpoint",
            horizontal=True,
            vertical_alignment="center",
            horizontal_alignment="distribute",
        ):
            st.markdown(f"**{t('startpoint.title')}.** {t('startpoint.text')}", width="stretch")
            if st.button(t("startpoint.fix"), icon=":material/push_pin:", key="fix_start"):
                _fix(s)
        return
    fixed = project.starting_point
    view = kept(s, "start", (fixed.model_dump_json(),), lambda: start_view(data, fixed, t))
    with st.expander(t("startpoint.fixed", day=view.day), icon=":material/push_pin:"):
        columns = {
            t("startpoint.metric"): [plain(x.name) for x in view.lines],
            t("startpoint.then"): [x.value for x in view.lines],
            t("startpoint.period"): [x.period for x in view.lines],
        }
        if any(x.now for x in view.lines):
            columns[t("startpoint.now")] = [x.now for x in view.lines]
        st.table(columns)
        if view.missing:
            st.caption(plain(t("startpoint.missing", names=", ".join(view.missing))))
        if st.button(t("startpoint.again"), key="fix_again", type="tertiary"):
            _fix(s)


def _fix(s: Session) -> None:
    assert s.project is not None and s.data is not None
    s.project = s.project.model_copy(update={"starting_point": fix_start(s.data)})
    s.save()
    st.rerun()
