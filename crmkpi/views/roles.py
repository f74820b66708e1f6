"""Who looks at the tree: trees proposed by role, business and data; what this person cannot move; where to begin."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from crmkpi.catalog.metric import metrics
from crmkpi.catalog.roles import businesses, fitting, role_of, roles
from crmkpi.catalog.trees import trees
from crmkpi.engine.available import available
from crmkpi.engine.data import DataDir
from crmkpi.i18n import Words
from crmkpi.project.document import Project
from crmkpi.tree.coverage import computable
from crmkpi.tree.explain import Explained

# so many names fit one line
MOST_NAMES = 5


@dataclass(frozen=True)
class RoleView:
    """A chosen role: what it answers for, and its starting KPIs with those that the data feed."""

    name: str
    about: str
    kpi: str
    nodes: tuple[str, ...]


def role_names(t: Words) -> dict[str, str]:
    """Roles by id, as people call them."""
    return {name: role.label[t.lang] for name, role in roles().items()}


def business_names(t: Words) -> dict[str, str]:
    """Kinds of business by id."""
    return {name: kind.label[t.lang] for name, kind in businesses().items()}


def ranks(role: str | None, business: str | None) -> dict[str, int]:
    """Place of each tree among those that fit the role in the business; a tree that is not there fits neither."""
    return {name: place for place, name in enumerate(fitting(role, business))}


def role_view(data: DataDir, role: str | None, template: str, t: Words) -> RoleView | None:
    """The chosen role with the KPIs to begin with; `nodes`: those of them that stand in this tree."""
    found = role_of(role)
    if found is None:
        return None
    gaps = available(data)
    known = [name for name in (*found.kpi, *found.watch) if name in metrics()]
    said = [
        metrics()[name].label[t.lang]
        if computable(name, gaps)
        else t("roles.lacking", name=metrics()[name].label[t.lang])
        for name in known
    ]
    there = {node.metric: node.id for node in trees()[template].root.walk()} if template in trees() else {}
    nodes = tuple(there[name] for name in known if name in there and computable(name, gaps))
    return RoleView(found.label[t.lang], found.about[t.lang], ", ".join(said), nodes)


def outside_line(found: Explained, project: Project, t: Words) -> str:
    """One line: which shown numbers this person cannot move, by the role and what they said themselves."""
    role = role_of(project.tree.role)
    who = role.label[t.lang] if role else t("roles.team")
    names = [node.text(t) for node in found.nodes if node.metric and node.controllable == "no"]
    if not names:
        return t("roles.all_yours", who=who)
    return t("roles.not_yours", who=who, names=_shortened(names, t))


def _shortened(names: Collection[str], t: Words) -> str:
    shown = [t("tree.quoted", name=name) for name in list(dict.fromkeys(names))]
    if len(shown) <= MOST_NAMES:
        return ", ".join(shown)
    return t("roles.and_more", names=", ".join(shown[:MOST_NAMES]), n=len(shown) - MOST_NAMES)
