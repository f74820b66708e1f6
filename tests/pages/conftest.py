"""Pages run through the real main script (Streamlit's AppTest) on a small shop that is loaded once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from crmkpi.project.document import Project
from tests.views.small_shop import shop_project

ROOT = Path(__file__).resolve().parents[2]
MAIN = ROOT / "crmkpi" / "ui" / "script" / "main.py"
Opened = Callable[..., AppTest]


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Project]:
    """A home with one loaded project; tests work on copies of it."""
    home = tmp_path_factory.mktemp("home")
    return home, shop_project(home)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home of drafts for this test."""
    monkeypatch.setenv("CRMKPI_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def shop_home(shop: tuple[Path, Project], home: Path) -> Path:
    """A home of drafts with the small shop open as the last project."""
    shutil.copytree(shop[0], home, dirs_exist_ok=True)
    return home


@pytest.fixture
def opened() -> Opened:
    """Open a page as a visitor would: the main script first, then the page."""

    def open_page(stem: str, lang: str = "ru") -> AppTest:
        app = AppTest.from_file(str(MAIN), default_timeout=30)
        app.query_params["lang"] = lang
        app.run()
        if stem != "start":
            app.switch_page(f"../../../pages/{stem}.py").run()
        assert not app.exception, app.exception
        return app

    return open_page


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest runs no fragment twice, so a page waits here until its job is over."""
    monkeypatch.setattr("crmkpi.ui.progress_box.PATIENCE", 120)
