"""The season: index against statsmodels-free arithmetic in pandas, the coefficient by hand, too early is said."""

from __future__ import annotations

import pandas as pd
import pytest

from crmkpi.engine.facts import high_season
from crmkpi.forecast.season import seasonal_index
from crmkpi.i18n import Words
from crmkpi.views.season import season_view
from tests.unit.engine.shop import random_shop
from tests.views.sample_shop import SAMPLE


@pytest.fixture(scope="module")
def orders(sample) -> pd.DataFrame:
    """Valid orders of known customers, by the files alone."""
    frame = pd.read_csv(SAMPLE / "orders.csv", sep=";", encoding="cp1251", dtype=str)
    state = next(c for c in frame.columns if frame[c].isin(["Выполнен"]).any())
    day = next(c for c in frame.columns if frame[c].str.match(r"\d\d\.\d\d\.\d{4}").all())
    who = next(c for c in frame.columns if "лиент" in c)
    bad = frame[state].str.lower().str.contains("отмен|тест|не выкуп|отказ|чернов")
    kept = frame[~bad & frame[who].notna()].copy()
    kept["day"] = pd.to_datetime(kept[day].str[:10], format="%d.%m.%Y")
    return kept


def test_the_index_is_the_ratio_to_the_centred_average(sample, orders):
    _, data = sample
    view = season_view(data, (), Words("ru", "RUB"))
    per_month = orders.groupby(orders["day"].dt.to_period("M")).size()
    per_day = per_month / per_month.index.days_in_month
    middle = (per_day.rolling(12).mean().shift(-5) + per_day.rolling(12).mean().shift(-6)) / 2
    ratio = (per_day / middle).dropna()
    raw = ratio.groupby(ratio.index.month).mean()
    raw = raw / raw.mean()
    years = len(per_day) // 12
    expected = 1 + years / (years + 2) * (raw - 1)
    found = [p.value for p in view.points]
    assert found == pytest.approx(expected.tolist(), rel=0.02)
    assert sum(found) == pytest.approx(12)


def test_the_strongest_month_is_named(sample):
    _, data = sample
    view = season_view(data, (), Words("ru", "RUB"))
    best = max(view.points, key=lambda p: p.value)
    assert best.label in view.headline
    assert any("2025" in note and "вне сезона" in note for note in view.notes)
    assert len(high_season(data)) == 3


def test_one_year_is_too_early(tmp_path):
    view = season_view(random_shop(tmp_path, days=300), (), Words("en"))
    assert view.points == ()
    assert "Too early" in view.headline
    assert seasonal_index([1.0] * 20, list(range(12)) + list(range(8)), 12, 12) is None
