"""Share: what the project file is called and what it holds."""

from __future__ import annotations

import re
from dataclasses import dataclass

from crmkpi.engine.data import DataDir
from crmkpi.i18n import Words
from crmkpi.project.document import Project

LONGEST = 60


@dataclass(frozen=True)
class FileLine:
    """The file to save: its name and a sentence about its content."""

    name: str
    holds: str


def project_file(project: Project, data: DataDir | None, t: Words) -> FileLine:
    """Name and content of the project file."""
    tables = len([x for x in data.tables() if x != "ids"]) if data else 0
    return FileLine(
        name=f"{file_name(project.name)}.crmkpi",
        holds=t("share.holds", tables=tables, targets=len(project.targets)),
    )


def file_name(name: str) -> str:
    """A name that every system can save: letters, digits, spaces and dashes of the project's name."""
    cleaned = re.sub(r"[^\w -]+", "", name, flags=re.UNICODE).strip()
    return cleaned[:LONGEST] or "crm-kpi"
