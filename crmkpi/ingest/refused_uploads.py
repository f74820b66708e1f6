"""Uploads that the server turned away: counted per visitor, so that no file is missing without a word.

The browser shows a refused file only while its upload box is on the screen; the screen of the files that did arrive
asks here whether something is missing.
"""

from __future__ import annotations

from collections import OrderedDict

# visitors remembered at most; the oldest are forgotten
MOST_SESSIONS = 500
_COUNTS: OrderedDict[str, int] = OrderedDict()


def refuse(session: str) -> None:
    """One upload of this session was answered with an error."""
    _COUNTS[session] = _COUNTS.pop(session, 0) + 1
    while len(_COUNTS) > MOST_SESSIONS:
        _COUNTS.popitem(last=False)


def take_refused(session: str) -> int:
    """How many were refused since the last time somebody asked; they are forgotten now."""
    return _COUNTS.pop(session, 0)
