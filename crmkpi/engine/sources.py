"""Prepared tables: which stored tables give each its rows, and which give it its days. The only such list."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """`rows`: stored tables, any of which is enough. `days`: stored tables whose coverage dates it, if not these."""

    rows: tuple[str, ...]
    days: tuple[str, ...] = ()


# stocks of customers are read on the days of the first of these that has days
_PEOPLE = Source(("customers",), ("orders", "messages", "campaigns", "customers"))
_ORDERS = Source(("orders",))
_SENDS = Source(("messages", "campaigns"))
SOURCES: dict[str, Source] = {
    "orders": _ORDERS,
    "activity": _ORDERS,
    "company": _ORDERS,
    "purchases": _ORDERS,
    "order_lines": Source(("order_lines",), ("orders",)),
    "returns": Source(("returns",), ("orders",)),
    "costs": Source(("costs",)),
    "sends": _SENDS,
    "offers": _SENDS,
    "campaigns": Source(("campaigns",), ("campaigns", "messages")),
    "reminders": Source(("messages",)),
    "holdouts": Source(("messages",)),
    "contacts": _PEOPLE,
    "members": _PEOPLE,
    "subscribed": _PEOPLE,
    "unsubscribed": _PEOPLE,
    "groups": _PEOPLE,
    "groups_any": _PEOPLE,
    "leads": Source(("leads",)),
    "won_leads": Source(("leads",)),
    "tickets": Source(("tickets",)),
    "answers": Source(("surveys", "tickets")),
    "loyalty_points": Source(("loyalty_points",)),
    "ads": Source(("ads",)),
    "visits": Source(("sessions",)),
    "everyone_visits": Source(("sessions",)),
    "subscriptions": Source(("subscriptions",)),
    "trials": Source(("subscriptions",)),
    "dated_values": Source(("dated_values",)),
}
# prepared table -> stored tables of its rows, and of its days
PHYSICAL = {name: source.rows for name, source in SOURCES.items()}
DATED_BY = {name: source.days or source.rows for name, source in SOURCES.items()}
