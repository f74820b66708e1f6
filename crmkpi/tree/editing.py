"""Editing: what each edit does to a tree, and what it refuses. Trees are frozen: every edit gives a new one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from crmkpi.catalog.metric import Texts, metrics
from crmkpi.catalog.trees import MAX_DEPTH, MAX_NODES, Node, TreeTemplate, check_identity
from crmkpi.engine.available import chosen
from crmkpi.formula import Formula
from crmkpi.tree.edits import Add, Believe, Compute, Edit, Move, Remove, Rename, TreeEditError


def edited(template: TreeTemplate, edits: Sequence[Edit]) -> TreeTemplate:
    """The template after the edits, in their order. Errors: TreeEditError, BadTreeError and those of formulas."""
    root = template.root
    for edit in edits:
        root = apply(root, edit)
    drivers = {child.metric for child in root.drivers}
    kept = []
    for choice in template.instead:
        names = set(Formula(choice.identity).names) if choice.identity else set()
        # another root over the same children is exact only while those children are there
        kept.append(choice if names <= drivers else choice.model_copy(update={"identity": None}))
    return template.model_copy(update={"root": root, "instead": tuple(kept)})


def apply(root: Node, edit: Edit) -> Node:
    """The tree after one edit."""
    if root.find(edit.id) is None and not isinstance(edit, Add):
        raise TreeEditError(reason="no_node", node=edit.id, other="")
    match edit:
        case Add():
            found = _add(root, edit)
        case Remove():
            found = _without(root, edit.id)
        case Move():
            found = _move(root, edit)
        case Rename():
            found = _rename(root, edit)
        case Compute():
            found = _compute(root, edit)
        case Believe():
            found = _believe(root, edit)
    _check_size(found)
    return found


def free_id(root: Node, metric: str) -> str:
    """An id for a new node of this metric: the metric's own, or the next free one."""
    taken = {node.id for node in root.walk()}
    names = [metric, *(f"{metric}.{n}" for n in range(2, MAX_NODES + 2))]
    return next(name for name in names if name not in taken)


def parent_of(root: Node, node_id: str) -> Node | None:
    """The node that this one hangs on; None for the root."""
    return next((n for n in root.walk() if any(child.id == node_id for child in n.children)), None)


def _changed(root: Node, node_id: str, change: Callable[[Node], Node]) -> Node:
    if root.id == node_id:
        return change(root)
    children = tuple(_changed(child, node_id, change) for child in root.children)
    return root.model_copy(update={"children": children})


def _add(root: Node, edit: Add) -> Node:
    parent = root.find(edit.parent)
    if parent is None:
        raise TreeEditError(reason="no_node", node=edit.parent, other="")
    if root.find(edit.id) is not None:
        raise TreeEditError(reason="twice", node=edit.id, other="")
    if any(child.metric == edit.metric for child in parent.children) or parent.metric == edit.metric:
        raise TreeEditError(reason="already", node=_name(edit.metric), other=parent.label)
    _check_belief(edit.why, edit.elasticity, edit.grade, _name(edit.metric))
    metric = chosen([edit.metric])[0]
    fresh = Node(
        id=edit.id,
        metric=edit.metric,
        label=metric.label,
        edge="influence",
        level=metric.level,
        why=_note(edit.why),
        elasticity=edit.elasticity,
        grade=edit.grade,
    )
    return _changed(root, edit.parent, lambda n: n.model_copy(update={"children": (*n.children, fresh)}))


def _without(root: Node, node_id: str) -> Node:
    parent = parent_of(root, node_id)
    if parent is None:
        raise TreeEditError(reason="root", node=root.label, other="")
    return _changed(root, parent.id, lambda n: _childless(n, node_id))


def _childless(parent: Node, node_id: str) -> Node:
    """The parent without this child; a formula that named it is gone, and what it joined becomes beliefs."""
    gone = next(child for child in parent.children if child.id == node_id)
    kept = tuple(child for child in parent.children if child.id != node_id)
    if gone.edge != "identity":
        return parent.model_copy(update={"children": kept})
    loose = tuple(_loosened(child) for child in kept)
    return parent.model_copy(update={"identity": None, "children": loose})


def _loosened(child: Node) -> Node:
    """A former part of a formula as a belief: no arithmetic is left that would tie it."""
    if child.edge != "identity":
        return child
    return child.model_copy(update={"edge": "influence", "hide_when_zero": False})


