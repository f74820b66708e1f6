"""Five different exports of one invented shop, as a person would drop them together: with the usual troubles."""

from __future__ import annotations

import csv
import random
from datetime import date, timedelta
from pathlib import Path

import xlsxwriter

FIRST = date(2025, 1, 1)
DAYS = 420
GOODS = (("A-100", "Чайник", 1900), ("B-200", "Плед", 2400), ("C-300", "Кружка", 450))
MONTHS = ("янв", "фев", "мар", "апр", "май", "июн")


def five_exports(folder: Path) -> list[Path]:
    """Orders, lines, customers, a wide sheet of metrics, and a campaign list of a mailing service."""
    rng = random.Random(11)
    orders = _orders(rng)
    return [
        _csv(folder / "заказы.csv", _order_rows(orders, rng), "cp1251", ";"),
        _csv(folder / "позиции.csv", _line_rows(orders), "utf-8-sig", ";"),
        _csv(folder / "клиенты.csv", _customer_rows(rng), "cp1251", ";"),
        _sheet(folder / "показатели отдела.xlsx"),
        _csv(folder / "campaigns.csv", _campaign_rows(rng), "utf-8", ","),
    ]


def next_month(folder: Path) -> Path:
    """The orders again, a month later: 60 new ones, and the amount of one old order corrected."""
    rng = random.Random(11)
    rows = _order_rows(_orders(rng), rng)
    head, old = rows[0], rows[1]
    fresh = [
        (
            str(9000 + n),
            f"{1 + n % 24:02d}.03.2026 10:00",
            f"K{n % 80:04d}",
            "",
            "",
            "1 500,00",
            "Выполнен",
            "Сайт",
        )
        for n in range(60)
    ]
    corrected = (*old[:5], "99 999,00", *old[6:])
    return _csv(folder / "заказы март.csv", [head, corrected, *fresh], "cp1251", ";")


def _orders(rng: random.Random) -> list[tuple[int, date, int | None, list[tuple[tuple[str, str, int], int]]]]:
    found, number = [], 1000
    for n in range(DAYS):
        for _ in range(rng.choice((1, 2, 3))):
            number += 1
            customer = None if rng.random() < 0.14 else rng.randrange(80)
            basket = [(good, rng.randint(1, 2)) for good in rng.sample(GOODS, rng.randint(1, 2))]
            found.append((number, FIRST + timedelta(days=n), customer, basket))
    return found


def _money(value: float) -> str:
    return f"{value:,.2f}".replace(",", " ").replace(".", ",")


def _order_rows(orders: list, rng: random.Random) -> list[tuple[str, ...]]:  # type: ignore[type-arg]
    rows: list[tuple[str, ...]] = [
        (
            "Номер заказа",
            "Дата заказа",
            "ID клиента",
            "E-mail",
            "Телефон",
            "Сумма заказа",
            "Статус",
            "Канал продаж",
        )
    ]
    for number, day, customer, basket in orders:
        who = (
            (f"K{customer:04d}", f"buyer{customer}@mail.test", f"+7 916 000-{customer:02d}-00")
            if customer is not None
            else ("", "", "")
        )
        status = rng.choices(("Выполнен", "Отменён", "Тестовый заказ"), (94, 4, 2))[0]
        total = sum(good[2] * n for good, n in basket)
        rows.append(
            (
                str(number),
                day.strftime("%d.%m.%Y 12:00"),
                *who,
                _money(total),
                status,
                rng.choice(("Сайт", "Магазин")),
            )
        )
    rows[40:40] = [rows[39], rows[39]]
    rows.append(("Итого", "", "", "", "", _money(sum(g[2] * n for *_, b in orders for g, n in b)), "", ""))
    rows.insert(
        70, ("5001", "01.02.2025 10:00", "K0001", "", "", "100,00", "Выполнен", "Сайт", "лишняя", "ячейка")
    )
    return rows


def _line_rows(orders: list) -> list[tuple[str, ...]]:  # type: ignore[type-arg]
    head = ("Номер заказа", "Артикул", "Товар", "Количество", "Цена")
    return [
        head,
        *((str(number), g[0], g[1], str(n), _money(g[2])) for number, _, _, b in orders for g, n in b),
    ]


def _customer_rows(rng: random.Random) -> list[tuple[str, ...]]:
    head = ("ID клиента", "ФИО", "E-mail", "Дата регистрации", "Город", "Согласие на email")
    rows = [head]
    for n in range(80):
        joined = FIRST - timedelta(days=rng.randrange(300))
        city, yes = rng.choice(("Москва", "Казань", "Омск")), rng.choice(("да", "нет"))
        rows.append(
            (f"K{n:04d}", f"Иванова Анна {n}", f"buyer{n}@mail.test", joined.strftime("%d.%m.%Y"), city, yes)
        )
    return rows


def _campaign_rows(rng: random.Random) -> list[tuple[str, ...]]:
    head = (
        "Title",
        "Subject",
        "Send Date",
        "Total Recipients",
        "Successful Deliveries",
        "Unique Opens",
        "Unique Clicks",
        "Unsubscribes",
    )
    rows = [head]
    for n in range(12):
        # no day above 12: only a person knows whether the day or the month comes first
        sent = f"{n % 12 + 1:02d}/{(n + 3) % 12 + 1:02d}/2025"
        total = rng.randint(900, 1200)
        rows.append(
            (
                f"News {n}",
                "Hello",
                sent,
                str(total),
                str(total - 20),
                str(total // 4),
                str(total // 30),
                str(n % 4),
            )
        )
    return rows


def _sheet(path: Path) -> Path:
    """A wide sheet: a title, months without a year across the top, one metric a row."""
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("KPI")
        page.merge_range(0, 0, 0, len(MONTHS), "Показатели CRM-отдела")
        page.write_row(2, 0, ("Показатель", *MONTHS))
        page.write_row(3, 0, ("Новые клиенты", *(120 + 7 * n for n in range(len(MONTHS)))))
        page.write_row(4, 0, ("Визиты сайта", *(15_000 + 400 * n for n in range(len(MONTHS)))))
    return path


def _csv(path: Path, rows: list[tuple[str, ...]], encoding: str, mark: str) -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=mark).writerows(rows)
    return path
