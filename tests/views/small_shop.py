"""A small shop for tests of views and pages: one order file with a known seed, loaded the way a user loads it."""

from __future__ import annotations

import csv
import random
from datetime import date, timedelta
from pathlib import Path

from crmkpi.ingest.load import load
from crmkpi.project.document import Project, TreeChoice
from crmkpi.project.drafts import Drafts
from crmkpi.project.record import recorded

FIRST, LAST = date(2024, 1, 1), date(2026, 3, 31)
CUSTOMERS = 90
CHANNELS = ("Сайт", "Приложение", "Магазин")
HEADER = ("Номер заказа", "Дата заказа", "ID клиента", "Сумма заказа", "Канал продаж")


def orders(seed: int = 7) -> list[tuple[str, str, str, str, str]]:
    """Rows of the export: about 1,500 orders of 90 customers over 27 whole months, decimal comma."""
    rng, rows, number = random.Random(seed), [], 1000
    day = FIRST
    while day <= LAST:
        for _ in range(rng.choice((1, 2, 2, 3))):
            number += 1
            customer = f"K{rng.randrange(CUSTOMERS):04d}"
            amount = f"{rng.randrange(500, 9000)},{rng.randrange(100):02d}"
            rows.append((str(number), day.strftime("%d.%m.%Y"), customer, amount, rng.choice(CHANNELS)))
        day += timedelta(days=1)
    return rows


def write_orders(path: Path) -> Path:
    """The export as a cp1251 file with semicolons."""
    with path.open("w", encoding="cp1251", newline="") as file:
        out = csv.writer(file, delimiter=";")
        out.writerow(HEADER)
        out.writerows(orders())
    return path


def shop_project(home: Path, template: str | None = "ecommerce_revenue") -> Project:
    """A saved draft with the shop loaded and a tree chosen."""
    drafts = Drafts(home)
    project = Project(name="Магазин", tree=TreeChoice(template=template))
    place = drafts.place(project.id)
    place.root.mkdir(parents=True)
    result = load([write_orders(home / "orders.csv")], place.data)
    assert not result.unanswered
    project = recorded(project, place.data)
    drafts.save(project)
    return project
