"""Tree work: one change of a project's trees or own metrics, checked against the rest and kept as a version.

Every function gives a new project document and leaves the old one as it was; an error means that nothing was kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from crmkpi.catalog.in_force import in_force
from crmkpi.catalog.metric import Metric, Texts, metrics, standard_metrics
from crmkpi.catalog.trees import Node, TreeTemplate, template, templates, trees
from crmkpi.engine.data import DataDir
from crmkpi.engine.sheet import own_metrics
from crmkpi.errors import CrmKpiError
from crmkpi.formula import Formula
from crmkpi.project.document import Project
from crmkpi.project.own_catalogue import catalogue_of_state
from crmkpi.project.tree_versions import MOST_EDITS, Change, Control, TreeState, What
from crmkpi.tree.editing import edited
from crmkpi.tree.edits import Add, Believe, Compute, Edit, Move, Remove, Rename
from crmkpi.tree.own_metric import OwnMetric, OwnMetricError, built
from crmkpi.tree.proof import Proof, prove
from crmkpi.tree.spoken import spoken


class MetricInUseError(CrmKpiError):
    """An own metric that others stand on cannot go: `name`, `users` (what uses it, in words)."""

    code = "metric_in_use"


class NoVersionError(CrmKpiError):
    """There is no such version of the trees: `number`, `known` (how many there are)."""

    code = "no_version"


class TooManyEditsError(CrmKpiError):
    """One tree has as many edits as are kept: `limit`."""

    code = "too_many_edits"


@dataclass(frozen=True)
class Hand:
    """Whose hand makes the change, and when."""

    who: str
    at: datetime


@dataclass(frozen=True)
class User:
    """Something that stands on an own metric. kind: metric, node or target; `tree` for nodes."""

    kind: str
    name: Texts
    tree: Texts | None = None


def with_edit(
    project: Project, data: DataDir | None, tree: str, edit: Edit, hand: Hand
) -> tuple[Project, Proof | None]:
    """The project with one more edit of a tree, and what the data say of a new formula (None: no formula).

    Errors: TreeEditError and those of formulas; BrokenIdentityError when the data contradict a formula.
    """
    state = project.own_trees.state
    before = _tree_of(state, data, tree)
    after = state.model_copy(update={"edits": {**state.edits, tree: (*state.edits.get(tree, ()), edit)}})
    if len(after.edits[tree]) > MOST_EDITS:
        raise TooManyEditsError(limit=MOST_EDITS)
    with in_force(catalogue_of_state(state, data)):
        found = edited(templates()[tree], after.edits[tree])
        proof = prove(data, found.root, edit.id) if isinstance(edit, Compute) and data is not None else None
    return _saved(project, after, tree, _change_of(edit, before.root, found.root), hand), proof


def with_own_metric(project: Project, data: DataDir | None, own: OwnMetric, tree: str, hand: Hand) -> Project:
    """The project with an own metric defined, or defined anew.

    Errors: those of `built`; BrokenIdentityError where a formula of a tree that names it would no longer hold.
    """
    state = project.own_trees.state
    known = next((one for one in state.own if one.id == own.id), None)
    mine = [own if one.id == own.id else one for one in state.own] if known else [*state.own, own]
    built(mine, known_metrics(data))
    after = state.model_copy(update={"own": tuple(mine)})
    if known is not None and data is not None:
        _prove_again(after, data, own.id)
    what: What = "redefined" if known else "defined"
    return _saved(project, after, tree, Change(what=what, name=own.label), hand)


def without_own_metric(project: Project, data: DataDir | None, own_id: str, tree: str, hand: Hand) -> Project:
    """The project without an own metric; a MetricInUseError lists what stands on it."""
    state = project.own_trees.state
    gone = next((one for one in state.own if one.id == own_id), None)
    if gone is None:
        raise OwnMetricError(reason="unknown", name=own_id, other="")
    used = tuple(users(project, data, own_id))
    if used:
        raise MetricInUseError(name=gone.label, users=Users(used))
    after = state.model_copy(update={"own": tuple(one for one in state.own if one.id != own_id)})
    return _saved(project, after, tree, Change(what="forgotten", name=gone.label), hand)


def with_control(project: Project, metric: str, control: Control | None, tree: str, hand: Hand) -> Project:
    """The project in which a person says whether a metric is in their hands; None goes back to the role's answer."""
    state = project.own_trees.state
    said = {name: value for name, value in state.control.items() if name != metric}
    after = state.model_copy(update={"control": {**said, metric: control} if control else said})
    said_now = control or "role"
    change = Change(what="controlled", name=metrics()[metric].label, other=Texts(ru=said_now, en=said_now))
    return _saved(project, after, tree, change, hand)


