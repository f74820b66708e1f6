"""Switches: what a line promises in money is what the rebuilt tables give."""

from __future__ import annotations

import pytest

from crmkpi.engine.evaluate import evaluate
from crmkpi.ingest.load import LoadSettings, load, rebuild
from crmkpi.ingest.load_record import read_record
from crmkpi.project.document import Project
from crmkpi.project.place import Place
from crmkpi.project.record import load_settings, recorded
from crmkpi.views.data import receipt_view

HEAD = "order_id,customer_id,ordered_at,amount,status\n"
STATUS = ("test", *["completed"] * 8)
ROWS = "".join(
    f"{n},{f'c{n % 7}' if n % 5 else ''},2026-01-{1 + n % 28:02d},{100 + n},{STATUS[n % 9]}\n"
    for n in range(1, 60)
)


@pytest.fixture
def place(tmp_path):
    file = tmp_path / "orders.csv"
    file.write_text(HEAD + ROWS, encoding="utf-8")
    found = Place(tmp_path / "project")
    load([file], found.data, answers={"orders.csv": {"anonymous_orders": "all"}})
    return found


def test_the_answer_about_anonymous_orders_can_be_taken_back_by_the_switch(place):
    project = recorded(Project(), place.data)
    assert project.settings.base is None
    assert next(s.on for s in read_record(place.data.root).switches if s.code == "base_customers") is False
    settings = project.settings.model_copy(update={"base": "customers"})
    rebuild(place.data, load_settings(project.model_copy(update={"settings": settings})))
    assert next(s.on for s in read_record(place.data.root).switches if s.code == "base_customers") is True


def test_a_switch_moves_the_money_that_its_line_promises(place, t):
    rebuild(place.data, LoadSettings(base="customers"))
    before = evaluate(place.data, ["revenue_base"], "all").rows["value"][0]
    effect = next(s for s in read_record(place.data.root).switches if s.code == "exclude_tests")
    line = next(s for s in receipt_view(place.data, t).switches if s.code == "exclude_tests")
    assert t.money(abs(effect.money)) in line.effect
    rebuild(place.data, LoadSettings(base="customers", exclude_tests=False))
    after = evaluate(place.data, ["revenue_base"], "all").rows["value"][0]
    assert after - before == pytest.approx(effect.money)


def test_switches_without_rows_are_not_shown(place, t):
    assert {s.code for s in receipt_view(place.data, t).switches} == {"exclude_tests", "base_customers"}
