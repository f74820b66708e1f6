"""Fingerprints of personal values: HMAC-SHA256 under a secret key of the project.

The same address written in two ways, in two files, in two months gives the same fingerprint, so files still join
and customers are still counted, while the address itself is nowhere in the project. Without the key nobody can
try out addresses or numbers; the key (`data/key.json`) lives in the project and goes into no report.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from pathlib import Path

import polars as pl

from crmkpi.engine.data import DamagedDataError

KEY_FILE = "key.json"
KEY_BYTES = 32
# 80 bits: two of a billion customers share a fingerprint with a chance of one in two million
LENGTH = 20
MAIL, TEL, OTHER = "mail-", "tel-", "id-"
FINGERPRINT = re.compile(rf"(?:{MAIL}|{TEL}|{OTHER})[0-9a-f]{{{LENGTH}}}")
_PHONE = re.compile(r"^[+(]?[\d\s().\-\u00a0\u2010-\u2015]{10,24}$")
# a Russian number: 7 or 8 and ten digits; a mobile one may lack the first
NATIONAL = 10


def new_key() -> bytes:
    """A fresh secret key."""
    return secrets.token_bytes(KEY_BYTES)


def read_key(root: Path) -> bytes | None:
    """The key of a data directory, None where none was needed yet; DamagedDataError if it is no key."""
    path = root / KEY_FILE
    if not path.is_file():
        return None
    try:
        key = bytes.fromhex(json.loads(path.read_text(encoding="utf-8"))["fingerprint"])
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedDataError(path=KEY_FILE, detail="unreadable") from error
    if len(key) != KEY_BYTES:
        raise DamagedDataError(path=KEY_FILE, detail="length")
    return key


def write_key(root: Path, key: bytes) -> None:
    """Keep the key in a data directory, for its owner's eyes."""
    path = root / KEY_FILE
    path.touch(mode=0o600)
    path.write_text(json.dumps({"fingerprint": key.hex()}), encoding="utf-8")


def normalised(value: str) -> tuple[str, str]:
    """Sort of a value (mail, tel, id) and the one spelling that all its spellings share.

    E-mail: trimmed, lower case, without «mailto:» and angle brackets. Phone: digits only, 8 at the front of eleven
    and a bare mobile number become 7 (the plan of Russia and Kazakhstan), 00 of abroad goes. Anything else: lower
    case, single spaces.
    """
    text = value.strip().strip("<>").casefold().removeprefix("mailto:").lstrip("'")
    if "@" in text:
        return MAIL, text
    if _PHONE.match(text):
        digits = re.sub(r"\D", "", text).removeprefix("00")
        if len(digits) == NATIONAL + 1 and digits[0] == "8" and "+" not in text:
            digits = f"7{digits[1:]}"
        elif len(digits) == NATIONAL and digits[0] == "9" and "+" not in text:
            digits = f"7{digits}"
        return TEL, digits
    return OTHER, " ".join(text.split())


def fingerprint(value: str, key: bytes) -> str:
    """The fingerprint of one value, the same for all its spellings; of a fingerprint, itself."""
    if FINGERPRINT.fullmatch(value):
        return value
    sort, text = normalised(value)
    return sort + hmac.digest(key, f"{sort}{text}".encode(), "sha256").hex()[:LENGTH]


def fingerprinted(values: pl.Series, key: bytes, spare: frozenset[str] = frozenset()) -> pl.Series:
    """Fingerprints of a text column, null for null. `spare`: words in lower case that stand for nobody; they stay."""
    known = values.drop_nulls().unique()
    made = [x if x.strip().casefold() in spare else fingerprint(x, key) for x in known.to_list()]
    table = pl.DataFrame({"v": known, "f": pl.Series(made, dtype=pl.String)})
    found = values.rename("v").to_frame().join(table, on="v", how="left", maintain_order="left")
    return found["f"].alias(values.name)
