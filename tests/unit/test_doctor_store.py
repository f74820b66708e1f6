"""The doctor looks at the store: a broken log, a clock that went back, a damaged file are each named."""

from __future__ import annotations

import time

import sqlalchemy as sa

from crmkpi.cli.store_checks import store_checks
from crmkpi.i18n import Words
from crmkpi.project.document import Project
from crmkpi.store import open_store
from crmkpi.store.schema import AUDIT


def checked(lang: str = "ru") -> dict[str, dict]:
    return {x["name"]: x for x in store_checks(Words(lang))}


def test_a_whole_store_is_well_and_nothing_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setenv("CRMKPI_HOME", str(tmp_path))
    found = checked()
    assert set(found) == {"store", "blobs", "audit", "clock", "people"} and all(
        x["ok"] for x in found.values()
    )
    assert not [p for p in tmp_path.rglob("blobs/**/*") if p.is_file()]


def test_an_edited_log_and_a_clock_that_went_back_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("CRMKPI_HOME", str(tmp_path))
    store = open_store(tmp_path, clock=lambda: time.time() + 3600)
    store.projects.create(Project(name="A"))
    assert checked()["clock"]["ok"] is False and checked()["audit"]["ok"]
    with store.database.write() as tx:
        tx.run(AUDIT.update().values(actor=sa.literal("p-other")))
    store.close()
    assert checked("en")["audit"]["ok"] is False


def test_a_damaged_store_is_one_failed_check_with_its_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("CRMKPI_HOME", str(tmp_path))
    (tmp_path / "store.db").write_bytes(b"broken" * 2000)
    found = checked()
    assert found["store"]["ok"] is False and found["store"]["detail"] and "blobs" not in found
