"""Numbers people get wrong when an export becomes orders: each test is a file and the right answer by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.ingest.loaded import issues, shop, steps

SHOPIFY = """\
Name,Email,Financial Status,Paid at,Fulfillment Status,Accepts Marketing,Currency,Subtotal,Shipping,Taxes,Total,\
Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,Lineitem price,\
Refunded Amount,Vendor,Id,Tags,Source
#1001,a@x.com,paid,,,yes,USD,100.00,10.00,5.00,115.00,,0.00,Std,2026-01-05 10:00:00 +0300,1,Tea,60.00,0.00,V,1,,web
#1001,a@x.com,,,,,,,,,,,,,2026-01-05 10:00:00 +0300,2,Cup,20.00,,V,,,
#1002,b@x.com,voided,,,,USD,50.00,0.00,0.00,50.00,,0.00,Std,2026-01-06 10:00:00 +0300,1,Tea,50.00,0.00,V,2,,web
#1003,b@x.com,refunded,,,,USD,70.00,0.00,0.00,70.00,,0.00,Std,2026-01-07 10:00:00 +0300,1,Tea,70.00,70.00,V,3,,web
"""


def test_an_order_written_over_its_lines_is_counted_once(tmp_path: Path) -> None:
    made = shop(tmp_path)
    result = made.load(SHOPIFY)
    assert made.orders() == {"#1001": 100.0, "#1003": 70.0}
    assert made.returns() == {"#1003": 70.0}
    assert steps(result)["cancelled"] == (1, -50.0)
    assert steps(result)["root"] == (2, 170.0)


def test_a_total_repeated_on_every_row_is_counted_once(tmp_path: Path) -> None:
    made = shop(tmp_path)
    result = made.load(
        "Order Number,Customer ID,Order Date,Order Total,Item,Qty\n"
        "1,a,2026-01-05,100,Tea,1\n1,a,2026-01-05,100,Cup,2\n2,b,2026-01-06,50,Tea,1\n"
        "3,b,2026-01-06,80,Tea,1\n3,b,2026-01-06,80,Tea,2\n"
    )
    assert made.orders() == {"1": 100.0, "2": 50.0, "3": 80.0}
    assert steps(result)["repeated"] == (2, -180.0)


def test_one_number_with_two_amounts_is_asked_about_never_added_silently(tmp_path: Path) -> None:
    text = (
        "Order ID,Customer ID,Order Date,Amount\n1,a,2026-01-05,100\n1,a,2026-01-05,120\n2,b,2026-01-05,7\n"
    )
    made = shop(tmp_path)
    result = made.load(made.file(text, "o.csv"))
    assert [q["code"] for q in result.unanswered] == ["duplicate_keys"]
    assert result.unanswered[0]["params"] == {"count": 1, "once": 107.0, "sum": 227.0, "last": 127.0}
    assert made.data.tables() == []
    for option, total in (("once", 107.0), ("sum", 227.0), ("last", 127.0)):
        made.load(made.root / "files" / "o.csv", answers={"o.csv": {"duplicate_keys": option}})
        assert sum(made.orders().values()) == total


def test_a_mixed_invoice_sells_its_positive_lines_and_returns_the_others(tmp_path: Path) -> None:
    made = shop(tmp_path)
    result = made.load(
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
        "1,A,Tea,2,2026-01-05 10:00:00,10.5,17850.0,UK\n"
        "1,B,Cup,1,2026-01-05 09:59:00,5,17850.0,UK\n"
        "1,B,Cup,-1,2026-01-05 10:00:00,5,17850.0,UK\n"
        "C2,B,Cup,-1,2026-01-06 10:00:00,5,17850.0,UK\n"
        "3,B,Cup,-10,2026-01-06 10:00:00,0,,UK\n"
        "4,Z,Gift,1,2026-01-06 10:00:00,0,17851.0,FR\n"
        "5,Z,Gift,1,2026-01-06 10:00:00,1,17851.0,FR\n"
        "5,Z,Gift,1,2026-01-06 10:00:00,1,17851.0,FR\n"
        "A6,BAD,Adjust,1,2026-01-07 10:00:00,500,,UK\n"
    )
    assert made.orders() == {"1": 26.0, "5": 2.0}
    assert made.returns() == {"1": 5.0, "C2": 5.0}
    assert steps(result) == {
        "file_sum": (9, 518.0),
        "adjustments": (1, -500.0),
        "returns": (2, 10.0),
        "non_positive": (2, 0.0),
        "root": (4, 28.0),
    }
    assert [d.document for d in result.receipt.listed] == ["A6"]
    found = issues(result)
    assert found["exact_duplicates"] == 1 and found["write_offs"] == 1 and found["zero_amounts"] == 1
    # the earliest line dates the order, 17850.0 is customer 17850
    first = made.table("orders").row(0, named=True)
    assert first["ts"] % 86_400 == 9 * 3600 + 59 * 60
    assert made.table("ids")["customer_id"].to_list() == ["17850", "17851"]


def test_a_status_of_return_keeps_the_sale_and_makes_a_return(tmp_path: Path) -> None:
    made = shop(tmp_path)
    made.load(
        "Номер заказа;ID клиента;Дата заказа;Сумма;Статус\n1;a;05.01.2026;110,50;Выполнен\n2;b;16.01.2026;60;Возврат\n"
        "3;b;17.01.2026;-40;Выполнен\n"
    )
    assert made.orders() == {"1": 110.5, "2": 60.0}
    assert made.returns() == {"2": 60.0, "3": 40.0}


def test_discounts_and_refunds_written_with_a_minus_are_the_same(tmp_path: Path) -> None:
    head = "Order ID,Customer ID,Order Date,Gross Amount,Discount,Amount,Refund Amount\n"
    plus, minus = shop(tmp_path / "plus"), shop(tmp_path / "minus")
    plus.load(head + "1,a,2026-01-05,120,20,100,30\n2,b,2026-01-06,50,0,50,0\n")
    minus.load(head + "1,a,2026-01-05,120,-20,100,-30\n2,b,2026-01-06,50,0,50,0\n")
    for table in ("orders", "returns"):
        assert plus.table(table).equals(minus.table(table))


def test_refunds_never_reduce_the_amount_of_the_order(tmp_path: Path) -> None:
    made = shop(tmp_path)
    made.load(
        "Order ID,Customer ID,Order Date,Amount,Refund Amount\n1,a,2026-01-05,100,30\n2,b,2026-01-06,50,0\n"
    )
    assert made.orders() == {"1": 100.0, "2": 50.0}
    assert made.returns() == {"1": 30.0}


@pytest.mark.parametrize(
    ("text", "orders", "shipping"),
    [
        ("Order ID,Customer ID,Order Date,Order Total,Shipping\n1,a,2026-01-05,110,10\n2,b,2026-01-06,60,10\n",
         {"1": 100.0, "2": 50.0}, -20.0),
        ("Order ID,Customer ID,Order Date,Gross,Discount,Amount,Shipping\n1,a,2026-01-05,120,20,100,10\n"
         "2,b,2026-01-06,50,0,50,10\n", {"1": 100.0, "2": 50.0}, None),
        ("Order ID,Customer ID,Order Date,Gross,Discount,Amount,Shipping\n1,a,2026-01-05,120,20,110,10\n"
         "2,b,2026-01-06,50,0,60,10\n", {"1": 100.0, "2": 50.0}, -20.0),
    ],
)  # fmt: skip
def test_shipping_is_no_part_of_the_amount(
    tmp_path: Path, text: str, orders: dict[str, float], shipping: float | None
) -> None:
    made = shop(tmp_path)
    result = made.load(text)
    assert made.orders() == orders
    assert steps(result).get("shipping", (0, None))[1] == shipping


def test_two_currencies_in_one_column_wait_for_a_choice(tmp_path: Path) -> None:
    text = "Order ID,Customer ID,Order Date,Amount,Currency\n1,a,2026-01-05,100,USD\n2,b,2026-01-06,50,EUR\n"
    made = shop(tmp_path)
    result = made.load(made.file(text, "o.csv"))
    assert [q["options"] for q in result.unanswered] == [["EUR", "USD"]]
    result = made.load(made.root / "files" / "o.csv", answers={"o.csv": {"currency": "USD"}})
    assert made.orders() == {"1": 100.0}
    assert steps(result)["currency"] == (1, -50.0)
    assert made.data.meta.currency == "USD"


def test_orders_without_a_customer_stay_apart(tmp_path: Path) -> None:
    made = shop(tmp_path)
    result = made.load(
        "Order ID,Customer ID,Order Date,Amount\n1,a,2026-01-05,100\n2,,2026-01-06,50\n3,,2026-01-07,20\n"
    )
    frame = made.table("orders").filter(made.table("orders")["cust"].is_null())
    assert frame.height == 2
    assert frame["order_number"].null_count() == frame["first_day"].null_count() == 2
    assert steps(result)["anonymous"] == (2, -70.0)
    # two of three: the user may choose the tree of all sales
    assert [q.code for q in result.files[0].questions] == ["anonymous_orders"]
    made.load(made.root / "files" / "file1.csv", answers={"file1.csv": {"anonymous_orders": "all"}})
    assert "base_all" in made.data.meta.flags


def test_a_return_under_the_orders_own_number_is_not_refunded_twice(tmp_path: Path) -> None:
    made = shop(tmp_path)
    made.load(
        "Order ID,Customer ID,Order Date,Amount,Status\n1,a,2026-01-05,100,Completed\n2,b,2026-01-06,60,Refunded\n"
        "2,b,2026-01-09,-60,Completed\n"
    )
    assert made.orders() == {"1": 100.0, "2": 60.0}
    assert made.table("returns")["amount"].to_list() == [60]


def test_the_till_and_the_site_may_both_count_from_one(tmp_path: Path) -> None:
    made = shop(tmp_path)
    made.load("Order ID,Customer ID,Order Date,Amount\n1,a,2026-01-05,100\n2,b,2026-01-06,50\n")
    made.load("Номер заказа;ID клиента;Дата заказа;Сумма заказа\n1;c;15.03.2026;7\n2;a;16.03.2026;8\n")
    assert sorted(made.orders().values()) == [7.0, 8.0, 50.0, 100.0]
    assert made.table("orders")["order_id"].n_unique() == 4


@pytest.mark.parametrize(("nobody", "counted"), [("guest", 40), ("Розничный покупатель", 40), ("0", 40)])
def test_guests_are_not_one_giant_customer(tmp_path: Path, nobody: str, counted: int) -> None:
    known = "".join(f"{n},c{n},2026-01-{n % 28 + 1:02d},10\n" for n in range(60))
    guests = "".join(f"{n},{nobody},2026-01-{n % 28 + 1:02d},10\n" for n in range(100, 140))
    made = shop(tmp_path)
    result = made.load("Order ID,Customer ID,Order Date,Amount\n" + known + guests)
    assert made.table("orders")["cust"].null_count() == counted
    assert issues(result)["placeholder_customers"] == counted


def test_a_customer_whose_number_is_zero_is_a_customer(tmp_path: Path) -> None:
    made = shop(tmp_path)
    made.load(
        "Order ID,Customer ID,Order Date,Amount\n"
        + "".join(f"{n},{n % 10},2026-01-05,10\n" for n in range(50))
    )
    assert made.table("orders")["cust"].n_unique() == 10
