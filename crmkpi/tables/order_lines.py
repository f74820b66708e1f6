"""Canonical table `order_lines`: one line of an order."""

from crmkpi.tables.model import Column, Table

ORDER_LINES = Table(
    name="order_lines",
    grain="one line of an order",
    key="",
    time="ordered_at",
    columns=(
        Column(name="order_id", kind="id", required=True),
        Column(name="sku", kind="id"),
        Column(name="product", kind="text"),
        Column(name="quantity", kind="number", required=True),
        Column(name="unit_price", kind="money"),
        Column(name="line_amount", kind="money"),
        Column(name="category", kind="category"),
        Column(name="unit_cost", kind="money"),
        Column(name="returned_quantity", kind="number"),
        Column(name="customer_id", kind="id"),
        Column(name="ordered_at", kind="datetime"),
        Column(name="status", kind="category"),
        Column(name="discount", kind="money"),
        Column(name="channel", kind="category"),
        Column(name="segment", kind="category"),
        Column(name="loyalty_tier", kind="category"),
        Column(name="country", kind="category"),
        Column(name="city", kind="category"),
        Column(name="store", kind="category"),
        Column(name="promo_code", kind="category"),
        Column(name="campaign_id", kind="id"),
        Column(name="currency", kind="category"),
        Column(name="shipping", kind="money"),
        Column(name="tax", kind="money"),
        Column(name="guest_count", kind="integer"),
        Column(name="session_id", kind="id"),
    ),
    one_of=(("sku", "product"), ("unit_price", "line_amount")),
)
