"""Switches with their effect in money, the verdict, what a next month changes, and rejected rows to download."""

# ruff: noqa: E501
from __future__ import annotations

import re
from pathlib import Path

import pytest

from crmkpi.i18n import Words
from crmkpi.ingest.load import LoadSettings, read_record, rebuild, switch_effects
from crmkpi.ingest.rejected import MASK, read_rejected
from crmkpi.ingest.switches import verdict
from crmkpi.ingest.text_table import Finding
from tests.unit.ingest.loaded import Shop, shop, steps

HEAD = "Order ID,Customer ID,Order Date,Amount,Status\n"
ROWS = (
    "1,a,2026-01-05,100,Completed\n2,b,2026-01-06,50,Completed\n2,b,2026-01-06,50,Completed\n"
    "3,c,2026-01-07,70,Test order\n4,a,2026-01-08,-30,Completed\n5,,2026-01-09,40,Completed\n"
)
SWITCHED = {
    "exclude_tests": {"exclude_tests": False},
    "negatives_as_returns": {"negatives_as_returns": False},
    "drop_exact_duplicates": {"drop_exact_duplicates": True},
}


def revenue(made: Shop) -> dict[str, float]:
    """Root sums counted from the tables themselves."""
    orders, returns, scale = made.table("orders"), made.table("returns"), made.data.meta.scale
    base = orders.drop_nulls("cust")["amount"].sum() / scale
    net = base - returns.drop_nulls("cust")["amount"].sum() / scale
    return {"revenue_base": base, "revenue_total": orders["amount"].sum() / scale, "revenue_net": net}


LINES = (
    "Order ID,Customer ID,Order Date,SKU,Quantity,Unit Price,Status\n1,a,2026-01-05,X,1,100,Completed\n"
    "2,b,2026-01-06,X,1,50,Completed\n2,b,2026-01-06,X,1,50,Completed\n3,c,2026-01-07,X,7,10,Test order\n"
    "4,a,2026-01-08,X,-1,30,Completed\n5,,2026-01-09,X,4,10,Completed\n"
)


@pytest.mark.parametrize(("text", "copies"), [(HEAD + ROWS, 0), (LINES, 1)])
def test_every_effect_is_what_a_rebuild_with_the_switch_flipped_gives(
    tmp_path: Path, text: str, copies: int
) -> None:
    made = shop(tmp_path)
    result = made.load(text)
    before = revenue(made)
    effects = {e.code: e for e in result.switches}
    # copies of a whole order are a repeated order already; copies of lines are what the switch is for
    assert {c: (e.rows, e.money) for c, e in effects.items()} == {
        "exclude_tests": (1, 70),
        "negatives_as_returns": (1, 30),
        "drop_exact_duplicates": (copies, -50 * copies),
        "base_customers": (1, 40),
    }
    for code, change in SWITCHED.items():
        rebuild(made.data, LoadSettings(**change))  # type: ignore[arg-type]
        after = revenue(made)
        metric = effects[code].metric
        assert after[metric] - before[metric] == pytest.approx(effects[code].money), code
        rebuild(made.data, LoadSettings())
    assert revenue(made) == before


def test_effects_are_on_record_and_computed_for_other_settings(tmp_path: Path) -> None:
    made = shop(tmp_path)
    assert switch_effects(made.data, LoadSettings()) == []
    result = made.load(HEAD + ROWS)
    assert switch_effects(made.data, LoadSettings()) == result.switches
    other = {e.code: e for e in switch_effects(made.data, LoadSettings(exclude_tests=False))}
    assert not other["exclude_tests"].on and other["exclude_tests"].money == -70


def test_the_verdict_is_the_worst_of_all_findings() -> None:
    info, warning, error = (Finding("a", "info"), Finding("b", "warning"), Finding("c", "error"))
    assert verdict([info]).code == "safe"
    assert (verdict([info, warning, warning]).code, verdict([warning, warning]).warnings) == ("usable", 1)
    assert verdict([warning, error]).code == "fix_first"
    assert (
        Words("ru").plural("data_verdict.usable", 2) == "Данными можно пользоваться, есть 2 предупреждения."
    )


