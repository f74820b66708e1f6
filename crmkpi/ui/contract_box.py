"""The KPI agreement for contractors and motivation: terms, outcome per owner, and the sheet to print."""

from __future__ import annotations

from functools import partial

import streamlit as st

from crmkpi.report.contract import contract_html, contract_xlsx
from crmkpi.targets.agreement import Terms
from crmkpi.targets.sentence import owner_name
from crmkpi.ui import figures
from crmkpi.ui.caching import kept
from crmkpi.ui.session import Session
from crmkpi.ui.style import plain
from crmkpi.views.contract import ContractView, contract_view
from crmkpi.views.share import file_name

MIME = {
    "html": "text/html",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def contract_box(s: Session) -> None:
    """Terms, the outcome of every owner, and both files; folded, because not every team pays by KPI."""
    t, project, data = s.t, s.project, s.ground
    assert project is not None and data is not None
    with st.expander(t("contract.title"), icon=":material/contract:", key="contract_box"):
        st.caption(t("contract.text"))
        _terms(s)
        if not st.toggle(t("contract.show"), key="contract_show"):
            return
        key = (project.model_dump_json(),)
        view: ContractView = kept(s, "contract", key, lambda: contract_view(data, project, t))
        st.caption(plain(f"{view.version} {view.signed} {view.as_of}"))
        for sheet in view.sheets:
            badge = f":{figures.BADGES[sheet.tone]}-badge[{plain(sheet.outcome)}]"
            st.markdown(f"**{plain(sheet.owner)}**  \n{badge}")
            for reason in sheet.reasons:
                st.caption(f":material/info: {plain(reason)}")
        _files(s, view)


def _terms(s: Session) -> None:
    t, project = s.t, s.project
    assert project is not None
    terms = project.terms
    least = st.number_input(
        t("contract.least"), 0, 100, round(terms.least_close * 100), key="contract_least", width=360
    )
    bonus = {}
    for number, owner in enumerate(dict.fromkeys(target.owner for target in project.targets)):
        said = st.text_input(
            t("contract.promised", owner=owner_name(owner, t)),
            value=terms.bonus.get(owner, ""),
            placeholder=t("contract.promised_hint"),
            max_chars=300,
            key=f"contract_bonus_{number}",
        )
        if said.strip():
            bonus[owner] = said.strip()
    now = Terms(least_close=least / 100, bonus=bonus)
    if now != terms:
        s.project = project.model_copy(update={"terms": now})
        s.save()
        st.rerun()


def _files(s: Session, view: ContractView) -> None:
    t, project = s.t, s.project
    assert project is not None
    with st.container(horizontal=True):
        for kind, made in (("html", contract_html), ("xlsx", contract_xlsx)):
            st.download_button(
                t(f"contract.{kind}"),
                data=partial(made, view, t),
                file_name=f"{file_name(project.name)}-kpi.{kind}",
                mime=MIME[kind],
                icon=":material/print:" if kind == "html" else ":material/table_view:",
                key=f"contract_{kind}",
                on_click="ignore",
            )
