"""The disk below the store: is it one that a database may live on, is there room, and a ballast for a full one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from crmkpi.store.errors import StoreFullError, StorePlaceError, StoreReadOnlyError

BALLAST = "ballast.bin"
BALLAST_BYTES = 8 * 1024**2
MB = 1024**2
# new data are refused below this much free room: the greater of the two, but never more than 5 % of a small disk
LEAST_FREE = 1024**3
LEAST_SHARE = 0.05
MOUNTS = Path("/proc/self/mountinfo")
# file locks do not hold on these, or the file is changed behind our back
NETWORK = (
    "nfs",
    "cifs",
    "smb",
    "ncp",
    "afs",
    "lustre",
    "gluster",
    "davfs",
    "fuse.sshfs",
    "fuse.s3fs",
    "fuse.rclone",
)
SYNCED = (
    "dropbox",
    "onedrive",
    "google drive",
    "googledrive",
    "yandex.disk",
    "yandexdisk",
    "icloud drive",
    "nextcloud",
)


def refuse_unsafe_place(home: Path, mounts: Path = MOUNTS) -> None:
    """Raises StorePlaceError where SQLite would get damaged: a network disk or a synchronised folder."""
    kind = network_kind(home, mounts)
    if kind is not None:
        raise StorePlaceError(kind=kind)
    for part in home.absolute().parts:
        if any(part.casefold() == name or part.casefold().startswith(name + " ") for name in SYNCED):
            raise StorePlaceError(kind=part)


def network_kind(home: Path, mounts: Path = MOUNTS) -> str | None:
    """The kind of network file system that holds this path; None for a local disk or an unknown system."""
    if not mounts.is_file():
        return None
    best, found = -1, ""
    path = home.resolve()
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        fields, _, rest = line.partition(" - ")
        point = Path(fields.split(" ")[4].replace("\\040", " "))
        if (path == point or point in path.parents) and len(point.parts) >= best:
            best, found = len(point.parts), rest.split(" ")[0]
    return found if found.startswith(NETWORK) else None


def prepare(home: Path) -> None:
    """Make the home and its ballast. Raises StoreReadOnlyError."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        _load_ballast(home)
    except OSError as error:
        raise StoreReadOnlyError(reason=error.strerror or "") from error


def _load_ballast(home: Path) -> None:
    ballast = home / BALLAST
    if ballast.is_file() and ballast.stat().st_size >= BALLAST_BYTES:
        return
    if shutil.disk_usage(home).free < 4 * BALLAST_BYTES:
        return
    with ballast.open("wb") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, BALLAST_BYTES)
        else:
            file.write(os.urandom(BALLAST_BYTES))


def drop_ballast(home: Path) -> bool:
    """Free the ballast, so that a deletion works on a full disk; False if there was none."""
    ballast = home / BALLAST
    there = ballast.is_file()
    ballast.unlink(missing_ok=True)
    return there


def refuse_if_full(home: Path, coming: int) -> None:
    """Raises StoreFullError if so many new bytes would leave too little room for everybody else."""
    usage = shutil.disk_usage(home)
    least = min(LEAST_FREE, int(usage.total * LEAST_SHARE))
    if usage.free - coming < least:
        raise StoreFullError(free_mb=usage.free // MB, need_mb=(coming + least) // MB + 1)
