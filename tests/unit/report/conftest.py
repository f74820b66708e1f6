"""A small loaded project with targets and hostile names, and its reports, made once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date

import pytest

from crmkpi.i18n import Words
from crmkpi.project.drafts import Drafts
from crmkpi.project.place import Place
from crmkpi.report import ReportOptions, write
from crmkpi.targets.plan import freeze
from crmkpi.targets.target import Target
from tests.views.small_shop import shop_project

SCRIPT = '<script>window.__pwn=1</script><img src=x onerror="window.__pwn=1">'
MARKDOWN = "[Log in](https://evil.example) ![x](http://127.0.0.1:9/x.png)"
MARKUP = '#panic("typst") $x$ @ref *bold*'
HOSTILE = f"=1+1 {SCRIPT} \u202egnp.exe\x07"
OWNER = f"{MARKDOWN} {MARKUP}"


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The small shop with two targets; its name and owner hold every kind of payload."""
    home = tmp_path_factory.mktemp("report")
    project = shop_project(home)
    found = Drafts(home).place(project.id)
    targets = [
        freeze(found.data, target)
        for target in (
            Target(
                metric="aov",
                goal=6000.0,
                due=date(2026, 9, 30),
                baseline_date=date(2025, 12, 31),
                owner=OWNER,
            ),
            Target(metric="orders_count", goal=70.0, due=date(2026, 6, 30), baseline_date=date(2025, 12, 31)),
        )
    ]
    found.write(project.model_copy(update={"name": HOSTILE, "targets": targets}))
    return found


@pytest.fixture(scope="session")
def bare(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The same data without any target."""
    root = tmp_path_factory.mktemp("bare") / "p"
    shutil.copytree(place.root, root)
    found = Place(root)
    found.write(found.read().model_copy(update={"targets": [], "name": ""}))
    return found


@pytest.fixture(scope="session")
def made(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], bytes]:
    """The report of a kind in Russian, written once."""
    folder = tmp_path_factory.mktemp("made")
    known: dict[str, bytes] = {}

    def of(kind: str) -> bytes:
        if kind not in known:
            write(place, folder / f"r.{kind}", Words("ru"), ReportOptions(logo=logo()))
            known[kind] = (folder / f"r.{kind}").read_bytes()
        return known[kind]

    return of


def logo() -> bytes:
    """A picture of one violet point."""
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (12, 8), "#663399").save(out, "PNG")
    return out.getvalue()
