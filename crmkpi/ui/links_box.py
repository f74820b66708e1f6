"""Share links on the Share page: make one, see who looked and what they answered, publish, renew, close."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

import streamlit as st

from crmkpi.report.edition import EditionOptions, edition
from crmkpi.store.editions import EditionDraft
from crmkpi.store.links import LONGEST_DAYS, Link, LinkOptions, Scope, end_of
from crmkpi.targets.gather import data_to
from crmkpi.ui import rights
from crmkpi.ui.figures import BADGES
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.gap import target_name
from crmkpi.views.links import LinkFacts, LinkLine, ReplyFacts, last_day, link_lines

T = TypeVar("T")


def links_box(s: Session) -> None:
    """Links, on a server that keeps them; the demo says why it makes none."""
    t, settings = s.t, rights.mode()
    st.subheader(t("links.title"), anchor=False)
    if not settings.serves_links:
        st.markdown(t("links.demo_text"))
        return
    st.markdown(t("links.text"))
    if not settings.durable:
        st.warning(t("links.not_durable"), icon=":material/warning:")
    assert s.project is not None
    if not s.project.targets:
        st.info(t("links.no_targets"))
        return
    _shown_once(s)
    found = rights.the_store().links.of(s.project.id)
    with st.expander(t("links.new"), icon=":material/add_link:", expanded=not found):
        _form(s)
    _list(s, found)


def _shown_once(s: Session) -> None:
    """The address just made, until the next thing is done on the page."""
    address = s.get("new_link")
    if address:
        st.success(s.t("links.made"), icon=":material/link:")
        st.code(address, language=None, wrap_lines=True)
        s.drop("new_link")
    said = s.get("said")
    if said:
        st.success(said)
        s.drop("said")


def _form(s: Session) -> None:
    t, project = s.t, s.project
    assert project is not None
    today = datetime.now(UTC).date()
    with st.form(f"new_link_{project.id}", border=False):
        left, right = st.columns(2)
        until = left.date_input(
            t("links.until"),
            value=end_of([x.due for x in project.targets], today),
            min_value=today,
            max_value=today + timedelta(days=LONGEST_DAYS),
            format="DD.MM.YYYY",
        )
        sharer = right.text_input(t("links.sharer"), max_chars=80)
        passphrase = left.text_input(
            t("links.passphrase"), max_chars=200, type="password", help=t("links.passphrase_help")
        )
        with right.container():
            live = st.checkbox(t("links.show_live"), help=t("links.show_live_help"))
            drill = st.checkbox(t("links.show_drill"), value=True)
            export = st.checkbox(t("links.show_export"))
            questions = st.checkbox(t("links.allow_questions"), value=True)
        st.caption(t("links.small"))
        if st.form_submit_button(t("links.make"), type="primary", icon=":material/add_link:"):
            options = LinkOptions(
                scope=Scope(live, drill, export),
                passphrase=passphrase.strip() or None,
                questions=questions,
                sharer=sharer.strip(),
                until=until if isinstance(until, date) else None,
            )
            _make(s, options)


def _make(s: Session, options: LinkOptions) -> None:
    assert s.project is not None
    s.save()
    store = rights.the_store()
    store.projects.create(s.project)
    made = store.links.create(s.project.id, draft(s, options.scope.drill), options, by=rights.name())
    s.put("new_link", address_of(made.token) if made.token else None)
    s.put("said", None if made.token else s.t("links.clicked_twice"))
    st.rerun()


def draft(s: Session, drill: bool) -> EditionDraft:
    """The edition of the project as it is now, ready to be published."""
    assert s.place is not None and s.project is not None and s.data is not None
    document = edition(s.place, s.data.meta.currency, EditionOptions(title=s.project.name, drill=drill))
    return EditionDraft(document, s.data.meta.data_hash, data_to(s.data))


def address_of(token: str, kind: str = "s") -> str:
    """The address to send: of the public name where one is set, else of the page the owner looks at."""
    public = rights.mode().public_url
    if public is None:
        here = urlsplit(st.context.url or "")
        folder = here.path.rpartition("/")[0]
        public = f"{here.scheme}://{here.netloc}{folder}"
    return f"{public}/{kind}/{token}"


# the list ------------------------------------------------------------------------------------------------
def _list(s: Session, found: list[Link]) -> None:
    if not found:
        return
    t, project, store = s.t, s.project, rights.the_store()
    assert project is not None
    now = int(datetime.now(UTC).timestamp() * 1000)
    lines = link_lines(
        [_facts(LinkFacts, link, scope=str(link.scope)) for link in found],
        [_facts(ReplyFacts, reply) for reply in store.editions.replies(project.id)],
        {x.id: target_name(x, t) for x in project.targets},
        now,
        t,
    )
    for line in lines:
        with st.container(key=f"card_link_{line.id}"):
            _line(s, line, next(x for x in found if x.id == line.id))
    if sum(line.open for line in lines) > 1:
        _revoke_all(s)


def _facts(kind: type[T], found: Any, **more: Any) -> T:
    """The view's own record from the store's, field by field."""
    names = [f.name for f in fields(kind) if f.name not in more]  # type: ignore[arg-type]
    return kind(**{name: getattr(found, name) for name in names}, **more)


def _line(s: Session, line: LinkLine, link: Link) -> None:
    t, project, store = s.t, s.project, rights.the_store()
    assert project is not None
    st.markdown(
        f"**{line.title}** :{BADGES[line.tone]}-badge[{plain(line.state)}]  \n:gray[{plain(line.facts)}]"
    )
    for text in line.answers:
        st.markdown(f":material/chat: {plain(text)}")
    if not line.renewable:
        return
    with st.container(horizontal=True):
        if (
            line.open
            and not link.scope.live
            and st.button(t("links.publish"), key=f"publish_{line.id}", icon=":material/publish:")
        ):
            number = store.editions.publish(project.id, line.id, draft(s, link.scope.drill), by=rights.name())
            _say(s, t("links.published", number=number))
        if st.button(t("links.renew"), key=f"renew_{line.id}", icon=":material/update:"):
            until = end_of([x.due for x in project.targets], datetime.now(UTC).date())
            renewed = store.links.renew(project.id, line.id, until, by=rights.name())
            _say(s, t("links.renewed", day=last_day(renewed.expires_at, t)))
        if line.open and st.button(t("links.revoke"), key=f"revoke_{line.id}", icon=":material/link_off:"):
            store.links.revoke(project.id, line.id, by=rights.name())
            _say(s, t("links.revoked_now"))


def _revoke_all(s: Session) -> None:
    assert s.project is not None
    with st.popover(s.t("links.revoke_all"), icon=":material/link_off:"):
        if st.button(s.t("links.sure_all"), type="primary", key="revoke_all"):
            rights.the_store().links.revoke_all(s.project.id, by=rights.name())
            _say(s, s.t("links.revoked_now"))


def _say(s: Session, text: str) -> None:
    s.put("said", text)
    st.rerun()


def owner_key_box(s: Session) -> None:
    """Where a browser's cookie is all that opens the project: an address that opens it elsewhere, shown once."""
    settings = rights.mode()
    if not settings.serves_links or rights.signs_in() or s.project is None:
        return
    t, store = s.t, rights.the_store()
    with st.expander(t("links.key_title"), icon=":material/key:"):
        st.markdown(t("links.key_text", hours=settings.draft_hours))
        if st.button(t("links.key_make"), key="owner_key"):
            store.projects.create(s.project)
            key = store.projects.new_owner_key(s.project.id, by=rights.name())
            st.success(t("links.key_made"))
            st.code(address_of(key, "o"), language=None, wrap_lines=True)
