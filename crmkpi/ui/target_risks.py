"""The short pre-mortem and the owner's own estimate, asked before the target is set and stored with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from crmkpi.ui.session import Session

RISKS = ("low_base", "colleagues", "resources", "strategy")
ESTIMATES = ("messages", "budget", "hours")


def risk_fields(s: Session, start: Mapping[str, Any], tag: str) -> dict[str, Any]:
    """Draw the questions; the answers as fields of a target (empty ones stay away)."""
    t = s.t
    said, guessed = start.get("premortem") or {}, start.get("estimate") or {}
    with st.expander(t("coachbox.risks"), icon=":material/psychology_alt:"):
        st.caption(t("coachbox.risks_text"))
        lever = st.text_input(
            t("premortem.lever"), value=start.get("lever", ""), max_chars=200, key=f"lever_{tag}"
        )
        one, two = st.columns(2)
        risks = {
            name: (one if number % 2 == 0 else two).text_input(
                t(f"premortem.{name}"), value=said.get(name, ""), max_chars=200, key=f"risk_{name}_{tag}"
            )
            for number, name in enumerate(RISKS)
        }
        boxes = st.columns(4)
        sure = start.get("confidence")
        confidence = boxes[0].number_input(
            t("premortem.confidence"),
            value=None if sure is None else round(sure * 100),
            min_value=0,
            max_value=100,
            step=5,
            key=f"confidence_{tag}",
        )
        estimate = {
            name: box.number_input(
                t(f"premortem.{name}"),
                value=guessed.get(name),
                min_value=0.0,
                format="%g",
                key=f"{name}_{tag}",
            )
            for name, box in zip(ESTIMATES, boxes[1:], strict=True)
        }
    found: dict[str, Any] = {"lever": lever.strip()}
    found["confidence"] = None if confidence is None else confidence / 100
    found["premortem"] = risks if any(v.strip() for v in risks.values()) else None
    found["estimate"] = estimate if any(v is not None for v in estimate.values()) else None
    return found
