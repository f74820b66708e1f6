"""Next month's export: new rows, restated months, kept targets, checked against two loads of small files."""

from __future__ import annotations

import pytest

from crmkpi.i18n import Words
from crmkpi.ingest.load import load, rebuild
from crmkpi.ingest.load_settings import LoadSettings
from crmkpi.project.place import Place
from crmkpi.views.changes import changes_view
from crmkpi.views.data import receipt_view

HEAD = "order_id,customer_id,ordered_at,amount\n"
JANUARY = "".join(f"{n},c{n % 4},2026-01-{n:02d},100\n" for n in range(1, 29))
FEBRUARY = "".join(f"{100 + n},c{n % 4},2026-02-{n:02d},200\n" for n in range(1, 20))


@pytest.fixture
def place(tmp_path):
    found = Place(tmp_path / "project")
    first = tmp_path / "first.csv"
    first.write_text(HEAD + JANUARY + FEBRUARY, encoding="utf-8")
    load([first], found.data)
    return found


def loaded(place, tmp_path, rows):
    file = tmp_path / "second.csv"
    file.write_text(HEAD + rows, encoding="utf-8")
    return load([file], place.data, append=True).as_dict()["changes"]


def test_a_first_load_changes_nothing(t):
    assert changes_view(None, 0, t) is None


def test_new_orders_leave_past_months_alone(place, tmp_path, t):
    march = "".join(f"{200 + n},c1,2026-03-{n:02d},50\n" for n in range(1, 6))
    found = changes_view(loaded(place, tmp_path, march), 2, t)
    assert found.tone == "good"
    assert "Заказы: новых 5." in found.sentences
    assert found.sentences[-1].startswith("Цели и точки старта остались")
    assert not found.months


def test_a_corrected_january_is_said_first_with_its_money(place, tmp_path, t):
    found = changes_view(loaded(place, tmp_path, "5,c1,2026-01-05,600\n300,c1,2026-03-01,70\n"), 0, t)
    assert found.tone == "warn"
    assert "1 прошлый месяц" in found.headline
    assert "Заказы: новых 1, обновлено 1." in found.sentences
    line = found.months[0]
    assert (line.before, line.after, line.change) == (
        t.money(2800),
        t.money(3300),
        t.signed(t.money(500), 500),
    )


def test_english(place, tmp_path):
    t = Words("en")
    assert "1 new" in " ".join(
        changes_view(loaded(place, tmp_path, "300,c1,2026-03-01,70\n"), 0, t).sentences
    )


def test_the_changes_stay_with_the_data_and_survive_a_switch(place, tmp_path, t):
    march = "".join(f"{200 + n},c1,2026-03-{n:02d},50\n" for n in range(1, 6))
    told = loaded(place, tmp_path, march)
    assert receipt_view(place.data, t).changes == told
    rebuild(place.data, LoadSettings(base="all"))
    assert receipt_view(place.data, t).changes == told, "a flipped switch is no load"
    rebuild(place.data, LoadSettings())
    loaded(place, tmp_path, march)
    assert receipt_view(place.data, t).changes == told, "the same file again changes nothing"
