"""One suite for both databases: every test that asks for `store` runs on SQLite and on a private Postgres."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from crmkpi.project.document import Project
from crmkpi.store import Store, open_store
from tests.store.postgres import cluster

Clock = Callable[[], float]
START = 1_790_000_000.0
NUMBERS = itertools.count(1)


class HandClock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now

    def forward(self, days: float = 0, minutes: float = 0) -> None:
        self.now += days * 86_400 + minutes * 60


@pytest.fixture(scope="session")
def server() -> Iterator[str | None]:
    with cluster() as address:
        yield address


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest) -> str:
    """An empty database of its own."""
    address = request.getfixturevalue("server")
    if address is None:
        pytest.skip("no Postgres server is installed here (Debian: postgresql)")
    name = f"t{next(NUMBERS)}"
    with psycopg.connect(f"{address}/postgres", autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name}")
    return f"{address}/{name}"


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str | None:
    """None for SQLite, else the address of an empty database."""
    return None if request.param == "sqlite" else request.getfixturevalue("postgres_url")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def store(home: Path, url: str | None, clock: HandClock) -> Iterator[Store]:
    """An empty store with a clock that the test moves."""
    opened = open_store(home, url, clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def project(store: Store) -> Project:
    """A project in the store."""
    return store.projects.create(Project(name="Лавка «Ромашка»")).project
