"""Experiments: a finished test read from its file, a test planned, lists issued with a control group."""

import streamlit as st

from crmkpi.ui.experiment_tabs import lists_tab, plan_tab, read_tab
from crmkpi.ui.session import open_page

TABS = {"read": read_tab, "plan": plan_tab, "lists": lists_tab}

s = open_page("experiments")
t = s.t
st.title(t("experiments.title"))
tab = st.segmented_control(
    t("experiments.what"),
    tuple(TABS),
    default="read",
    required=True,
    format_func=lambda x: t(f"experiments.tab_{x}"),
    key="experiments_tab",
    label_visibility="collapsed",
)
TABS[str(tab)](s)
