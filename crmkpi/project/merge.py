"""Two people changed one project: join both changes where they touch different things, say so where they do not.

A three-way merge of documents. Records with an id (targets, benchmarks, log entries) are joined one by one, settings
field by field; any other value is one piece. Nobody's change is dropped without a word.
"""

from __future__ import annotations

from typing import Any

from crmkpi.project.document import Project

_ABSENT = object()
# a record of the loaded files follows from the data that lie on disk: whoever loaded last is right
_DERIVED = ("files",)


def merged(base: Project, theirs: Project, mine: Project) -> tuple[Project | None, tuple[str, ...]]:
    """The joined project, or None with the places where both changed the same thing, e.g. `targets.k3.goal`.

    `base` is what both started from, `theirs` what is stored now, `mine` what is about to be saved.
    """
    if theirs in (base, mine):
        return mine, ()
    clashes: list[str] = []
    joined: dict[str, Any] = {}
    first, other, own = base.model_dump(), theirs.model_dump(), mine.model_dump()
    for field in own:
        if field in _DERIVED and own[field] != first[field]:
            joined[field] = own[field]
        else:
            joined[field] = _join((first[field], other[field], own[field]), field, clashes)
    return (None, tuple(clashes)) if clashes else (Project.model_validate(joined), ())


def _join(values: tuple[Any, Any, Any], where: str, clashes: list[str]) -> Any:
    """One value out of (base, theirs, mine)."""
    base, theirs, mine = values
    if mine == theirs or base == theirs:
        return mine
    if base == mine:
        return theirs
    if all(isinstance(x, dict) for x in values):
        return _join_fields(base, theirs, mine, where, clashes)
    if all(_records(x) for x in values):
        named = [{str(one["id"]): one for one in x} for x in values]
        return list(_join_fields(named[0], named[1], named[2], where, clashes).values())
    clashes.append(where)
    return mine


def _join_fields(
    base: dict[str, Any], theirs: dict[str, Any], mine: dict[str, Any], where: str, clashes: list[str]
) -> dict[str, Any]:
    """In the order of the stored document, what is new in mine at the end."""
    found = {}
    for name in [*theirs, *(n for n in mine if n not in theirs)]:
        values = (base.get(name, _ABSENT), theirs.get(name, _ABSENT), mine.get(name, _ABSENT))
        one = _join(values, f"{where}.{name}", clashes)
        if one is not _ABSENT:
            found[name] = one
    return found


def _records(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(x, dict) and x.get("id") for x in value)
