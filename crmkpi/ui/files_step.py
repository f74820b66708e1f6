"""The step between upload and load: what every file was taken for, questions on one card, one button."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from crmkpi.i18n import Words
from crmkpi.ingest import background
from crmkpi.ingest.background import Background
from crmkpi.ingest.worker_errors import WorkCancelledError
from crmkpi.ui.add_files import add_files
from crmkpi.ui.file_box import file_box
from crmkpi.ui.loading import Looked, begin_load, finished_load, load_name, look, look_again, look_name
from crmkpi.ui.progress_box import progress_box, settled
from crmkpi.ui.question_box import question_box
from crmkpi.ui.session import Session
from crmkpi.ui.waiting_box import forget_files, waiting_box
from crmkpi.views.files import FileCard, file_cards, loaded_columns, report_name
from crmkpi.views.questions import QuestionCard, question_card
from crmkpi.views.waiting import readable


def confirm_files(s: Session, paths: Sequence[Path]) -> None:
    """Show what was recognised; load on one click. A file that cannot be read is one sentence, the rest stays."""
    if _loading(s):
        return
    found = look(s, paths)
    if found.error is not None or found.stopped:
        _halted(s, paths, found)
        return
    if found.reports is None:
        progress_box(s, look_name(s))
        return
    good = readable(found.reports)
    cards = file_cards(good, s.t, loaded_columns(s.full))
    asked = question_card({report_name(r): r for r in good}, s.get("answers", {}), s.t)
    tone, doubtful = _tone(cards, asked, paths, good), frozenset(c.name for c in cards if c.check)
    waiting_box(s, tone, _headline(cards, good, s.t), paths, found.reports, asked.open, doubtful)
    if not good:
        add_files(s)
        return
    question_box(s, asked, len(cards) > 1)
    append = _mode(s, cards)
    ready = list(dict.fromkeys(Path(one["path"]) for one in good))
    nothing_known = not any(card.table for card in cards)
    go = st.button(
        s.t("data.load"),
        type="primary",
        icon=":material/check:",
        key="load",
        disabled=asked.open > 0 or nothing_known,
    )
    with st.expander(s.t("loading.more"), icon=":material/add:"):
        add_files(s, small=True)
    file_box(s, cards)
    if go:
        begin_load(s, ready, append)
        # the next run draws the load in place of the files
        st.rerun()


def _headline(cards: Sequence[FileCard], good: Sequence[Mapping[str, Any]], t: Words) -> str:
    known = [c for c in cards if c.table]
    if cards and not known:
        return t("loading.none_known" if any(one["rows_used"] for one in good) else "loading.no_table")
    return t.plural("data.recognised", len(known)) if cards else t("loading.nothing")


def _tone(
    cards: Sequence[FileCard], asked: QuestionCard, paths: Sequence[Path], good: Sequence[Mapping[str, Any]]
) -> str:
    refused = len({Path(one["path"]) for one in good}) < len(paths)
    return "warn" if refused or asked.open or any(c.check for c in cards) else "good"


def _halted(s: Session, paths: Sequence[Path], found: Looked) -> None:
    """Reading was stopped, or failed for all files at once: say so, and leave every file to be removed or tried
    again."""
    t, error = s.t, found.error
    if error is not None:
        st.error(t(error.key, **error.params), icon=":material/error:")
    waiting_box(s, "neutral", t("loading.stopped") if found.stopped else t("loading.nothing"), paths, [], 0)
    if st.button(t("loading.again"), type="primary", icon=":material/refresh:", key="look_again"):
        look_again(s)
        st.rerun()


def _loading(s: Session) -> bool:
    """Whether a load into this project is on its way (then it is drawn) or just over (then it is taken)."""
    job = background.found(load_name(s))
    if job is None:
        return False
    if not settled(s, job):
        progress_box(s, load_name(s))
        return True
    _taken(s, job)
    return False


def _mode(s: Session, cards: Sequence[FileCard]) -> bool:
    """Whether the files add to what is there; asked only where the project has a table of the same kind."""
    loaded = {file.table for file in s.project.files} if s.project else set()
    if not loaded & {card.table for card in cards}:
        return True
    t = s.t
    chosen = st.radio(
        t("data_ui.mode"),
        ("append", "replace"),
        format_func=lambda way: t(f"data_ui.mode_{way}"),
        key="load_mode",
    )
    return chosen == "append"


def _taken(s: Session, job: Background) -> None:
    """What a finished load leaves: the receipt, or a sentence and the files as they were."""
    t = s.t
    document, error = finished_load(s, job)
    if isinstance(error, WorkCancelledError):
        st.info(t("loading.stopped_load"), icon=":material/stop_circle:")
        return
    if error is not None:
        st.error(t(error.key, **error.params), icon=":material/error:")
        return
    waiting = (document or {}).get("unanswered") or []
    if waiting:
        st.error(t("data.unanswered", n=len(waiting)), icon=":material/help:")
        return
    if (document or {}).get("unchanged"):
        s.put("unchanged", True)
    s.drop("changes_seen")
    forget_files(s)
    st.rerun()
