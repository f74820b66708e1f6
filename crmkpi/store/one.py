"""One store a process: the routes and the pages work on the same pool of connections."""

from __future__ import annotations

import threading
from pathlib import Path

from crmkpi.store.store import Store, open_store

_LOCK = threading.Lock()
_OPEN: dict[Path, Store] = {}


def one_store(home: Path) -> Store:
    """The store of this home, opened at the first call. Errors: those of `open_store`."""
    key = home.absolute()
    with _LOCK:
        if key not in _OPEN:
            _OPEN[key] = open_store(key)
        return _OPEN[key]


def close_all() -> None:
    """Give every connection back, when the process ends."""
    with _LOCK:
        for store in _OPEN.values():
            store.close()
        _OPEN.clear()
