"""Who works on the project, on a server where people sign in; and how long an unused project is kept."""

from __future__ import annotations

import re

import streamlit as st

from crmkpi.errors import CrmKpiError
from crmkpi.store.members import Member, Role
from crmkpi.ui import rights
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain

PERSON = "person:"
ROLES: tuple[Role, ...] = ("viewer", "editor", "owner")
DAYS = (None, 30, 90, 365)
# what a provider may confirm; whether the address exists is seen when somebody signs in with it
ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
LONGEST = 254


class AddressError(CrmKpiError):
    """This is no e-mail address: `found`."""

    code = "member_address"


def subject_of(text: str) -> str:
    """The name in the store of a person with this address. Raises AddressError."""
    address = text.strip().lower()
    if len(address) > LONGEST or not ADDRESS.fullmatch(address):
        raise AddressError(found=address[:80])
    return PERSON + address


def people_box(s: Session) -> None:
    """Members with their roles: an owner invites by e-mail, changes a role, takes somebody out. Sign-in only."""
    if s.project is None or not rights.shares_a_server() or not rights.signs_in():
        return
    t, mine = s.t, rights.identity(rights.mode())
    with st.expander(t("people.title"), icon=":material/group:"):
        _said(s)
        found = rights.the_store().members.of(s.project.id)
        owns = any(x.subject == mine and x.role == "owner" for x in found)
        for number, one in enumerate(found):
            with st.container(
                horizontal=True,
                vertical_alignment="center",
                horizontal_alignment="distribute",
                key=f"member_{number}",
            ):
                _member(s, one, mine, owns)
        if owns:
            _invite(s)
        if mine and st.button(t("people.sign_out"), key="sign_out_everywhere", icon=":material/logout:"):
            rights.the_store().members.sign_out_everywhere(mine)
            st.logout()


def _said(s: Session) -> None:
    text = s.get("people_said")
    if text:
        st.success(text)
        s.drop("people_said")


def _member(s: Session, one: Member, mine: str | None, owns: bool) -> None:
    assert s.project is not None
    t, project_id = s.t, s.project.id
    name = one.subject.removeprefix(PERSON) if one.subject.startswith(PERSON) else t("people.browser")
    you = t("people.you") if one.subject == mine else ""
    st.markdown(f"**{plain(name)}** {you}  \n:gray[{t(f'people.role_{one.role}')}]")
    if owns and st.button(t("people.remove"), key=f"remove_{one.subject}", width="content"):
        rights.check_owner(project_id)
        rights.the_store().members.remove(project_id, one.subject, by=rights.name())
        _done(s, t("people.removed", who=name))


def _invite(s: Session) -> None:
    assert s.project is not None
    t, project_id = s.t, s.project.id
    with st.form(f"invite_{project_id}", border=False, clear_on_submit=True):
        left, right = st.columns([3, 2])
        address = left.text_input(t("people.address"), max_chars=LONGEST, placeholder="anna@example.com")
        role = right.selectbox(t("people.role"), ROLES, index=1, format_func=lambda x: t(f"people.role_{x}"))
        st.caption(t("people.note"))
        if st.form_submit_button(t("people.invite"), icon=":material/person_add:"):
            rights.check_owner(project_id)
            subject = subject_of(address)
            rights.the_store().members.put(project_id, subject, role, by=rights.name())
            _done(s, t("people.invited", who=subject.removeprefix(PERSON)))


def _done(s: Session, text: str) -> None:
    s.put("people_said", text)
    st.rerun()


def keep_box(s: Session) -> None:
    """How long the project may lie unused before the server deletes it; an owner's choice."""
    if s.project is None or not rights.mode().serves_links:
        return
    t, project_id, store = s.t, s.project.id, rights.the_store()
    if store.projects.find(project_id) is None or not rights.owns(project_id):
        return
    now = store.retention.kept_days(project_id)
    offered = DAYS if now in DAYS else (*DAYS, now)
    chosen = st.selectbox(
        t("people.keep"),
        offered,
        index=offered.index(now),
        format_func=lambda days: t.plural("people.keep_days", days) if days else t("people.keep_ever"),
        help=t("people.keep_help"),
        key=f"keep_{project_id}",
    )
    if chosen != now:
        rights.check_owner(project_id)
        store.retention.keep_for(project_id, chosen, by=rights.name())
        st.toast(t("people.kept"))
