"""Known exports with a trap: dates of lost deals, yearly prices, services of a marketplace, items inside orders."""

# the headers of real exports are longer than a line of code
# ruff: noqa: E501
from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from crmkpi.ingest.inspect import inspect
from crmkpi.ingest.load import LoadResult
from tests.unit.ingest.loaded import Shop, issues, shop, steps

HUBSPOT = """Record ID,Deal Name,Deal Stage,Create Date,Close Date,Amount,Deal owner,Pipeline
1,A,{won},2026-01-05,2026-01-20,100,Ann,Sales
2,B,Closed lost,2026-01-06,2026-01-21,200,Ann,Sales
3,C,Negotiation,2026-01-07,2026-03-01,300,Bob,Sales
"""


def file_issues(result: LoadResult) -> dict[str, int]:
    return {f.code: f.count for report in result.files for f in report.issues}


def named(made: Shop, text: str, **answers: str) -> LoadResult:
    return made.load(made.file(text, "export.csv"), answers={"export.csv": answers})


def test_a_close_date_wins_a_deal_only_where_the_stage_says_so(tmp_path: Path) -> None:
    made = shop(tmp_path)
    result = named(made, HUBSPOT.format(won="Closed won"))
    leads = made.table("leads").sort("lead_id")
    assert leads["won_ts"].is_not_null().to_list() == [True, False, False]
    assert leads["lost_ts"].is_not_null().to_list() == [False, True, False]
    assert file_issues(result)["won_by_stage"] == 2


def test_stages_that_nobody_understands_are_a_question(tmp_path: Path) -> None:
    made = shop(tmp_path)
    text = HUBSPOT.format(won="Ура")
    asked = named(made, text).unanswered
    assert [(q["code"], q["column"], q["options"]) for q in asked] == [
        ("won_stage", "Deal Stage", ["Closed lost", "Negotiation", "Ура"])
    ]
    named(made, text, won_stage="Ура")
    assert made.table("leads").sort("lead_id")["won_ts"].is_not_null().to_list() == [True, False, False]


STRIPE = """id,Customer ID,Plan,Quantity,Currency,Interval,Amount,Status,Created (UTC),Start (UTC),Current Period Start (UTC),Ended At (UTC)
s1,c1,Pro,1,usd,month,100,active,2026-01-01 00:00,2026-01-01 00:00,2026-03-01 00:00,
s2,c2,Pro,1,usd,year,1200,active,2026-01-01 00:00,2026-01-01 00:00,2026-01-01 00:00,
s3,c3,Pro,1,usd,{odd},300,active,2026-01-01 00:00,2026-01-01 00:00,2026-01-01 00:00,
"""


def mrr(made: Shop) -> dict[str, float]:
    frame, scale = made.table("subscriptions"), made.data.meta.scale
    return {
        i: m / scale for i, m in frame.select("subscription_id", "mrr").sort("subscription_id").iter_rows()
    }


def test_a_yearly_price_is_a_twelfth_a_month(tmp_path: Path) -> None:
    made = shop(tmp_path)
    result = named(made, STRIPE.format(odd="quarter"))
    assert mrr(made) == {"s1": 100, "s2": 100, "s3": 100}
    assert file_issues(result)["interval_spread"] == 2


def test_an_unknown_interval_is_asked_about_and_never_taken_for_a_month(tmp_path: Path) -> None:
    made = shop(tmp_path)
    text = STRIPE.format(odd="cycle-B")
    asked = named(made, text).unanswered
    assert [(q["code"], q["column"]) for q in asked] == [("interval_months", "cycle-B")]
    named(made, text, **{"interval_months:cycle-B": "6"})
    assert mrr(made)["s3"] == 50


def test_an_amount_without_a_period_is_a_month_only_by_a_marked_default(tmp_path: Path) -> None:
    made = shop(tmp_path)
    text = "Subscription ID,Customer ID,Start Date,End Date,Plan,Price\ns1,c1,2026-01-01,,Pro,1200\ns2,c2,2026-01-02,,Pro,600\n"
    found = inspect([made.file(text, "export.csv")])[0]
    assert [(q.code, q.default) for q in found.questions] == [("mrr_period", "1")]
    named(made, text, mrr_period="12")
    assert mrr(made) == {"s1": 100, "s2": 50}


