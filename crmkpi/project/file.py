"""The portable project file `*.crmkpi`: a zip of JSON and Parquet with a manifest of hashes.

It holds data only. Whoever opens one treats it as a stranger's upload: names, sizes and hashes are checked
before a byte is used, and nothing is written outside the new directory.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
import tempfile
import zipfile
import zlib
from pathlib import Path

from crmkpi.project.errors import (
    NotAProjectError,
    ProjectDamagedError,
    ProjectNewerError,
    ProjectTooLargeError,
)
from crmkpi.project.lock import is_locked, lock, unlock

FORMAT = "crmkpi-project"
FORMAT_VERSION = 1
MANIFEST = "manifest.json"
MAX_ENTRIES = 400
MAX_BYTES = 4 * 1024**3
MAX_JSON = 64 * 1024**2
CHUNK = 1024 * 1024
# our own files shrink five to ten times at most; this much more is made to burst
BOMB_FROM, MOST_RATIO = 32 * 1024**2, 100
# what a cut or flipped zip raises: the directory, the stream, an unknown method or a flag that asks for a password
DAMAGE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
)
# what a project may hold, by name: documents and Parquet, at most four levels deep
ALLOWED = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9_.-]*/){0,4}[A-Za-z0-9_-][A-Za-z0-9_.-]*\.(?:json|parquet)")


def pack(root: Path, target: Path, passphrase: str | None = None) -> None:
    """Write the project directory as one file, sealed if a passphrase is given; the old file stays until then."""
    if passphrase:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".saving-") as folder:
            pack(root, Path(folder) / target.name)
            lock(Path(folder) / target.name, target, passphrase)
        return
    entries: dict[str, dict[str, object]] = {}
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".saving-", suffix=target.suffix)
    os.close(handle)
    try:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for path in sorted(root.rglob("*")):
                name = path.relative_to(root).as_posix()
                if not path.is_file() or not ALLOWED.fullmatch(name) or name == MANIFEST:
                    continue
                # Parquet is compressed already; a second pass would only cost time
                method = zipfile.ZIP_STORED if path.suffix == ".parquet" else zipfile.ZIP_DEFLATED
                archive.write(path, name, compress_type=method)
                entries[name] = {"sha256": _digest(path), "bytes": path.stat().st_size}
            manifest = {"format": FORMAT, "version": FORMAT_VERSION, "entries": entries}
            archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, target)
    finally:
        Path(temporary).unlink(missing_ok=True)


def unpack(source: Path, root: Path, passphrase: str | None = None) -> None:
    """Unpack a project file into `root` (which must not hold anything), all or nothing.

    Raises NotAProjectError, ProjectDamagedError (names the entry), ProjectNewerError, ProjectTooLargeError; for a
    sealed file also PassphraseNeededError, PassphraseWrongError.
    """
    if is_locked(source):
        with tempfile.TemporaryDirectory(prefix="crmkpi-") as folder:
            opened = Path(folder) / source.name
            unlock(source, opened, passphrase)
            if is_locked(opened):
                raise ProjectDamagedError(file=source.name, entry="lock")
            unpack(opened, root)
        return
    staging = root.with_name(root.name + ".unpacking")
    shutil.rmtree(staging, ignore_errors=True)
    try:
        with zipfile.ZipFile(source) as archive:
            entries = _checked(archive, source.name)
            for name, expected in entries.items():
                _extract(archive, name, expected, staging / name, source.name)
    except DAMAGE as error:
        shutil.rmtree(staging, ignore_errors=True)
        raise ProjectDamagedError(file=source.name, entry="zip") from error
    except (NotAProjectError, ProjectDamagedError, ProjectNewerError, ProjectTooLargeError):
        shutil.rmtree(staging, ignore_errors=True)
        raise
    root.parent.mkdir(parents=True, exist_ok=True)
    os.replace(staging, root)


def _checked(archive: zipfile.ZipFile, file: str) -> dict[str, dict[str, object]]:
    """The manifest's entries, after every check that needs no unpacking."""
    infos = archive.infolist()
    names = [i.filename for i in infos]
    if MANIFEST not in names:
        raise NotAProjectError(path=file)
    if len(infos) > MAX_ENTRIES or sum(i.file_size for i in infos) > MAX_BYTES:
        raise ProjectTooLargeError(file=file, limit_mb=MAX_BYTES // 1024**2)
    unpacked, packed = sum(i.file_size for i in infos), sum(i.compress_size for i in infos)
    if unpacked > BOMB_FROM and unpacked > MOST_RATIO * packed:
        raise ProjectTooLargeError(file=file, limit_mb=BOMB_FROM // 1024**2)
    if len({n.casefold() for n in names}) != len(names):
        raise ProjectDamagedError(file=file, entry="duplicate names")
    for info in infos:
        mode = info.external_attr >> 16
        if not ALLOWED.fullmatch(info.filename) or (mode and not stat.S_ISREG(mode) and stat.S_IFMT(mode)):
            raise ProjectDamagedError(file=file, entry=info.filename[:80])
    manifest = _manifest(archive, file)
    if set(manifest) != set(names) - {MANIFEST}:
        odd = sorted(set(manifest) ^ (set(names) - {MANIFEST}))
        raise ProjectDamagedError(file=file, entry=odd[0][:80])
    return manifest


def _manifest(archive: zipfile.ZipFile, file: str) -> dict[str, dict[str, object]]:
    if archive.getinfo(MANIFEST).file_size > MAX_JSON:
        raise ProjectTooLargeError(file=file, limit_mb=MAX_JSON // 1024**2)
    try:
        raw = json.loads(archive.read(MANIFEST))
    except (ValueError, RecursionError) as error:
        raise ProjectDamagedError(file=file, entry=MANIFEST) from error
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise NotAProjectError(path=file)
    version = raw.get("version")
    if not isinstance(version, int) or version > FORMAT_VERSION:
        raise ProjectNewerError(file=file, version=version, known=FORMAT_VERSION)
    entries = raw.get("entries")
    if not isinstance(entries, dict) or not all(isinstance(e, dict) for e in entries.values()):
        raise ProjectDamagedError(file=file, entry=MANIFEST)
    return entries


def _extract(
    archive: zipfile.ZipFile, name: str, expected: dict[str, object], target: Path, file: str
) -> None:
    """Copy one entry, counting and hashing on the way; a lying size or hash is refused."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    limit = MAX_JSON if name.endswith(".json") else MAX_BYTES
    with archive.open(name) as source, target.open("wb") as out:
        while chunk := source.read(CHUNK):
            size += len(chunk)
            if size > limit:
                raise ProjectTooLargeError(file=file, limit_mb=limit // 1024**2)
            digest.update(chunk)
            out.write(chunk)
    if digest.hexdigest() != expected.get("sha256") or size != expected.get("bytes"):
        raise ProjectDamagedError(file=file, entry=name)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
