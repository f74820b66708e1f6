"""Logs without secrets: tokens of links, passwords in addresses, e-mails and ids of uploads are masked at the source.

The mask sits in the record factory, so every logger of every library passes it, traces included.
"""

from __future__ import annotations

import logging
import re
from typing import Any

MASK = "***"
RULES = (
    # password and user in an address: postgresql://user:password@host
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^\s/@:]*(?::[^\s/@]*)?@", re.IGNORECASE), rf"\1{MASK}@"),
    # the token of a share link or an owner key in a path
    (re.compile(r"(/(?:s|o)/)[A-Za-z0-9_-]{8,}"), rf"\1{MASK}"),
    # the ids of a session and a file in the path of an upload
    (re.compile(r"(/_stcore/upload_file/)[^\s\"'?]+"), rf"\1{MASK}"),
    # our cookies, wherever a header is printed
    (re.compile(r"((?:__Host-)?crmkpi_[a-z]+=)[^\s;,\"']+"), rf"\1{MASK}"),
    (re.compile(r"((?:password|passphrase|secret|token)[\"']?\s*[=:]\s*[\"']?)[^\s\"',;&]+", re.IGNORECASE),
     rf"\1{MASK}"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), MASK),
    # any word of 43 url-safe signs is a token of ours
    (re.compile(r"(?<![\w-])[A-Za-z0-9_-]{43}(?![\w-])"), MASK),
)  # fmt: skip


def masked(text: str) -> str:
    """The text without tokens, passwords and e-mails."""
    for rule, put in RULES:
        text = rule.sub(put, text)
    return text


def _plain(record: logging.LogRecord) -> logging.LogRecord:
    if record.name == "uvicorn.access" and isinstance(record.args, tuple):
        # its formatter needs the five arguments one by one
        record.args = tuple(masked(x) if isinstance(x, str) else x for x in record.args)
    else:
        record.msg, record.args = masked(record.getMessage()), None
    if record.exc_info and record.exc_info[0] is not None:
        record.exc_text = masked(logging.Formatter().formatException(record.exc_info))
    if record.stack_info:
        record.stack_info = masked(record.stack_info)
    return record


class MaskingFactory:
    """Makes log records that hold no secret; remembers the factory it stands before."""

    def __init__(self, before: Any) -> None:
        self.before = before

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        """One record, masked; a broken message of a library is printed as it is named, never raised."""
        record: logging.LogRecord = self.before(*args, **kwargs)
        try:
            return _plain(record)
        except (TypeError, ValueError):
            record.msg, record.args = masked(str(record.msg)), None
            return record


def install() -> None:
    """Mask every record from now on; a second call changes nothing."""
    before = logging.getLogRecordFactory()
    if not isinstance(before, MaskingFactory):
        logging.setLogRecordFactory(MaskingFactory(before))
