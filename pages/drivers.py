"""What moved the root: its change as a bridge, where it sits, and influences that moved beside it; or the plan."""

import streamlit as st

from crmkpi.charts.parts import waterfall_chart
from crmkpi.ui import figures
from crmkpi.ui.caching import kept
from crmkpi.ui.nav import go_to
from crmkpi.ui.places import places_box
from crmkpi.ui.plan_box import plan_box
from crmkpi.ui.session import open_page
from crmkpi.ui.style import plain
from crmkpi.ui.tree_controls import controls, project_of
from crmkpi.views.campaigns import funnel_note
from crmkpi.views.drivers import drivers_view, explained_with_intervals, stability_note, usual_note
from crmkpi.views.tree import tree_key, tree_view

s = open_page("drivers")
figures.need_data(s)
t, data, project = s.t, s.data, project_of(s)
st.title(t("drivers.title"))
asked = controls(s)
args = tree_key(project, asked)
with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
    against = st.segmented_control(
        t("planfact.against"),
        ("period", "plan"),
        default="period",
        required=True,
        format_func=lambda a: t(f"planfact.with_{a}"),
        key="drivers_against",
    )
    depth = st.segmented_control(
        t("drivers.depth"),
        ("top", "leaves"),
        default="top",
        required=True,
        format_func=lambda d: t(f"drivers.depth_{d}"),
        key="drivers_depth",
    )
    if st.button(t("why_more.whatif"), icon=":material/instant_mix:", key="to_whatif"):
        go_to("whatif")
if against == "plan":
    plan_box(s, asked, depth == "leaves")
    st.stop()
tree = kept(s, "tree", args, lambda: tree_view(data, project, asked, t))
found = kept(s, "explained80", args, lambda: explained_with_intervals(data, project, asked))
usual = kept(s, "usual", args, lambda: usual_note(data, found, asked.where, t))
figures.verdict("drivers", "neutral" if usual else tree.direction, tree.headline, tree.sentences)
held = kept(s, "stability", args, lambda: stability_note(data, found, asked.where, t))
narrow = kept(s, "funnel_note", args, lambda: funnel_note(data, found, asked.where, t))
figures.notices([note for note in (narrow, usual, held, *tree.notices) if note])
view = drivers_view(found, depth == "leaves", t)
if view.reason:
    st.info(view.reason)
with st.container(key="card_bridge"):
    if view.parts:
        figures.chart(s, "bridge", (*args, depth), lambda ink: waterfall_chart(view.parts, t, ink))
        st.caption(plain(". ".join(x for x in (view.check, view.interval) if x)))
places_box(s, found, asked)
if view.moved_together:
    with st.expander(t("drivers.together")):
        st.caption(t("drivers.together_text"))
        for part in view.moved_together:
            figures.line(part)
