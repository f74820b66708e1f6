"""The application: `streamlit run app.py`. The pages live in pages/, the script in crmkpi/ui/script/main.py."""

from pathlib import Path

import streamlit as st

from crmkpi.ui.incidents import show_incident
from crmkpi.web.door import door
from crmkpi.web.lifespan import lifespan
from crmkpi.web.routes import routes
from crmkpi.web.start import base_path, prepare

SCRIPT = Path(__file__).parent / "crmkpi" / "ui" / "script" / "main.py"

mode = prepare()

app = st.App(
    SCRIPT,
    routes=routes(mode, base_path()),
    middleware=door(mode),
    lifespan=lifespan,
    on_script_error=show_incident,
)
