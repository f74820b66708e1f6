"""Canonical table `orders`: one order."""

from crmkpi.tables.model import Column, Table

ORDERS = Table(
    name="orders",
    grain="one order",
    key="order_id",
    time="ordered_at",
    columns=(
        Column(name="order_id", kind="id", required=True),
        Column(name="customer_id", kind="id", required=True),
        Column(name="ordered_at", kind="datetime", required=True),
        Column(name="amount", kind="money", required=True),
        Column(name="status", kind="category"),
        Column(name="gross", kind="money"),
        Column(name="discount", kind="money"),
        Column(name="refund", kind="money"),
        Column(name="shipping", kind="money"),
        Column(name="tax", kind="money"),
        Column(name="cogs", kind="money"),
        Column(name="channel", kind="category"),
        Column(name="segment", kind="category"),
        Column(name="loyalty_tier", kind="category"),
        Column(name="country", kind="category"),
        Column(name="city", kind="category"),
        Column(name="store", kind="category"),
        Column(name="promo_code", kind="category"),
        Column(name="campaign_id", kind="id"),
        Column(name="currency", kind="category"),
        Column(name="guest_count", kind="integer"),
        Column(name="session_id", kind="id"),
    ),
)
