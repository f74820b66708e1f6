"""The Result screen of one target: verdict, four answers, the picture, and everything else one click deeper."""

from __future__ import annotations

from datetime import date

import streamlit as st

from crmkpi.charts.milestones import milestone_chart
from crmkpi.targets.gather import data_to
from crmkpi.targets.own_kpi import today
from crmkpi.ui import figures, session
from crmkpi.ui.caching import kept
from crmkpi.ui.checkins import checkins
from crmkpi.ui.coach_box import letter_list
from crmkpi.ui.point_grid import point_tab
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.gap import GapRow, GapView, target_name
from crmkpi.views.track_record import record_view

TABS = ("points", "effort", "letters", "checkins", "record")
# as low as still can be read, so that the four answers and the picture stand on one laptop screen
HEIGHT = 230
FIRST_DAY = date(2000, 1, 1)


def screen_line(s: Session) -> tuple[str | None, date | None]:
    """Which target and which day: the line on top. Returns the target's id and the past day, None for today."""
    t, project = s.t, s.project
    ground = s.full or s.ground
    assert project is not None and ground is not None
    names = {x.id: x for x in project.targets}
    last = today(data_to(ground), project.targets)
    with st.container(
        key="result_line", horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"
    ):
        chosen = st.selectbox(
            t("result.choose"),
            list(names),
            index=list(names).index(s.get("chosen")) if s.get("chosen") in names else 0,
            format_func=lambda i: target_name(names[i], t),
            key=f"result_target_{'_'.join(names)}",
            width=560,
        )
        day = st.date_input(
            t("result.as_of"),
            value=s.past_day or last,
            max_value=max(last, FIRST_DAY),
            min_value=FIRST_DAY,
            format="DD.MM.YYYY",
            key=_day_key(s, last),
            width=170,
        )
    s.put("chosen", chosen)
    asked = day if isinstance(day, date) and day < last else None
    if isinstance(day, date) and asked != s.past_day:
        session.set_past_day(asked)
        st.rerun()
    return chosen, s.past_day


def _day_key(s: Session, last: date) -> str:
    """Key of the day box: drawn anew when the day changes elsewhere, or when a typed value moves today."""
    if s.past_day is not None:
        return f"result_as_of_{s.past_day}"
    return "result_as_of" if s.full is not None else f"result_as_of_{last}"


def result_card(s: Session, view: GapView, row: GapRow) -> None:
    """Good or bad, how far, how likely, what next; then the way."""
    t, stands = s.t, row.standing
    if view.past:
        st.info(t("result.past", day=view.as_of), icon=":material/history:")
    with st.container(key=f"verdict_{row.tone}_{row.id}"):
        st.subheader(f"{plain(row.name)}: {plain(row.left)}", anchor=False)
        st.caption(plain(row.sentence))
        answers = st.container(key=f"answers_{row.id}").columns(4)
        _answer(answers[0], t("standing.good"), row.status, _one(row.why))
        _answer(answers[1], t("standing.far"), f"{row.now} → {row.goal}", *stands.far)
        _answer(
            answers[2],
            t("standing.likely"),
            row.chance or t("standing.unknown_chance"),
            *stands.likely,
            stands.own,
        )
        _answer(answers[3], t("standing.next_title"), *_next(row))
        if row.progress is not None:
            st.progress(row.progress, text=plain(row.progress_text or ""))
        said = [text for text in (stands.worth, stands.stages, *row.notes) if text]
        if said:
            st.caption("  \n".join(plain(text) for text in said))


def _next(row: GapRow) -> tuple[str, ...]:
    """The nearest control point first, else what the gap takes; a dash where neither is known."""
    point = (row.standing.next_point,) if row.standing.next_point else ()
    return (*point, *row.standing.counted) or ("—",)


def _one(why: str) -> str:
    return why[:1].upper() + why[1:] + "." if why else ""


def _answer(place: st.delta_generator.DeltaGenerator, title: str, answer: str, *rest: str) -> None:
    with place:
        st.caption(title)
        st.markdown(f"**{plain(answer)}**")
        said = [plain(text) for text in rest if text]
        if said:
            st.caption("  \n".join(said))


def way(s: Session, row: GapRow) -> None:
    """The picture of the way, by weeks or by months."""
    t = s.t
    grains = [grain for grain, _ in row.paths]
    if not grains:
        st.caption(t("gap.no_milestones"))
        return
    with st.container(key=f"card_way_{row.id}"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{t('gap.milestones')}**", width="content")
            grain = st.segmented_control(
                t("gap.milestones"),
                grains,
                default="month" if "month" in grains else grains[0],
                required=True,
                format_func=lambda g: t(f"gap.by_{g}"),
                key=f"way_{row.id}",
                label_visibility="collapsed",
            )
        path = dict(row.paths)[str(grain)]
        figures.chart(s, f"way_{row.id}", (path,), lambda ink: milestone_chart(path, t, ink, HEIGHT))


def deeper(s: Session, view: GapView, row: GapRow, as_of: date | None) -> None:
    """One click deeper: the points as a table to edit, what it takes, the letters, the check-ins."""
    t = s.t
    tab = st.segmented_control(
        t("result.view"),
        TABS,
        default="points",
        required=True,
        format_func=lambda x: t(f"result.tab_{x}"),
        key=f"result_tab_{row.id}",
        label_visibility="collapsed",
    )
    with st.container(key=f"card_deeper_{row.id}"):
        if tab == "points":
            point_tab(s, row, as_of)
        elif tab == "effort":
            _effort(s, row)
        elif tab == "letters":
            st.markdown(f"**{plain(row.verdict)}**")
            letter_list(row.letters)
            if row.guardrails:
                st.markdown(f"**{t('gap.guardrails')}**")
                for text in row.guardrails:
                    st.markdown(plain(text))
        elif tab == "checkins":
            checkins(s, row)
        else:
            _record(s, as_of)


def _record(s: Session, as_of: date | None) -> None:
    """How often chances told in the past came true on this project."""
    t, data, project = s.t, s.full or s.ground, s.project
    assert data is not None and project is not None
    args = (project.model_dump_json(include={"targets"}), as_of)
    view = kept(s, "record", args, lambda: record_view(data, project, t, as_of))
    st.markdown(plain(view.headline))
    if view.lines:
        names = ("said", "goals", "hit")
        st.table({t(f"record.{name}"): [getattr(line, name) for line in view.lines] for name in names})
        st.caption(plain(view.note))


def _effort(s: Session, row: GapRow) -> None:
    t, stands = s.t, row.standing
    for text in stands.counted or (t("result.nothing_to_count"),):
        st.markdown(plain(text))
    if stands.worth:
        st.markdown(plain(stands.worth))
    if stands.levers:
        st.markdown(f"**{t('result.levers')}**")
        st.markdown("\n".join(f"- {plain(text)}" for text in stands.levers))
    if stands.estimate:
        st.markdown(plain(t("result.estimate", parts=stands.estimate)))
    if stands.risks:
        st.markdown(f"**{t('result.risks')}**")
        for question, answer in stands.risks:
            st.markdown(f"{plain(question)}: **{plain(answer)}**")
