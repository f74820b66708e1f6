"""Data: files, what they were taken for, questions, and what came of every row."""

import streamlit as st

from crmkpi.ui import inbox
from crmkpi.ui.add_files import add_files
from crmkpi.ui.files_step import confirm_files
from crmkpi.ui.receipt import show_receipt
from crmkpi.ui.session import open_page
from crmkpi.ui.settings_box import settings_box

s = open_page("data")
st.title(s.t("data.title"))
waiting = inbox.pending(s)
if waiting:
    confirm_files(s, waiting)
elif s.full is None:
    st.markdown(s.t("data.first"))
    add_files(s)
else:
    show_receipt(s)
    settings_box(s)
    with st.expander(s.t("data.add"), icon=":material/add:"):
        add_files(s)
