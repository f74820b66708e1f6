"""The catalogue of a project: what its own trees, own metrics and chosen role make of the product's catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from crmkpi.catalog.in_force import Extension, in_force, use
from crmkpi.engine.data import DamagedDataError, DataDir, NoDataError
from crmkpi.engine.memory import Memory
from crmkpi.project.document import Project
from crmkpi.project.place import Place
from crmkpi.project.tree_versions import TreeState, extension_of

# building takes milliseconds; a page asks many times in one run
_BUILT = Memory(32)


def catalogue_of_project(project: Project | None, data: DataDir | None) -> Extension | None:
    """What the project adds to the catalogue (None: nothing). Never fails: what does not fit is in `broken`."""
    if project is None:
        return None
    return catalogue_of_state(project.own_trees.state, data, project.tree.role)


def catalogue_of_state(state: TreeState, data: DataDir | None, role: str | None = None) -> Extension | None:
    """The same for any state, such as that of an older version."""
    readable = data if data is not None and _stamp(data) is not None else None
    stamp = None if readable is None else _stamp(readable)
    if stamp == "":  # data that are still being written are not remembered
        return extension_of(state, readable, role)
    return _BUILT.get((state.model_dump_json(), stamp, role), lambda: extension_of(state, readable, role))


def _stamp(data: DataDir) -> str | None:
    """Hash of the data; None where there are none to read (the page that reads them says why)."""
    try:
        return data.meta.data_hash if data.tables() else None
    except (NoDataError, DamagedDataError):
        return None


def use_catalogue(project: Project | None, data: DataDir | None) -> None:
    """Put the project's catalogue in force in this thread; the first thing a page and its fragments do."""
    use(catalogue_of_project(project, data))


@contextmanager
def project_in_force(place: Place) -> Iterator[None]:
    """The catalogue of a saved project for the length of a block (a command, a report made in another thread)."""
    project = place.read() if place.exists() else None
    with in_force(catalogue_of_project(project, place.data)):
        yield
