"""The sample shop's orders, customers and messages, loaded once for all tests of this room."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmkpi.engine.data import DataDir
from crmkpi.ingest.load import load

SAMPLE = Path(__file__).resolve().parents[3] / "sample_data"


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> DataDir:
    data = DataDir(tmp_path_factory.mktemp("sample") / "data")
    names = ("orders.csv", "customers.csv", "messages.csv.gz")
    load([SAMPLE / "shop_en" / name for name in names], data)
    return data