def _move(root: Node, edit: Move) -> Node:
    node, parent, old = root.find(edit.id), root.find(edit.parent), parent_of(root, edit.id)
    if parent is None:
        raise TreeEditError(reason="no_node", node=edit.parent, other="")
    if node is None or old is None:
        raise TreeEditError(reason="root", node=root.label, other="")
    if node.find(edit.parent) is not None:
        raise TreeEditError(reason="inside", node=node.label, other=parent.label)
    if old.id == parent.id:
        return _changed(root, old.id, lambda n: _placed(n, node, edit.place))
    if any(child.metric == node.metric for child in parent.children) or parent.metric == node.metric:
        raise TreeEditError(reason="already", node=node.label, other=parent.label)
    why = _note(edit.why) if edit.why.strip() else node.why
    if why is None:
        raise TreeEditError(reason="why", node=node.label, other=parent.label)
    moved = node.model_copy(update={"edge": "influence", "why": why, "hide_when_zero": False})
    return _changed(_without(root, edit.id), edit.parent, lambda n: _placed(n, moved, edit.place))


def _placed(parent: Node, node: Node, place: int | None) -> Node:
    others = [child for child in parent.children if child.id != node.id]
    others.insert(len(others) if place is None else place, node)
    return parent.model_copy(update={"children": tuple(others)})


def _rename(root: Node, edit: Rename) -> Node:
    ru, en = edit.ru.strip(), edit.en.strip()
    if not ru or not en:
        raise TreeEditError(reason="no_name", node=edit.id, other="")
    return _changed(root, edit.id, lambda n: n.model_copy(update={"label": Texts(ru=ru, en=en)}))


def _compute(root: Node, edit: Compute) -> Node:
    above = _metrics_above(root, edit.id)
    taken = {node.id for node in root.walk()}
    return _changed(root, edit.id, lambda n: _computed(n, edit.identity, above, taken))


def _metrics_above(root: Node, node_id: str) -> list[str]:
    found, at = [], parent_of(root, node_id)
    while at is not None:
        found.append(at.metric)
        at = parent_of(root, at.id)
    return found


def _computed(node: Node, identity: str | None, above: Sequence[str], taken: set[str]) -> Node:
    if identity is None or not identity.strip():
        loose = tuple(_loosened(child) for child in node.children)
        return node.model_copy(update={"identity": None, "children": loose})
    text = identity.strip()
    formula = Formula(text)
    formula.check_names(metrics())
    if not formula.names:
        raise TreeEditError(reason="no_names", node=node.label, other=text)
    for name in formula.names:
        # a whole that is made of itself explains nothing, at any distance
        if name == node.metric or name in above:
            raise TreeEditError(reason="above", node=_name(name), other=node.label)
    there = {child.metric: child for child in node.children}
    exact = [_exact(name, there.get(name), taken) for name in formula.names]
    rest = [_loosened(child) for child in node.children if child.metric not in formula.names]
    made = node.model_copy(update={"identity": text, "children": (*exact, *rest)})
    check_identity(made)
    return made


def _exact(name: str, there: Node | None, taken: set[str]) -> Node:
    """The child of a formula: the node that hangs there already, or a new one."""
    if there is not None:
        return there.model_copy(update={"edge": "identity", "elasticity": None, "grade": None})
    metric = metrics()[name]
    free = next(n for n in (name, *(f"{name}.{k}" for k in range(2, MAX_NODES + 2))) if n not in taken)
    taken.add(free)
    return Node(id=free, metric=name, label=metric.label, edge="identity", level=metric.level)


def _believe(root: Node, edit: Believe) -> Node:
    node = root.find(edit.id)
    assert node is not None
    if node.edge != "influence":
        raise TreeEditError(reason="exact", node=node.label, other="")
    _check_belief(edit.why, edit.elasticity, edit.grade, node.label)
    known = {"why": _note(edit.why), "elasticity": edit.elasticity, "grade": edit.grade}
    return _changed(root, edit.id, lambda n: n.model_copy(update=known))


def _check_belief(why: str, elasticity: float | None, grade: str | None, name: Texts | str) -> None:
    if not why.strip():
        raise TreeEditError(reason="why", node=name, other="")
    if (elasticity is None) != (grade is None):
        raise TreeEditError(reason="grade", node=name, other="")


def _note(why: str) -> Texts:
    # a person writes one note, in the language they think in
    return Texts(ru=why.strip(), en=why.strip())


def _name(metric: str) -> Texts | str:
    found = metrics().get(metric)
    return found.label if found else metric


def _check_size(root: Node) -> None:
    count = sum(1 for _ in root.walk())
    if count > MAX_NODES or _depth(root) > MAX_DEPTH:
        raise TreeEditError(reason="too_big", node=str(count), other=str(MAX_NODES))


def _depth(node: Node) -> int:
    return 1 + max((_depth(child) for child in node.children), default=0)
