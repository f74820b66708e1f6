"""What the coach says to a draft: one line of verdict first, the five letters behind one click."""

from __future__ import annotations

from typing import Any

import streamlit as st

from crmkpi.engine.data import DataDir
from crmkpi.errors import CrmKpiError
from crmkpi.targets.plan import freeze
from crmkpi.targets.target import Target, read_target
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.gap import LetterLine, chance_text
from crmkpi.views.targets import advice, refusal

# a baseline and points set by hand belong to exactly this
SAME_BASELINE = ("metric", "where", "measure", "grain", "baseline_date")
SAME_PATH = (*SAME_BASELINE, "goal", "change_type", "due", "kind")


def coach_box(s: Session, raw: dict[str, Any] | None, old: Target | None) -> Target | None:
    """Draw the advice and return the target. Only an impossible goal is refused; then there is none."""
    data, t, project = s.ground, s.t, s.project
    assert data is not None and project is not None
    if raw is None:
        st.subheader(t("gap.smart"), anchor=False)
        st.markdown(t("targets.none_text"))
        return None
    try:
        target = _draft(data, raw, old)
        said = advice(data, target, project.tree.template, t, project.rules, project.targets)
    except CrmKpiError as error:
        st.subheader(t("coachbox.refused"), anchor=False)
        st.error(plain(refusal(error, t)), icon=":material/block:")
        return None
    good = sum(letter.ok for letter in said.letters)
    whole = good == len(said.letters)
    st.subheader(plain(said.verdict), anchor=False)
    st.markdown(plain(said.sentence))
    chance = chance_text(said.chance, t)
    if chance:
        st.markdown(f"{t('gap.chance')}: **{plain(chance)}**")
    st.caption(plain(said.baseline))
    with st.expander(t("coachbox.letters", good=good), icon=":material/spellcheck:", expanded=False):
        letter_list(said.letters)
    if not whole:
        weak = next(letter for letter in said.letters if not letter.ok)
        st.markdown(f":orange[:material/lightbulb:] **{plain(weak.name)}.** {plain(weak.message)}")
    return target


def letter_list(letters: tuple[LetterLine, ...]) -> None:
    """Each letter with its reason and, where it is weak, what would mend it."""
    for letter in letters:
        icon = ":green[:material/check_circle:]" if letter.ok else ":orange[:material/lightbulb:]"
        st.markdown(f"{icon} **{plain(letter.name)}.** {plain(letter.message)}")


def _draft(data: DataDir, raw: dict[str, Any], old: Target | None) -> Target:
    """The typed target with its baseline: of an edited one the frozen baseline stays while the metric does."""
    target = read_target(raw)
    if old is None:
        return freeze(data, target)
    said = target.checkins if "checkins" in raw else old.checkins
    kept: dict[str, Any] = {"id": old.id, "checkins": said, "baseline": None}
    if all(getattr(old, name) == getattr(target, name) for name in SAME_BASELINE):
        kept["baseline"] = old.baseline
    same_path = all(getattr(old, name) == getattr(target, name) for name in SAME_PATH)
    kept["own_points"] = old.own_points if same_path else ()
    target = target.model_copy(update=kept)
    return target if target.baseline else freeze(data, target)
