"""Tree versions: what the user made of the templates, kept step by step with who, when and what.

A version holds the whole state after it (edits per template, own metrics, who controls what), so any of them can be
looked at and brought back. Bringing one back is a new version: history is never rewritten.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from crmkpi.catalog.in_force import Extension, extension, in_force
from crmkpi.catalog.metric import Metric, Texts, standard_metrics
from crmkpi.catalog.roles import role_of
from crmkpi.catalog.trees import TreeTemplate, templates
from crmkpi.engine.data import DataDir
from crmkpi.engine.sheet import own_metrics
from crmkpi.errors import CrmKpiError
from crmkpi.project.errors import ProjectDamagedError
from crmkpi.tree.editing import edited
from crmkpi.tree.edits import Edit
from crmkpi.tree.own_metric import OwnMetric, built

# a version holds its whole state, so that a hundred are about a megabyte; the oldest go first, the state never does
MOST_VERSIONS = 100
MOST_EDITS = 500
DOCUMENT = "project.json"
Control = Literal["yes", "partly", "no"]
What = Literal[
    "added", "removed", "moved", "renamed", "computed", "uncomputed", "believed", "defined", "redefined",
    "forgotten", "controlled", "restored", "imported", "reset",
]  # fmt: skip


class TreeState(BaseModel):
    """Edits by template id in their order, own metrics, and controllability that the user stated, by metric."""

    model_config = ConfigDict(frozen=True)
    edits: dict[str, tuple[Edit, ...]] = Field(default_factory=dict)
    own: tuple[OwnMetric, ...] = ()
    control: dict[str, Control] = Field(default_factory=dict)


class Change(BaseModel):
    """What was done: printed as a sentence `editor.did_<what>` with the names of that day."""

    model_config = ConfigDict(frozen=True)
    what: What
    name: Texts
    other: Texts | None = None


class TreeVersion(BaseModel):
    """One saved step. `number` counts from 1 and never repeats; `at` is an aware time.

    `after` is the state after it as JSON text: a page reads the project at every click, and a hundred states that
    nobody looks at must cost nothing.
    """

    model_config = ConfigDict(frozen=True)
    number: int
    at: datetime
    who: str = Field(default="", max_length=80)
    template: str
    change: Change
    after: str

    @property
    def state(self) -> TreeState:
        """The state after the step; a ProjectDamagedError where the text was changed by hand."""
        try:
            return TreeState.model_validate_json(self.after)
        except ValidationError as error:
            raise ProjectDamagedError(file=DOCUMENT, entry=f"own_trees.versions.{self.number}") from error


class OwnTrees(BaseModel):
    """The state in use and how it came about, the oldest version first."""

    model_config = ConfigDict(frozen=True)
    state: TreeState = Field(default_factory=TreeState)
    versions: tuple[TreeVersion, ...] = ()

    @property
    def last(self) -> TreeVersion | None:
        """The newest version, None while nothing was changed."""
        return self.versions[-1] if self.versions else None

    def version(self, number: int) -> TreeVersion | None:
        """A version by its number."""
        return next((v for v in self.versions if v.number == number), None)

    def saved(self, state: TreeState, template: str, change: Change, who: str, at: datetime) -> OwnTrees:
        """With one more version; `at` comes from the caller, so that tests and servers know the clock."""
        number = self.last.number + 1 if self.last else 1
        step = TreeVersion(
            number=number,
            at=at,
            who=who.strip()[:80],
            template=template,
            change=change,
            after=state.model_dump_json(),
        )
        return OwnTrees(state=state, versions=(*self.versions, step)[-MOST_VERSIONS:])


def extension_of(state: TreeState, data: DataDir | None = None, role: str | None = None) -> Extension | None:
    """What a state adds to the catalogue: own metrics (by formula, or of a sheet in the data), trees, control.

    None where it adds nothing. An own metric that can no longer be built takes no other down with it, and neither does
    a tree whose edits no longer fit its template; both stay in `broken`.
    """
    own, broken = _own(state, data)
    own.update(_controlled({**standard_metrics(), **own}, state, role))
    if not own and not state.edits:
        return None
    found = extension(own)
    changed: dict[str, TreeTemplate] = {}
    for name, edits in state.edits.items():
        if name in templates() and edits:
            tree = _changed(name, edits, found, broken)
            if tree is not None:
                changed[name] = tree
    return extension(own, changed, broken)


def _own(state: TreeState, data: DataDir | None) -> tuple[dict[str, Metric], dict[str, Exception]]:
    of_sheet = own_metrics(data) if data is not None and data.tables() else {}
    known = {**standard_metrics(), **of_sheet}
    good: list[OwnMetric] = []
    waiting, broken = list(state.own), {}
    while waiting:
        left = []
        for one in waiting:  # one that stands on another may come before it
            try:
                built([*good, one], known)
                good.append(one)
            except CrmKpiError as error:
                left.append(one)
                broken[one.id] = error
        if len(left) == len(waiting):
            break
        waiting = left
    errors: dict[str, Exception] = {one.id: broken[one.id] for one in waiting}
    return {**of_sheet, **built(good, known)}, errors


def _controlled(known: Mapping[str, Metric], state: TreeState, role: str | None) -> dict[str, Metric]:
    """Metrics whose controllability differs from the catalogue's: the person's word, else the role's."""
    chosen = role_of(role)
    wanted: dict[str, Control] = {**(chosen.control if chosen else {}), **state.control}
    return {
        name: known[name].model_copy(update={"controllable": control})
        for name, control in wanted.items()
        if name in known and known[name].controllable != control
    }


def _changed(
    name: str, edits: tuple[Edit, ...], found: Extension, broken: dict[str, Exception]
) -> TreeTemplate | None:
    with in_force(found):
        try:
            return edited(templates()[name], edits)
        except CrmKpiError as error:
            broken[name] = error
            return None
