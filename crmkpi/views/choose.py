"""Choosing a tree: templates as cards with what the files give, and the nodes of the chosen one by level."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from crmkpi.catalog import metrics
from crmkpi.catalog.trees import LEVELS, Node, templates, trees
from crmkpi.engine.data import DataDir
from crmkpi.i18n import Words
from crmkpi.tree.coverage import Coverage, NodeCoverage, coverages
from crmkpi.views.columns import table_name
from crmkpi.views.roles import ranks
from crmkpi.views.tree import missing_text


@dataclass(frozen=True)
class TemplateCard:
    """One template. `picture` = depth and fed or not of every node, for the small drawing. `fits`: made for the role or
    the business; `changed`: the user edited it."""

    id: str
    title: str
    suits: str
    covered: str
    share: float
    usable: bool
    unlock: str | None
    picture: tuple[tuple[int, bool], ...]
    fits: bool = False
    changed: bool = False


@dataclass(frozen=True)
class NodeChoice:
    """One node of the check list."""

    id: str
    name: str
    level: str
    definition: str
    computable: bool
    missing: str | None
    root: bool


def template_cards(
    data: DataDir, t: Words, role: str | None = None, business: str | None = None
) -> tuple[TemplateCard, ...]:
    """Every template, the proposal first: fed by the data, then made for the role and business, then best fed."""
    places = ranks(role, business)
    found = sorted(
        coverages(data), key=lambda c: (not c.root_computable, places.get(c.template, len(places)))
    )
    return tuple(_card(one, one.template in places, t) for one in found)


def _card(found: Coverage, fits: bool, t: Words) -> TemplateCard:
    template = trees()[found.template]
    fed = {node.id: node.computable for node in found.nodes}
    unlock = None
    if found.unlocks:
        best = found.unlocks[0]
        unlock = t.plural("tree.unlock", len(best.metrics), table=table_name(best.table, t))
    return TemplateCard(
        id=template.id,
        title=template.title[t.lang],
        suits=template.suits[t.lang],
        covered=t("tree.covered", covered=found.covered, total=found.total),
        share=found.covered / found.total if found.total else 0.0,
        usable=found.root_computable,
        unlock=unlock,
        picture=tuple((depth, fed.get(node.id, False)) for depth, node in _walk(template.root)),
        fits=fits,
        changed=template is not templates()[found.template],
    )


def _walk(node: Node, depth: int = 0) -> Iterator[tuple[int, Node]]:
    yield depth, node
    for child in node.children:
        yield from _walk(child, depth + 1)


def node_choices(data: DataDir, template: str, t: Words) -> tuple[NodeChoice, ...]:
    """The nodes of a template in the order of levels; those without data carry what is missing."""
    found = next(c for c in coverages(data) if c.template == template)
    named = {node.id: node for node in trees()[template].root.walk()}
    rows = [_choice(node, named, found.root, t) for node in found.nodes if node.id in named]
    return tuple(sorted(rows, key=lambda r: (not r.root, _rank(r.level))))


def _choice(node: NodeCoverage, named: dict[str, Node], root: str, t: Words) -> NodeChoice:
    facts = metrics().get(node.metric)
    return NodeChoice(
        id=node.id,
        name=named[node.id].label[t.lang],
        level=node.level or "other",
        definition=facts.definition[t.lang] if facts else "",
        computable=node.computable,
        missing=None if node.computable else missing_text(node.missing, node.reason or "not_yet", t),
        root=node.metric == root,
    )


def _rank(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else len(LEVELS)
