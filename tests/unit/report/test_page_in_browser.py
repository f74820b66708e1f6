"""The HTML report in a real browser: offline, under its own policy, values under the pointer, a tree that folds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.harness import CHROMIUM, chromium

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine (apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def page(made: Callable[[str], bytes], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The report opened from disk without a network; what it tries to load and what it says stand in `seen`."""
    file: Path = tmp_path_factory.mktemp("page") / "report.html"
    file.write_bytes(made("html"))
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
        tab = context.new_page()
        tab.seen = {"requests": [], "console": []}
        tab.on("request", lambda r: tab.seen["requests"].append(r.url))
        tab.on("console", lambda m: tab.seen["console"].append(m.text))
        tab.goto(file.as_uri())
        yield tab


def test_no_payload_runs_and_nothing_is_asked_for(page: Any) -> None:
    assert page.evaluate("typeof window.__pwn") == "undefined"
    assert all(u.startswith(("file:", "data:")) for u in page.seen["requests"])
    # a script put in afterwards is refused by the policy
    page.evaluate(
        "(() => { const s = document.createElement('script'); s.text = 'window.__late = 1';"
        " document.body.appendChild(s) })()"
    )
    assert page.evaluate("typeof window.__late") == "undefined"
    assert any("Content Security Policy" in line for line in page.seen["console"])


def test_a_chart_tells_its_value_under_the_pointer(page: Any) -> None:
    mark = page.locator("#why figure .wide [data-tip]").first
    mark.scroll_into_view_if_needed()
    mark.hover(force=True)
    assert page.locator("#tip").is_visible()
    assert page.locator("#tip").inner_text() == mark.get_attribute("data-tip")
    assert page.locator("#kpis figure .wide [data-tip]").count() > 0


def test_the_tree_folds_and_unfolds(page: Any) -> None:
    boxes = page.locator("g[data-node]")
    root = page.locator("g[aria-expanded]").first
    before = [boxes.nth(i).is_visible() for i in range(boxes.count())]
    assert all(before)
    root.focus()
    page.keyboard.press("Enter")
    visible = [i for i in range(boxes.count()) if boxes.nth(i).is_visible()]
    assert len(visible) < len(before)
    assert root.get_attribute("aria-expanded") == "false"
    root.click(force=True)
    assert all(boxes.nth(i).is_visible() for i in range(boxes.count()))
