"""Five different exports dropped at once: few questions with both results, a verdict, switches in money, next month."""

from __future__ import annotations

import csv
import io
import re

from tests.browser.five_exports import five_exports, next_month
from tests.browser.harness import ready
from tests.browser.test_journey import SLOW, Visitor

PASTED = "Дата\tСтатья расходов\tСумма\n01.02.2026\tПлатформа\t12 000,00\n01.03.2026\tПлатформа\t12 500,50\n"


def drop(me: Visitor, files: list) -> None:  # type: ignore[type-arg]
    me.page.locator('[data-testid="stFileUploader"] input[type=file]').first.set_input_files(files)


def answer(me: Visitor, text: str) -> None:
    me.page.locator(".st-key-card_questions").get_by_text(text, exact=True).click()
    ready(me.page, timeout=SLOW, settle=500)


def test_five_exports_at_once_and_the_next_month(app, browser, shots, tmp_path):
    me = Visitor(browser, app, shots)
    me.go()
    drop(me, five_exports(tmp_path))
    me.see("Узнали 5 таблиц")
    card = me.page.locator(".st-key-card_questions")
    assert card.get_by_role("radiogroup").count() == 3, (
        "two to decide, and which tree to build; the rest the files show"
    )
    load = me.page.get_by_role("button", name="Всё верно, загрузить")
    assert load.is_disabled()
    me.page.get_by_text("Личные данные").first.wait_for()
    me.shot("five-questions")
    answer(me, "2025")
    answer(me, "сначала день: 31.12")
    assert not load.is_disabled()
    me.page.get_by_text("Так будут выглядеть строки").click()
    me.page.locator(".st-key-scroll_preview table").wait_for()
    me.shot("five-preview")
    load.click()
    me.see("Данными можно пользоваться")
    me.shot("five-quality")

    # flipping a switch moves the money it has promised
    switches = me.page.locator(".st-key-card_switches")
    switches.get_by_text(re.compile("Выключите: «Выручка от клиентской базы» станет больше")).first.wait_for()
    switches.get_by_text("Не считать тестовые заказы").click()
    flipped = re.compile("Включите: «Выручка от клиентской базы» станет меньше")
    switches.get_by_text(flipped).first.wait_for(timeout=SLOW)
    ready(me.page, timeout=SLOW)
    me.shot("five-switched")

    with me.page.expect_download() as waiting:
        me.press("Скачать отклонённые строки с причинами")
    rows = list(csv.reader(io.StringIO(waiting.value.path().read_text(encoding="utf-8-sig"))))
    assert any("лишние ячейки" in row for row in rows)

    me.page.get_by_text("Добавить или заменить файлы").click()
    ready(me.page)
    drop(me, [next_month(tmp_path)])
    me.see("Узнали 1 таблицу")
    me.press("Всё верно, загрузить")
    me.see("изменился 1 прошлый месяц")
    me.shot("five-next-month")

    me.page.get_by_text("Добавить или заменить файлы").click()
    me.page.get_by_text("Вставить таблицу").click()
    me.page.locator("textarea").first.fill(PASTED)
    me.page.get_by_role("button", name="Взять таблицу").click()
    me.see("Узнали 1 таблицу")
    me.page.get_by_text("Вставленная таблица.tsv").first.wait_for()
    me.shot("five-pasted")
    assert not me.errors, me.errors
