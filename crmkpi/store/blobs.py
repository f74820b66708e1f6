"""Blobs: bytes under their SHA-256, inside a project; on this disk, or in an object store such as S3.

A blob is written whole before anything refers to it and checked before anything uses it. Equal bytes are kept once
within a project and never across projects: that would tell one client what another has.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import from_url

from crmkpi.store.disk import refuse_if_full
from crmkpi.store.errors import (
    BlobDamagedError,
    BlobMissingError,
    StoreAddressError,
    StoreFullError,
    StoreReadOnlyError,
    StoreUnavailableError,
)

CHUNK = 1024 * 1024
FOLDER = "blobs"
RETRIES = 4
PATIENCE_SECONDS = 20
_NO_ROOM = {28, 122}
# the driver speaks in errors of its own and in those of Python
_FAILS = (BaseError, ConnectionError, TimeoutError, PermissionError)
_ABSENT = (FileNotFoundError, NotFoundError)
_PROJECT, _HASH = re.compile(r"[0-9a-f]{16}"), re.compile(r"[0-9a-f]{64}")


class Blobs(Protocol):
    """Where blobs are kept."""

    def put(self, project_id: str, source: Path) -> tuple[str, int]:
        """Keep the bytes of a file; returns hash and size once they are safe."""

    def fetch(self, project_id: str, sha256: str, target: Path) -> None:
        """Write the blob to a new file, checked. Raises BlobMissingError, BlobDamagedError."""

    def drop(self, project_id: str, sha256: str) -> None:
        """Remove a blob; one that is gone already is fine."""

    def of(self, project_id: str) -> Iterator[tuple[str, float]]:
        """Hash and age in seconds of every blob kept for a project."""

    def projects(self) -> set[str]:
        """Projects that have anything here."""


def key_of(project_id: str, sha256: str) -> str:
    """The name of a blob; both parts are checked, so that no text leads elsewhere."""
    if not _PROJECT.fullmatch(project_id) or not _HASH.fullmatch(sha256):
        raise BlobMissingError(name=sha256[:12])
    return f"{project_id}/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class LocalBlobs:
    """Blobs on this disk: temporary file, fsync, rename, fsync of the directory."""

    def __init__(self, home: Path) -> None:
        self.home, self.root = home, home / FOLDER

    def put(self, project_id: str, source: Path) -> tuple[str, int]:
        """Keep the bytes of a file. Raises StoreFullError, StoreReadOnlyError."""
        sha256, size = digest_of(source), source.stat().st_size
        target = self.root / key_of(project_id, sha256)
        if target.is_file() and target.stat().st_size == size:
            return sha256, size
        refuse_if_full(self.home, size)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _copy_whole(source, target, sha256)
            for folder in (target.parent, target.parent.parent, target.parent.parent.parent):
                _sync(folder)
        except OSError as error:
            if error.errno in _NO_ROOM:
                raise StoreFullError(free_mb=0, need_mb=size // 1024**2 + 1) from error
            raise StoreReadOnlyError(reason=error.strerror or "") from error
        return sha256, size

    def fetch(self, project_id: str, sha256: str, target: Path) -> None:
        """Write the blob to a new file, checked on the way."""
        source = self.root / key_of(project_id, sha256)
        if not source.is_file():
            raise BlobMissingError(name=sha256[:12])
        _copy_whole(source, target, sha256)

    def drop(self, project_id: str, sha256: str) -> None:
        """Remove a blob and the folders that it leaves empty."""
        path = self.root / key_of(project_id, sha256)
        path.unlink(missing_ok=True)
        for folder in list(path.parents)[:3]:
            try:
                folder.rmdir()
            except OSError:
                break  # not empty, or another process was quicker: both are fine

    def of(self, project_id: str) -> Iterator[tuple[str, float]]:
        """Every blob of a project; torn temporary files count too, under their own name."""
        if not _PROJECT.fullmatch(project_id):
            return
        now = time.time()
        for path in (self.root / project_id).rglob("*"):
            if path.is_file():
                yield path.name, now - path.stat().st_mtime

    def projects(self) -> set[str]:
        """Projects that have a folder here."""
        return {p.name for p in self.root.glob("*")} if self.root.is_dir() else set()

    def drop_torn(self, project_id: str, older: float) -> int:
        """Remove temporary files of writers that were killed."""
        torn = [
            p for p in (self.root / project_id).rglob(".part-*") if time.time() - p.stat().st_mtime > older
        ]
        for path in torn:
            path.unlink(missing_ok=True)
        return len(torn)


def _copy_whole(source: Path, target: Path, sha256: str) -> None:
    """Copy, hash on the way, make it durable, then give it its name. Raises BlobDamagedError."""
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".part-")
    try:
        digest = hashlib.sha256()
        with os.fdopen(handle, "wb") as out, source.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        if digest.hexdigest() != sha256:
            raise BlobDamagedError(name=sha256[:12])
        os.replace(temporary, target)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class ObjectBlobs:
    """Blobs in an object store, by an address such as `s3://bucket/prefix`; its keys come from its own settings."""

    def __init__(self, store: Any) -> None:
        self.store = store

    @classmethod
    def at(cls, address: str) -> ObjectBlobs:
        """The object store at an address. Raises StoreAddressError."""
        retry: Any = {"max_retries": RETRIES, "retry_timeout": timedelta(seconds=PATIENCE_SECONDS)}
        try:
            return cls(from_url(address, retry_config=retry))
        except (BaseError, ValueError) as error:
            raise StoreAddressError(setting="CRMKPI_BLOBS") from error

    def put(self, project_id: str, source: Path) -> tuple[str, int]:
        """Keep the bytes of a file; a blob that is there already is left. Raises StoreUnavailableError."""
        sha256, size = digest_of(source), source.stat().st_size
        key = key_of(project_id, sha256)
        try:
            if self._size(key) != size:
                obstore.put(self.store, key, source)
        except _FAILS as error:
            raise StoreUnavailableError() from error
        return sha256, size

    def _size(self, key: str) -> int | None:
        try:
            return int(obstore.head(self.store, key)["size"])
        except _ABSENT:
            return None

    def fetch(self, project_id: str, sha256: str, target: Path) -> None:
        """Write the blob to a new file, checked."""
        part = target.with_name(f".part-{target.name}")
        try:
            with part.open("wb") as out:
                for chunk in obstore.get(self.store, key_of(project_id, sha256)):
                    out.write(chunk)
            _copy_whole(part, target, sha256)
        except _ABSENT as error:
            raise BlobMissingError(name=sha256[:12]) from error
        except _FAILS as error:
            raise StoreUnavailableError() from error
        finally:
            part.unlink(missing_ok=True)

    def drop(self, project_id: str, sha256: str) -> None:
        """Remove a blob."""
        try:
            obstore.delete(self.store, key_of(project_id, sha256))
        except _ABSENT:
            return
        except _FAILS as error:
            raise StoreUnavailableError() from error

    def of(self, project_id: str) -> Iterator[tuple[str, float]]:
        """Every blob of a project."""
        for meta in self._listed(f"{project_id}/"):
            yield str(meta["path"]).rpartition("/")[2], time.time() - meta["last_modified"].timestamp()

    def projects(self) -> set[str]:
        """Projects that have anything here."""
        return {str(meta["path"]).partition("/")[0] for meta in self._listed(None)}

    def _listed(self, prefix: str | None) -> Iterator[Any]:
        try:
            for page in obstore.list(self.store, prefix=prefix):
                yield from page
        except _FAILS as error:
            raise StoreUnavailableError() from error
