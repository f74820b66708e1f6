"""Two browsers: an owner shares, a manager reads on a phone, reaches nothing else, and goes dark after the revoke."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from crmkpi.project.drafts import Drafts
from crmkpi.store import open_store
from crmkpi.targets.plan import freeze
from crmkpi.targets.target import Target
from tests.browser.harness import App, ready
from tests.views.small_shop import shop_project

HOSTED = {
    "CRMKPI_MODE": "hosted",
    "CRMKPI_SECRET": "Kq8ZbT2mWc5RxN7vLp3JdF9hGs4YaE6u",
    "CRMKPI_ALLOWED_HOSTS": "127.0.0.1",
    "CRMKPI_HTTPS": "0",
}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home with a shop that has a target, and the owner's key to it."""
    home = tmp_path_factory.mktemp("home")
    project = shop_project(home)
    drafts = Drafts(home)
    targets = [
        Target(metric="aov", goal=9000.0, due=date(2026, 9, 30), baseline_date=date(2025, 12, 31)),
        Target(metric="orders_count", goal=80.0, due=date(2026, 12, 31), baseline_date=date(2025, 12, 31)),
    ]
    data = drafts.place(project.id).data
    project = project.model_copy(update={"targets": [freeze(data, x) for x in targets]})
    drafts.save(project)
    store = open_store(home)
    store.projects.create(project)
    found = store.projects.new_owner_key(project.id)
    store.close()
    return home, found


@pytest.fixture(scope="module")
def hosted(key):
    with App(key[0], env=HOSTED) as running:
        yield running


def person(browser: Any, locale: str = "ru-RU", **size: int) -> Any:
    context = browser.new_context(locale=locale, viewport=size or {"width": 1440, "height": 900})
    return context.new_page()


def test_the_story_of_a_link(browser, hosted, key, shots):
    owner = person(browser)
    owner.goto(f"{hosted.url}/o/{key[1]}")
    owner.get_by_role("button").click()
    ready(owner)
    assert "Магазин" in owner.locator(".st-key-topbar").inner_text()
    owner.goto(f"{hosted.url}/share")
    ready(owner)
    owner.get_by_label("Кто делится").fill("Анна")
    owner.get_by_role("button", name="Создать", exact=True).click()
    owner.wait_for_selector('[data-testid="stCode"]')
    link = owner.locator('[data-testid="stCode"] code').inner_text().strip()
    ready(owner)
    owner.screenshot(path=shots / "links_owner.png", full_page=True)
    assert re.fullmatch(rf"{hosted.url}/s/[A-Za-z0-9_-]{{43}}", link)

    manager = person(browser, **PHONE)
    manager.goto(link)
    manager.screenshot(path=shots / "links_door.png")
    assert "Анна делится" in manager.locator("h1").inner_text()
    manager.get_by_role("button", name="Открыть").click()
    ready(manager)
    manager.screenshot(path=shots / "links_reader.png", full_page=True)
    assert manager.url.endswith("/verdict") and link.rpartition("/")[2] not in manager.content()
    body = manager.locator(".stApp").inner_text()
    assert "Хорошо или плохо?" in body and "издание 1" in body and "Окупается?" in body
    assert manager.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    for stem in ("share", "data", "tree", "targets", "start", "glossary", "share?p=x"):
        manager.goto(f"{hosted.url}/{stem}")
        ready(manager)
        shown = manager.locator(".stApp").inner_text()
        assert "Создать ссылку" not in shown and "Удалить проект" not in shown, stem
        assert manager.locator('input[type="file"]').count() == 0, stem

    manager.goto(f"{hosted.url}/verdict")
    ready(manager)
    manager.get_by_role("button", name=re.compile("Прочитано")).click()
    manager.get_by_text("Вы подтвердили издание 1").wait_for()

    owner.reload()
    ready(owner)
    assert "прочитано, согласен" in owner.locator(".stApp").inner_text()
    owner.get_by_role("button", name=re.compile("Закрыть$")).click()
    owner.get_by_text("погаснут").wait_for()
    manager.get_by_text("Эта ссылка не открывается").wait_for(timeout=60_000)
    assert "Хорошо или плохо?" not in manager.locator(".stApp").inner_text()
    assert manager.goto(link).status == 404
