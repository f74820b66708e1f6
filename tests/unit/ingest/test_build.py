"""Several tables at once: how they fit together, what the store then holds."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from crmkpi.engine.data import DimensionInfo
from tests.unit.ingest.loaded import issues, shop

ORDERS = (
    "Order ID,Customer ID,Order Date,Amount,City\n"
    "1,a,2026-01-05 10:00,100.50,Oslo\n2,b,2026-01-06 11:00,50,Rome\n"
    "3,a,2026-02-06 12:00,70,Oslo\n4,,2026-02-07 9:00,5,\n"
)
DAY = date(1970, 1, 1)


def test_customers_fill_dimensions_that_orders_lack_as_of_today(tmp_path: Path) -> None:
    made = shop(tmp_path)
    customers = (
        "Customer ID,Registered At,Segment,City,Email Consent\n"
        "a,2025-01-01,VIP,Bergen,yes\nb,2025-02-01,,Rome,no\nq,2025-03-01,Base,Rome,\nq,,New,,yes\n"
    )
    result = made.load(ORDERS, customers)
    orders = made.table("orders").sort("order_id")
    # orders have their own city, the segment comes from the customers table; blank stays unknown
    assert orders.select("order_id", "city", "segment").rows() == [
        ("1", "Oslo", "VIP"), ("2", "Rome", None), ("3", "Oslo", "VIP"), ("4", None, None),
    ]  # fmt: skip
    dimensions = made.data.meta.dimensions
    assert dimensions["segment"] == DimensionInfo(table="orders", label="Segment", values=1, as_of_today=True)
    assert dimensions["city"] == DimensionInfo(table="orders", label="City", values=2)
    found = made.table("customers")
    assert found.height == 3 and issues(result)["repeated_keys"] == 1
    # a repeated customer keeps the last known value of every column
    ids = made.table("ids")
    last = found.join(ids, on="cust").filter(pl.col("customer_id") == "q").row(0, named=True)
    assert (last["segment"], last["consent_email"]) == ("New", 1)
    assert last["registered_day"] == (date(2025, 3, 1) - DAY).days
    assert ids["cust"].to_list() == [0, 1, 2] and ids["customer_id"].to_list() == ["a", "b", "q"]


def test_the_store_is_sorted_and_made_of_integers(tmp_path: Path) -> None:
    made = shop(tmp_path)
    made.load(ORDERS)
    orders = made.table("orders")
    assert orders.select("cust", "ts").rows() == sorted(
        orders.select("cust", "ts").rows(), key=lambda r: (r[0] is None, r[0] or 0, r[1])
    )
    schema = orders.schema
    assert schema["cust"] == schema["day"] == schema["order"] == schema["order_number"] == pl.Int32
    assert schema["ts"] == schema["amount"] == pl.Int64
    assert made.data.meta.scale == 10 and orders["amount"].sum() == 2255
    coverage = made.data.meta.coverage["orders"]
    assert (coverage.first, coverage.last) == (date(2026, 1, 5), date(2026, 2, 7))
    assert made.data.meta.columns["orders"] == ["order_id", "customer_id", "ordered_at", "amount", "city"]


def test_one_scale_holds_the_money_of_all_tables(tmp_path: Path) -> None:
    made = shop(tmp_path)
    made.load(ORDERS, "Date,Cost Category,Amount\n2026-01-01,SMS,1.2555\n2026-01-02,Зарплата,10\n")
    assert made.data.meta.scale == 10_000
    assert made.table("orders")["amount"].sum() == 2_255_000
    assert made.table("costs")["amount"].to_list() == [12_555, 100_000]


def test_cost_categories_in_both_languages_and_those_we_do_not_know(tmp_path: Path) -> None:
    made = shop(tmp_path)
    texts = [
        "Реклама",
        "SMS-трафик",
        "Зарплата",
        "Бонусы клиентам",
        "Mindbox",
        "Прочее",
        "Загадка",
        "Retention",
    ]
    body = "".join(f"2026-01-0{n},{text},10\n" for n, text in enumerate(texts, 1))
    result = made.load("Дата,Статья расходов,Сумма расхода\n" + body)
    assert made.table("costs")["category"].to_list() == [
        "acquisition", "channel", "payroll", "bonus", "platform", "other", None, "retention",
    ]  # fmt: skip
    assert issues(result)["unknown_cost_category"] == 1


MESSAGES = (
    "Message ID,Campaign ID,Customer ID,Sent At,Channel,Type,Delivered,Opened,Clicked,Clicked At,Control Group\n"
    "m1,c1,a,2026-01-04 09:00,E-mail,Массовая,1,1,1,2026-01-05 09:00,0\n"
    "m2,c1,b,2026-01-04 09:00,E-mail,Массовая,1,0,0,,0\n"
    "m3,c2,a,2026-02-06 08:00,SMS,Триггерная,1,,1,,0\n"
    "m4,c2,b,2026-02-06 08:00,SMS,Триггерная,,,,,1\n"
)
CAMPAIGNS = (
    "Campaign ID,Campaign Name,Send Date,Sent,Delivered,Unique Opens,Unique Clicks,Revenue\n"
    "C1,January,2026-01-04,2,2,1,1,100\nc0,Old,2025-12-01,500,490,100,20,900\n"
)


def test_messages_speak_the_products_words_and_win_their_orders(tmp_path: Path) -> None:
    made = shop(tmp_path)
    made.load(ORDERS, MESSAGES, CAMPAIGNS)
    found = made.table("messages").sort("message_id")
    assert found["channel"].to_list() == ["email", "email", "sms", "sms"]
    assert found["kind"].to_list() == ["mass", "mass", "trigger", "trigger"]
    assert found["opened"].to_list() == [1, 0, None, None]
    assert found["attributed_orders"].to_list() == [1, 0, 1, 0]
    assert found["attributed_revenue"].to_list() == [1005, 0, 700, 0]
    # the campaign that the messages cover must not be counted from its aggregate as well
    campaigns = made.table("campaigns").sort("campaign_id")
    assert campaigns.select("campaign_id", "covered").rows() == [("C1", 1), ("c0", 0)]


def test_an_exports_own_attribution_is_not_overwritten(tmp_path: Path) -> None:
    own = MESSAGES.replace("Control Group\n", "Revenue\n").replace(",0\n", ",12\n").replace(",1\n", ",0\n")
    made = shop(tmp_path)
    made.load(ORDERS, own)
    assert "attributed_orders" not in made.table("messages").columns
    assert made.table("messages")["revenue"].sum() == 360


def test_ids_that_never_join_are_an_error_that_says_what_would(tmp_path: Path) -> None:
    made = shop(tmp_path)
    orders = "Order ID,Customer ID,Order Date,Amount\n1,00017,2026-01-05,100\n2,00018,2026-01-06,50\n"
    result = made.load(orders, "Customer ID,Registered At,Segment\nx17,2025-01-01,VIP\nx18,2025-01-02,Base\n")
    found = next(f for f in result.issues if f.code == "ids_never_join")
    assert (found.level, found.count, found.params["near"]) == ("error", 2, 0)


def test_lines_give_units_categories_and_a_cost_only_when_all_of_it_is_known(tmp_path: Path) -> None:
    lines = (
        "Order ID,SKU,Product,Category,Quantity,Unit Price,Unit Cost\n"
        "1,t,Tea,Food,2,25.25,10\n1,c,Cup,Home,1,50,20\n2,t,Tea,Food,2,25,\n3,c,Cup,Home,1,70,30\n3,x,Gift,Home,1,0,1\n"
    )
    made = shop(tmp_path)
    result = made.load(ORDERS, lines)
    orders = made.table("orders").sort("order_id")
    scale = made.data.meta.scale
    assert orders["units"].to_list() == [3, 2, 1, None]
    assert orders["categories"].to_list() == [2, 1, 1, None]
    assert orders["cogs"].to_list() == [40 * scale, None, 30 * scale, None]
    assert orders["line_sum"].to_list() == [100.5 * scale, 50 * scale, 70 * scale, None]
    found = made.table("order_lines")
    assert found["city"].to_list() == ["Oslo", "Oslo", "Oslo", "Rome"]
    assert found["order"].is_sorted()
    assert issues(result)["orders_without_lines"] == 1


def test_pieces_sent_back_are_returns_at_the_price_of_their_line(tmp_path: Path) -> None:
    lines = (
        "Order ID,Customer ID,Order Date,SKU,Quantity,Unit Price,Returned Quantity\n"
        "1,a,2026-01-05,t,3,10,1\n1,a,2026-01-05,c,1,5,0\n2,b,2026-01-06,t,2,10,2\n"
    )
    made = shop(tmp_path)
    made.load(lines)
    assert made.orders() == {"1": 35.0, "2": 20.0}
    assert made.returns() == {"1": 10.0, "2": 20.0}


def test_a_column_that_differs_within_an_order_belongs_to_its_lines(tmp_path: Path) -> None:
    rows = "".join(
        f"{n},{'ab'[n % 2]},2026-01-{n % 28 + 1:02d},{sku},1,10,{'Red' if sku == 't' else 'Blue'},{'XY'[n % 2]}\n"
        for n in range(40)
        for sku in "tc"
    )
    made = shop(tmp_path)
    made.load("Order ID,Customer ID,Order Date,SKU,Quantity,Unit Price,Colour,Batch\n" + rows)
    dimensions = made.data.meta.dimensions
    assert dimensions["colour"].table == "order_lines" and dimensions["batch"].table == "orders"
    assert "colour" not in made.table("orders").columns
    assert made.table("orders")["batch"].n_unique() == 2
    assert made.table("order_lines").filter(pl.col("colour") == "Red").height == 40


def test_a_file_without_any_sign_of_returns_says_that_they_are_unknown(tmp_path: Path) -> None:
    made = shop(tmp_path)
    made.load(ORDERS)
    assert "returns_unknown" in made.data.meta.flags and made.table("returns").height == 0
