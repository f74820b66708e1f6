"""Edits: a tree of one's own is a template and an ordered list of changes to it, each checked before it is kept.

A node hangs on its parent in one of two ways. Exactly: only through the parent's formula (`Compute`), which names the
metrics that it is made of. As a belief: `Add` with a note that says why. A node that leaves a formula (removed, or
moved elsewhere) takes the formula with it; its former partners stay as beliefs, because no arithmetic is left.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from crmkpi.catalog.trees import MAX_NODES, Grade
from crmkpi.errors import CrmKpiError

LONGEST_NAME, LONGEST_NOTE = 80, 300
NodeId = Annotated[str, Field(min_length=1, max_length=120)]


class TreeEditError(CrmKpiError):
    """An edit that the tree does not allow: `reason` chooses the sentence, `node` and `other` name the nodes."""

    code = "tree_edit"

    @property
    def key(self) -> str:
        """Each reason has its own sentence: `error.tree_edit_<reason>`."""
        return f"error.tree_edit_{self.params['reason']}"


class _Edit(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Add(_Edit):
    """Hang a metric under a node as a belief. `why` is required; an elasticity needs the grade of its evidence."""

    kind: Literal["add"] = "add"
    id: NodeId
    metric: NodeId
    parent: NodeId
    why: str = Field(max_length=LONGEST_NOTE)
    elasticity: float | None = Field(default=None, gt=-20, lt=20)
    grade: Grade | None = None


class Remove(_Edit):
    """Take a node out with everything below it."""

    kind: Literal["remove"] = "remove"
    id: NodeId


class Move(_Edit):
    """Hang a node elsewhere, or (the same parent) put it at another place among its siblings, counted from 0.

    Under a new parent it is a belief, so a node that was part of a formula needs a `why`.
    """

    kind: Literal["move"] = "move"
    id: NodeId
    parent: NodeId
    place: int | None = Field(default=None, ge=0, le=MAX_NODES)
    why: str = Field(default="", max_length=LONGEST_NOTE)


class Rename(_Edit):
    """Another name for a node, in both languages."""

    kind: Literal["rename"] = "rename"
    id: NodeId
    ru: str = Field(max_length=LONGEST_NAME)
    en: str = Field(max_length=LONGEST_NAME)


class Compute(_Edit):
    """What a node is exactly made of: a formula over metrics; None takes the formula away.

    Metrics that the formula names become the node's exact children (new ones are added), the others become beliefs.
    """

    kind: Literal["compute"] = "compute"
    id: NodeId
    identity: str | None = None


class Believe(_Edit):
    """What is known about a belief: its note, and by how many per cent the parent follows one per cent of the node."""

    kind: Literal["believe"] = "believe"
    id: NodeId
    why: str = Field(max_length=LONGEST_NOTE)
    elasticity: float | None = Field(default=None, gt=-20, lt=20)
    grade: Grade | None = None


Edit = Annotated[Add | Remove | Move | Rename | Compute | Believe, Field(discriminator="kind")]
