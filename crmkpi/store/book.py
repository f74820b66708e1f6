"""The book of projects over the places of this disk: the store is right, `project.json` in the place mirrors it.

A place that was there before the store is taken over at its first opening; a document that something else wrote (the
command line, a person with an editor) becomes a new version. Two tabs that changed different things are joined; where
they changed the same thing the second is told and nothing is overwritten.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from crmkpi.errors import CrmKpiError
from crmkpi.project.document import Project
from crmkpi.project.drafts import Drafts
from crmkpi.project.merge import merged
from crmkpi.project.place import Place
from crmkpi.store.errors import ChangedByAnotherError, ProjectGoneError, StoreBusyError
from crmkpi.store.projects import Saved
from crmkpi.store.retention import Receipt
from crmkpi.store.store import Store

TRIES = 8


@dataclass(frozen=True)
class Book:
    """The projects of a store with their places on this disk."""

    store: Store
    drafts: Drafts

    def open(self, project_id: str, by: str = "") -> Saved | None:
        """The project as it stands now, its place on this disk brought up to it; None if there is none.

        Raises ProjectDamagedError, ProjectNewerError for a place that was never in the store.
        """
        saved = self.store.projects.find(project_id)
        place = self.drafts.place(project_id)
        if saved is None:
            return self._taken_over(project_id, place, by)
        local = _readable(place)
        if local is not None and local != saved.project:
            saved = self._reconciled(saved, local, place)
        elif local is None:
            place.write(saved.project)
        if self.store.shared:
            self.store.datasets.fetch(project_id, place.root)
        self.store.projects.used(project_id)
        return saved

    def _taken_over(self, project_id: str, place: Place, by: str) -> Saved | None:
        if not place.exists():
            return None
        if self.store.retention.deleted(project_id):
            # a deletion that was killed before the files went: it is finished, never undone
            shutil.rmtree(place.root, ignore_errors=True)
            return None
        project = place.read().model_copy(update={"id": project_id})
        saved = self.store.projects.create(project, by)
        self._keep_data(project_id, place, by)
        return saved

    def _reconciled(self, saved: Saved, local: Project, place: Place) -> Saved:
        """The place differs from the store: an older mirror is renewed, an edit from outside becomes a version."""
        if self.store.projects.version_of(local) is None and local.id == saved.project.id:
            try:
                return self.store.projects.save(local, saved.version)
            except ChangedByAnotherError:
                saved = self.store.projects.read(saved.project.id)
        place.write(saved.project)
        return saved

    def create(self, project: Project, by: str = "") -> Saved:
        """A new project in the store and on this disk."""
        saved = self.store.projects.create(project, by)
        self.drafts.save(saved.project)
        return saved

    def save(self, project: Project, base: Project, by: str = "") -> Saved:
        """Save what was made from `base`, joined with what others saved since.

        Raises ChangedByAnotherError where both changed the same thing (nothing is written), ProjectGoneError.
        """
        for _ in range(TRIES):
            theirs = self.store.projects.read(project.id)
            joined, _clashes = merged(base, theirs.project, project)
            if joined is None:
                raise self.store.projects.changed(theirs)
            if joined == theirs.project:
                self._mirror(theirs, by)
                return theirs
            try:
                saved = self.store.projects.save(joined, theirs.version, by)
            except ChangedByAnotherError:
                continue
            self._mirror(saved, by)
            return saved
        raise StoreBusyError(seconds=0)

    def _mirror(self, saved: Saved, by: str) -> None:
        place = self.drafts.save(saved.project)
        self._keep_data(saved.project.id, place, by)

    def _keep_data(self, project_id: str, place: Place, by: str) -> None:
        """Where others see the same projects, the loaded data go to the blobs; alone, the place is enough."""
        if self.store.shared:
            self.store.datasets.put(project_id, place.root, by)

    def delete(self, project_id: str, by: str = "") -> Receipt:
        """Delete a project with its links, data and files; the receipt proves it. Raises ProjectGoneError."""
        if self.store.projects.find(project_id) is None and self.open(project_id) is None:
            raise ProjectGoneError(id=project_id)
        return self.store.retention.delete(project_id, by)


def _readable(place: Place) -> Project | None:
    """The document of a place; None if there is none or it is damaged, the store then gives it back."""
    if not place.exists():
        return None
    try:
        return place.read()
    except CrmKpiError:
        return None
