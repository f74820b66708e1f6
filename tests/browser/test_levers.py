"""What only a browser sees: nothing sticks out of a phone, and a slider prints its value on one line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.harness import App, ready
from tests.views.small_shop import shop_project

WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def shop_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The application with the small shop open."""
    home = tmp_path_factory.mktemp("home")
    shop_project(home)
    with App(home) as running:
        yield running


@pytest.fixture(scope="module")
def phone(browser: Any) -> Iterator[Any]:
    """One page of the width of a phone."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="ru-RU")
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("stem", ["drivers", "whatif", "customers", "tree"])
def test_nothing_sticks_out_of_a_phone(shop_app: App, phone: Any, stem: str) -> None:
    phone.goto(f"{shop_app.url}/{stem}?lang=ru")
    ready(phone, 60_000)
    assert phone.evaluate(WIDE) <= 0


def test_the_value_of_a_slider_stands_on_one_line(shop_app: App, phone: Any) -> None:
    phone.goto(f"{shop_app.url}/whatif?lang=ru")
    ready(phone, 60_000)
    values = phone.locator('[data-testid="stSliderThumbValue"]')
    assert values.count() >= 3
    assert all(values.nth(i).bounding_box()["height"] < 30 for i in range(values.count()))
