"""Customers: who comes back cohort by cohort, the flow of the base, RFM groups, and what a customer is worth."""

import streamlit as st

from crmkpi.charts.cohorts import cohort_chart
from crmkpi.ui import figures
from crmkpi.ui.base_tabs import flow_tab, ltv_tab, rfm_tab
from crmkpi.ui.caching import kept
from crmkpi.ui.cohort_list import cohort_list_box
from crmkpi.ui.season_tab import season_tab
from crmkpi.ui.session import open_page
from crmkpi.ui.tree_controls import asked
from crmkpi.views.cohort_verdict import cohort_verdict
from crmkpi.views.customers import MEASURES, triangle

TABS = {"flow": flow_tab, "rfm": rfm_tab, "ltv": ltv_tab, "season": season_tab}

s = open_page("customers")
figures.need_data(s)
t, data, where = s.t, s.data, asked(s).where
st.title(t("customers.title"))
tab = st.segmented_control(
    t("base.what"),
    ("cohorts", *TABS),
    default="cohorts",
    required=True,
    format_func=lambda x: t(f"base.tab_{x}"),
    key="customers_tab",
    label_visibility="collapsed",
)
if tab != "cohorts":
    TABS[tab](s, where)
    st.stop()
top = st.container()
with st.container(horizontal=True, vertical_alignment="bottom"):
    measure = st.segmented_control(
        t("customers.measure"),
        MEASURES,
        default=MEASURES[0],
        required=True,
        format_func=lambda m: t(f"customers.{m}"),
        key="cohort_measure",
    )
    grain = st.segmented_control(
        t("node.grain"),
        ("week", "month", "quarter"),
        default="month",
        required=True,
        format_func=lambda g: t(f"grain.{g}"),
        key="cohort_grain",
    )
args = (measure, grain, where)
cells = kept(s, "triangle", args, lambda: triangle(data, measure, grain, where, t))
said = kept(s, "cohort_verdict", (grain, where), lambda: cohort_verdict(data, grain, where, t))
with top:
    figures.verdict("cohorts", said.direction, said.headline, [said.text])
with st.container(key="card_scroll"):
    st.caption(t("customers.text"))
    figures.chart(s, "cohorts", args, lambda ink: cohort_chart(cells, t, ink), stretch=False)
cohort_list_box(s, grain, where)
st.caption(t("customers.note"))
