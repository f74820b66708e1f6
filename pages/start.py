"""Start: drop files, try the sample, or come back to a saved project."""

import streamlit as st

from crmkpi.ui.add_files import other_ways
from crmkpi.ui.opening import promise, resume_card, sample_box, steps, upload_box
from crmkpi.ui.project_file import other_projects, receipt_box
from crmkpi.ui.session import open_page

s = open_page("start")
t = s.t
receipt_box(s)
promise(t)
resume_card(s)
left, right = st.columns([3, 2])
with left:
    upload_box(s)
    other_ways(s)
with right, st.container(key="card_sample", height="stretch"):
    sample_box(s)
steps(t)
other_projects(s)
