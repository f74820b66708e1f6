"""Choosing the tree: cards of templates, then one check box per node, grouped by level."""

from __future__ import annotations

import streamlit as st

from crmkpi.i18n import Words
from crmkpi.ui.caching import kept
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.ui.who_box import begin_with, who_box
from crmkpi.views.choose import NodeChoice, TemplateCard, node_choices, template_cards

COLUMNS = 3
# the small drawing, in its own units
HEIGHT, WIDTH = 84, 58
# a person keeps an eye on three to five numbers
MOST_STARS = 5


def propose_tree(s: Session) -> bool:
    """Before the first tree: take the one that the files feed best, so that the first thing seen is numbers.

    False where no tree has its top fed: then the cards tell what is missing.
    """
    data, t = s.data, s.t
    assert data is not None and s.project is not None
    best = next((c for c in template_cards(data, t) if c.usable), None)
    if best is None:
        return False
    tree = s.project.tree.model_copy(update={"template": best.id})
    s.project = s.project.model_copy(update={"tree": tree})
    s.save()
    s.put("proposed", t("choose.proposed", title=best.title, covered=best.covered))
    return True


def choose_tree(s: Session) -> bool:
    """Draw the choice; True in the run in which the visitor accepted it (the project is saved then)."""
    data, t = s.data, s.t
    assert data is not None and s.project is not None
    _heading(t)
    role, business = who_box(s)
    cards = kept(s, "templates", (role, business), lambda: template_cards(data, t, role, business))
    chosen = (
        s.get("template") or s.project.tree.template or next((c.id for c in cards if c.usable), cards[0].id)
    )
    begin = begin_with(s, role, chosen)
    accepted = st.button(
        t("choose.build"), type="primary", icon=":material/account_tree:", key="choose_build"
    )
    best = next((c.id for c in cards if c.usable), None)
    shown = sorted(cards, key=lambda c: not c.usable)
    usable = [c for c in shown if c.usable]
    _grid(s, usable, chosen, best)
    rest = [c for c in shown if not c.usable]
    if rest:
        with st.expander(t.plural("choose.more_templates", len(rest)), expanded=False):
            _grid(s, rest, chosen, best)
    hidden, starred = _nodes(s, chosen, t)
    starred = [*starred, *(n for n in begin if n not in starred and n not in hidden)]
    if accepted:
        root = s.project.tree.root if s.project.tree.template == chosen else None
        tree = s.project.tree.model_copy(
            update={
                "template": chosen,
                "root": root,
                "hidden": hidden,
                "starred": starred,
                "role": role,
                "business": business,
            }
        )
        s.project = s.project.model_copy(update={"tree": tree})
        s.save()
        s.drop("template")
        s.drop("proposed")
    return accepted


def _heading(t: Words) -> None:
    st.title(t("choose.title"))
    st.markdown(t("choose.text"))


def _grid(s: Session, cards: list[TemplateCard], chosen: str, best: str | None) -> None:
    for start in range(0, len(cards), COLUMNS):
        for place, card in zip(st.columns(COLUMNS), cards[start : start + COLUMNS], strict=False):
            with place:
                _template(s, card, card.id == chosen, card.id == best)


def _template(s: Session, card: TemplateCard, chosen: bool, best: bool) -> None:
    t = s.t
    with st.container(key=f"card_{'chosen' if chosen else 'plain'}_{card.id}", height="stretch"):
        mark = f" :green-badge[{t('choose.best')}]" if best else ""
        mark += f" :blue-badge[{t('roles.fits')}]" if card.fits and not best else ""
        mark += f" :violet-badge[{t('roles.changed')}]" if card.changed else ""
        st.markdown(f"#### {plain(card.title)}{mark}")
        st.image(picture(card), width="stretch")
        st.progress(card.share, text=card.covered)
        st.caption(plain(card.suits))
        if card.unlock:
            st.caption(f":material/lock_open: {plain(card.unlock)}")
        label = t("choose.chosen") if chosen else t("choose.take")
        if st.button(label, key=f"take_{card.id}", disabled=chosen or not card.usable, width="stretch"):
            s.put("template", card.id)
            st.rerun()


