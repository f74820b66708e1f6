"""The app under a sub-path of a host (/kpi/): pages, health as the container asks it, a link from owner to reader."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from crmkpi.store import open_store
from tests.browser.harness import ROOT, App, ready
from tests.browser.test_links import HOSTED, PHONE, key, person  # noqa: F401  (key is a fixture)

BASE = "/kpi"
CHECK = re.compile(r"^HEALTHCHECK.*?CMD (\[.*?\])$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def below(key: tuple[Path, str]) -> Any:  # noqa: F811
    with App(key[0], env=HOSTED, base=BASE) as running:
        yield running


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_health_lives_below_and_the_container_asks_it_there(below):
    assert status(f"{below.url}/health/live") == 200
    assert status(f"{below.url.removesuffix(BASE)}/health/live") == 404
    found = CHECK.search((ROOT / "Dockerfile").read_text(encoding="utf-8"))
    assert found is not None
    program = json.loads(found[1])[2].replace("8501", str(below.port))
    for base, code in (("kpi", 0), ("/kpi/", 0), ("", 1)):
        env = {**os.environ, "STREAMLIT_SERVER_BASE_URL_PATH": base}
        asked = subprocess.run(
            [sys.executable, "-c", program], env=env, stderr=subprocess.DEVNULL, check=False
        )
        assert asked.returncode == code, base


def test_pages_and_links_stay_below_the_sub_path(browser, below, key, shots):  # noqa: F811
    owner = person(browser)
    outside: list[str] = []
    owner.on(
        "response", lambda r: outside.append(r.url) if not urlsplit(r.url).path.startswith(BASE) else None
    )
    owner.goto(f"{below.url}/o/{key[1]}")
    owner.get_by_role("button").click()
    ready(owner)
    assert urlsplit(owner.url).path == f"{BASE}/tree"
    owner.get_by_role("link", name="Цели").first.click()
    owner.wait_for_url(f"**{BASE}/targets*")
    owner.goto(f"{below.url}/share")
    ready(owner)
    owner.get_by_role("button", name="Создать", exact=True).click()
    owner.wait_for_selector('[data-testid="stCode"]')
    link = owner.locator('[data-testid="stCode"] code').inner_text().strip()
    owner.screenshot(path=shots / "sub_path_owner.png")
    assert re.fullmatch(rf"{below.url}/s/[A-Za-z0-9_-]{{43}}", link)
    manager = person(browser, **PHONE)
    manager.goto(link)
    manager.get_by_role("button", name="Открыть").click()
    ready(manager)
    assert urlsplit(manager.url).path == f"{BASE}/verdict"
    assert "Хорошо или плохо?" in manager.locator(".stApp").inner_text()
    manager.goto(f"{below.url}/targets")
    ready(manager)
    assert "Хорошо или плохо?" in manager.locator(".stApp").inner_text()
    store = open_store(key[0])
    tried = [x.detail for x in store.audit.lines() if x.action == "reader.turned_away"]
    store.close()
    assert tried == [{"what": "targets"}]
    assert not [u for u in outside if not u.startswith(("data:", "blob:"))]


def test_a_server_full_of_people_says_so_on_the_screen(browser, key, shots):  # noqa: F811
    with App(key[0], env={**HOSTED, "CRMKPI_MOST_EDITORS": "1"}) as app:
        first, late = person(browser), person(browser, **PHONE)
        first.goto(app.url)
        ready(first)
        answer = late.goto(app.url)
        late.screenshot(path=shots / "full.png")
        assert answer.status == 503 and "все места заняты" in late.locator("body").inner_text()
        first.close()
        late.wait_for_timeout(500)
        assert late.reload().status == 200
        ready(late)
