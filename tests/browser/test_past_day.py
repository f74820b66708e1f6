"""In Chromium: the calendar of the top line sets every screen to a past day; Result answers on one laptop screen."""

from __future__ import annotations

from datetime import date

import pytest

from crmkpi.project.drafts import Drafts
from crmkpi.targets.plan import freeze
from crmkpi.targets.target import Target
from tests.browser.harness import App, ready
from tests.views.small_shop import shop_project

LAPTOP = {"width": 1440, "height": 900}
QUESTIONS = {
    "ru": ("Хорошо или плохо", "Сколько осталось", "Насколько вероятно", "Что дальше"),
    "en": ("Good or bad", "How far", "How likely", "What next"),
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A running application with the small shop and one target."""
    home = tmp_path_factory.mktemp("home")
    project = shop_project(home)
    place = Drafts(home).place(project.id)
    target = freeze(
        place.data, Target(metric="active_customers", goal=90, due=date(2026, 9, 30)), date(2025, 12, 31)
    )
    place.write(project.model_copy(update={"targets": [target]}))
    with App(home) as app:
        yield app, project.id


def test_the_calendar_sets_all_screens_to_a_past_day(browser, shop):
    app, project = shop
    page = browser.new_page(viewport=LAPTOP)
    page.goto(f"{app.url}/deviations?p={project}&lang=ru")
    ready(page, 60_000)
    page.locator(".st-key-past_day button").first.click()
    page.locator("[data-testid=stPopoverBody] [role=spinbutton]").first.click()
    page.keyboard.type("15102025", delay=50)
    page.get_by_text("На какой день смотреть").first.click()
    page.get_by_text("Вы смотрите на 15 октября 2025").wait_for()
    ready(page)
    page.get_by_role("link", name="Дерево").first.click()
    page.get_by_text("Вы смотрите на 15 октября 2025").wait_for()
    ready(page)
    page.locator(".st-key-past_back button").click()
    page.get_by_text("Вы смотрите на").wait_for(state="detached")
    page.close()


@pytest.mark.parametrize("lang", ["ru", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_result_answers_and_draws_the_way_without_scrolling(browser, shop, lang, scheme):
    app, project = shop
    context = browser.new_context(viewport=LAPTOP, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{app.url}/gap?p={project}&lang={lang}")
    ready(page, 60_000, settle=800)
    for question in QUESTIONS[lang]:
        box = page.get_by_text(question).first.bounding_box()
        assert box and box["y"] + box["height"] < LAPTOP["height"], question
    chart = page.locator("[class*=st-key-card_way_]").first.bounding_box()
    assert chart and chart["y"] + chart["height"] < LAPTOP["height"]
    context.close()
