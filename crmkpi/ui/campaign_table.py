"""The table of mailings: sortable, with numbers as people of the language write them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from crmkpi.ui.session import Session
from crmkpi.views.campaigns import CampaignTable


def campaign_table(s: Session, found: CampaignTable) -> None:
    """Draw it; a click on a header sorts."""
    t = s.t
    number, share = st.column_config.NumberColumn, "percent"
    columns = {
        "name": st.column_config.TextColumn(t("campaigns.col_name"), width="medium"),
        "day": st.column_config.DateColumn(t("campaigns.col_day"), format="DD.MM.YYYY"),
        "sent": number(t("campaigns.sent"), format="localized"),
        "opened": number(t("campaigns.col_opened"), format=share),
        "clicked": number(t("campaigns.col_clicked"), format=share),
        "orders": number(t("campaigns.ordered"), format="localized"),
        "revenue": number(t("campaigns.col_revenue"), format="localized"),
    }
    rows = {
        "name": list(found.names),
        "day": list(found.days),
        "sent": list(found.sent),
        "opened": _tenths(found.opened),
        "clicked": _tenths(found.clicked),
        "orders": list(found.orders),
        "revenue": [None if v is None else round(v) for v in found.revenue],
    }
    st.dataframe(rows, column_config=columns, hide_index=True, height=420, key="campaign_table")


def _tenths(shares: Sequence[float | None]) -> list[float | None]:
    """Shares with one digit after the point of a per cent: more than that is noise in one mailing."""
    return [None if v is None else round(v, 3) for v in shares]
