"""What the child processes of the fault tests do: fork, write, be killed.

A fork needs no second import, so a round costs what the writing costs. Every acknowledged write goes to the parent
through a pipe, so that it can be asked for after the kill.
"""

from __future__ import annotations

import os
import random
import signal
import traceback
from collections.abc import Callable
from pathlib import Path

from crmkpi.project.document import Project
from crmkpi.project.drafts import Drafts
from crmkpi.store import Store, open_store
from crmkpi.store.book import Book
from crmkpi.store.editions import EditionDraft
from crmkpi.store.links import LinkOptions

Say = Callable[..., None]


class Writer:
    """A child process that runs `work(store, home, seed, say)`."""

    def __init__(
        self, work: Callable[[Store, Path, int, Say], None], home: Path, seed: int, url: str | None
    ) -> None:
        reading, writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(reading)
            status = 1
            try:
                work(open_store(home, url), home, seed, lambda *w: _say(writing, w))
                status = 0
            except BaseException:  # noqa: BLE001 (the child's only way to tell the parent)
                _say(writing, ("error", traceback.format_exc().replace("\n", " | ")))
            finally:
                os._exit(status)
        os.close(writing)
        self.out = os.fdopen(reading, encoding="utf-8")

    def kill(self) -> list[str]:
        """End it at once; returns the lines that were whole. The last may be cut: it was not acknowledged."""
        os.kill(self.pid, signal.SIGKILL)
        return self.join()[0]

    def join(self) -> tuple[list[str], int]:
        """Wait for its end; returns its lines and its exit status."""
        lines = self.out.read().split("\n")[:-1]
        self.out.close()
        return lines, os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def _say(pipe: int, words: tuple[object, ...]) -> None:
    os.write(pipe, (" ".join(map(str, words)) + "\n").encode())


def create(count: int) -> Callable[[Store, Path, int, Say], None]:
    """So many projects, one write each."""

    def work(store: Store, home: Path, seed: int, say: Say) -> None:
        for n in range(count):
            store.projects.create(Project(name=f"{seed}-{n}"))

    return work


def everything(store: Store, home: Path, seed: int, say: Say) -> None:
    """Import, save, link and publish for ever; the parent kills it."""
    rng, book = random.Random(seed), Book(store, Drafts(home))
    made = book.create(Project(name=f"seed {seed}")).project
    say("project", made.id, 1)
    place = book.drafts.place(made.id)
    (place.root / "data").mkdir(exist_ok=True)
    for n in range(1, 10_000):
        saved = book.save(made.model_copy(update={"name": f"{seed}-{n}"}), made)
        made = saved.project
        say("project", made.id, saved.version)
        (place.root / "data" / "orders.parquet").write_bytes(rng.randbytes(rng.randrange(1, 200_000)))
        dataset = store.datasets.put(made.id, place.root)
        say("data", made.id, dataset.number if dataset else 0)
        new = store.links.create(made.id, EditionDraft({"n": n}), LinkOptions())
        say("link", made.id, new.token)
        say(
            "edition",
            new.link.id,
            store.editions.publish(made.id, new.link.id, EditionDraft({"n": -n})),
            made.id,
        )
