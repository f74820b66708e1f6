"""How results are drawn everywhere: the verdict first, charts, notices, honest empty states."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import streamlit as st

from crmkpi.charts.theme import Palette, palette
from crmkpi.i18n import Words
from crmkpi.ui.caching import kept
from crmkpi.ui.nav import go_to
from crmkpi.ui.past_day import past_banner
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.parts import Part

BADGES = {"good": "green", "bad": "red", "neutral": "gray", "warn": "orange", "total": "gray"}


def colours() -> Palette:
    """Chart colours for the theme on this visitor's screen."""
    return palette(st.context.theme.type == "dark")


def chart(
    s: Session,
    what: str,
    args: tuple[Hashable, ...],
    make: Callable[[Palette], Any],
    stretch: bool = True,
) -> None:
    """Draw a chart; its specification is kept, so a rerun sends it without building it again."""
    ink = colours()
    spec: dict[str, Any] = kept(s, f"chart.{what}", (*args, ink.text), lambda: make(ink).to_dict())
    st.vega_lite_chart(spec, theme=None, width="stretch" if stretch else "content", key=f"chart_{what}")


def verdict(name: str, direction: str, headline: str, sentences: Sequence[str] = ()) -> None:
    """One verdict: the headline, then at most a few plain sentences. User text in them is printed as it is."""
    with st.container(key=f"verdict_{direction}_{name}"):
        st.subheader(plain(headline), anchor=False)
        if sentences:
            st.markdown("  \n".join(plain(sentence) for sentence in sentences))


def line(part: Part) -> None:
    """One row of a list: name and note at the left, the value with its colour at the right."""
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", wrap=False
    ):
        note = f"  \n:gray[{plain(part.note)}]" if part.note else ""
        st.markdown(f"**{plain(part.name)}**{note}", width="stretch")
        st.markdown(f":{BADGES[part.direction]}-badge[{plain(part.text)}]", width="content")


def notices(texts: Sequence[str]) -> None:
    """What a reader must know beside a number."""
    for text in texts:
        st.caption(f":material/info: {plain(text)}")


def empty_state(t: Words, what: str, button: str, target: str) -> None:
    """Nothing to show yet: why, and the one step that changes it. Ends the run."""
    with st.container(key=f"verdict_neutral_empty_{what}"):
        st.subheader(t(f"{what}.empty_title"), anchor=False)
        st.markdown(t(f"{what}.empty_text"))
        if st.button(t(button), type="primary", key=f"empty_{what}"):
            go_to(target)
    st.stop()


def need_data(s: Session) -> None:
    """Stops the page with an honest empty state until a file was loaded; says so when a past day is set."""
    if s.data is None:
        st.title(s.t(f"{s.stem}.title"))
        empty_state(s.t, "no_data", "no_data.button", "start")
    past_banner(s)
