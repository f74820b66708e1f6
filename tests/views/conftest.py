"""The small shop, loaded once, and the same export as plain rows for an independent count."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from crmkpi.engine.data import DataDir
from crmkpi.i18n import Words
from crmkpi.project.document import Project
from crmkpi.project.drafts import Drafts
from tests.views.sample_shop import sample_project
from tests.views.small_shop import HEADER, orders, shop_project


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Project]:
    """A loaded project in a home of its own."""
    home = tmp_path_factory.mktemp("home")
    return home, shop_project(home)


@pytest.fixture(scope="session")
def shop(project: tuple[Path, Project]) -> Project:
    """The project document."""
    return project[1]


@pytest.fixture(scope="session")
def data(project: tuple[Path, Project]) -> DataDir:
    """The canonical tables."""
    return Drafts(project[0]).place(project[1].id).data


@pytest.fixture(scope="session")
def rows() -> pd.DataFrame:
    """The export read by pandas alone: order, day, customer, amount, channel."""
    frame = pd.DataFrame(orders(), columns=["order", "day", "customer", "amount", "channel"])
    assert len(HEADER) == frame.shape[1]
    frame["day"] = pd.to_datetime(frame["day"], format="%d.%m.%Y")
    frame["amount"] = frame["amount"].str.replace(",", ".").astype(float)
    frame["month"] = frame["day"].dt.strftime("%Y-%m")
    return frame


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, DataDir]:
    """The Russian sample shop: document and canonical tables."""
    home = tmp_path_factory.mktemp("sample")
    found = sample_project(home)
    return found, Drafts(home).place(found.id).data


@pytest.fixture(scope="session")
def t() -> Words:
    """Russian words without a currency."""
    return Words("ru")
