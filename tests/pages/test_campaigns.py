"""Mailings without mailings: the page says what is missing and leads to the files."""

from __future__ import annotations


def test_without_mailings_the_page_says_so(shop_home, opened):
    app = opened("campaigns")
    assert app.subheader[0].value == "Рассылок в данных нет"
    assert app.button(key="empty_campaigns").label == "Добавить файлы"
