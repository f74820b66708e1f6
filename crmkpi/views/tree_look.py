"""How the tree is looked at: roots it offers, levels to show, the completeness check, advice on size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crmkpi.catalog.trees import template as template_of
from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import available
from crmkpi.i18n import Words
from crmkpi.project.document import Project
from crmkpi.tree.completeness import MANY_NODES, areas
from crmkpi.tree.explain import Explained
from crmkpi.views.tree import DEFAULT_TREE, TreeCard

VIEWS = ("all", "strategic", "operational")
OPERATIONAL = ("operational", "technical")


@dataclass(frozen=True)
class RootChoice:
    """A root that the template offers and the data feed."""

    metric: str
    name: str


def roots(data: DataDir, project: Project, t: Words) -> tuple[RootChoice, ...]:
    """Roots to choose from; one means that there is nothing to choose."""
    tree, gaps = template_of(project.tree.template or DEFAULT_TREE), available(data)
    offered = [(tree.root.metric, tree.root.label), *((c.metric, c.label) for c in tree.instead)]
    return tuple(RootChoice(m, label[t.lang]) for m, label in offered if m in gaps and gaps[m] is None)


def cards_of(cards: Sequence[TreeCard], view: str) -> tuple[TreeCard, ...]:
    """The cards of a view: `strategic` leaves out operational and technical branches, `operational` keeps those with
    the way up to the root. A view in which nothing but the root would stay shows everything."""
    if view == "strategic":
        kept = _without(cards)
    elif view == "operational":
        kept = _with_ancestors(cards)
    else:
        return tuple(cards)
    return tuple(kept) if len(kept) > 1 else tuple(cards)


def _without(cards: Sequence[TreeCard]) -> list[TreeCard]:
    gone: set[str] = set()
    kept = []
    for card in cards:
        if card.level in OPERATIONAL or card.parent in gone:
            gone.add(card.id)
        else:
            kept.append(card)
    return kept


def _with_ancestors(cards: Sequence[TreeCard]) -> list[TreeCard]:
    parents = {card.id: card.parent for card in cards}
    wanted: set[str] = set()
    for card in cards:
        at: str | None = card.id if card.level in OPERATIONAL else None
        while at is not None and at not in wanted:
            wanted.add(at)
            at = parents.get(at)
    return [card for card in cards if card.id in wanted]


def completeness(found: Explained, t: Words) -> tuple[str, ...]:
    """The five areas of a customer base, each with its state in words."""
    shown = [n.metric for n in found.nodes if n.metric]
    said = []
    for area in areas(shown, [n.metric for n in found.missing]):
        state = "shown" if area.shown else "lacking" if area.lacking else "absent"
        said.append(t(f"look.area_{state}", name=t(f"look.{area.name}")))
    return tuple(said)


def advice(found: Explained, t: Words) -> str | None:
    """Says when the tree holds more nodes than a person reads."""
    n = len(found.nodes)
    return t.plural("look.many", n) if n > MANY_NODES else None
