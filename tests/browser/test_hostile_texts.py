"""Hostile names and cells on every surface: nothing runs, nothing is fetched, nothing becomes a link (items 42-45)."""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from crmkpi.ingest.load import load
from crmkpi.project.document import Project, TreeChoice
from crmkpi.project.drafts import Drafts
from crmkpi.project.record import recorded
from crmkpi.store import open_store
from crmkpi.targets.plan import freeze
from crmkpi.targets.target import Target
from tests.browser.harness import App, ready
from tests.browser.test_links import HOSTED
from tests.views.small_shop import HEADER, orders

BEACON = "http://127.0.0.1:9/x.png"
EVIL = (
    "<img src=x onerror=window.__pwn=1>",
    "<script>window.__pwn=1</script>",
    f"![b]({BEACON})",
    "[Войти](https://evil.example)",
    "<a href=https://evil.example>x</a>",
    "javascript:window.__pwn=1",
    "$\\href{javascript:window.__pwn=1}{x}$ :red[x] {{7*7}}",
)
PAGES = (
    "data",
    "tree",
    "targets",
    "gap",
    "share",
    "drivers",
    "customers",
    "deviations",
    "glossary",
    "whatif",
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A project whose name, owner, file, header and segments are payloads, and its owner's key."""
    home = tmp_path_factory.mktemp("hostile")
    path = home / "<img src=x onerror=alert(1)>.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, delimiter=";")
        out.writerow([*HEADER, EVIL[0]])
        for i, row in enumerate(orders()):
            out.writerow([*row[:4], EVIL[i % len(EVIL)], EVIL[(i + 1) % len(EVIL)]])
    drafts = Drafts(home)
    project = Project(name="".join(EVIL)[:80], tree=TreeChoice(template="ecommerce_revenue"))
    place = drafts.place(project.id)
    place.root.mkdir(parents=True)
    load([path], place.data)
    target = Target(metric="aov", goal=9000.0, due=date(2026, 12, 31), owner=EVIL[0], lever=EVIL[2])
    project = recorded(project, place.data).model_copy(update={"targets": [freeze(place.data, target)]})
    drafts.save(project)
    store = open_store(home)
    store.projects.create(project)
    key = store.projects.new_owner_key(project.id)
    store.close()
    return home, key


def watched(browser: Any, **size: int) -> tuple[Any, list[str]]:
    page = browser.new_context(locale="ru-RU", viewport=size or {"width": 1440, "height": 900}).new_page()
    called: list[str] = []
    page.on("request", lambda r: called.append(r.url))
    page.on("dialog", lambda d: (called.append(f"dialog {d.message}"), d.dismiss()))
    return page, called


def clean(page: Any, called: list[str], url: str, where: str) -> None:
    assert page.evaluate("window.__pwn ?? null") is None, where
    foreign = [u for u in called if not u.startswith((url, "data:", "blob:", url.replace("http", "ws")))]
    assert not foreign, (where, foreign)
    assert page.locator('a[href*="evil"], a[href^="javascript"]').count() == 0, where
    assert page.locator('img[src*="127.0.0.1:9"], img[src="x"]').count() == 0, where


def test_nothing_of_a_file_or_a_name_runs_or_calls_out(browser, hostile, shots):
    with App(hostile[0], env=HOSTED) as app:
        owner, called = watched(browser)
        owner.goto(f"{app.url}/o/{hostile[1]}")
        owner.get_by_role("button").click()
        ready(owner)
        for stem in PAGES:
            owner.goto(f"{app.url}/{stem}")
            ready(owner)
            clean(owner, called, app.url, stem)
        owner.goto(f"{app.url}/share")
        ready(owner)
        owner.get_by_label("Кто делится").fill(EVIL[0])
        owner.get_by_role("button", name="Создать", exact=True).click()
        owner.wait_for_selector('[data-testid="stCode"]')
        link = owner.locator('[data-testid="stCode"] code').inner_text().strip()
        reader, heard = watched(browser, width=390, height=844)
        reader.goto(link)
        clean(reader, heard, app.url, "door")
        reader.get_by_role("button", name="Открыть").click()
        ready(reader)
        clean(reader, heard, app.url, "verdict")
        assert EVIL[0] in reader.locator(".stApp").inner_text()
        reader.screenshot(path=shots / "hostile_reader.png")
        reader.get_by_text("Задать вопрос").first.click()
        reader.get_by_label("Один короткий вопрос").first.fill("".join(EVIL[:4]))
        reader.get_by_role("button", name=re.compile("Отправить")).first.click()
        reader.get_by_text("Ваш вопрос отправлен").wait_for()
        owner.reload()
        ready(owner)
        assert "onerror" in owner.locator(".stApp").inner_text()
        clean(owner, called, app.url, "answers")


def test_a_page_of_another_site_cannot_frame_the_app(browser, hostile):
    with App(hostile[0], env=HOSTED) as app:
        page = browser.new_context().new_page()
        # another host name is another origin; frame-ancestors 'self' turns it away
        page.route(
            "http://attacker.test/*",
            lambda r: r.fulfill(body=f"<iframe src='{app.url}/'></iframe>", content_type="text/html"),
        )
        page.goto("http://attacker.test/")
        page.wait_for_timeout(1500)
        assert all(frame.locator('[data-testid="stApp"]').count() == 0 for frame in page.frames)
