"""Mailings: the bottleneck is the step that lost most of its usual share; the table counts like the files."""

from __future__ import annotations

import pandas as pd
import pytest

from crmkpi.engine.data import DataDir
from crmkpi.i18n import Words
from crmkpi.project.drafts import Drafts
from crmkpi.views.campaigns import bottleneck, funnel, kinds, loaded, table, timing_view
from tests.views.sample_shop import SAMPLE, sample_project

USUAL = {"sent": 1000.0, "delivered": 950.0, "opened": 300.0, "clicked": 60.0, "ordered": 12.0}


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> DataDir:
    home = tmp_path_factory.mktemp("home")
    return Drafts(home).place(sample_project(home).id).data


def test_the_step_that_lost_most_of_its_usual_share_is_named():
    now = {"sent": 1000.0, "delivered": 940.0, "opened": 290.0, "clicked": 40.0, "ordered": 8.0}
    assert bottleneck(now, [USUAL] * 3) == ("clicked", pytest.approx(40 / 290), pytest.approx(0.2))


def test_as_usual_is_no_bottleneck_and_two_months_are_no_past():
    assert bottleneck(USUAL, [USUAL] * 6) is None
    assert bottleneck({**USUAL, "clicked": 1.0}, [USUAL] * 2) is None


def test_clicks_without_orders_are_the_bottleneck():
    assert bottleneck({**USUAL, "ordered": 0.0}, [USUAL] * 3)[0] == "ordered"


def test_the_table_counts_what_the_file_holds(sample):
    words = Words("ru", "RUB")
    found = table(sample, (), words)
    messages = pd.read_csv(SAMPLE / "messages.csv.gz", sep=";", encoding="cp1251", dtype=str)
    column = next(c for c in messages.columns if messages[c].eq("WINBACK-2026-02").any())
    delivered_to = messages[messages[column].eq("WINBACK-2026-02")]
    place = next(i for i, name in enumerate(found.names) if name == "WINBACK-2026-02" or found.sent[i] == 955)
    # README: 955 got it, 318 of the control group did not
    assert found.sent[place] == 955
    assert len(delivered_to) == 955 + 318
    assert list(found.days) == sorted(found.days, reverse=True)


def test_the_page_has_all_its_parts_on_the_sample(sample):
    words = Words("ru", "RUB")
    assert loaded(sample)
    steps = funnel(sample, (), words).parts
    assert [p.name for p in steps] == ["Отправлено", "Доставлено", "Открыли", "Перешли", "Заказы"]
    values = [p.value for p in steps]
    assert values == sorted(values, reverse=True)
    text, parts = kinds(sample, (), words)
    assert "Триггерное" in text
    assert parts[0].value > parts[1].value
    assert sum(p.value for p in timing_view(sample, (), words).parts) == pytest.approx(1.0)


def test_without_mailings_there_is_nothing(data, t):
    assert not loaded(data)
    assert timing_view(data, (), t) is None
