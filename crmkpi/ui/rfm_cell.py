"""One cell of the RFM square as a list of customers."""

from __future__ import annotations

import streamlit as st

from crmkpi.analysis.rfm import Rfm
from crmkpi.engine.dimensions import Where
from crmkpi.ui.issue_box import issue_button
from crmkpi.ui.session import Session
from crmkpi.views.issued import cell_people, rfm_cells


def cell_box(s: Session, found: Rfm, where: tuple[Where, ...]) -> None:
    """Choose a cell of the square and issue its customers."""
    data, t = s.data, s.t
    assert data is not None
    cells = rfm_cells(found)
    if not cells:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="rfm_cells"):
        r, f, _ = st.selectbox(
            t("issued.cell_of"),
            cells,
            format_func=lambda c: t("issued.cell_n", r=c[0], f=c[1], n=c[2]),
            key="rfm_cell",
            width=320,
        )
        named = t("issued.cell", r=r, f=f)
        issue_button(s, "rfm_cell", named, ("cell", r, f, where), lambda: cell_people(data, found, r, f))