def test_a_marketplace_report_keeps_sales_and_takes_returns_back(tmp_path: Path) -> None:
    made = shop(tmp_path)
    head = "Srid,Номер поставки,Предмет,Артикул поставщика,Название,Обоснование для оплаты,Дата продажи,Кол-во,Вайлдберриз реализовал Товар (Пр)\n"
    rows = (
        "a1,77,Кружки,MUG,Кружка,Продажа,2026-01-05,1,500\n"
        "a2,77,Кружки,MUG,Кружка,Продажа,2026-01-06,2,900\n"
        "a1,77,Кружки,MUG,Кружка,Возврат,2026-01-15,1,500\n"
        "a3,77,Кружки,MUG,Кружка,Логистика,2026-01-16,1,40\n"
    )
    result = named(made, head + rows)
    assert made.orders() == {"a1": 500, "a2": 900}
    assert made.returns() == {"a1": 500}
    receipt = result.receipt.files[0]
    assert (receipt.rows_in, receipt.rows_used, receipt.rows_rejected) == (4, 3, 1)
    assert receipt.reasons == {"service_row": 1}


SHOPIFY = """Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Shipping City,Refunded Amount,Source
#1001,a@x.com,paid,2026-01-05,fulfilled,USD,30.00,5.00,0.00,35.00,,0.00,2026-01-05 10:00:00 +0300,1,Mug,10.00,MUG,Berlin,0.00,web
#1001,a@x.com,,,,,,,,,,,2026-01-05 10:00:00 +0300,2,Plate,10.00,PLT,,,
#1002,b@x.com,paid,2026-01-06,fulfilled,USD,10.00,5.00,0.00,15.00,,0.00,2026-01-06 10:00:00 +0300,1,Mug,10.00,MUG,Paris,0.00,web
#1003,c@x.com,voided,2026-01-07,,USD,10.00,5.00,0.00,15.00,,0.00,2026-01-07 10:00:00 +0300,1,Mug,10.00,MUG,Paris,0.00,web
"""


def test_an_order_export_with_items_gives_orders_and_their_lines(tmp_path: Path) -> None:
    made = shop(tmp_path)
    result = named(made, SHOPIFY)
    assert made.orders() == {"#1001": 30, "#1002": 10}
    assert steps(result)["file_sum"][1] == 50
    lines = made.table("order_lines").select("sku", "quantity", "amount").sort("sku", "quantity")
    assert lines.rows() == [("MUG", 1, 10), ("MUG", 1, 10), ("PLT", 2, 20)]
    orders = made.table("orders").sort("order_id")
    assert orders["units"].to_list() == [3, 1] and orders["line_sum"].to_list() == [30, 10]
    assert not any("line" in name for name in made.data.meta.dimensions if name not in ("product", "sku"))
    assert file_issues(result)["lines_from_orders"] == 4
    assert not any(q["code"] in ("duplicate_keys", "amount_includes_shipping") for q in result.unanswered)


def test_the_same_export_with_items_twice_changes_nothing(tmp_path: Path) -> None:
    made = shop(tmp_path)
    named(made, SHOPIFY)
    assert named(made, SHOPIFY).unchanged


def test_one_row_per_order_has_no_lines_inside(tmp_path: Path) -> None:
    made = shop(tmp_path)
    text = "Order ID,Customer ID,Order Date,Amount,Items\n1,a,2026-01-05,100,2\n2,b,2026-01-06,50,1\n"
    made.load(text)
    assert "order_lines" not in made.data.tables()


def test_an_order_whose_lines_name_two_customers_is_reported(tmp_path: Path) -> None:
    made = shop(tmp_path)
    head = "Order ID,Customer ID,Order Date,SKU,Quantity,Unit Price\n"
    result = made.load(head + "1,a,2026-01-05,X,1,10\n1,b,2026-01-05,Y,1,20\n2,b,2026-01-06,X,1,10\n")
    assert issues(result)["two_customers"] == 1


CAMPAIGNS = "Campaign,Send Date,Sent,Delivered,{column},Clicks\nA,2026-01-05,1000,800,{a},40\nB,2026-01-12,2000,1600,{b},80\n"


def test_a_rate_without_its_count_asks_of_what_with_both_counts(tmp_path: Path) -> None:
    made = shop(tmp_path)
    text = CAMPAIGNS.format(column="Open Rate", a="25%", b="25%")
    asked = named(made, text).unanswered
    assert [(q["code"], q["options"], q["params"]["delivered"], q["params"]["sent"]) for q in asked] == [  # type: ignore[index]
        ("rate_denominator", ["delivered", "sent"], 600, 750)
    ]
    named(made, text, rate_denominator="sent")
    assert made.table("campaigns").sort("day")["opens"].to_list() == [250, 500]


def test_a_rate_beside_its_count_only_says_what_it_is_of(tmp_path: Path) -> None:
    made = shop(tmp_path)
    text = "Campaign,Send Date,Sent,Delivered,Opens,Open Rate,Clicks\nA,2026-01-05,1000,800,200,20%,40\nB,2026-01-12,2000,1600,500,25%,80\n"
    result = named(made, text)
    assert not result.unanswered and file_issues(result)["rate_of_other"] == 2
    assert made.table("campaigns").sort("day")["opens"].to_list() == [200, 500]


