"""What only a browser sees of the editor: its dialogs, which run in threads of their own, and the width of a phone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from crmkpi.project.drafts import Drafts
from tests.browser.harness import App, ready
from tests.views.small_shop import shop_project

WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
LINE = '[role="dialog"] [class*="st-key-formula_{}"] input'


@pytest.fixture(scope="module")
def shop_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The application with the small shop open."""
    home = tmp_path_factory.mktemp("home")
    shop_project(home)
    with App(home) as running:
        yield running


@pytest.fixture(scope="module")
def page(browser: Any, shop_app: App) -> Iterator[Any]:
    """The editor on a wide screen."""
    context = browser.new_context(viewport={"width": 1300, "height": 950}, locale="ru-RU")
    opened = context.new_page()
    opened.goto(f"{shop_app.url}/editor?lang=ru")
    ready(opened, 60_000)
    yield opened
    context.close()


def typed(page: Any, where: str, text: str) -> None:
    box = page.locator(where).first
    box.fill(text)
    box.press("Enter")
    ready(page)


def says(page: Any, text: str) -> None:
    """Wait until the dialog shows the text: the check runs in a thread of its own."""
    page.locator('[role="dialog"]').get_by_text(text).first.wait_for(timeout=20_000)


def test_an_own_metric_is_written_checked_and_used_in_a_formula(page: Any, shop_app: App) -> None:
    page.locator(".st-key-own_new button").click()
    ready(page)
    typed(page, '[role="dialog"] [class*="st-key-own_ru"] input', "Потратил клиент")
    typed(page, LINE.format("own_new"), "[Выручка от клиентской базы] / [Активные клиентыы]")
    says(page, "[Активные клиенты]")
    typed(page, LINE.format("own_new"), "[Выручка от клиентской базы] / [Активные клиенты]")
    says(page, "Читается так")
    page.locator('[class*="st-key-own_save"] button').click()
    page.wait_for_selector('[role="dialog"]', state="detached")
    ready(page)
    page.locator(".st-key-edit_revenue_base button").click()
    ready(page)
    typed(page, LINE.format("node_revenue_base"), "[Активные клиенты] * [Средний чек]")
    says(page, "Не сходится")
    typed(page, LINE.format("node_revenue_base"), "[Активные клиенты] * [Потратил клиент]")
    says(page, "Сходится с данными во всех 27")
    page.locator(".st-key-formula_save button").click()
    ready(page)
    page.wait_for_selector('[class*="st-key-edit_own_"]')
    drafts = Drafts(shop_app.home)
    found = drafts.place(drafts.last() or "").read().own_trees
    assert [v.change.what for v in found.versions] == ["defined", "computed"]


def test_the_editor_fits_a_phone(browser: Any, shop_app: App) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="ru-RU")
    phone = context.new_page()
    phone.goto(f"{shop_app.url}/editor?lang=ru")
    ready(phone, 60_000)
    assert phone.evaluate(WIDE) <= 0
    context.close()
