"""Mailings: where the funnel narrows, every mailing in a table, trigger against mass, time to purchase."""

import streamlit as st

from crmkpi.charts.parts import funnel_chart, segment_chart
from crmkpi.ui import figures
from crmkpi.ui.caching import kept
from crmkpi.ui.campaign_table import campaign_table
from crmkpi.ui.moments import moments
from crmkpi.ui.session import open_page
from crmkpi.ui.style import plain
from crmkpi.ui.tree_controls import asked
from crmkpi.views import campaigns

s = open_page("campaigns")
figures.need_data(s)
t, data, where = s.t, s.data, asked(s).where
if not campaigns.loaded(data):
    st.title(t("campaigns.title"))
    figures.empty_state(t, "campaigns", "campaigns.button", "data")
st.title(t("campaigns.title"))
found = kept(s, "funnel", (where,), lambda: campaigns.funnel(data, where, t))
if found:
    figures.verdict("campaigns", found.direction, found.headline, [found.text])
    with st.container(key="card_funnel"):
        figures.chart(s, "funnel", (where,), lambda ink: funnel_chart(found.parts, t, ink))
        st.caption(t("campaigns.funnel_note"))
left, right = st.columns(2)
kinds = kept(s, "mail_kinds", (where,), lambda: campaigns.kinds(data, where, t))
if kinds:
    with left, st.container(key="card_kinds", height="stretch"):
        st.markdown(f"#### {plain(kinds[0])}")
        for part in kinds[1]:
            figures.line(part)
        st.caption(t("campaigns.kinds_note"))
timing = kept(s, "timing", (where,), lambda: campaigns.timing_view(data, where, t))
if timing:
    with right, st.container(key="card_timing", height="stretch"):
        st.markdown(f"#### {plain(timing.text)}")
        figures.chart(s, "timing", (where,), lambda ink: segment_chart(timing.parts, t, ink))
        figures.notices(timing.notes)
moments(s, where)
table = kept(s, "mail_table", (where,), lambda: campaigns.table(data, where, t))
if table:
    st.subheader(t("campaigns.table"), anchor=False)
    campaign_table(s, table)
