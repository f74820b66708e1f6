"""Two clients on one store: whatever is asked of one never answers with the other; a lost connection is survived."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from crmkpi.project.document import Project
from crmkpi.project.drafts import Drafts
from crmkpi.store.book import Book
from crmkpi.store.editions import EditionDraft
from crmkpi.store.errors import LinkGoneError, StoreError, StoreUnavailableError
from crmkpi.store.links import LinkOptions
from crmkpi.store.schema import METADATA, PROJECT

CANARIES = ("kanareyka-a", "kanareyka-b")


def test_every_table_names_its_project():
    without = {t.name for t in METADATA.sorted_tables if "project_id" not in t.c} - {"project", "person"}
    assert not without


def test_many_sessions_of_two_clients_never_meet(store, home):
    book = Book(store, Drafts(home))
    clients = []
    for canary in CANARIES:
        project = book.create(Project(name=canary)).project
        place = book.drafts.place(project.id)
        (place.root / "data").mkdir()
        (place.root / "data" / "meta.json").write_text(canary, encoding="utf-8")
        store.datasets.put(project.id, place.root)
        new = store.links.create(project.id, EditionDraft({"of": canary}), LinkOptions(questions=True))
        store.members.put(project.id, f"{canary}@example.com", "owner")
        clients.append((canary, project.id, new))

    def session(seed: int) -> list[str]:
        rng, seen = random.Random(seed), []
        canary, project_id, new = clients[seed % 2]
        other = clients[1 - seed % 2]
        reader = store.viewers.reader(store.viewers.enter(new.token).session_id)
        reader.ask("aov", f"{canary} {seed}")
        asked = (
            lambda: book.open(project_id),
            lambda: store.links.of(project_id),
            lambda: store.editions.of(project_id, new.link.id),
            lambda: store.editions.of(project_id, other[2].link.id),
            lambda: store.editions.replies(project_id),
            lambda: store.projects.entries(f"{canary}@example.com"),
            lambda: store.datasets.latest(project_id).files,
            lambda: store.audit.lines(project_id),
            lambda: reader.look(),
            lambda: reader.replies(),
        )
        seen = [str(rng.choice(asked)()) for _ in range(20)]
        with pytest.raises(LinkGoneError):
            store.links.revoke(project_id, other[2].link.id)
        assert not [text for text in seen if other[0] in text or other[1] in text]
        return seen

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(session, range(16)))
    assert sum(CANARIES[n % 2] in text for n, seen in enumerate(answers) for text in seen) > 50


def test_lost_connections_are_noticed_and_a_half_done_write_is_undone(store, project, server):
    if store.database.sqlite:
        return
    others = sa.text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    killer = sa.create_engine(store.database.engine.url)
    with pytest.raises(StoreUnavailableError), store.database.write() as tx:
        tx.run(PROJECT.update().values(name="half"))
        with killer.begin() as conn:
            conn.execute(others)
        tx.run(PROJECT.update().values(name="whole"))
    # nothing to restart: the next call finds a new connection
    assert store.projects.read(project.id).project.name == project.name
    assert store.projects.save(project.model_copy(update={"name": "Дальше"}), 1).version == 2
    killer.dispose()


def test_texts_that_look_like_sql_stay_texts(store):
    hostile = "'); DROP TABLE project; --"
    project = store.projects.create(Project(name=hostile)).project
    assert store.projects.read(project.id).project.name == hostile
    for call in (
        lambda: store.projects.find(hostile),
        lambda: store.projects.owned_by_key(hostile),
        lambda: store.viewers.door(hostile),
        lambda: store.viewers.reader(hostile),
        lambda: store.members.role(hostile, hostile),
    ):
        assert call() is None
    with pytest.raises(StoreError):
        store.links.get(hostile, hostile)
    assert [e.name for e in store.projects.entries()] == [hostile]
