"""The Data page: the bridge ends at the root, and another system's total is explained by a step."""

from __future__ import annotations

import pytest

from crmkpi.i18n import Words
from crmkpi.ingest.inspect import inspect
from crmkpi.views.data import ReceiptView, explained_difference, receipt_view
from crmkpi.views.files import file_cards, takes
from tests.views.small_shop import write_orders


@pytest.fixture(scope="module")
def card(tmp_path_factory):
    t = Words("ru")
    path = write_orders(tmp_path_factory.mktemp("files") / "заказы.csv")
    return file_cards([report.as_dict(t) for report in inspect([path], t)], t)[0]


def test_every_column_says_what_it_was_taken_for_and_why(card):
    taken = {row.source: row.taken for row in card.rows}
    assert taken["Сумма заказа"] == "amount"
    assert taken["ID клиента"] == "customer_id"
    assert all(row.why and row.examples for row in card.rows)


def test_the_sum_beside_a_money_column_is_that_of_the_file(card, rows, t):
    amount = next(row for row in card.rows if row.taken == "amount")
    assert amount.total == t.number(round(rows["amount"].sum(), 2), 2)


def test_the_bridge_ends_at_the_root(data, rows, t):
    view = receipt_view(data, t)
    assert view.root == pytest.approx(rows["amount"].sum())
    assert view.bridge[0].direction == view.bridge[-1].direction == "total"


def test_required_columns_are_marked(t):
    names = takes("orders", t)
    assert names["amount"].endswith("*")
    assert not names["discount"].endswith("*")


def receipt(*steps):
    return ReceiptView((), (), (), dict(steps)["root"], tuple(steps), ())


STEPS = (("file_sum", 1000.0), ("cancelled", -100.0), ("anonymous", -50.0), ("root", 850.0))


@pytest.mark.parametrize(
    ("own", "word"),
    [
        (850.0, "Совпадает"),
        (1000.0, "простая сумма"),
        (900.0, "Отменённые"),
        (950.0, "Отменённые"),
        (123.0, "Ни один шаг"),
    ],
)
def test_another_total_is_explained_by_a_step(own, word, t):
    assert word in explained_difference(receipt(*STEPS), own, t)
