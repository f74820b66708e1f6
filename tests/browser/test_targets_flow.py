"""A marketer sets five KPIs on the sample shop: typed, clicked and filled in; one refused, one rewritten.

One story in order, in Chromium, from the empty start page to the answers of the Result screen.
"""

from __future__ import annotations

import re
import time

from tests.browser.harness import App, ready
from tests.browser.test_journey import SLOW, Visitor

# what the issue asks for: five KPIs in under three minutes
LONGEST = 180
LAPTOP = 900


def say(me: Visitor, text: str) -> None:
    box = me.page.locator(".st-key-card_wish input").first
    box.fill(text)
    box.press("Enter")
    ready(me.page, settle=500)


def save(me: Visitor, count: int) -> None:
    me.press("Поставить цель")
    me.page.wait_for_function(
        "n => document.querySelectorAll('[class*=st-key-card_target_]').length >= n", arg=count, timeout=SLOW
    )
    ready(me.page)


def goal_box(me: Visitor):
    return me.page.get_by_role("spinbutton", name=re.compile("^Значение")).first


def test_five_kpis_with_one_refused_and_one_rewritten(browser, shots, tmp_path):
    with App(tmp_path / "home") as app:
        me = Visitor(browser, app, shots, height=LAPTOP)
        me.go()
        me.press("Открыть пример")
        me.page.wait_for_selector("[role=treeitem]")
        me.go("/targets")
        start = time.monotonic()

        me.press("Зафиксировать точку старта")
        me.see("Точка старта зафиксирована")

        # 1: the article's sentence; the number is asked about, both results are on the buttons
        say(
            me,
            "увеличить долю заказов от покупателей, не совершавших покупок более 90 дней, на 15% за квартал",
        )
        me.see("у доли читается по-разному")
        me.page.locator(".st-key-wish_change_kind_relative button").click()
        me.see("Точка старта:")
        me.shot("wish")
        save(me, 1)

        # 2: a goal that cannot be is refused with a sentence and cannot be set; mended, it can
        say(me, "уровень удержания 140% к концу года")
        me.see("невозможно")
        assert me.page.locator(".st-key-save_target button").is_disabled()
        me.shot("refused")
        goal_box(me).fill("52")
        goal_box(me).press("Enter")
        me.see("Точка старта:")
        save(me, 2)

        # 3: a vague wish, answered by a click on something that can be counted
        say(me, "повысить узнаваемость")
        me.see("Так это не измерить")
        me.page.get_by_role("button", name=re.compile("Новые клиенты")).click()
        me.see("Точка старта:")
        save(me, 3)

        # 4: a metric named in words, its goal taken from the suggestions
        say(me, "средний чек к концу года")
        me.see("Куда целиться?")
        me.page.locator("[class*=st-key-aim_] button").first.click()
        me.see("Точка старта:")
        me.shot("aims")
        save(me, 4)

        # 5: a whole line; then one target is rewritten
        say(me, "частота покупок 1,75 к концу года")
        me.see("Точка старта:")
        save(me, 5)
        me.page.locator("[class*=st-key-edit_] button").nth(4).click()
        ready(me.page, settle=500)
        goal_box(me).fill("1.7")
        goal_box(me).press("Enter")
        me.see("Точка старта:")
        me.press("Сохранить изменения")
        me.see("до 1,7 ")
        assert me.page.locator("[class*=st-key-card_target_]").count() == 5
        assert time.monotonic() - start < LONGEST
        me.shot("five")

        me.press("Смотреть итог")
        for question in ("Хорошо или плохо", "Сколько осталось", "Насколько вероятно", "Что дальше"):
            me.see(question)
            box = me.page.get_by_text(question).first.bounding_box()
            assert box and box["y"] + box["height"] < LAPTOP, "answered without scrolling on a laptop"
        me.page.locator(
            "[class*=st-key-card_way_] canvas, [class*=st-key-card_way_] svg.marks"
        ).first.wait_for()
        me.shot("answers")
        assert not me.errors, me.errors
        assert "Traceback" not in app.log()
