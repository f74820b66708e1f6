"""Customers who are nobody: the guest of the till, and the one id that carries an implausible share of the sales."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmkpi.ingest.load import LoadResult
from tests.unit.ingest.loaded import Shop, issues, shop

HEAD = "Номер заказа;Дата заказа;ID клиента;Сумма\n"


def orders(who: str, every: int = 4, n: int = 80) -> str:
    """Every n-th order is of `who`, the others of 20 customers."""
    rows = [
        f"{i};{1 + i % 28:02d}.01.2026;{who if i % every == 0 else f'C{i % 20}'};{100 + i}" for i in range(n)
    ]
    return HEAD + "\n".join(rows)


def anonymous_question(result: LoadResult) -> dict[str, object] | None:
    asked = [q for r in result.files for q in r.questions if q.code == "anonymous_orders"]
    return asked[0].params if asked else None


@pytest.mark.parametrize(
    "who",
    [
        "Гость",
        "guest",
        "«Розничный покупатель»",
        "Физ. лицо",
        "Anonymous",
        "guest@shop.ru",
        "0",
        "noemail@x.com",
        "",
    ],
)
def test_many_orders_of_nobody_raise_the_question_of_the_tree(who: str, tmp_path: Path) -> None:
    # a number is nobody only when it carries far more than others
    made, every = shop(tmp_path), 2 if who == "0" else 4
    text = orders(who, every, 900 if who == "0" else 80)
    if who == "0":
        rows = enumerate(text.splitlines()[1:])
        text = HEAD + "\n".join(r if ";0;" in r else r.replace(";C", f";C{i}_") for i, r in rows)
    result = made.load(text)
    params = anonymous_question(result)
    assert params is not None and params["share"] == pytest.approx(100 / every, abs=0.1)
    whole = sum(made.orders().values())
    assert params["all"] == pytest.approx(whole) and float(str(params["customers"])) < whole
    assert made.table("orders")["cust"].null_count() == made.table("orders").height / every
    assert (issues(result).get("placeholder_customers", 0) > 0) is bool(who)


def test_a_few_guests_are_no_question(tmp_path: Path) -> None:
    assert anonymous_question(shop(tmp_path).load(orders("Гость", every=20))) is None


def whale() -> str:
    rows = [
        f"{i};{1 + i % 28:02d}.01.2026;{'K-777' if i % 3 == 0 else f'C{i}'};{100 + i}" for i in range(300)
    ]
    return HEAD + "\n".join(rows)


def answered(made: Shop, how: str) -> LoadResult:
    return made.load(made.file(whale(), "o.csv"), answers={"o.csv": {"placeholder_customer:K-777": how}})


def test_one_id_with_a_third_of_all_orders_is_asked_about(tmp_path: Path) -> None:
    made = shop(tmp_path)
    asked = made.load(made.file(whale(), "o.csv")).unanswered
    assert [(q["code"], q["column"]) for q in asked] == [("placeholder_customer", "K-777")]
    result = answered(made, "nobody")
    assert made.table("orders")["cust"].null_count() == 100 and anonymous_question(result) is not None
    result = answered(made, "somebody")
    assert made.table("orders")["cust"].null_count() == 0 and anonymous_question(result) is None


def test_an_address_that_a_person_called_nobody_is_no_customer_although_addresses_are_hashed(
    tmp_path: Path,
) -> None:
    till = "till@shop.ru"
    rows = [f"{i};{1 + i % 28:02d}.01.2026;{till};100" for i in range(300)]
    rows += [f"{1000 + i};{1 + i % 28:02d}.01.2026;c{i % 100}@mail.ru;100" for i in range(300)]
    made = shop(tmp_path)
    given = {"o.csv": {f"placeholder_customer:{till}": "nobody"}}
    made.load(made.file(HEAD + "\n".join(rows), "o.csv"), answers=given)
    table = made.table("orders")
    assert (table["cust"].null_count(), table["cust"].n_unique() - 1) == (300, 100)
