"""The glossary: what every metric means, how it is computed, and what it needs."""

import streamlit as st

from crmkpi.ui.session import open_page
from crmkpi.ui.style import plain
from crmkpi.views.glossary import entries

s = open_page("glossary")
t = s.t
st.title(t("glossary.title"))
search = st.text_input(t("glossary.search"), key="glossary_search", placeholder=t("glossary.example"))
found = entries(s.data, search, t)
st.caption(t.plural("glossary.found", len(found)))
for entry in found:
    icon = ":material/lock:" if entry.missing else ":material/check_circle:" if entry.known else None
    badge = f" :blue-badge[{t('editor.own_badge')}]" if entry.own else ""
    with st.expander(plain(entry.name) + badge, icon=icon, key=f"entry_{entry.id}"):
        st.markdown(plain(entry.definition))
        if entry.formula:
            st.markdown(f"**{t('node.formula')}** {plain(entry.formula)}")
        st.caption(f"{plain(entry.level)}. {plain(entry.better)}")
        if entry.pair:
            st.caption(plain(t("glossary.pair", names=", ".join(entry.pair))))
        if entry.missing:
            st.caption(f":material/lock: {plain(entry.missing)}")
