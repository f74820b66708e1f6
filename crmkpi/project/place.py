"""Where a project lives: a directory with `project.json` and `data/`. A `*.crmkpi` file unpacks to the same."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from crmkpi.engine.data import DataDir
from crmkpi.ingest.files import repaired
from crmkpi.project.document import VERSION, Project, upgraded
from crmkpi.project.errors import (
    NotAProjectError,
    ProjectDamagedError,
    ProjectMissingError,
    ProjectNewerError,
    ProjectUnwritableError,
)
from crmkpi.project.file import pack, unpack
from crmkpi.project.lock import PASSPHRASE, is_locked

DOCUMENT = "project.json"
SUFFIX = ".crmkpi"


class Place:
    """A project directory: the document and the canonical data beside it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def data(self) -> DataDir:
        """The canonical tables of the project, brought back first if a load was killed while it put them in place."""
        return DataDir(repaired(self.root / "data"))

    def exists(self) -> bool:
        """Whether a document was ever saved here."""
        return (self.root / DOCUMENT).is_file()

    def read(self) -> Project:
        """The saved document; a fresh one where nothing was saved yet."""
        path = self.root / DOCUMENT
        if not path.is_file():
            return Project()
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(raw, dict):
                raise ProjectDamagedError(file=self.root.name, entry=DOCUMENT)
            if raw.get("version", VERSION) > VERSION:
                raise ProjectNewerError(file=self.root.name, version=raw["version"], known=VERSION)
            return Project.model_validate(upgraded(raw))
        except (ValidationError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise ProjectDamagedError(file=self.root.name, entry=DOCUMENT) from error

    def write(self, project: Project) -> None:
        """Save the document: a new file first, then one rename, so that a crash leaves old or new."""
        self.root.mkdir(parents=True, exist_ok=True)
        text = project.model_dump_json(indent=1)
        handle, temporary = tempfile.mkstemp(dir=self.root, prefix=".project-", suffix=".json")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self.root / DOCUMENT)
        finally:
            Path(temporary).unlink(missing_ok=True)


@contextmanager
def _writable(path: Path) -> Iterator[None]:
    """A new project where the system does not let us write is the user's path, not our fault."""
    try:
        yield
    except OSError as error:
        at = Path(error.filename) if isinstance(error.filename, str) else None
        # an error about another file (an export that went away) is not about the project's place
        if at is None or not (at == path or path in at.parents or at in path.parents):
            raise
        raise ProjectUnwritableError(path=path.name, reason=error.strerror or "") from error


@contextmanager
def opened(path: Path, create: bool = False, write_back: bool = False) -> Iterator[Place]:
    """A project by its path, as a directory to work in.

    A `*.crmkpi` file is unpacked to a temporary directory; with `write_back` it is packed again at the end,
    only if nothing failed. `create` allows a path where nothing is yet. A sealed file is opened, and a new one
    sealed, with the passphrase in CRMKPI_PASSPHRASE. Raises NotAProjectError, ProjectMissingError,
    ProjectDamagedError, ProjectUnwritableError, PassphraseNeededError, PassphraseWrongError.
    """
    passphrase = os.environ.get(PASSPHRASE) or None
    if path.is_dir():
        if not create and not (path / DOCUMENT).is_file():
            raise NotAProjectError(path=path.name)
        yield Place(path)
        return
    if not path.exists() and not create:
        raise ProjectMissingError(path=path.name)
    if not path.exists() and path.suffix != SUFFIX:
        with _writable(path):
            yield Place(path)
        return
    with tempfile.TemporaryDirectory(prefix="crmkpi-") as directory:
        root = Path(directory) / "project"
        sealed = is_locked(path) if path.exists() else passphrase is not None
        if path.exists():
            unpack(path, root, passphrase)
        place = Place(root)
        if path.exists():
            place.read()  # a damaged document is refused before any work
        yield place
        if write_back:
            pack(root, path, passphrase if sealed else None)
