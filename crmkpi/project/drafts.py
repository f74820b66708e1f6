"""Drafts: from the first confirmed mapping the work lives on this computer's disk until it is deleted.

Reloading the page, a sleeping laptop or a restart of the app comes back to it. The home is
`CRMKPI_HOME`, or `.crmkpi` in the user's home directory.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from crmkpi.errors import CrmKpiError
from crmkpi.project.document import Confirmed, Project
from crmkpi.project.errors import NotAProjectError
from crmkpi.project.file import pack, unpack
from crmkpi.project.place import DOCUMENT, Place

ID = re.compile(r"[0-9a-f]{16}")
# so many drafts are asked for mappings that were confirmed earlier
REMEMBERED = 12


@dataclass(frozen=True)
class DraftEntry:
    """One saved draft: its id, name and when it was last written (seconds since the epoch)."""

    id: str
    name: str
    saved: float


class People(Protocol):
    """Who may see and save which project, where several people share a server."""

    def sees(self, project_id: str) -> bool:
        """Whether the visitor may see this project."""

    def before_save(self, project: Project) -> None:
        """Claims a new project for the visitor, refuses one of others."""

    def last(self) -> str | None:
        """The project that the visitor saved last."""


class Drafts:
    """The drafts of one home directory. Every path is made from a checked id, never from user text.

    `people`: whose drafts these are; without it, all of the home are the visitor's (an own computer).
    """

    def __init__(self, home: Path | None = None, people: People | None = None) -> None:
        self.people = people
        configured = os.environ.get("CRMKPI_HOME")
        self.home = home or (Path(configured) if configured else Path.home() / ".crmkpi")

    @property
    def folder(self) -> Path:
        """Where the drafts are."""
        return self.home / "projects"

    def place(self, project_id: str) -> Place:
        """The place of a draft; the id is checked, so a text from a URL cannot name another path."""
        if not ID.fullmatch(project_id):
            raise NotAProjectError(path=project_id[:40])
        return Place(self.folder / project_id)

    def has(self, project_id: str) -> bool:
        """Whether this draft exists."""
        if not ID.fullmatch(project_id) or not self.place(project_id).exists():
            return False
        return self.people is None or self.people.sees(project_id)

    def save(self, project: Project) -> Place:
        """Write the document of a draft and remember it as the last one."""
        if self.people:
            self.people.before_save(project)
        place = self.place(project.id)
        place.write(project)
        self._remember(project.id)
        return place

    def last(self) -> str | None:
        """The draft that was open last, if it still exists."""
        if self.people:
            mine = self.people.last()
            return mine if mine and self.has(mine) else None
        pointer = self.home / "last"
        if not pointer.is_file():
            return None
        found = pointer.read_text(encoding="utf-8").strip()
        return found if self.has(found) else None

    def entries(self) -> list[DraftEntry]:
        """All drafts that can be read, the latest first; a damaged one never hides the others."""
        folders = self.folder.glob("*") if self.folder.is_dir() else ()
        found = [entry for folder in folders if (entry := self._entry(folder)) is not None]
        return sorted(found, key=lambda e: -e.saved)

    def confirmed(self, without: str | None = None) -> dict[str, Confirmed]:
        """Mappings that were confirmed in the latest drafts of this computer, by header set, newer ones winning.

        Answers stay behind: which year or currency is meant may differ between two shops with the same headers.
        """
        found: dict[str, Confirmed] = {}
        for entry in self.entries()[:REMEMBERED]:
            if entry.id != without:
                known = self.place(entry.id).read().confirmed
                found = {k: v.model_copy(update={"answers": {}}) for k, v in known.items()} | found
        return found

    def _entry(self, folder: Path) -> DraftEntry | None:
        if not self.has(folder.name):
            return None
        try:
            name = Place(folder).read().name
        except CrmKpiError:
            return None
        return DraftEntry(folder.name, name, (folder / DOCUMENT).stat().st_mtime)

    def export(self, project_id: str, target: Path, passphrase: str | None = None) -> None:
        """Pack a draft into a project file, sealed if a passphrase is given."""
        pack(self.place(project_id).root, target, passphrase)

    def import_file(self, source: Path, passphrase: str | None = None) -> Project:
        """Open a stranger's project file as a new draft; it never overwrites one that is here."""
        fresh = Project().id
        root = self.folder / fresh
        self.folder.mkdir(parents=True, exist_ok=True)
        unpack(source, root, passphrase)
        try:
            project = Place(root).read()
        except CrmKpiError:
            shutil.rmtree(root, ignore_errors=True)
            raise
        project = project.model_copy(update={"id": fresh})
        self.save(project)
        return project

    def delete(self, project_id: str) -> None:
        """Remove a draft with its data."""
        if self.has(project_id):
            shutil.rmtree(self.place(project_id).root, ignore_errors=False)

    def _remember(self, project_id: str) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        pointer = self.home / "last"
        temporary = pointer.with_suffix(".new")
        temporary.write_text(project_id, encoding="utf-8")
        os.replace(temporary, pointer)
