"""The main job in a real browser: from an unchanged export to targets and control points, and nothing gets lost.

The test is one story in order; each step leaves a screenshot in test-artifacts/screenshots.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.browser.harness import ROOT, App, ready

SAMPLE = sorted((ROOT / "sample_data" / "shop_ru").glob("*.csv*"))
SLOW = 120_000
# the verdict on loaded data, whatever it is
USABLE = re.compile("Данным можно верить|Данными можно пользоваться|Сначала исправьте")


class Visitor:
    """A person in front of a browser; `errors` collects what the page itself complained about."""

    def __init__(self, browser: Any, app: App, shots: Path, width: int = 1440, height: int = 1000) -> None:
        context = browser.new_context(viewport={"width": width, "height": height}, locale="ru-RU")
        self.page, self.app, self.shots, self.count = context.new_page(), app, shots, 0
        self.page.set_default_timeout(30_000)
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def go(self, path: str = "/") -> None:
        self.page.goto(self.app.url + path)
        ready(self.page)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click()
        self.page.wait_for_timeout(300)

    def see(self, text: str | re.Pattern[str], timeout: int = SLOW) -> None:
        self.page.get_by_text(text).first.wait_for(timeout=timeout)
        ready(self.page, timeout=timeout)

    def shot(self, name: str) -> None:
        self.count += 1
        self.page.screenshot(path=str(self.shots / f"{self.count:02d}-{name}.png"))


def upload_and_load(me: Visitor) -> None:
    me.go()
    me.page.locator('[data-testid="stFileUploader"] input[type=file]').first.set_input_files(SAMPLE)
    me.see("Узнали 6 таблиц")
    grid = me.page.frame_locator("iframe").first
    grid.get_by_text("Сумма без скидки").wait_for(timeout=SLOW)
    me.shot("mapping")
    me.press("Всё верно, загрузить")
    me.see(USABLE)
    me.see("От суммы в файле до вершины дерева")
    me.shot("receipt")


def choose_tree(me: Visitor) -> None:
    me.press("Дальше: дерево показателей")
    me.page.wait_for_selector("[role=treeitem]")  # the first tree needs no choice
    me.see("Взяли дерево")
    me.press("Другое дерево")
    me.see("Выберите дерево")
    me.shot("choose")
    me.page.get_by_text(re.compile(r"^Узлы дерева")).click()
    me.page.get_by_text("★ KPI").nth(1).click()
    ready(me.page)
    me.press("Построить дерево")
    me.page.wait_for_selector("[role=treeitem]")
    ready(me.page, settle=600)
    me.shot("tree")


def open_node(me: Visitor) -> None:
    me.page.locator("[role=treeitem][data-id=aov]").click()
    drawer = me.page.get_by_role("dialog")
    drawer.get_by_text("Вклад в изменение показателя").wait_for()
    drawer.locator("canvas, svg.marks").first.wait_for()
    me.shot("node")
    drawer.get_by_text("По сегментам").click()
    drawer.get_by_text("Разрез").wait_for()
    ready(me.page, settle=500)
    me.shot("segments")
    drawer.get_by_text("Как считается").click()
    drawer.get_by_text("Формула:").wait_for()
    me.page.keyboard.press("Escape")
    drawer.wait_for(state="detached")


def set_target(me: Visitor, metric: str, goal: str) -> None:
    box = me.page.get_by_role("combobox", name="Показатель").first
    box.click()
    me.page.keyboard.type(metric)
    me.page.get_by_role("option", name=re.compile(re.escape(metric))).first.click()
    ready(me.page)
    me.page.get_by_role("spinbutton").first.fill(goal)
    me.page.keyboard.press("Enter")
    me.see("Точка старта:")
    me.press("Поставить цель")
    me.see("Поставленные цели")


def test_from_an_unchanged_export_to_control_points_and_back(app, browser, shots, tmp_path):
    me = Visitor(browser, app, shots)
    upload_and_load(me)
    choose_tree(me)
    open_node(me)

    me.go("/targets")
    set_target(me, "Активные клиенты", "480")
    set_target(me, "Средний чек", "4000")
    me.shot("targets")
    me.press("Смотреть итог")
    me.see("Контрольные точки")
    for question in ("Хорошо или плохо", "Сколько осталось", "Насколько вероятно", "Что дальше"):
        me.see(question)
    me.shot("result")

    # a reload, a new tab and a restarted server all come back to the same work
    me.page.reload()
    me.see("Контрольные точки")
    other = Visitor(browser, app, shots)
    other.go("/tree")
    other.page.wait_for_selector("[role=treeitem]")
    assert other.page.locator(".star").count() == 1

    me.go("/share")
    with me.page.expect_download() as waiting:
        me.press("Сохранить проект в файл")
    saved = tmp_path / "saved.crmkpi"
    waiting.value.save_as(saved)
    me.shot("share")
    assert not me.errors, me.errors

    with App(tmp_path / "elsewhere") as second:
        there = Visitor(browser, second, shots)
        there.go()
        there.page.locator('[data-testid="stFileUploader"] input[type=file]').first.set_input_files(saved)
        there.page.wait_for_selector("[role=treeitem]", timeout=SLOW)
        there.go("/gap")
        there.see("Контрольные точки")
        there.shot("reopened")
        there.see("Хорошо или плохо")
        assert not there.errors, there.errors


def test_a_restart_of_the_server_comes_back_to_the_work(app, browser, shots):
    with App(app.home) as again:
        me = Visitor(browser, again, shots)
        me.go("/gap")
        me.see("Контрольные точки")
