"""The door of a server with sign-in: who comes, and why somebody who signed in may still be a stranger."""

from __future__ import annotations

import streamlit as st

from crmkpi.i18n import Words


def sign_in(t: Words) -> None:
    """One card with one button. A person whose address is not verified, or who came half a day ago, signs in anew."""
    with st.container(key="verdict_neutral_sign_in"):
        st.subheader(t("sign_in.title"), anchor=False)
        if st.user.is_logged_in:
            st.markdown(t("sign_in.again"))
            if st.button(t("sign_in.leave"), key="sign_out"):
                st.logout()
            return
        st.markdown(t("sign_in.text"))
        if st.button(t("sign_in.button"), type="primary", icon=":material/login:", key="sign_in"):
            st.login()
