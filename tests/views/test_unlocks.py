"""What is said to unlock a metric is what the engine then really finds."""

from __future__ import annotations

import pytest

from crmkpi.catalog import metrics
from crmkpi.engine.available import available
from crmkpi.i18n import Words
from crmkpi.ingest.load import load
from crmkpi.project.place import Place
from crmkpi.views.files import loaded_columns
from crmkpi.views.unlocks import _needs, known_columns, table_unlocks, unlocks

REQUIRED = ("order_id", "customer_id", "ordered_at", "amount")
# the engine looks at values and history besides columns
OF_VALUES = {"sparse_costs", "short_history", "not_by_dimension"}


@pytest.mark.parametrize("given", ["data", "with_costs"])
def test_columns_give_what_the_engine_says_is_there(given, request, tmp_path):
    if given == "data":
        data = request.getfixturevalue("data")
    else:
        file = tmp_path / "orders.csv"
        file.write_text(
            "order_id,customer_id,ordered_at,amount,discount,gross,cogs\n"
            + "".join(f"{n},c{n % 3},2026-01-{n:02d},{100 + n},5,{105 + n},40\n" for n in range(1, 29)),
            encoding="utf-8",
        )
        place = Place(tmp_path / "project")
        load([file], place.data)
        data = place.data
    have = known_columns(loaded_columns(data))
    truth = available(data)
    for name in metrics():
        found = truth[name]
        if found is not None and found.reason in OF_VALUES:
            continue
        assert (_needs(name, have) == frozenset()) == (found is None), (name, found, _needs(name, have))


def test_a_cost_column_unlocks_the_margin(t):
    found = {one.what: one.metrics for one in unlocks("orders", REQUIRED, (), t)}
    assert "«Маржинальность»" in found["Себестоимость заказа"]


def test_what_is_mapped_already_is_not_offered(t):
    found = {one.what for one in unlocks("orders", (*REQUIRED, "cogs"), (), t)}
    assert "Себестоимость заказа" not in found


def test_another_table_is_offered_with_its_metrics(t):
    found = {one.what: one for one in table_unlocks([f"orders.{c}" for c in REQUIRED], t)}
    assert found["Сообщения (по получателям)"].count > 10
    assert "Заказы" not in found


def test_both_languages(t):
    assert len(unlocks("orders", REQUIRED, (), Words("en"))) == len(unlocks("orders", REQUIRED, (), t))
