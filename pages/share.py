"""Share: send the result as a file, save the whole project as one file, rename it, start another, delete."""

import streamlit as st

from crmkpi.ui import figures
from crmkpi.ui.links_box import links_box, owner_key_box
from crmkpi.ui.presentation_box import presentation_box
from crmkpi.ui.project_file import delete_box, download_box, name_box, other_projects
from crmkpi.ui.report_box import report_box, verdict_preview
from crmkpi.ui.rights import shares_a_server
from crmkpi.ui.session import open_page

s = open_page("share")
t = s.t
st.title(t("share.title"))
if s.project is None:
    figures.empty_state(t, "no_data", "no_data.button", "start")
if s.full is not None:
    with st.container(key="card_report"):
        report_box(s)
    if shares_a_server():  # on an own computer the line under the report says why there is no link
        with st.container(key="card_links"):
            links_box(s)
    verdict_preview(s)
st.markdown(t("share.text_server" if shares_a_server() else "share.text"))
left, right = st.columns(2)
with left.container(key="card_save", height="stretch"):
    download_box(s)
with right.container(key="card_name", height="stretch"):
    name_box(s)
owner_key_box(s)
presentation_box(s)
other_projects(s)
delete_box(s)
