"""Tree file: a changed tree to take to the next project. It holds edits and own metrics, never data.

A file comes from a stranger: its size is bounded, every field is checked, and its formulas are read by the same
allow-list as typed ones. It is applied only as a whole.
"""

from __future__ import annotations

import json
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from crmkpi.catalog.in_force import Extension, in_force
from crmkpi.catalog.trees import TreeTemplate, templates, trees
from crmkpi.engine.data import DataDir
from crmkpi.errors import CrmKpiError
from crmkpi.formula import Formula
from crmkpi.project.document import Project
from crmkpi.project.own_catalogue import catalogue_of_state
from crmkpi.project.tree_versions import MOST_EDITS, Change, Control, TreeState
from crmkpi.project.tree_work import Hand, known_metrics
from crmkpi.tree.editing import edited
from crmkpi.tree.edits import Edit
from crmkpi.tree.own_metric import MOST_OWN, PREFIX, OwnMetric, built
from crmkpi.tree.proof import prove

FORMAT: Literal["crmkpi-tree"] = "crmkpi-tree"
VERSION = 1
MOST_BYTES = 1024 * 1024


class TreeFileError(CrmKpiError):
    """A file of a tree that cannot be taken: `reason` (not_a_tree, too_big, newer, template, differs), `detail`."""

    code = "tree_file"

    @property
    def key(self) -> str:
        """Each reason has its own sentence: `error.tree_file_<reason>`."""
        return f"error.tree_file_{self.params['reason']}"


class TreeFile(BaseModel):
    """The file: which template, what was changed in it, the own metrics that it needs, who controls what."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    format: Literal["crmkpi-tree"]
    version: int = Field(ge=1)
    template: str
    edits: tuple[Edit, ...] = Field(default=(), max_length=MOST_EDITS)
    own: tuple[OwnMetric, ...] = Field(default=(), max_length=MOST_OWN)
    control: dict[str, Control] = Field(default_factory=dict)


def tree_file(project: Project, tree: str) -> bytes:
    """The tree of a project as a file: its edits, and those own metrics that it stands on."""
    state = project.own_trees.state
    file = TreeFile(
        format=FORMAT,
        version=VERSION,
        template=tree,
        edits=state.edits.get(tree, ()),
        own=state.own,
        control=state.control,
    )
    return file.model_dump_json(indent=1).encode()


def read_tree_file(content: bytes) -> TreeFile:
    """The file checked; anything wrong is one TreeFileError."""
    if len(content) > MOST_BYTES:
        raise TreeFileError(reason="too_big", detail="1")
    try:
        raw = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise TreeFileError(reason="not_a_tree", detail="JSON") from error
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise TreeFileError(reason="not_a_tree", detail="format")
    if isinstance(raw.get("version"), int) and raw["version"] > VERSION:
        raise TreeFileError(reason="newer", detail=str(raw["version"]))
    try:
        file = TreeFile.model_validate(raw)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise TreeFileError(reason="not_a_tree", detail=place or "—") from error
    if file.template not in templates():
        raise TreeFileError(reason="template", detail=file.template)
    return file


def with_tree_file(project: Project, data: DataDir | None, file: TreeFile, hand: Hand) -> Project:
    """The project with the tree of a file; own metrics are added, its edits replace those of the same template.

    Errors: TreeFileError where an own metric of the same id means something else here; those of edits and formulas;
    BrokenIdentityError where these data contradict a formula of the file.
    """
    state = project.own_trees.state
    mine = {one.id: one for one in state.own}
    for one in file.own:
        if one.id in mine and mine[one.id].formula != one.formula:
            raise TreeFileError(reason="differs", detail=one.label)
    own = (*state.own, *(one for one in file.own if one.id not in mine))
    built(own, known_metrics(data))
    after = state.model_copy(
        update={
            "own": own,
            "edits": {**state.edits, file.template: file.edits},
            "control": {**state.control, **file.control},
        }
    )
    tree = _checked(after, file, data)
    change = Change(what="imported", name=tree.title)
    kept = project.own_trees.saved(after, file.template, change, hand.who, hand.at)
    chosen = project.tree.model_copy(update={"template": file.template})
    return project.model_copy(update={"own_trees": kept, "tree": chosen})


def tree_of_file(file: TreeFile, data: DataDir | None) -> tuple[TreeTemplate, Extension | None]:
    """The tree of a file alone, and the catalogue that it needs (the command line shows it without keeping it)."""
    built(file.own, known_metrics(data))
    state = TreeState(edits={file.template: file.edits}, own=file.own, control=file.control)
    found = catalogue_of_state(state, data)
    return _checked(state, file, data), found


def _checked(state: TreeState, file: TreeFile, data: DataDir | None) -> TreeTemplate:
    """The tree of the file in that state, its formulas held against the data."""
    with in_force(catalogue_of_state(state, data)):
        tree = edited(
            templates()[file.template], file.edits
        )  # an edit that does not fit is told, not skipped
        computed = {edit.id for edit in file.edits if edit.kind == "compute"}
        for node in tree.root.walk():
            if data is not None and node.identity and (node.id in computed or _own_named(node.identity)):
                prove(data, tree.root, node.id)
        return trees()[file.template]


def _own_named(identity: str) -> bool:
    return any(name.startswith(PREFIX) for name in Formula(identity).names)
