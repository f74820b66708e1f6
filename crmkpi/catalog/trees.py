"""Trees: which metrics explain which, declared in TOML, one file a tree.

A file lists its nodes flat, each with the id of its parent; the order of siblings is the order on the screen.
`identity` is an arithmetic text over the metrics of the node's own identity children; house rule 2 holds it
equal to the node's own value. The twelve files in `trees/` are the templates; a user's tree has the same form.
"""

from __future__ import annotations

import difflib
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from crmkpi.catalog.metric import Texts
from crmkpi.errors import CrmKpiError
from crmkpi.formula import Formula

HERE = Path(__file__).parent / "trees"
MAX_NODES = 200
MAX_DEPTH = 20
Edge = Literal["root", "identity", "influence"]
Level = Literal["goal", "controllable", "strategic", "development", "operational", "technical"]
# evidence behind a stated elasticity (methods.md 7): A random control group, B before and after with a passed
# placebo, C the same with season taken out, D correlation or somebody's judgement
Grade = Literal["A", "B", "C", "D"]
LEVELS: tuple[str, ...] = ("goal", "controllable", "strategic", "development", "operational", "technical")


class UnknownTreeError(CrmKpiError):
    """No template of this name: `name`, `near` (similar ids), `known` (all ids)."""

    code = "unknown_tree"


class BadTreeError(CrmKpiError):
    """The text is no tree: `reason` chooses the sentence, `detail` names the place."""

    code = "bad_tree"

    @property
    def key(self) -> str:
        """Each reason has its own sentence: `error.bad_tree_<reason>`."""
        return f"error.bad_tree_{self.params['reason']}"


class Node(BaseModel):
    """One metric at one place of one tree.

    `edge` says how it hangs on its parent: `identity` is arithmetic, `influence` a belief that never gets a part
    of the change. `identity` is the arithmetic of this node over the metrics of its identity children.
    `hide_when_zero` nodes close an identity and are of no interest while they are zero. `elasticity`, on influence
    edges only: by how many per cent the parent moves when this node moves by one, with the `grade` of its evidence.
    """

    model_config = ConfigDict(frozen=True)
    id: str
    metric: str
    label: Texts
    edge: Edge
    level: Level | None = None
    identity: str | None = None
    why: Texts | None = None
    hide_when_zero: bool = False
    elasticity: float | None = None
    grade: Grade | None = None
    children: tuple[Node, ...] = ()

    @property
    def drivers(self) -> tuple[Node, ...]:
        """The children that enter the arithmetic of this node."""
        return tuple(child for child in self.children if child.edge == "identity")

    def walk(self) -> Iterator[Node]:
        """The node and everything below it, parents first, siblings in the order of the screen."""
        yield self
        for child in self.children:
            yield from child.walk()

    def find(self, node_id: str) -> Node | None:
        """The node of this id in the branch, or None."""
        return next((node for node in self.walk() if node.id == node_id), None)


class RootChoice(BaseModel):
    """Another metric that may stand at the root: with an identity over the same children, or without one."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    metric: str
    label: Texts
    level: Level | None = None
    identity: str | None = None
    without: tuple[str, ...] = ()


class TreeTemplate(BaseModel):
    """A whole tree. `suits` says which files feed it; `instead` lists the other roots it may be given.

    `signals`: canonical columns, any of which shows that the tree is meant for such data. Without them it can
    still be chosen; it is only not the first to be offered.
    """

    model_config = ConfigDict(frozen=True)
    id: str
    title: Texts
    suits: Texts
    root: Node
    instead: tuple[RootChoice, ...] = ()
    signals: tuple[str, ...] = ()
    order: int = 100

    def with_root(self, metric: str) -> Node:
        """The tree under another of its roots; the template's own root for its own metric.

        A root without an identity keeps its children side by side: their edges become influences, because no
        arithmetic ties them to it. An unknown root is an UnknownTreeError naming those that exist.
        """
        if metric == self.root.metric:
            return self.root
        choice = next((c for c in self.instead if c.metric == metric), None)
        if choice is None:
            known = ", ".join([self.root.metric, *(c.metric for c in self.instead)])
            raise UnknownTreeError(name=f"{self.id}:{metric}", near=known, known=known)
        kept = [child for child in self.root.children if child.id not in choice.without]
        if choice.identity is None:
            kept = [child.model_copy(update={"edge": "influence"}) for child in kept]
        return Node(
            id=metric,
            metric=metric,
            label=choice.label,
            edge="root",
            level=choice.level,
            identity=choice.identity,
            children=tuple(kept),
        )


class _FlatNode(BaseModel):
    """A node as it stands in the file: with the id of its parent."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    metric: str | None = None
    parent: str | None = None
    edge: Edge = "identity"
    level: Level | None = None
    label: Texts
    identity: str | None = None
    why: Texts | None = None
    hide_when_zero: bool = False
    elasticity: float | None = Field(default=None, gt=-20, lt=20)
    grade: Grade | None = None


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    order: int = 100
    title: Texts
    suits: Texts
    instead: tuple[RootChoice, ...] = ()
    signals: tuple[str, ...] = ()
    node: tuple[_FlatNode, ...] = Field(min_length=1)


