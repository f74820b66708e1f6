"""What a visitor sees when our code fails: one sentence with an incident code, never a stack trace.

The log gets the same code with the whole trace, so that support finds it. An error that the user can mend is
no incident: `crmkpi.ui.nav` shows its sentence in place.
"""

from __future__ import annotations

import logging
import secrets

import streamlit as st

from crmkpi.errors import CrmKpiError
from crmkpi.ui.session import current_words

LOG = logging.getLogger("crmkpi")


def incident_code() -> str:
    """A short code that a person can read aloud: eight letters and digits."""
    return secrets.token_hex(4).upper()


def show_incident(error: Exception) -> bool:
    """Log the error under a fresh code and show the code. True = Streamlit adds no box of its own."""
    t = current_words()
    if isinstance(error, CrmKpiError):  # from a callback, where no page could catch it
        st.error(t(error.key, **error.params), icon=":material/error:")
        return True
    code = incident_code()
    LOG.error("incident %s", code, exc_info=error)
    st.error(t("error.unexpected", incident=code), icon=":material/report:")
    return True
