"""The application: `streamlit run app.py`. The pages live in pages/, the script in crmkpi/ui/script/main.py."""

from pathlib import Path

import streamlit as st

from crmkpi.ui.incidents import show_incident
from crmkpi.web.door import door
from crmkpi.web.lifespan import lifespan
from crmkpi.web.routes import ROUTES
from crmkpi.web.start import prepare

SCRIPT = Path(__file__).parent / "crmkpi" / "ui" / "script" / "main.py"

app = st.App(
    SCRIPT, routes=ROUTES, middleware=door(prepare()), lifespan=lifespan, on_script_error=show_incident
)
