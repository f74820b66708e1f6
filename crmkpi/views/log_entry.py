"""One entry of the log being typed: what can be chosen, and the typed fields as a checked initiative."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from crmkpi.analysis.initiative import Initiative, Participant, read_initiative
from crmkpi.catalog import metrics
from crmkpi.catalog.trees import trees
from crmkpi.errors import CrmKpiError
from crmkpi.i18n import Words
from crmkpi.project.document import Project
from crmkpi.targets.sentence import owner_name
from crmkpi.views.tree import DEFAULT_TREE

PERSON = re.compile(r"^\s*(?P<name>.*?\D)\s*(?:[-–—:(]\s*)?(?P<share>\d+(?:[.,]\d+)?)?\s*%?\s*\)?\s*$")


class PeopleUnreadableError(CrmKpiError):
    """Names and shares that cannot be read: `text`."""

    code = "people_unreadable"


def people_from(text: str) -> tuple[Participant, ...]:
    """«Анна 60, Борис 40» as people with shares 0..1; without numbers equal parts; nothing typed is `me` alone.

    Errors: PeopleUnreadableError when some have a number and others not; that they sum to 1 is checked by the entry.
    """
    pieces = [p for p in re.split(r"[;,\n](?!\d)", text) if p.strip()]
    if not pieces:
        return (Participant(name="me"),)
    found = [PERSON.match(p) for p in pieces]
    names = [m["name"].strip(" -–—:(") if m else "" for m in found]
    numbers = [m["share"] if m else None for m in found]
    typed = [float(n.replace(",", ".")) for n in numbers if n is not None]
    if not all(names) or len(typed) not in (0, len(pieces)):
        raise PeopleUnreadableError(text=text)
    if not typed:
        typed = [1 / len(pieces)] * len(pieces)
    elif sum(typed) > 1.5:
        typed = [v / 100 for v in typed]
    if any(v > 1 for v in typed):
        raise PeopleUnreadableError(text=text)
    return tuple(Participant(name=n, share=v) for n, v in zip(names, typed, strict=True))


def people_typed(entry: Initiative | None, t: Words) -> str:
    """The people as they would be typed; empty for the author alone."""
    if entry is None or [p.name for p in entry.people] == ["me"]:
        return ""
    return ", ".join(f"{owner_name(p.name, t)} {t.number(p.share * 100)}" for p in entry.people)


def entry_from(raw: Mapping[str, Any], people: str, t: Words) -> Initiative:
    """The typed fields as an entry. Errors: PeopleUnreadableError and those of `read_initiative`."""
    own = owner_name("me", t).casefold()
    team = tuple(
        p.model_copy(update={"name": "me"}) if p.name.casefold() == own else p for p in people_from(people)
    )
    return read_initiative({**raw, "people": team})


def lacking(raw: Mapping[str, Any], t: Words) -> str | None:
    """What is still to be filled in before the entry can be saved; None when nothing."""
    lacks = [] if raw["title"].strip() else ["title"]
    audience = raw["audience"]
    if audience["kind"] == "campaign" and not audience.get("campaigns"):
        lacks.append("campaigns")
    if audience["kind"] == "segment" and not any(audience.get("where", {}).values()):
        lacks.append("values")
    return ", ".join(t(f"log.form.what_{name}") for name in lacks) or None


def with_entry(project: Project, entry: Initiative) -> Project:
    """The project with the entry added, or put in the place of the one that it changes."""
    known = any(e.id == entry.id for e in project.initiatives)
    now = [entry if e.id == entry.id else e for e in project.initiatives]
    return project.model_copy(update={"initiatives": now if known else [*now, entry]})


def without_entry(project: Project, entry_id: str) -> Project:
    """The project without this entry."""
    left = [e for e in project.initiatives if e.id != entry_id]
    return project.model_copy(update={"initiatives": left})


def branches(project: Project, t: Words) -> dict[str, str]:
    """Nodes of the project's tree that an initiative can serve: id -> printed name."""
    template = trees().get(project.tree.template or DEFAULT_TREE)
    if template is None:
        return {}
    nodes = [n for n in template.root.walk() if n.id != template.root.id and n.edge == "identity"]
    return {n.id: n.label[t.lang] if n.label else metrics()[n.metric].label[t.lang] for n in nodes}


def goals(project: Project, t: Words) -> dict[str, str]:
    """Targets that an initiative can serve: id -> printed name."""
    return {
        x.id: f"{metrics()[x.metric].label[t.lang]} → {t.date(x.due)}"
        for x in project.targets
        if x.metric in metrics()
    }


def served(project: Project, entry_id: str, t: Words) -> str | None:
    """Which target and which branch of the tree the entry was meant to help; None where it names neither."""
    entry = next((e for e in project.initiatives if e.id == entry_id), None)
    if entry is None:
        return None
    target = goals(project, t).get(entry.target or "")
    branch = branches(project, t).get(entry.node or "")
    said = [t("log.serves_target", name=target)] if target else []
    said += [t("log.serves_node", name=branch)] if branch else []
    return "; ".join(said) or None
