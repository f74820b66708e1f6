"""Exports as they arrive: one seeded table of orders, written with every kind of trouble we know.

Each case carries what a careful person would read out of it; nothing here knows how our reader works.
`all_cases` is used by the tests and by bench/ingest.py, which puts other readers before the same files.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

SEED = 20261105
RU = ("Номер заказа", "Дата заказа", "ID клиента", "Сумма заказа", "Статус", "Согласие на рассылку", "Город")
EN = ("Order ID", "Order date", "Customer ID", "Order total", "Status", "Accepts marketing", "City")
CANONICAL = ("order_id", "ordered_at", "customer_id", "amount", "status", None, "city")


@dataclass(frozen=True)
class Order:
    """One row of the truth. `at` is wall time, `amount` roubles or dollars with two decimals."""

    number: str
    at: datetime
    customer: str
    amount: Decimal
    status: str
    consent: bool
    city: str


@dataclass(frozen=True)
class Case:
    """One file and the truth about it.

    `columns` None: not checked. `sums`: column -> sum as read. `dates`, `flags`, `ids`: column -> value of every
    row. `mapping`: canonical -> source, checked if given. `error`: the only right end is this error code.
    `asks`: (question code, column): the file must be asked about, its values are not checked then. `says`: codes
    of findings of which at least one must appear. `rejected`, `dropped`: exact counts if given. `tables`: how
    many tables the file holds (the checked one is `table_at`).
    """

    name: str
    group: str
    file: str
    data: bytes
    columns: tuple[str, ...] | None = None
    rows: int | None = None
    sums: dict[str, float] = field(default_factory=dict)
    dates: dict[str, list[datetime | None]] = field(default_factory=dict)
    flags: dict[str, list[int | None]] = field(default_factory=dict)
    ids: dict[str, list[str | None]] = field(default_factory=dict)
    table: str | None = None
    mapping: dict[str, str] = field(default_factory=dict)
    error: tuple[str, ...] = ()
    asks: tuple[str, str] | None = None
    says: tuple[str, ...] = ()
    rejected: int | None = None
    dropped: int | None = None
    tables: int = 1
    table_at: int = 0


def orders(count: int = 40, seed: int = SEED) -> list[Order]:
    """A seeded year of orders: days above and below 12, amounts with thousands and odd kopecks."""
    rng = random.Random(seed)
    out = []
    for place in range(count):
        at = datetime(2025, 1, 3, 9, 5) + timedelta(days=9 * place % 364, minutes=rng.randrange(0, 800))
        amount = Decimal(rng.choice((rng.randrange(5_011, 99_999), rng.randrange(100_001, 4_999_999)))) / 100
        status = rng.choice(("Выполнен", "Доставлен", "Оплачен"))
        city = rng.choice(("Москва", "Казань", "Пермь", "Омск"))
        customer = f"C{rng.randrange(1, 16):04d}"
        out.append(Order(str(100_201 + place), at, customer, amount, status, rng.random() < 0.6, city))
    return out


ROWS = orders()
LATIN = {"Выполнен": "Completed", "Доставлен": "Delivered", "Оплачен": "Paid"}
PLACES = {"Москва": "Berlin", "Казань": "Paris", "Пермь": "Leeds", "Омск": "Turin"}
Money = Callable[[Decimal], str]
Day = Callable[[datetime], str]


def grouped(value: Decimal, thousands: str, decimal: str) -> str:
    """1234567.5 -> 1 234 567,50 with the given signs."""
    return f"{value:,.2f}".replace(",", "\0").replace(".", decimal).replace("\0", thousands)


def comma(value: Decimal) -> str:
    """1234,50."""
    return grouped(value, "", ",")


def dot(value: Decimal) -> str:
    """1234.50."""
    return grouped(value, "", ".")


def ru_day(at: datetime) -> str:
    """31.12.2025 14:03."""
    return at.strftime("%d.%m.%Y %H:%M")


def iso(at: datetime) -> str:
    """2025-12-31 14:03."""
    return at.strftime("%Y-%m-%d %H:%M")


@dataclass(frozen=True)
class Written:
    """The table as texts: how each kind of value is written."""

    rows: Sequence[Order] = tuple(ROWS)
    lang: str = "ru"
    money: Money = comma
    day: Day = ru_day
    yes: str = "да"
    no: str = "нет"
    number: Callable[[str], str] = str
    customer: Callable[[str], str] = str

    @property
    def header(self) -> tuple[str, ...]:
        """The header of the language."""
        return RU if self.lang == "ru" else EN

    def cells(self) -> list[list[str]]:
        """All rows as texts."""
        ru = self.lang == "ru"
        return [
            [
                self.number(o.number),
                self.day(o.at),
                self.customer(o.customer),
                self.money(o.amount),
                o.status if ru else LATIN[o.status],
                self.yes if o.consent else self.no,
                o.city if ru else PLACES[o.city],
            ]
            for o in self.rows
        ]


def english(**changes: object) -> Written:
    """The table as an English system writes it."""
    plain = Written(lang="en", money=dot, day=iso, yes="yes", no="no")
    return replace(plain, **changes)  # type: ignore[arg-type]


def text(
    header: Sequence[str], rows: Iterable[Sequence[str]], mark: str = ";", eol: str = "\r\n", **how: object
) -> str:
    """Delimited text; `how` goes to csv.writer, longer delimiters are joined by hand."""
    if len(mark) > 1:
        return "".join(mark.join(row) + eol for row in [header, *rows])
    out = io.StringIO()
    writer = csv.writer(out, delimiter=mark, lineterminator=eol, **how)  # type: ignore[arg-type]
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def truth(written: Written, minutes: bool = True) -> dict[str, object]:
    """What must be read from the plain table, whatever its clothes."""
    head, rows = written.header, written.rows
    days: list[datetime | None] = [
        o.at if minutes else o.at.replace(hour=0, minute=0, second=0) for o in rows
    ]
    return {
        "columns": tuple(head),
        "rows": len(rows),
        "sums": {head[3]: float(sum(o.amount for o in rows))},
        "dates": {head[1]: days},
        "flags": {head[5]: [int(o.consent) for o in rows]},
        "ids": {head[0]: [o.number for o in rows], head[2]: [o.customer for o in rows]},
        "table": "orders",
        "mapping": {c: s for c, s in zip(CANONICAL, head, strict=True) if c is not None},
    }


def case(
    name: str,
    group: str,
    data: bytes | str,
    written: Written | None = None,
    *,
    file: str = "export.csv",
    minutes: bool = True,
    **changes: object,
) -> Case:
    """A case whose truth is the plain table, unless `changes` say otherwise; no table without `written`."""
    values = truth(written, minutes) if written is not None else {}
    raw = data.encode("utf-8") if isinstance(data, str) else data
    return Case(name=name, group=group, file=file, data=raw, **{**values, **changes})  # type: ignore[arg-type]
