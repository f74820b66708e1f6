"""Known exports: every preset is sound, and the ones we know well map their files right."""

from __future__ import annotations

import pytest

from crmkpi.ingest.known_exports import Preset, match_preset, presets
from crmkpi.ingest.match import propose
from crmkpi.ingest.profile import profile
from crmkpi.tables import TABLES
from tests.unit.ingest.text_tables import text_table

ALL = list(presets().values())
IDS = [p.id for p in ALL]


@pytest.mark.parametrize("preset", ALL, ids=IDS)
def test_preset_names_columns_of_its_table_and_all_that_is_required(preset: Preset) -> None:
    spec = TABLES[preset.table]
    assert set(preset.mapping) <= set(spec.names)
    optional = {"customer_id"} if preset.table == "orders" else set()
    assert set(spec.missing(set(preset.mapping))) <= optional | {"quantity"}


@pytest.mark.parametrize("preset", ALL, ids=IDS)
def test_preset_finds_its_own_headers(preset: Preset) -> None:
    headers = list(
        dict.fromkeys([preset.options(c)[0] for c in preset.mapping] + [*preset.must, *preset.headers])
    )
    found = match_preset(headers)
    assert found is not None
    assert found.preset.id == preset.id


def test_a_fifth_of_the_headers_may_be_missing_but_not_more() -> None:
    known = presets()["etsy_sold_orders"]
    headers = [known.options(c)[0] for c in known.mapping] + list(known.must)
    assert match_preset([h for h in headers if h not in ("Ship City", "Coupon Code")]) is not None
    # columns that only split a report do not count
    assert (
        match_preset([h for h in headers if h not in ("Ship City", "Coupon Code", "Ship Country")])
        is not None
    )
    gone = ("Ship City", "Coupon Code", "Currency", "Sales Tax", "Shipping", "Discount Amount")
    assert match_preset([h for h in headers if h not in gone]) is None


SHOPIFY = [
    "Name", "Email", "Financial Status", "Paid at", "Fulfillment Status", "Fulfilled at",
    "Accepts Marketing", "Currency", "Subtotal", "Shipping", "Taxes", "Total", "Discount Code",
    "Discount Amount", "Shipping Method", "Created at", "Lineitem quantity", "Lineitem name",
    "Lineitem price", "Lineitem sku", "Billing Name", "Billing City", "Shipping City",
    "Shipping Country", "Refunded Amount", "Vendor", "Id", "Tags", "Source",
]  # fmt: skip


def test_shopify_orders_take_the_subtotal_and_the_rule_of_the_first_line() -> None:
    row = {h: [None, None] for h in SHOPIFY}
    row |= {
        "Name": ["#1001", "#1001"],
        "Subtotal": ["90.00", None],
        "Total": ["100.00", None],
        "Shipping": ["10.00", None],
    }
    row |= {"Created at": ["2026-01-05 14:03:11 +0300"] * 2, "Email": ["a@b.ru"] * 2}
    table = text_table(row)
    found = propose(table, profile(table))
    assert (found.table, found.system) == ("orders", "shopify_orders")
    assert found.mapping["amount"] == "Subtotal"
    assert "total_on_first_line" in found.rules
    assert not any(q.code == "which_amount" for q in found.questions)


def test_columns_that_people_added_to_a_known_export_are_mapped_too() -> None:
    headers = [*SHOPIFY, "Loyalty Tier"]
    table = text_table({h: [None] for h in headers})
    assert propose(table, profile(table)).mapping["loyalty_tier"] == "Loyalty Tier"


def test_similar_headers_of_another_system_are_no_preset() -> None:
    assert match_preset(["Номер заказа", "Дата заказа", "Сумма", "Статус", "Стоимость доставки"]) is None
