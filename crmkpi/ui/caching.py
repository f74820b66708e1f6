"""Results that many runs need, kept for a while. A key never mixes two projects or two states of the data.

The key is (what, project, data hash, own trees and metrics, version of the definitions, language, arguments).
Streamlit's own hashing of frames is by sample, so nothing large is ever part of a key.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

import streamlit as st

from crmkpi.catalog.in_force import mark
from crmkpi.engine.evaluate import DEFINITION_VERSION
from crmkpi.ui.session import Session

T = TypeVar("T")
HOURS = 6 * 3600


def kept(s: Session, what: str, args: tuple[Hashable, ...], make: Callable[[], T]) -> T:
    """The result of `make`, computed once for these arguments on this state of the data."""
    ground = s.ground
    assert s.project is not None and ground is not None
    meta = ground.meta
    past = s.past_day.isoformat() if s.past_day else None
    tiers = (*meta.loyalty_tiers, meta.loyalty_floor)
    state = (meta.data_hash, meta.inactivity_days, meta.margin_rate, meta.currency, tiers, past, mark())
    return cast(T, _kept(what, s.project.id, state, DEFINITION_VERSION, s.lang, args, make))


@st.cache_data(max_entries=400, ttl=HOURS, show_spinner=False)
def _kept(
    what: str,
    project: str,
    state: tuple[Hashable, ...],
    version: str,
    lang: str,
    args: tuple[Hashable, ...],
    _make: Callable[[], Any],
) -> Any:
    return _make()
