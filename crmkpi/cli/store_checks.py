"""What `doctor` says about the store: database, table store, audit, clock, and how people are told apart."""

from __future__ import annotations

import secrets
import tempfile
import time
from pathlib import Path
from typing import Any

from crmkpi.errors import CrmKpiError
from crmkpi.i18n import Words
from crmkpi.mode import Mode, auth_secret, read
from crmkpi.project.drafts import Drafts

# a log line from the future of more than this means that the clock went back
TOLERATED_MS = 10 * 60_000


def store_checks(t: Words) -> list[dict[str, Any]]:
    """Checks as {name, ok, detail}: store, blobs, audit, clock, people; a store that will not open fails as one."""
    from crmkpi.store import open_store

    people = [_people(read(), t)] if _known_mode() else []
    try:
        store = open_store(Drafts().home)
        try:
            return [_database(store, t), _blobs(store, t), _audit(store, t), _clock(store, t), *people]
        finally:
            store.close()
    except CrmKpiError as error:
        return [_said("store", False, t(error.key, **error.params)), *people]


def _said(name: str, ok: bool, detail: str) -> dict[str, Any]:
    return {"name": name, "ok": ok, "detail": detail}


def _known_mode() -> bool:
    """A wrong CRMKPI_MODE is named by the check of the mode already."""
    try:
        read()
    except CrmKpiError:
        return False
    return True


def _database(store: Any, t: Words) -> dict[str, Any]:
    from crmkpi.store.engine import wal_is_safe
    from crmkpi.store.store import health

    found = health(store)
    if found["database"] != "sqlite":
        return _said("store", True, t("doctor.store_postgres", version=found["version"]))
    journal = "wal" if wal_is_safe(str(found["version"])) else "rollback"
    copy = found["copy"] or "—"
    return _said("store", True, t(f"doctor.store_{journal}", version=found["version"], copy=copy))


def _blobs(store: Any, t: Words) -> dict[str, Any]:
    """One small file there and back; a wrong address or right raises the store's own error."""
    project_id = secrets.token_hex(8)
    with tempfile.TemporaryDirectory(prefix="crmkpi-") as folder:
        source, back = Path(folder) / "there", Path(folder) / "back"
        source.write_bytes(secrets.token_bytes(64))
        sha256, _ = store.blobs.put(project_id, source)
        store.blobs.fetch(project_id, sha256, back)
        store.retention.delete_blobs(project_id)
        same = source.read_bytes() == back.read_bytes()
    return _said("blobs", same, t("doctor.blobs"))


def _audit(store: Any, t: Words) -> dict[str, Any]:
    broken = store.audit.broken_at()
    return _said(
        "audit", broken is None, t("doctor.audit" if broken is None else "doctor.audit_bad", line=broken)
    )


def _clock(store: Any, t: Words) -> dict[str, Any]:
    """Against the newest line of the log: links and drafts expire by this clock."""
    last = next((line.at for line in store.audit.lines(limit=1)), 0)
    ok = time.time() * 1000 >= last - TOLERATED_MS
    moment = time.strftime("%Y-%m-%d %H:%M", time.gmtime())
    return _said("clock", ok, t("doctor.clock" if ok else "doctor.clock_bad", moment=moment))


def _people(mode: Mode, t: Words) -> dict[str, Any]:
    """Who is told apart, how many at once; behind a proxy that is not named everybody looks like one address."""
    if not mode.separates_people:
        return _said("people", True, t("doctor.people_local"))
    how = t("doctor.people_sign_in" if auth_secret() is not None else "doctor.people_browser")
    crowd, keep = mode.crowd, mode.draft_hours
    places = t(
        "doctor.people_places", editors=crowd.editors, readers=crowd.readers, each=crowd.address, hours=keep
    )
    proxy = "" if mode.proxies else " " + t("doctor.people_proxy")
    return _said("people", True, f"{how} {places}{proxy}")