def with_version(project: Project, number: int, hand: Hand) -> Project:
    """The project as it was after a version (0: before the first); what came since stays in the history."""
    found = project.own_trees.version(number)
    last = project.own_trees.last
    if (found is None and number != 0) or last is None:
        raise NoVersionError(number=number, known=len(project.own_trees.versions))
    state = found.state if found else TreeState()
    label = str(number)
    change = Change(what="restored", name=Texts(ru=label, en=label))
    return _saved(project, state, found.template if found else last.template, change, hand)


def with_template_again(project: Project, tree: str, hand: Hand) -> Project:
    """The project in which a tree is its template again; own metrics stay."""
    state = project.own_trees.state
    after = state.model_copy(update={"edits": {k: v for k, v in state.edits.items() if k != tree}})
    return _saved(project, after, tree, Change(what="reset", name=templates()[tree].title), hand)


class Users(tuple[User, ...]):
    """What stands on a metric, as a parameter of a sentence: prints in either language."""

    @property
    def ru(self) -> str:
        """In Russian."""
        return ", ".join(f"«{user.name.ru}»" for user in self)

    @property
    def en(self) -> str:
        """In English."""
        return ", ".join(f"“{user.name.en}”" for user in self)


def users(project: Project, data: DataDir | None, own_id: str) -> Iterator[User]:
    """What stands on an own metric: own metrics, nodes of changed trees and their formulas, targets."""
    state = project.own_trees.state
    for one in state.own:
        if one.id != own_id and own_id in Formula(one.formula).names:
            yield User("metric", one.label)
    with in_force(catalogue_of_state(state, data)):
        for name in state.edits:
            for node in trees()[name].root.walk():
                if node.metric == own_id:
                    yield User("node", node.label, trees()[name].title)
        label = metrics()[own_id].label if own_id in metrics() else Texts(ru=own_id, en=own_id)
    for target in project.targets:
        if target.metric == own_id:
            yield User("target", label)


def _prove_again(state: TreeState, data: DataDir, own_id: str) -> None:
    with in_force(catalogue_of_state(state, data)):
        for name in state.edits:
            root = trees()[name].root
            for node in root.walk():
                if node.identity and own_id in (node.metric, *Formula(node.identity).names):
                    prove(data, root, node.id)


def known_metrics(data: DataDir | None) -> dict[str, Metric]:
    """The catalogue with the metrics of a sheet in the data: what an own formula may stand on."""
    return {**standard_metrics(), **(own_metrics(data) if data is not None and data.tables() else {})}


def _tree_of(state: TreeState, data: DataDir | None, tree: str) -> TreeTemplate:
    with in_force(catalogue_of_state(state, data)):
        return template(tree)


def _saved(project: Project, state: TreeState, tree: str, change: Change, hand: Hand) -> Project:
    kept = project.own_trees.saved(state, tree, change, hand.who, hand.at)
    return project.model_copy(update={"own_trees": kept})


def _change_of(edit: Edit, before: Node, after: Node) -> Change:
    old, new = before.find(edit.id), after.find(edit.id)
    name = (old or new or before).label
    match edit:
        case Add():
            return Change(what="added", name=name, other=_label(after, edit.parent))
        case Remove():
            return Change(what="removed", name=name)
        case Move():
            return Change(what="moved", name=name, other=_label(after, edit.parent))
        case Rename():
            return Change(what="renamed", name=name, other=Texts(ru=edit.ru.strip(), en=edit.en.strip()))
        case Compute(identity=None):
            return Change(what="uncomputed", name=name)
        case Compute():
            return Change(what="computed", name=name, other=spoken(edit.identity or ""))
        case Believe():
            return Change(what="believed", name=name)


def _label(root: Node, node_id: str) -> Texts | None:
    node = root.find(node_id)
    return node.label if node else None
