"""The reaper: memory and temporary files of visitors who left come back without a new visitor.

Streamlit forgets an expired session only when somebody else connects. Every 30 s this task takes out what has
expired, closes it, and gives freed memory back to the system.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import logging
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from streamlit.runtime import Runtime

from crmkpi.errors import CrmKpiError
from crmkpi.project.drafts import Drafts
from crmkpi.store.one import one_store

LOG = logging.getLogger("crmkpi")
EVERY_SECONDS = 30.0
# the store is swept once an hour
SWEEP_ROUNDS = 120
# our own folders under the system's temporary place start with this
OURS = "crmkpi-"
ABANDONED_SECONDS = 24 * 3600.0


def reap_sessions(runtime: Any) -> int:
    """Close the sessions whose time to reconnect has passed; returns how many.

    Streamlit offers no public call for it, so this reaches for its session storage; tests/web pins the names.
    """
    manager = runtime._session_mgr
    with manager._storage_lock:
        expired = manager._session_storage._cache.expire() or ()
    for _, info in expired:
        info.session.shutdown()
    return len(expired)


def reap_folders(place: Path, now: float, older: float = ABANDONED_SECONDS) -> int:
    """Remove our temporary folders that nobody touched for a day (a process that was killed leaves them)."""
    removed = 0
    for folder in place.glob(f"{OURS}*"):
        with contextlib.suppress(OSError):  # another process may remove it at the same moment
            if folder.is_dir() and not folder.is_symlink() and now - folder.stat().st_mtime > older:
                shutil.rmtree(folder)
                removed += 1
    return removed


def give_back() -> None:
    """Collect garbage and hand freed pages to the system, where the C library can (glibc)."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def sweep_store() -> None:
    """Forget readers of closed links, blobs of deleted projects and copies past their time."""
    one_store(Drafts().home).retention.sweep()


async def reap_forever(every: float = EVERY_SECONDS) -> None:
    """The task of the server's life; a failure is logged and the next round comes."""
    rounds = 0
    while True:
        await asyncio.sleep(every)
        rounds += 1
        try:
            gone = reap_sessions(Runtime.instance()) if Runtime.exists() else 0
            folders = await asyncio.to_thread(reap_folders, Path(tempfile.gettempdir()), time.time())
            if gone or folders:
                await asyncio.to_thread(give_back)
            if rounds % SWEEP_ROUNDS == 0:
                await asyncio.to_thread(sweep_store)
        except (RuntimeError, OSError, KeyError, CrmKpiError) as error:
            LOG.warning("the reaper failed: %s", error)
