"""What only a browser sees of the log: one click logs a campaign, the pack comes down, a phone has no overflow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from crmkpi.analysis.initiative import Audience, Initiative
from crmkpi.project.drafts import Drafts
from tests.browser.harness import App, ready
from tests.views.sample_shop import sample_project

WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def log_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The sample shop with two entries in the log; the third is written in the browser."""
    home = tmp_path_factory.mktemp("home")
    project = sample_project(home)
    entries = [
        Initiative(title="Корзина", shipped=date(2026, 4, 1), window_days=91, metrics=("aov",)),
        Initiative(
            title="Осень",
            shipped=date(2026, 9, 6),
            audience=Audience(kind="campaign", campaigns=("M-2026-09-1",)),
        ),
    ]
    Drafts(home).save(project.model_copy(update={"initiatives": entries}))
    with App(home) as running:
        yield running


def test_one_click_logs_a_proven_campaign_and_the_pack_is_downloaded(
    log_app: App, browser: Any, shots: Path, tmp_path: Path
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 1000}, locale="ru-RU")
    page = context.new_page()
    page.goto(f"{log_app.url}/log?lang=ru")
    ready(page, 60_000)
    page.get_by_text("Мы скучаем, 10 февраля 2026").click()
    ready(page, 60_000)
    page.get_by_text("В журнале 3 инициативы, доказано эффектов: 2").wait_for()
    for badge in ("A — случайная контрольная группа", "C — до и после", "D — приписано"):
        assert page.get_by_text(badge).count() >= 1, badge
    # the campaign without an effect is offered, not credited
    assert page.get_by_text("Весенний каталог, 14 апреля 2026").count() == 1
    page.locator('.st-key-card_timeline [data-testid="stVegaLiteChart"]').first.wait_for()
    with page.expect_download(timeout=60_000) as waiting:
        page.get_by_text("Страница для телефона").click()
    waiting.value.save_as(tmp_path / "pack.html")
    assert "Уровень доказательства: A" in (tmp_path / "pack.html").read_text(encoding="utf-8")
    page.screenshot(path=str(shots / "log.png"), full_page=True)
    page.set_viewport_size({"width": 390, "height": 844})
    ready(page)
    assert page.evaluate(WIDE) <= 0
    context.close()