def test_an_amount_chosen_in_the_mapping_is_not_asked_about(tmp_path: Path) -> None:
    made = shop(tmp_path)
    text = "Номер заказа;Клиент;Дата;Сумма;Сумма к оплате\n1;a;05.01.2026;100;90\n2;b;06.01.2026;50;40\n"
    path = made.file(text, "export.csv")
    columns = {"order_id": "Номер заказа", "customer_id": "Клиент", "ordered_at": "Дата", "amount": "Сумма"}
    told = inspect([path], mapping={"export.csv": {"table": "orders", "columns": columns}})[0]
    assert not [q for q in told.questions if q.code == "which_amount"]


@pytest.mark.parametrize("column", ["city", "Город"])
def test_a_customers_city_fills_the_orders_city_in_any_language(tmp_path: Path, column: str) -> None:
    made = shop(tmp_path)
    orders = "Order ID,Customer ID,Order Date,Amount\n" + "".join(
        f"{i},c{i % 5},2026-01-{i % 28 + 1:02},10\n" for i in range(60)
    )
    people = f"Customer ID,Registered,{column}\n" + "".join(
        f"c{i},2025-01-0{i + 1},{'Paris' if i % 2 else 'Berlin'}\n" for i in range(5)
    )
    made.load(orders, people)
    found = made.data.meta.dimensions
    assert found["city"].as_of_today and found["city"].label == column
    assert made.table("orders").filter(pl.col("city").is_null()).is_empty()


AMO = """ID;Название;Контакт;Ответственный;Этап;Бюджет, руб.;Дата создания;Дата закрытия;Воронка
1;Сделка 1;Анна;Пётр;Успешно реализовано;1000;13.01.2026 10:00;15.01.2026 10:00;Основная
2;Сделка 2;Иван;Пётр;Закрыто и не реализовано;2000;14.01.2026 10:00;16.01.2026 10:00;Основная
3;Сделка 3;Олег;Пётр;Переговоры;3000;15.01.2026 10:00;не закрыта;Основная
4;Сделка 4;Олег;Пётр;Переговоры;3000;16.01.2026 10:00;не закрыта;Основная
"""


@pytest.mark.parametrize("heads", ["plain", "of deals"])
def test_a_deal_that_is_not_closed_has_no_date_and_a_lost_one_has_its_own(heads: str, tmp_path: Path) -> None:
    made = shop(tmp_path)
    text = (
        AMO if heads == "plain" else AMO.replace("Этап", "Этап сделки").replace("Название", "Название сделки")
    )
    result = made.load(text)
    assert result.files[0].table == "leads"
    leads = made.table("leads").sort("lead_id")
    assert leads["won_ts"].is_not_null().to_list() == [True, False, False, False]
    assert leads["lost_ts"].is_not_null().to_list() == [False, True, False, False]
    assert leads["deal_amount"].to_list() == [v * made.data.meta.scale for v in (1000, 2000, 3000, 3000)]
    assert "unparsed" not in file_issues(result)


@pytest.mark.parametrize(
    "word", ["не закрыта", "Не закрыт", "нет", "never", "бессрочно", "ещё не закрыта", "not closed"]
)
def test_words_for_no_date_are_blanks(word: str, tmp_path: Path) -> None:
    made = shop(tmp_path)
    result = made.load(AMO.replace("не закрыта", word))
    assert "unparsed" not in file_issues(result)


def test_a_broken_date_is_still_counted(tmp_path: Path) -> None:
    made = shop(tmp_path)
    result = made.load(AMO.replace("не закрыта", "скоро"))
    assert file_issues(result)["unparsed"] == 2


YEARLY = """subscription_id,customer_id,plan,{interval},amount,started_at,canceled_at
s1,c1,P,year,1200,2026-01-03,
s2,c2,B,month,100,2026-01-03,
s3,c3,B,month,100,2026-01-04,2026-02-05
"""


@pytest.mark.parametrize(
    "interval", ["billing_interval", "Billing Interval", "billingInterval", "plan-interval"]
)
def test_a_yearly_price_counts_by_the_month_however_the_interval_is_spelt(
    tmp_path: Path, interval: str
) -> None:
    made = shop(tmp_path)
    result = named(made, YEARLY.format(interval=interval))
    assert result.unanswered == []
    assert set(mrr(made).values()) == {100.0}


@pytest.mark.parametrize("stage", ["deal_stage", "dealstage", "StageName", "Этап_сделки"])
def test_the_stage_decides_however_its_header_is_spelt(tmp_path: Path, stage: str) -> None:
    made = shop(tmp_path)
    named(made, HUBSPOT.format(won="Closed won").replace("Deal Stage", stage))
    assert made.table("leads").sort("lead_id")["won_ts"].is_not_null().to_list() == [True, False, False]
