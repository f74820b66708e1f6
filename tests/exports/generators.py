"""Values of the columns of header_lists.py: seeded, of the right shape, 40 rows each."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta

COUNT = 40
_EN = [
    "Ann Smith",
    "Bob Jones",
    "Carla Diaz",
    "Dan Brown",
    "Eve Long",
    "Frank Moor",
    "Gina Hall",
    "Hugo Boss",
    "Iris West",
    "Jack Reed",
]
_RU = [
    "Анна Петрова",
    "Иван Сидоров",
    "Мария Ли",
    "Олег Ким",
    "Ольга Иванова",
    "Пётр Орлов",
    "Дина Юсупова",
    "Лев Туров",
]
_GOODS = [
    "Blue Mug",
    "Red Shirt, L",
    "Oak Table",
    "Wool Socks",
    "Tea Set",
    "Desk Lamp",
    "Silk Scarf",
    "Candle 200 g",
]
_RUGOODS = [
    "Кружка синяя",
    "Футболка белая",
    "Стол дубовый",
    "Носки шерстяные",
    "Чайный набор",
    "Лампа настольная",
]


def _moment(rng: random.Random) -> datetime:
    return datetime(2025, 1, 1) + timedelta(minutes=rng.randrange(0, 365 * 24 * 60))


def _ru(value: float) -> str:
    return f"{value:.2f}".replace(".", ",")


def _holes(rng: random.Random, value: str) -> str:
    return value if rng.random() < 0.4 else ""


def _hex(rng: random.Random, size: int) -> str:
    return "".join(rng.choice("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHJK") for _ in range(size))


Maker = Callable[[random.Random, int], str]
MAKERS: dict[str, Maker] = {
    "num": lambda r, i: str(104_500 + i),
    "numhole": lambda r, i: _holes(r, str(104_500 + i)),
    "oid": lambda r, i: f"#{1001 + i}",
    "bigid": lambda r, i: str(3_456_789_012 + 7919 * i),
    "bigid2": lambda r, i: str(1_600_000_000_000_000 + r.randrange(20) * 7919),
    "cust": lambda r, i: str(70_000 + r.randrange(25)),
    "float": lambda r, i: f"{17_000 + r.randrange(25)}.0",
    "cus": lambda r, i: f"cus_{'KLMNOPQRST'[r.randrange(10)]}9xJ2mQ",
    "txn": lambda r, i: f"tx{_hex(r, 12)}{i}",
    "amz": lambda r, i: f"{113 + i % 3}-{r.randrange(10**6, 10**7)}-{r.randrange(10**6, 10**7)}",
    "asin": lambda r, i: f"B0{r.randrange(10**7, 10**8)}",
    "ean": lambda r, i: str(4_600_000_000_000 + r.randrange(10**6)),
    "receipt": lambda r, i: f"1-{1000 + i}",
    "login": lambda r, i: f"buyer{r.randrange(25)}",
    "ozon": lambda r, i: f"{12_345_600 + i}-00{i % 90 + 10}",
    "ozonpost": lambda r, i: f"{12_345_600 + i}-00{i % 90 + 10}-1",
    "doc1c": lambda r, i: f"Реализация товаров и услуг 00УТ-{i + 1:06d} от {_moment(r):%d.%m.%Y}",
    "num1c": lambda r, i: f"00УТ-{i + 1:06d}",
    "email": lambda r, i: f"user{r.randrange(25)}@mail.com",
    "name": lambda r, i: r.choice(_EN),
    "runame": lambda r, i: r.choice(_RU),
    "phone": lambda r, i: f"+1 202 555 {r.randrange(1000, 9999)}",
    "ruphone": lambda r, i: f"+7916{r.randrange(10**6, 10**7)}",
    "street": lambda r, i: f"{r.randrange(1, 200)} Main St",
    "zip": lambda r, i: f"{r.randrange(10_000, 99_999)}",
    "state": lambda r, i: r.choice(("CA", "NY", "TX")),
    "cc": lambda r, i: r.choice(("US", "DE", "FR")),
    "country": lambda r, i: r.choice(("United Kingdom", "France", "Germany")),
    "city": lambda r, i: r.choice(("Berlin", "Paris", "Leeds")),
    "rucity": lambda r, i: r.choice(("Москва", "Казань", "Омск")),
    "ip": lambda r, i: f"10.{r.randrange(255)}.{r.randrange(255)}.7",
    "url": lambda r, i: r.choice(("https://shop.com/", "https://shop.com/sale", "https://shop.com/p/7")),
    "sku": lambda r, i: f"AB-{r.randrange(100, 140)}",
    "product": lambda r, i: r.choice(_GOODS),
    "ruproduct": lambda r, i: r.choice(_RUGOODS),
    "promo": lambda r, i: r.choice(("", "", "SALE10", "SPRING")),
    "promo2": lambda r, i: f"Newsletter {i % 37 + 1}",
    "money": lambda r, i: f"{r.uniform(12, 900):.2f}",
    "moneyplus": lambda r, i: f"{r.uniform(20, 990):.2f}",
    "linetotal": lambda r, i: f"{r.uniform(12, 2900):.2f}",
    "small": lambda r, i: f"{r.uniform(0.5, 9):.2f}",
    "rumoney": lambda r, i: _ru(r.uniform(500, 9000)),
    "rumoneyplus": lambda r, i: _ru(r.uniform(600, 9900)),
    "rusmall": lambda r, i: _ru(r.uniform(1, 90)),
    "dollar": lambda r, i: f"${r.uniform(12, 900):.2f}",
    "dollarplus": lambda r, i: f"${r.uniform(20, 990):.2f}",
    "dollarsmall": lambda r, i: f"${r.uniform(0, 9):.2f}",
    "zero": lambda r, i: "0",
    "one": lambda r, i: str(r.randrange(1, 10)),
    "qty": lambda r, i: str(r.choice((1, 1, 1, 2, 3))),
    "mid": lambda r, i: str(r.randrange(40, 900)),
    "big": lambda r, i: str(r.randrange(2_000, 9_000)),
    "pct": lambda r, i: f"{r.uniform(1, 40):.2f}%",
    "rupct": lambda r, i: _ru(r.uniform(1, 40)) + "%",
    "iso": lambda r, i: _moment(r).strftime("%Y-%m-%d"),
    "dt": lambda r, i: _moment(r).strftime("%Y-%m-%d %H:%M:%S"),
    "dthole": lambda r, i: _holes(r, _moment(r).strftime("%Y-%m-%d %H:%M:%S")),
    "dtz": lambda r, i: _moment(r).strftime("%Y-%m-%d %H:%M:%S +0300"),
    "usdate": lambda r, i: _moment(r).strftime("%m/%d/%Y"),
    "usdt": lambda r, i: _moment(r).strftime("%m/%d/%Y %H:%M"),
    "usampm": lambda r, i: _moment(r).strftime("%b %d, %Y %I:%M %p"),
    "rudate": lambda r, i: _moment(r).strftime("%d.%m.%Y"),
    "rudatehole": lambda r, i: _holes(r, _moment(r).strftime("%d.%m.%Y")),
    "rudt": lambda r, i: _moment(r).strftime("%d.%m.%Y %H:%M"),
    "rumonth": lambda r, i: f"01.{i % 12 + 1:02d}.2025",
    "birth": lambda r, i: f"{r.randrange(1, 29):02d}.{r.randrange(1, 13):02d}.{r.randrange(1960, 2005)}",
    "time": lambda r, i: _moment(r).strftime("%H:%M:%S"),
    "epoch": lambda r, i: str(int(_moment(r).timestamp())),
    "da": lambda r, i: r.choice(("да", "нет")),
    "yn": lambda r, i: r.choice(("yes", "no")),
    "tf": lambda r, i: r.choice(("true", "false")),
    "01": lambda r, i: r.choice("01"),
    "paid": lambda r, i: r.choice(("paid", "paid", "paid", "refunded", "voided")),
    "empty": lambda r, i: "",
}


def column(kind: str, seed: str) -> list[str]:
    """40 values of a kind; `w:a,b` picks among words."""
    rng = random.Random(seed)
    if kind.startswith("w:"):
        words = kind[2:].split(",")
        return [rng.choice(words) for _ in range(COUNT)]
    return [MAKERS[kind](rng, place) for place in range(COUNT)]
