"""Measures over valid orders (definitions.md "Amount", "Lifecycle", "Defaults").

Prepared columns of `orders`: order, cust (null = anonymous), ts, day, amount and other money in minor units,
order_number, prev_day, next_day, first_day (days since 1970, company-wide lifecycle), t, seg, and
`new` 1 if the customer's first order lies in the period of this order,
`end_from`, `first_from`, `end_next`, `end_lost`: the first period whose last day is not before day, first_day,
next_day, day + N + 1,
`end_year`: the same for day + 365; `earned`: margin (amount - cogs, else amount x margin rate),
`start_dormant`, `start_next`, `start_known`: the first period whose first day is not before day + N + 1, is after
next_day, is after first_day; `t_next`: the period that holds next_day. n_periods stands for "never".
"""

from __future__ import annotations

import narwhals as nw

from crmkpi.measures.model import KEYS, Frame, Frames, Measure, additive, flag, identified, reduces

CUSTOMER = ("orders.customer_id|order_lines.customer_id",)
LINES = ("order_lines.quantity",)
SECOND_ORDER_DAYS = 90
LTV_DAYS = 90


def _repeat() -> nw.Expr:
    return identified() & (nw.col("order_number") > 1)


def _first() -> nw.Expr:
    return identified() & (nw.col("order_number") == 1)


def _with_lines() -> nw.Expr:
    return identified() & ~nw.col("line_sum").is_null()


def _costed() -> nw.Expr:
    return identified() & ~nw.col("cogs").is_null()


def _covered() -> nw.Expr:
    return identified() & ~nw.col("guest_count").is_null()


def _loyal() -> nw.Expr:
    return identified() & (nw.col("loyal") == 1)


def _dormant() -> nw.Expr:
    return identified() & (nw.col("dormant") == 1)


@additive("orders", requires=CUSTOMER, reads=("amount",), where=identified, money=True)
def revenue_base() -> nw.Expr:
    """Amount of valid orders of identified customers, before returns."""
    return nw.col("amount")


@additive("orders", reads=("amount",), money=True)
def revenue_total() -> nw.Expr:
    """Amount of all valid orders, with and without a customer."""
    return nw.col("amount")


@additive("orders", requires=CUSTOMER, reads=("amount", "order_number"), where=_repeat, money=True)
def revenue_repeat() -> nw.Expr:
    """Amount of orders that were not the customer's first."""
    return nw.col("amount")


@additive("orders", requires=CUSTOMER, where=identified)
def orders_count() -> nw.Expr:
    """Valid orders of identified customers."""
    return nw.lit(1)


@additive("orders")
def orders_total() -> nw.Expr:
    """Valid orders with and without a customer."""
    return nw.lit(1)


@additive("orders", requires=CUSTOMER, reads=("order_number",), where=_repeat)
def repeat_orders() -> nw.Expr:
    """Orders with order_number >= 2."""
    return nw.lit(1)


@additive("orders", requires=CUSTOMER, reads=("order_number",), where=_first)
def acquired_customers() -> nw.Expr:
    """Customers whose first-ever order passes the filter: first orders, hence additive over channels."""
    return nw.lit(1)


@additive("orders", requires=CUSTOMER, reads=("order_number", "day", "next_day"), where=_first)
def second_orders_90() -> nw.Expr:
    """First orders that were followed by a second within 90 days."""
    return flag(nw.col("next_day") - nw.col("day") <= SECOND_ORDER_DAYS)


@additive("orders", requires=CUSTOMER, reads=("dormant",), where=_dormant)
def dormant_orders() -> nw.Expr:
    """Orders whose previous order is more than N days earlier."""
    return nw.lit(1)


@additive("orders", requires=LINES, reads=("units",), where=_with_lines, blank=True)
def units() -> nw.Expr:
    """Units of the lines of valid orders of identified customers."""
    return nw.col("units")


@additive("orders", requires=LINES, reads=("line_sum",), where=_with_lines, money=True)
def line_revenue() -> nw.Expr:
    """Sum of line amounts of orders that have lines."""
    return nw.col("line_sum")


@additive("orders", requires=LINES, reads=("line_sum", "amount"), where=_with_lines, money=True)
def revenue_with_lines() -> nw.Expr:
    """Amounts of orders that have lines."""
    return nw.col("amount")


@additive("orders", requires=LINES, reads=("line_sum",), where=_with_lines)
def orders_with_lines() -> nw.Expr:
    """Orders of identified customers that have lines."""
    return nw.lit(1)


