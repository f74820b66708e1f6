"""The shell in a real browser: health, languages, narrow screens, the keyboard, and nobody else is called."""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from crmkpi.project.document import Project
from tests.browser.harness import App, ready
from tests.views.small_shop import shop_project

PAGES = ("", "data", "tree", "targets", "gap", "share", "drivers", "customers", "glossary")
# Latin words that Russian people use on screens like these, and the name of the uploaded file
KNOWN = {
    "orders",
    "csv",
    "CSV",
    "Excel",
    "ZIP",
    "GZ",
    "CRM",
    "KPI",
    "SMART",
    "RU",
    "EN",
    "UPT",
    "AOV",
    "LTV",
    "RFM",
    "CAC",
    "MRR",
    "NRR",
    "GRR",
    "MAU",
    "PDF",
    "Google",
    "retention",
    "rate",
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Project]:
    home = tmp_path_factory.mktemp("home")
    return home, shop_project(home)


@pytest.fixture(scope="module")
def app(shop):
    with App(shop[0]) as running:
        yield running


def visit(browser: Any, url: str, width: int = 1440, locale: str = "ru-RU", dark: bool = False) -> Any:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, locale=locale, color_scheme="dark" if dark else "light"
    )
    page = context.new_page()
    page.goto(url)
    ready(page, settle=500)
    return page


def test_health_says_live_and_ready(app):
    for name in ("live", "ready"):
        with urllib.request.urlopen(f"{app.url}/health/{name}") as answer:
            assert answer.status == 200
            assert json.load(answer)["status"] == name


@pytest.mark.parametrize("stem", PAGES)
def test_a_russian_screen_speaks_russian_and_fits_a_phone(app, browser, stem):
    page = visit(browser, f"{app.url}/{stem}")
    shown = page.evaluate(SHOWN)
    words = set(re.findall(r"\b[A-Za-z]{3,}\b", shown)) - KNOWN
    assert stem == "glossary" or not words, words
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(400)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.context.close()


def test_the_language_switch_changes_the_whole_page(app, browser):
    page = visit(browser, f"{app.url}/targets")
    page.get_by_text("EN", exact=True).click()
    page.get_by_role("heading", name="Targets").wait_for()
    assert "lang=en" in page.url
    page.wait_for_function("document.documentElement.lang === 'en'")
    page.context.close()


def test_the_browser_calls_nobody_but_this_server(app, browser):
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="ru-RU")
    page, called = context.new_page(), set()
    page.on("request", lambda request: called.add(request.url))
    for stem in ("", "tree", "customers"):
        page.goto(f"{app.url}/{stem}")
        ready(page, settle=500)
    strangers = [
        u for u in called if not u.startswith((app.url, app.url.replace("http", "ws"), "data:", "blob:"))
    ]
    assert not strangers
    context.close()


def test_the_tree_is_walked_by_keyboard(app, browser):
    page = visit(browser, f"{app.url}/tree")
    root = page.locator("[role=treeitem][aria-level='1']")
    root.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate(FOCUSED) == "2"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    first = page.evaluate(FOCUSED)
    assert first in ("1", "2")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    assert page.locator("[role=treeitem]").count() == 1, "the folded root hides everything below it"
    page.keyboard.press("ArrowRight")
    assert page.locator("[role=treeitem]").count() > 1
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()
    page.context.close()


# every text that a person sees: printed, not replaced by the style sheet (size 0), and no icon (icons are
# ligatures of an icon font)
SHOWN = """() => { const out = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let n = walk.nextNode(); n; n = walk.nextNode()) {
  const e = n.parentElement, s = getComputedStyle(e), box = e.getBoundingClientRect();
  if (s.visibility === 'hidden' || parseFloat(s.fontSize) === 0 || !box.width || !box.height) continue;
  if (/^(SCRIPT|STYLE|NOSCRIPT)$/.test(e.tagName) || /Icon/.test(e.dataset.testid || '') ||
    e.getAttribute('role') === 'img') continue;
  out.push(n.textContent); }
return out.join('\\n'); }"""
FOCUSED = """() => { let e = document.activeElement; while (e && e.shadowRoot) e = e.shadowRoot.activeElement;
return e && e.getAttribute('aria-level'); }"""


def test_what_was_folded_stays_folded_after_a_reload(app, browser):
    page = visit(browser, f"{app.url}/tree")
    root = page.locator("[role=treeitem][aria-level='1']")
    root.focus()
    page.keyboard.press("ArrowLeft")
    assert page.locator("[role=treeitem]").count() == 1
    page.reload()
    ready(page, settle=500)
    page.wait_for_selector("[role=treeitem]")
    assert page.locator("[role=treeitem]").count() == 1
    page.context.close()


def test_a_narrow_screen_gets_a_list_with_the_largest_change_open(app, browser):
    page = visit(browser, f"{app.url}/tree", width=390)
    rows = page.locator(".row[role=treeitem]")
    rows.first.wait_for()
    assert rows.count() > 3
    assert page.locator(".row[aria-level='2'][aria-expanded='true']").count() >= 1
    page.context.close()


def test_a_deep_link_on_a_fresh_server_runs_the_whole_frame(shop, browser):
    with App(shop[0]) as fresh:
        page = visit(browser, f"{fresh.url}/glossary")
        page.get_by_role("heading", name="Словарь показателей").wait_for()
        assert page.get_by_text("Дерево").count() > 0, "the menu is there"
        page.context.close()
