"""What a link shows now: the frozen edition, or with the live scope today's aggregates of the same project."""

from __future__ import annotations

from typing import Any

import streamlit as st

from crmkpi.engine.evaluate import DEFINITION_VERSION
from crmkpi.errors import CrmKpiError
from crmkpi.project.drafts import Drafts
from crmkpi.project.own_catalogue import use_catalogue
from crmkpi.report.edition import EditionOptions, edition
from crmkpi.store.editions import Edition
from crmkpi.store.viewers import ShareReader


def latest(reader: ShareReader, published: Edition) -> dict[str, Any]:
    """The document to show. Live aggregates pass the same allow-list; if they cannot be had, the edition stands."""
    if not reader.scope.live:
        return published.snapshot
    place = Drafts().place(reader.project_id)
    if not place.exists():
        return published.snapshot
    project = place.read()
    use_catalogue(project, place.data)
    state = (project.model_dump_json(), place.data.meta.data_hash, DEFINITION_VERSION)
    try:
        return _made(reader.project_id, state, reader.scope.drill, place)
    except CrmKpiError:
        return published.snapshot


@st.cache_data(max_entries=60, ttl=6 * 3600, show_spinner=False)
def _made(project_id: str, state: tuple[str, ...], drill: bool, _place: Any) -> dict[str, Any]:
    meta = _place.data.meta
    return edition(_place, meta.currency, EditionOptions(drill=drill))
