"""The evidence pack: one click gives the file, and the ready sentences can be copied."""

from __future__ import annotations

import tempfile
from datetime import date
from functools import partial
from pathlib import Path

import streamlit as st

from crmkpi.i18n import LANGUAGES, Words
from crmkpi.report import Ask, ReportOptions, pack, write_pack
from crmkpi.ui.caching import kept
from crmkpi.ui.log_cards import log_mark
from crmkpi.ui.report_box import ICONS, MIME
from crmkpi.ui.session import Session
from crmkpi.ui.tree_controls import project_of
from crmkpi.views.share import file_name


def pack_box(s: Session, person: str, first: date, last: date) -> None:
    """Four kinds of one file for a person and a period, in either language; the sentences stand below."""
    t, project, place = s.t, project_of(s), s.place
    assert place is not None
    ask = Ask(person, first, last)
    with st.container(key="card_pack"):
        st.subheader(t("packbox.title"), anchor=False)
        st.markdown(t("packbox.text"))
        lang = st.segmented_control(
            t("share.report_lang"),
            LANGUAGES,
            default=s.lang,
            format_func=lambda x: t(f"share.lang_{x}"),
            key="pack_lang",
            required=True,
        )
        name = file_name(f"{project.name} {first:%Y-%m-%d} {last:%Y-%m-%d}")
        with st.container(horizontal=True):
            for kind in MIME:
                st.download_button(
                    t(f"share.report_{kind}"),
                    data=partial(made, s, ask, kind, str(lang or s.lang)),
                    file_name=f"{name}.{kind}",
                    mime=MIME[kind],
                    type="primary" if kind == "html" else "secondary",
                    icon=ICONS[kind],
                    key=f"pack_{kind}",
                    on_click="ignore",
                )
        mark = (log_mark(s), "".join(x.model_dump_json() for x in project.targets), person, first, last, lang)
        words = Words(str(lang or s.lang), t.currency)
        said = kept(
            s,
            "pack.sentences",
            mark,
            lambda: pack(place, ask, words, ReportOptions())[0].sections[0].points,
        )
        if said:
            with st.expander(t("packbox.phrases")):
                st.code("\n".join(said), language=None, wrap_lines=True)


def made(s: Session, ask: Ask, kind: str, lang: str) -> bytes:
    """The bytes of one file, from the project as it was saved last."""
    assert s.place is not None
    s.save()
    with tempfile.TemporaryDirectory(prefix="crmkpi-") as folder:
        target = Path(folder) / f"pack.{kind}"
        write_pack(s.place, target, ask, Words(lang, s.t.currency))
        return target.read_bytes()
