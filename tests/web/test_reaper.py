"""The reaper: what expired is closed without a new visitor, and folders of killed processes go."""

from __future__ import annotations

import asyncio
import os
import time
from threading import RLock
from types import SimpleNamespace

from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

from crmkpi.web import reaper
from crmkpi.web.reaper import OURS, reap_folders, reap_sessions


def test_expired_sessions_are_shut_down_and_the_living_stay():
    closed, now = [], [0.0]
    storage = MemorySessionStorage()
    storage._cache = type(storage._cache)(maxsize=9, ttl=10, timer=lambda: now[0])  # type: ignore[call-arg]

    def info(name: str):
        return SimpleNamespace(session=SimpleNamespace(id=name, shutdown=lambda: closed.append(name)))

    storage.save(info("old"))
    now[0] = 9.0
    storage.save(info("young"))
    now[0] = 11.0
    runtime = SimpleNamespace(_session_mgr=SimpleNamespace(_session_storage=storage, _storage_lock=RLock()))
    assert reap_sessions(runtime) == 1 and closed == ["old"]
    assert [x.session.id for x in storage.list()] == ["young"]


def test_the_names_the_reaper_reaches_for_exist():
    code = WebsocketSessionManager.__init__.__code__
    assert {"_session_storage", "_storage_lock"} <= set(code.co_names)


def test_only_our_own_old_folders_are_removed(tmp_path):
    old, young, foreign = (tmp_path / x for x in (f"{OURS}old", f"{OURS}young", "other-old"))
    for folder in (old, young, foreign):
        folder.mkdir()
        (folder / "rows.csv").write_text("x")
    long_ago = time.time() - 2 * 24 * 3600
    for folder in (old, foreign):
        os.utime(folder, (long_ago, long_ago))
    assert reap_folders(tmp_path, time.time()) == 1
    assert not old.exists() and young.exists() and foreign.exists()


def test_the_store_is_swept_and_a_failing_round_does_not_end_the_task(monkeypatch):
    swept = []

    def sweep() -> None:
        swept.append(1)
        if len(swept) == 1:
            raise OSError("disk")

    monkeypatch.setattr(reaper, "sweep_store", sweep)
    monkeypatch.setattr(reaper, "SWEEP_ROUNDS", 1)
    monkeypatch.setattr(reaper, "reap_folders", lambda place, now: 0)

    async def run() -> None:
        task = asyncio.create_task(reaper.reap_forever(0.01))
        while len(swept) < 3:
            await asyncio.sleep(0.01)
        task.cancel()

    asyncio.run(asyncio.wait_for(run(), 20))
    assert len(swept) >= 3
