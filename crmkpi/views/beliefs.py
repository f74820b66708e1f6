"""Beliefs of a project: stated elasticities of influence edges, each with what stands behind it."""

from __future__ import annotations

from collections.abc import Mapping

from crmkpi.i18n import Words
from crmkpi.project.document import Belief, Project
from crmkpi.tree.beliefs import Edge, influences
from crmkpi.tree.cascade import Elasticity
from crmkpi.views.whatif import BeliefLine, Board

GRADES = ("typed", "estimated", "experiment")
# what a move of the child by this much means for the parent is said in the line of a belief
EXAMPLE = 1.1


def stated(project: Project) -> dict[Edge, Elasticity]:
    """Elasticity per (child, parent), as the tree room reads it."""
    return {(b.child, b.parent): Elasticity(b.value, b.error, grade=b.grade) for b in project.beliefs}


def in_force(project: Project, board: Board) -> dict[Edge, Elasticity]:
    """What moves pass on: strengths written into the tree by the editor, then those stated here, which win."""
    written = {
        i.edge: Elasticity(i.child.elasticity, 0.0, grade=i.child.grade or "D")
        for i in influences(board.root)
        if i.child.elasticity is not None
    }
    return {**written, **stated(project)}


def with_belief(project: Project, edge: Edge, value: float | None, error: float, grade: str) -> Project:
    """The project with this elasticity stated for the edge; None takes it back."""
    others = [b for b in project.beliefs if (b.child, b.parent) != edge]
    if value is None:
        return project.model_copy(update={"beliefs": others})
    new = Belief.model_validate(
        {"child": edge[0], "parent": edge[1], "value": value, "error": error, "grade": grade}
    )
    return project.model_copy(update={"beliefs": [*others, new]})


def edge_name(line: BeliefLine, t: Words) -> str:
    """«Open rate → Purchase frequency»."""
    return t("belief.edge", child=line.lever.name, parent=line.parent_name)


def said(line: BeliefLine, belief: Elasticity, t: Words) -> str:
    """What the stated elasticity means in plain numbers, and who says so."""
    growth = EXAMPLE**belief.value - 1
    change = t.signed(t.percent(abs(growth), 1), growth)
    return t("belief.said", parent=line.parent_name, change=change, grade=_grade(belief.grade, t))


def _grade(grade: str, t: Words) -> str:
    """The ground of an elasticity: one of ours, or a letter of the tree's editor."""
    key = f"belief.grade_{grade}"
    return t(key) if t.has(key) else t(f"editor.grade_{grade}")


def estimate_text(line: BeliefLine, t: Words) -> str:
    """What past movements say about an edge, never more than a correlation; or that they are too few."""
    found = line.estimated
    if found is None:
        return t("belief.no_estimate")
    value, error = t.number(found.value, 2), t.number(found.error, 2)
    return t(
        f"belief.estimate_{'lag' if found.lag else 'now'}",
        value=value,
        error=error,
        n=found.points,
        lag=found.lag,
    )


def usable(board: Board, elasticities: Mapping[Edge, Elasticity]) -> tuple[BeliefLine, ...]:
    """The influence edges of this board that have a stated elasticity; each child once."""
    found = {line.lever.metric: line for line in board.beliefs if line.edge in elasticities}
    return tuple(found.values())
