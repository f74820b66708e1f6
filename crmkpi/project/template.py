"""A project without the client: tree, mapping and settings, to begin the next client's project with.

Nothing that says who the client is or how they do goes along: no data, files, names, targets, benchmarks, own totals.
On the screen it is called «заготовка», because «шаблон» there means a tree.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from crmkpi.project.document import VERSION, Project, upgraded
from crmkpi.project.errors import (
    NotAProjectError,
    ProjectDamagedError,
    ProjectNewerError,
    ProjectTooLargeError,
)

SUFFIX = ".crmkpi-template"
FORMAT = "crmkpi-template"
MAX_BYTES = 2 * 1024**2
# what goes along, and what never does; a new field of the document must be put into one of the two (a test asks)
TAKEN = ("lang", "settings", "confirmed", "tree", "own_trees", "rules", "false_alarms")
LEFT = (
    "version", "id", "name", "sample", "presentation", "files", "targets", "library", "starting_point", "agreement",
    "initiatives", "plans", "beliefs", "issued", "terms",
)  # fmt: skip
# settings that are numbers of the client
LEFT_SETTINGS = ("own_total", "margin_rate")


def template_text(project: Project) -> str:
    """The template of a project as the text of its file."""
    taken = project.model_dump(mode="json", include=set(TAKEN))
    for name in LEFT_SETTINGS:
        taken["settings"].pop(name, None)
    # answers may name values of the data; which columns are meant is what the next client needs
    for one in taken["confirmed"].values():
        one["answers"] = {}
    # the trees as they stand; who made which change when stays with the client
    taken["own_trees"].pop("versions", None)
    return json.dumps({"format": FORMAT, "version": VERSION, "project": taken}, ensure_ascii=False, indent=1)


def from_template(path: Path) -> Project:
    """A new project that begins with a template. A stranger's file: anything but a template is refused.

    Raises NotAProjectError, ProjectDamagedError, ProjectNewerError, ProjectTooLargeError.
    """
    if path.stat().st_size > MAX_BYTES:
        raise ProjectTooLargeError(file=path.name, limit_mb=MAX_BYTES // 1024**2)
    try:
        raw: Any = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ProjectDamagedError(file=path.name, entry="json") from error
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise NotAProjectError(path=path.name)
    version, taken = raw.get("version"), raw.get("project")
    if not isinstance(version, int) or not isinstance(taken, dict):
        raise ProjectDamagedError(file=path.name, entry="version")
    if version > VERSION:
        raise ProjectNewerError(file=path.name, version=version, known=VERSION)
    try:
        return Project.model_validate(
            upgraded({"version": version} | {k: v for k, v in taken.items() if k in TAKEN})
        )
    except (ValidationError, KeyError, TypeError, RecursionError) as error:
        raise ProjectDamagedError(file=path.name, entry="project") from error
