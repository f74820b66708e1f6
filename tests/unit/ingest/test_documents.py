"""Which rows are sales: statuses in both languages, prefixes, signs; and the bridge that follows from them."""

from __future__ import annotations

import datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmkpi.ingest.bridge import bridge
from crmkpi.ingest.documents import KINDS, DocumentRules, classify
from crmkpi.ingest.vocabulary import meaning

AT = datetime.datetime(2026, 1, 5)


def rows(ids: list[str | None], amounts: list[int | None], **columns: list[object]) -> pl.DataFrame:
    n = len(ids)
    base: dict[str, object] = {
        "order_id": pl.Series(ids, dtype=pl.String),
        "customer_id": pl.Series(["a"] * n, dtype=pl.String),
        "at": pl.Series([AT] * n, dtype=pl.Datetime("us")),
        "raw": pl.Series(amounts, dtype=pl.Int64),
        "amount": pl.Series(amounts, dtype=pl.Int64),
        "__dup": pl.Series([False] * n, dtype=pl.Boolean),
        "__superseded": pl.Series([False] * n, dtype=pl.Boolean),
    }
    return pl.DataFrame(base | columns)


def kinds(frame: pl.DataFrame, rules: DocumentRules | None = None) -> list[str]:
    return classify(frame, rules).rows["what"].to_list()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Отменён", "cancelled"),
        ("отменен клиентом", "cancelled"),
        ("Аннулирован", "cancelled"),
        ("Cancelled", "cancelled"),
        ("canceled", "cancelled"),
        ("voided", "cancelled"),
        ("Не отменён", None),
        ("Отказ", "refused"),
        ("Не выкуплен", "refused"),
        ("failed", "refused"),
        ("Закрыто и не реализовано", "refused"),
        ("Тестовый заказ", "test"),
        ("TEST", "test"),
        ("Черновик", "draft"),
        ("checkout-draft", "draft"),
        ("Возврат", "refunded"),
        ("refunded", "refunded"),
        ("Частичный возврат", "part_refund"),
        ("partially_refunded", "part_refund"),
        ("Выполнен", "sale"),
        ("paid", "sale"),
        ("Не оплачен", "open"),
        ("unpaid", "open"),
        ("В доставке", "open"),
        ("Синий", None),
        (None, None),
    ],
)
def test_statuses_are_understood_in_both_languages(text: str | None, expected: str | None) -> None:
    assert meaning("status", text) == expected


def test_cancelled_refused_draft_and_test_rows_are_no_orders() -> None:
    frame = rows(["1", "2", "3", "4", "5"], [10] * 5, status=["Отменён", "refused", "draft", "Тест", "Новый"])
    assert kinds(frame) == ["cancelled", "cancelled", "cancelled", "tests", "sale"]
    assert kinds(frame, DocumentRules(exclude_tests=False))[3] == "sale"


def test_a_return_is_known_by_its_prefix_or_its_sign() -> None:
    ids = ["1", "2", "3", "4", "C5", "C6", "7"]
    assert kinds(rows(ids, [10, 10, 10, 10, -10, 10, -3])) == ["sale"] * 4 + ["returns"] * 3


def test_a_cyrillic_letter_is_a_return_prefix_too() -> None:
    assert kinds(rows(["1", "2", "3", "4", "С5"], [10, 10, 10, 10, -10]))[4] == "returns"


def test_a_prefix_that_most_documents_have_means_nothing() -> None:
    assert kinds(rows(["C1", "C2", "C3"], [10, 10, 10])) == ["sale"] * 3


def test_a_second_numbering_is_no_adjustment() -> None:
    ids = [str(n) for n in range(60)] + [f"WEB-{n}" for n in range(40)]
    assert set(kinds(rows(ids, [10] * 100))) == {"sale"}


def test_a_handful_of_unusual_documents_are_adjustments() -> None:
    ids = [str(n) for n in range(50)] + ["A1", "A2"]
    assert kinds(rows(ids, [10] * 51 + [-99]))[-2:] == ["adjustments"] * 2


def test_random_hexadecimal_ids_have_no_prefix() -> None:
    ids = [f"{n:08x}"[::-1] + "f" for n in range(1000, 1200)] + ["c0ffee12", "a0b1c2d3"]
    assert set(kinds(rows(ids, [10] * 202))) == {"sale"}


def test_a_person_can_say_what_a_prefix_is() -> None:
    ids = [str(n) for n in range(50)] + ["A1"]
    assert kinds(rows(ids, [10] * 51), DocumentRules(prefixes={"A": "sale"}))[-1] == "sale"


def test_stock_written_off_without_a_price_is_not_a_return() -> None:
    frame = rows(["1", "2"], [10, 0], quantity=[1.0, -5.0])
    assert kinds(frame) == ["sale", "non_positive"]


def test_a_discount_line_of_a_sale_is_not_positive_a_lone_one_is_a_credit_note() -> None:
    frame = rows(["1", "1", "2"], [10, -2, -4], quantity=[1.0, 1.0, 1.0])
    assert kinds(frame) == ["sale", "non_positive", "returns"]


def test_rows_without_id_or_amount_are_rejected() -> None:
    assert kinds(rows([None, "2", "3"], [5, None, 7])) == ["rejected", "rejected", "sale"]


ROW = st.tuples(
    st.one_of(st.none(), st.sampled_from(["1", "2", "3", "C4", "A5", "6"])),
    st.one_of(st.none(), st.integers(-500, 500)),
    st.one_of(st.none(), st.sampled_from(["a", "b"])),
    st.sampled_from(["paid", "cancelled", "test", None]),
    st.booleans(),
    st.integers(-3, 3),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=30), st.booleans(), st.booleans())
def test_the_bridge_adds_up_exactly_in_rows_and_money(drawn: list, drop: bool, tests: bool) -> None:
    frame = rows(
        [r[0] for r in drawn],
        [r[1] for r in drawn],
        status=pl.Series([r[3] for r in drawn], dtype=pl.String),
        quantity=pl.Series([float(r[5]) for r in drawn]),
    ).with_columns(
        pl.Series("customer_id", [r[2] for r in drawn], dtype=pl.String),
        pl.Series("__dup", [r[4] for r in drawn]),
    )
    documents = classify(frame, DocumentRules(tests, drop))
    steps = bridge(documents.rows, 100)
    assert steps[0].code == "file_sum" and steps[-1].code == "root"
    assert steps[0].minor == sum(r[1] or 0 for r in drawn)
    assert sum(s.minor for s in steps[:-1]) == steps[-1].minor
    assert steps[0].rows - sum(s.rows for s in steps if s.removes) == steps[-1].rows
    assert documents.rows.height == len(drawn)
    assert set(documents.rows["what"].to_list()) <= set(KINDS)
    base = documents.rows.filter((pl.col("what") == "sale") & pl.col("customer_id").is_not_null())
    assert steps[-1].minor == base["amount"].sum()
    assert (base["amount"] > 0).all()
