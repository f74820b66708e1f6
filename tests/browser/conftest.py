"""Chromium for the tests that need it; where there is none they are skipped, with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.harness import CHROMIUM, ROOT, App, chromium

SHOTS = ROOT / "test-artifacts" / "screenshots"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here, and skip it where the system has no Chromium."""
    for item in items:
        if Path(__file__).parent not in Path(item.path).parents:
            continue
        item.add_marker(pytest.mark.browser)
        if CHROMIUM is None:
            item.add_marker(pytest.mark.skip(reason="no chromium on this machine (apt-get install chromium)"))


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """One running application with an empty home of drafts."""
    with App(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One headless Chromium."""
    with chromium() as running:
        yield running


@pytest.fixture
def shots() -> Path:
    """Where screenshots of the run stay for people to look at."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    return SHOTS
