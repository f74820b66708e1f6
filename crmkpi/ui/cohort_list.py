"""The list of customers behind one cell of the cohort triangle."""

from __future__ import annotations

import streamlit as st

from crmkpi.engine.dimensions import Where
from crmkpi.ui.caching import kept
from crmkpi.ui.issue_box import issue_button
from crmkpi.ui.session import Session
from crmkpi.views.customer_lists import cohort_choices, cohort_list
from crmkpi.views.issued import cohort_people


def cohort_list_box(s: Session, grain: str, where: tuple[Where, ...]) -> None:
    """Choose a row and a column of the triangle and take its customers along."""
    data, t = s.data, s.t
    assert data is not None
    choices = kept(s, "cohort_choices", (grain, where), lambda: cohort_choices(data, grain, where, t))
    if not choices:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="cohort_lists"):
        cohort = st.selectbox(
            t("lists.row"), choices, format_func=lambda c: c.name, key=f"cohort_row_{grain}", width=280
        )
        ages = range(len(cohort.ages))
        age = st.selectbox(
            t("lists.column"),
            ages,
            format_func=lambda a: cohort.ages[a],
            key=f"cohort_age_{grain}_{cohort.cohort}",
            width=280,
        )
        st.download_button(
            t("base.download"),
            data=lambda: cohort_list(data, cohort.cohort, int(age), where, t),
            file_name=f"cohort-{cohort.cohort}-{age}.csv",
            mime="text/csv",
            icon=":material/download:",
            key="cohort_download",
        )
        named = t("issued.who_cohort", cohort=cohort.name, age=int(age))
        args = ("cohort", cohort.cohort, int(age), where)
        issue_button(s, "cohort", named, args, lambda: cohort_people(data, cohort.cohort, int(age), where))
    st.caption(t("base.list_text"))