def picture(card: TemplateCard) -> str:
    """A small drawing of the template: one box a node, joined to its parent; boxes with data are full."""
    columns = max((depth for depth, _ in card.picture), default=0) + 1
    rows: list[list[int]] = [[] for _ in range(columns)]
    for i, (depth, _) in enumerate(card.picture):
        rows[depth].append(i)
    step = min(15.0, (HEIGHT - 6) / max(len(r) for r in rows))
    at = {
        i: (8 + depth * WIDTH, HEIGHT / 2 + (place - (len(column) - 1) / 2) * step)
        for depth, column in enumerate(rows)
        for place, i in enumerate(column)
    }
    lines, boxes, parents = [], [], {0: 0}
    for i, (depth, fed) in enumerate(card.picture):
        parents[depth] = i
        x, y = at[i]
        if depth:
            x0, y0 = at[parents[depth - 1]]
            lines.append(
                f'<path d="M{x0 + 30},{y0:.1f}C{x0 + 42},{y0:.1f} {x - 12},{y:.1f} {x},{y:.1f}" fill="none"'
                f' stroke="#9AA1B2" stroke-opacity=".55"/>'
            )
        tone = 'fill="#5566E6"' if fed else 'fill="#9AA1B2" fill-opacity=".3" stroke="#9AA1B2"'
        tall = min(7.0, step * 0.7)
        boxes.append(f'<rect x="{x}" y="{y - tall / 2:.1f}" width="30" height="{tall:.1f}" rx="2.5" {tone}/>')
    width = max(300, 8 + columns * WIDTH)
    drawing = "".join(lines + boxes)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}">{drawing}</svg>'


def _nodes(s: Session, template: str, t: Words) -> tuple[list[str], list[str]]:
    """The check list; returns ids that are unticked and ids with a star."""
    data, project = s.data, s.project
    assert data is not None and project is not None
    choices = kept(s, "nodes", (template,), lambda: node_choices(data, template, t))
    own = project.tree.template == template
    hidden = set(project.tree.hidden) if own else set()
    starred = list(project.tree.starred) if own else []
    fed = [c for c in choices if c.computable]
    with st.expander(t("choose.nodes", n=len(fed)), expanded=False, icon=":material/checklist:"):
        st.caption(t("choose.nodes_text"))
        hidden, starred = _checks(fed, hidden, starred, template, t)
    lost = [c for c in choices if not c.computable]
    if lost:
        with st.expander(t("choose.missing", n=len(lost)), icon=":material/lock:"):
            for choice in lost:
                st.markdown(f"**{plain(choice.name)}** — {plain(choice.missing or '')}")
    return sorted(hidden), starred


def _checks(
    choices: list[NodeChoice], hidden: set[str], starred: list[str], template: str, t: Words
) -> tuple[set[str], list[str]]:
    stars, off, level = [], set(), None
    for choice in choices:
        if choice.level != level:
            level = choice.level
            st.markdown(f"**{t(f'level.{level}')}**")
        with st.container(horizontal=True, vertical_alignment="center"):
            ticked = st.checkbox(
                plain(choice.name),
                value=choice.id not in hidden,
                disabled=choice.root,
                help=plain(choice.definition) or None,
                key=f"node_{template}_{choice.id}",
                width="stretch",
            )
            star = st.checkbox(
                t("choose.star"),
                value=choice.id in starred,
                key=f"star_{template}_{choice.id}",
                width="content",
            )
        if not ticked and not choice.root:
            off.add(choice.id)
        if star and ticked:
            stars.append(choice.id)
    if len(stars) > MOST_STARS:
        st.warning(t("choose.many_stars", n=len(stars)), icon=":material/star:")
    return off, stars
