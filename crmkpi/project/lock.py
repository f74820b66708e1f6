"""A project file under a passphrase: AES-256-GCM in pieces, the key made of the passphrase by scrypt.

Layout: the magic line, the length of the header, the header (JSON: salt, nonce prefix, check), then pieces of 1 MiB,
each sealed with the header, its number and whether it is the last one; so no piece can be changed, moved, added or cut
off unnoticed. Who does not know the passphrase learns the size and nothing else; a forgotten one cannot be recovered.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crmkpi.project.errors import (
    PassphraseNeededError,
    PassphraseShortError,
    PassphraseWrongError,
    ProjectDamagedError,
    ProjectNewerError,
)

MAGIC = b"CRMKPI-LOCKED\n"
VERSION = 1
PIECE = 1024 * 1024
TAG = 16
MOST_HEADER = 1024
SHORTEST = 8
PASSPHRASE = "CRMKPI_PASSPHRASE"


def is_locked(path: Path) -> bool:
    """Whether this is a project file under a passphrase."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def lock(source: Path, target: Path, passphrase: str) -> None:
    """Write `source` sealed under the passphrase; the old target stays until the new one is whole.

    Raises PassphraseShortError below 8 characters.
    """
    if len(passphrase) < SHORTEST:
        raise PassphraseShortError(least=SHORTEST)
    salt, prefix = secrets.token_bytes(16), secrets.token_bytes(7)
    key, check = _derived(passphrase, salt)
    header = json.dumps(
        {"version": VERSION, "salt": salt.hex(), "prefix": prefix.hex(), "check": check.hex()}
    ).encode()
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".locking-")
    try:
        with os.fdopen(handle, "wb") as out, source.open("rb") as file:
            out.write(MAGIC + len(header).to_bytes(2, "big") + header)
            cipher = AESGCM(key)
            for number, piece, last in _pieces(file, PIECE):
                out.write(cipher.encrypt(_nonce(prefix, number, last), piece, header))
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, target)
    finally:
        Path(temporary).unlink(missing_ok=True)


def unlock(source: Path, target: Path, passphrase: str | None) -> None:
    """Write the opened file to `target`, all or nothing.

    Raises PassphraseNeededError, PassphraseWrongError, ProjectDamagedError, ProjectNewerError.
    """
    if not passphrase:
        raise PassphraseNeededError(file=source.name)
    with source.open("rb") as file:
        header, salt, prefix, check = _header(file, source.name)
        key, expected = _derived(passphrase, salt)
        if not hmac.compare_digest(check, expected):
            raise PassphraseWrongError(file=source.name)
        try:
            with target.open("wb") as out:
                cipher = AESGCM(key)
                for number, piece, last in _pieces(file, PIECE + TAG):
                    out.write(cipher.decrypt(_nonce(prefix, number, last), piece, header))
        except (InvalidTag, ValueError, OverflowError) as error:
            target.unlink(missing_ok=True)
            raise ProjectDamagedError(file=source.name, entry="lock") from error


def _derived(passphrase: str, salt: bytes) -> tuple[bytes, bytes]:
    """Key and check value. The strength is fixed here: a stranger's file must not choose how long we calculate."""
    made = hashlib.scrypt(passphrase.encode(), salt=salt, n=2**15, r=8, p=1, maxmem=64 * 1024**2, dklen=48)
    return made[:32], made[32:]


def _header(file: BinaryIO, name: str) -> tuple[bytes, bytes, bytes, bytes]:
    if file.read(len(MAGIC)) != MAGIC:
        raise ProjectDamagedError(file=name, entry="lock")
    size = int.from_bytes(file.read(2), "big")
    header = file.read(min(size, MOST_HEADER))
    try:
        raw = json.loads(header)
        version = raw["version"]
        if isinstance(version, int) and version > VERSION:
            raise ProjectNewerError(file=name, version=version, known=VERSION)
        salt, prefix, check = (bytes.fromhex(raw[k]) for k in ("salt", "prefix", "check"))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ProjectDamagedError(file=name, entry="lock") from error
    if (len(header), len(salt), len(prefix), len(check)) != (size, 16, 7, 16):
        raise ProjectDamagedError(file=name, entry="lock")
    return header, salt, prefix, check


def _pieces(file: BinaryIO, size: int) -> Iterator[tuple[int, bytes, bool]]:
    """Number, bytes and whether it is the last one; an empty file is one empty piece."""
    piece, number = file.read(size), 0
    while True:
        following = file.read(size)
        yield number, piece, not following
        if not following:
            return
        piece, number = following, number + 1


def _nonce(prefix: bytes, number: int, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + (b"\1" if last else b"\0")
