"""The copy for showing on the screens: no text of the client reaches any page, the mark is always there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from crmkpi.i18n import Words
from crmkpi.project.document import Project
from crmkpi.project.drafts import Drafts
from crmkpi.project.presentation import presentation_copy

CANARY = "Zyzzyva"
PAGES = (
    "data",
    "tree",
    "targets",
    "gap",
    "drivers",
    "whatif",
    "customers",
    "campaigns",
    "deviations",
    "share",
)


def sent(app: Any) -> bytes:
    """Everything that the run sent to the browser: the messages of all elements, tables and charts included."""
    found: list[bytes] = []

    def walk(node: Any) -> None:
        proto = getattr(node, "proto", None)
        if proto is not None and hasattr(proto, "SerializeToString"):
            found.append(proto.SerializeToString())
        for child in getattr(node, "children", {}).values():
            walk(child)

    walk(app._tree)
    return b"\n".join(found)


@pytest.fixture
def shown_home(shop_home: Path) -> Path:
    """The small shop with canaries in every text of its tables, and its copy for showing, which is open."""
    drafts = Drafts(shop_home)
    client = drafts.place(drafts.last() or "")
    for table in client.data.tables():
        frame = client.data.frame(table).collect()
        texts = [n for n, kind in frame.schema.items() if kind == pl.String and n not in ("kind", "category")]
        marked = [(pl.lit(f"{CANARY} ") + pl.col(n)).alias(n) for n in texts]
        client.data.write(table, frame.with_columns(marked))
    client.data.seal()
    document = client.read().model_copy(update={"name": f"{CANARY} Ltd"})
    client.write(document)
    fresh = Project()
    made = presentation_copy(client, drafts.place(fresh.id), Words("ru"))
    drafts.save(made.model_copy(update={"id": fresh.id}))
    return shop_home


def test_the_walk_over_messages_sees_the_texts_of_tables(shop_home, opened):
    assert "Выручка".encode() in sent(opened("tree"))


@pytest.mark.parametrize("stem", PAGES)
def test_no_text_of_the_client_reaches_a_page(shown_home, opened, stem):
    told = sent(opened(stem))
    assert "имена заменены".encode() in told
    assert CANARY.encode() not in told


def test_the_names_of_other_projects_wait_for_a_click(shown_home, opened):
    app = opened("share")
    app.button(key="show_others").click().run()
    assert CANARY.encode() in sent(app)


def test_the_button_makes_the_copy_and_opens_it(shop_home, opened):
    app = opened("share")
    drafts = Drafts(shop_home)
    original = drafts.last()
    app.button(key="make_presentation").click().run()
    assert not app.exception, app.exception
    copy = drafts.last()
    assert copy != original
    assert drafts.place(copy).read().presentation
    assert not drafts.place(original).read().presentation
