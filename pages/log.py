"""What I did: initiatives with the proof of their effect, the share in the common result, a file for the review."""

import streamlit as st

from crmkpi.ui import figures
from crmkpi.ui.log_cards import entry_card, review_choice, share_card, suggested, timeline, view_of
from crmkpi.ui.log_form import log_form
from crmkpi.ui.pack_box import pack_box
from crmkpi.ui.session import open_page
from crmkpi.ui.tree_controls import project_of

s = open_page("log")
figures.need_data(s)
t, project = s.t, project_of(s)
st.title(t("log.title"))
st.markdown(t("log.text"))
view = view_of(s)
figures.verdict("log", view.tone, view.headline, view.sentences)
old = next((e for e in project.initiatives if e.id == s.get("edit")), None)
suggested(s)
if old or s.get("adding") or not project.initiatives:
    if log_form(s, old):
        st.toast(t("log.form.saved"), icon=":material/check:")
        st.rerun()
elif st.button(t("log.form.add"), type="primary", icon=":material/add:", key="add_initiative"):
    s.put("adding", True)
    st.rerun()
if not project.initiatives:
    st.stop()
timeline(s, view)
for entry in view.entries:
    entry_card(s, entry)
st.subheader(t("log.share.title"), anchor=False)
chosen = review_choice(s)
if chosen:
    share_card(s, *chosen)
    pack_box(s, *chosen)