def test_the_verdict_hears_the_files_and_the_rows(tmp_path: Path) -> None:
    made = shop(tmp_path)
    made.load(HEAD + "1,a,2026-01-05,100,Completed\n2,b,2026-01-31,50,Completed\n")
    record = read_record(made.data.root)
    assert record is not None and record.verdict.code == "safe"
    made.load(
        HEAD + "".join(f"{i},c{i},2026-01-{i:02},{'oops' if i < 4 else 10},Completed\n" for i in range(1, 32))
    )
    record = read_record(made.data.root)
    assert record is not None and record.verdict.code == "fix_first"  # 3 of 31 amounts are not read


def test_a_next_month_says_what_is_new_updated_and_restated(tmp_path: Path) -> None:
    made = shop(tmp_path)
    first = made.load(
        HEAD + "1,a,2026-01-05,100,Completed\n2,b,2026-01-06,50,Completed\n3,b,2026-02-03,10,Completed\n"
    )
    assert first.changes is None
    later = (
        HEAD
        + "2,b,2026-01-06,55.5,Completed\n3,b,2026-02-03,10,Completed\n4,c,2026-02-20,70,Completed\n5,a,2026-03-01,5,Completed\n"
    )
    found = made.load(later, append=True).changes
    assert found is not None
    orders = next(t for t in found.tables if t.table == "orders")
    assert (orders.before, orders.after, orders.new, orders.updated, orders.gone) == (3, 5, 2, 1, 0)
    told = [
        (m.month.month, m.orders_before, m.orders_after, m.revenue_before, m.revenue_after, m.open)
        for m in found.months
    ]
    assert told == [(1, 2, 2, 150, 155.5, False), (2, 1, 2, 10, 80, True)]
    assert [m.month.month for m in found.restated] == [1]


def test_replacing_a_file_counts_what_is_gone(tmp_path: Path) -> None:
    made = shop(tmp_path)
    made.load(HEAD + "1,a,2026-01-05,100,Completed\n2,b,2026-01-06,50,Completed\n")
    found = made.load(HEAD + "2,b,2026-01-06,50,Completed\n").changes
    assert found is not None and found.tables[0].gone == 1
    assert [(m.orders_before, m.orders_after) for m in found.months] == [(2, 1)]


def test_rejected_rows_are_kept_with_reasons_and_without_personal_data(tmp_path: Path) -> None:
    made = shop(tmp_path)
    head = "Order ID,Customer ID,Order Date,Amount,E-mail\n"
    bad = "7,c,,70,c@mail.ru\n8,d,2026-01-09,80,d@mail.ru,+7 916 123-45-67,extra\n,e,2026-01-10,5,e@mail.ru\n"
    made.load(head + "1,a,2026-01-05,100,a@mail.ru\n2,b,2026-01-06,50,b@mail.ru\n" + bad)
    found = read_rejected(made.data.root)
    assert dict(found.select("row", "reason").iter_rows()) == {4: "no_date", 5: "long_row", 6: "no_id"}
    assert found["file"].unique().to_list() == ["file1.csv"]
    text = " ".join(found["text"])
    assert not re.search(r"@|916", text) and MASK in text
    rebuild(made.data, LoadSettings(inactivity_days=30))
    assert read_rejected(made.data.root).height == 3  # carried over by every rebuild


def test_many_rejected_rows_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crmkpi.ingest.rejected.MOST", 5)
    made = shop(tmp_path)
    made.load(
        HEAD + "1,a,2026-01-05,100,Completed\n" + "".join(f"{i},b,,10,Completed\n" for i in range(2, 40))
    )
    assert read_rejected(made.data.root).height == 5


def test_negatives_switched_off_are_no_returns_but_credit_notes_are(tmp_path: Path) -> None:
    made = shop(tmp_path)
    text = HEAD + "1,a,2026-01-05,100,Completed\n2,b,2026-01-06,50,Completed\n3,b,2026-01-07,-20,Completed\n"
    result = made.load(text, settings=LoadSettings(negatives_as_returns=False))
    assert made.returns() == {} and steps(result)["non_positive"] == (1, 20.0)