@additive("orders", requires=("order_lines.category",), reads=("categories",), where=_with_lines, blank=True)
def order_categories() -> nw.Expr:
    """Different categories in each order, summed over orders."""
    return nw.col("categories")


@additive(
    "orders",
    requires=("orders.cogs|order_lines.unit_cost",),
    reads=("cogs", "amount"),
    where=_costed,
    money=True,
)
def known_margin() -> nw.Expr:
    """Amount minus cost of goods, over orders whose cost is known."""
    return nw.col("amount") - nw.col("cogs")


@additive(
    "orders",
    requires=("orders.cogs|order_lines.unit_cost",),
    reads=("cogs", "amount"),
    where=_costed,
    money=True,
)
def revenue_with_cost() -> nw.Expr:
    """Amount of orders whose cost of goods is known."""
    return nw.col("amount")


@additive(
    "orders",
    requires=("orders.discount|order_lines.discount",),
    reads=("discount",),
    where=identified,
    money=True,
    blank=True,
)
def discount_sum() -> nw.Expr:
    """Discounts given."""
    return nw.col("discount")


@additive(
    "orders",
    requires=("orders.discount|order_lines.discount",),
    reads=("discount", "gross", "amount"),
    where=identified,
    money=True,
)
def gross_sum() -> nw.Expr:
    """Sales before discounts: gross, or amount + discount where the file has no gross."""
    before = nw.when(~nw.col("gross").is_null()).then(nw.col("gross"))
    rebuilt = nw.col("amount") + nw.col("discount").fill_null(0)
    return nw.when(nw.col("gross").is_null()).then(rebuilt).otherwise(before)


@additive("orders", requires=("orders.guest_count",), reads=("guest_count",), where=identified, blank=True)
def covers() -> nw.Expr:
    """Guests served, as stated on the cheques."""
    return nw.col("guest_count")


@additive("orders", requires=("orders.guest_count",), reads=("guest_count",), where=_covered)
def orders_with_covers() -> nw.Expr:
    """Orders that state the number of guests."""
    return nw.lit(1)


@additive(
    "orders", requires=("orders.guest_count",), reads=("guest_count", "amount"), where=_covered, money=True
)
def revenue_with_covers() -> nw.Expr:
    """Amount of orders that state the number of guests."""
    return nw.col("amount")


@additive(
    "orders",
    requires=("orders.loyalty_tier|customers.loyalty_tier|customers.loyalty_joined_at",),
    reads=("loyal",),
    where=identified,
)
def loyalty_orders() -> nw.Expr:
    """Orders of customers who were loyalty members."""
    return nw.col("loyal")


@additive(
    "orders",
    requires=(
        "orders.discount|order_lines.discount",
        "orders.loyalty_tier|customers.loyalty_tier|customers.loyalty_joined_at",
    ),
    reads=("discount", "loyal"),
    where=_loyal,
    money=True,
)
def member_discounts() -> nw.Expr:
    """Discounts on orders of loyalty members."""
    return nw.col("discount")


@additive("orders", requires=CUSTOMER, reads=("season",), where=identified)
def orders_in_season() -> nw.Expr:
    """Orders on days of the high season."""
    return nw.col("season")


@reduces(
    Measure("interpurchase_days", "orders", "distribution", CUSTOMER, ("day", "prev_day"), empty=None),
    tables=("orders",),
)
def interpurchase(frames: Frames) -> Frame:
    """Plain median of days since the previous order, over orders of the period that have one."""
    again = frames["orders"].filter(identified() & ~nw.col("prev_day").is_null() & (nw.col("t") >= 0))
    pause = (nw.col("day") - nw.col("prev_day")).cast(nw.Float64)
    return again.select(*KEYS, pause=pause).group_by(*KEYS).agg(interpurchase_days=nw.col("pause").median())


@reduces(
    Measure(
        "cohort_revenue_90",
        "orders",
        "sum",
        CUSTOMER,
        ("order", "first_day", "day", "amount", "t_first"),
        money=True,
    ),
    tables=("orders",),
)
def first_ninety_days(frames: Frames) -> Frame:
    """Amounts of the first 90 days of the customers whose first order lies in the period."""
    orders = frames["orders"].filter(identified() & (nw.col("t_first") >= 0))
    early = orders.filter(nw.col("day") - nw.col("first_day") <= LTV_DAYS)
    keyed = early.select("seg", "amount", t=nw.col("t_first"))
    return keyed.group_by(*KEYS).agg(cohort_revenue_90=nw.col("amount").sum())