# trees that the open project changed, by the id of their template; set by crmkpi.catalog.in_force only
CHANGED: ContextVar[Mapping[str, TreeTemplate] | None] = ContextVar("changed_trees", default=None)


def trees() -> Mapping[str, TreeTemplate]:
    """All trees by id, in the order in which they are offered; a tree that the project changed is the changed one."""
    changed = CHANGED.get()
    return {**templates(), **changed} if changed else templates()


@cache
def templates() -> Mapping[str, TreeTemplate]:
    """The templates as they come with the product, by id."""
    read = [read_template(path.read_text("utf-8")) for path in HERE.glob("*.toml")]
    return {template.id: template for template in sorted(read, key=lambda t: (t.order, t.id))}


def template(name: str) -> TreeTemplate:
    """One template by its id; an unknown one is an UnknownTreeError with similar names."""
    known = trees()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
        raise UnknownTreeError(name=name, near=", ".join(near or known), known=", ".join(known))
    return known[name]


def read_template(text: str) -> TreeTemplate:
    """A tree from TOML text (ours or a user's); anything wrong is one BadTreeError that names the place."""
    try:
        raw: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadTreeError(reason="syntax", detail=str(error)) from error
    try:
        file = _File.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadTreeError(reason="field", detail=place) from error
    root = _grow(file.node)
    return TreeTemplate(
        id=file.id,
        title=file.title,
        suits=file.suits,
        root=root,
        instead=file.instead,
        signals=file.signals,
        order=file.order,
    )


def _grow(flat: tuple[_FlatNode, ...]) -> Node:
    _check_shape(flat)
    below: dict[str | None, list[_FlatNode]] = {}
    for node in flat:
        below.setdefault(node.parent, []).append(node)
    reached: list[str] = []

    def build(node: _FlatNode, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise BadTreeError(reason="too_big", detail=node.id)
        reached.append(node.id)
        children = tuple(build(child, depth + 1) for child in below.get(node.id, ()))
        built = Node(
            **node.model_dump(exclude={"parent", "metric", "label", "why"}),
            metric=node.metric or node.id,
            label=node.label,
            why=node.why,
            children=children,
        )
        check_identity(built)
        return built

    root = build(below[None][0], 1)
    lost = [node.id for node in flat if node.id not in reached]
    if lost:  # nodes that hang on each other in a ring
        raise BadTreeError(reason="ring", detail=", ".join(lost))
    return root


def _check_shape(flat: tuple[_FlatNode, ...]) -> None:
    if len(flat) > MAX_NODES:
        raise BadTreeError(reason="too_big", detail=str(len(flat)))
    ids = Counter(node.id for node in flat)
    twice = [name for name, count in ids.items() if count > 1]
    if twice:
        raise BadTreeError(reason="twice", detail=", ".join(twice))
    roots = [node for node in flat if node.parent is None]
    if len(roots) != 1 or roots[0].edge != "root":
        raise BadTreeError(reason="one_root", detail=", ".join(node.id for node in roots) or "—")
    for node in flat:
        if node.parent is not None and node.parent not in ids:
            raise BadTreeError(reason="no_parent", detail=f"{node.id} → {node.parent}")
        if node.parent is not None and node.edge == "root":
            raise BadTreeError(reason="one_root", detail=node.id)


def check_identity(node: Node) -> None:
    """The names of an identity are exactly the metrics of the node's identity children, each once."""
    metrics = [child.metric for child in node.drivers]
    if len(set(metrics)) != len(metrics):
        raise BadTreeError(reason="twice", detail=node.id)
    if node.identity is None:
        if metrics:
            raise BadTreeError(reason="no_identity", detail=node.id)
        return
    formula = Formula(node.identity)
    formula.check_names(metrics)
    unused = [name for name in metrics if name not in formula.names]
    if unused:
        raise BadTreeError(reason="unused", detail=f"{node.id}: {', '.join(unused)}")
