"""The real data set goes through the upload page unchanged and shows its known values."""

from __future__ import annotations

import os

import pytest

from tests.browser.harness import ROOT
from tests.browser.test_journey import SLOW, USABLE, Visitor

REAL = os.environ.get("CRMKPI_REAL_DATA") or str(ROOT.parent / "shared" / "data" / "online_retail.csv.gz")


@pytest.mark.real
@pytest.mark.skipif(not os.path.exists(REAL), reason="the real data set is not on this machine")
def test_the_real_set_shows_its_known_revenue(app, browser, shots):
    me = Visitor(browser, app, shots)
    me.go()
    me.page.locator('[data-testid="stFileUploader"] input[type=file]').first.set_input_files(REAL)
    me.see("Узнали 1 таблицу")
    me.press("Всё верно, загрузить")
    me.see(USABLE)
    bridge = me.page.locator(".st-key-card_bridge")
    # the chart is a picture; its numbers are read from the receipt of the same page
    bridge.locator("canvas, svg").first.wait_for(timeout=SLOW)
    me.page.get_by_role("spinbutton").first.fill("8911407.90")
    me.page.keyboard.press("Enter")
    me.see("Совпадает с вершиной дерева")
    assert not me.errors, me.errors
