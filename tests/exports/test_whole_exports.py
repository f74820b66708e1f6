"""Whole exports with the traits of their systems, through the whole load, against sums added up beside them."""

# the headers of real exports are longer than a line of code
# ruff: noqa: E501
from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.unit.ingest.loaded import Shop, issues, shop, steps

START = datetime(2026, 1, 13, 9, 0)
HEAD = "Name,Email,Financial Status,Currency,Subtotal,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Refunded Amount,Shipping,Taxes"


def first_line_totals(seed: int = 5) -> tuple[list[str], float, set[str]]:
    """Orders whose totals and statuses stand on their first line only: rows, worth of valid goods, valid orders."""
    rng = random.Random(seed)
    rows, worth, valid = [], 0.0, set()
    for i in range(30):
        lines = [(round(rng.uniform(10, 90), 2), rng.choice((1, 2))) for _ in range(rng.choice((1, 2, 3)))]
        goods = round(sum(p * q for p, q in lines), 2)
        status = "voided" if i in (3, 7) else "paid"
        if status == "paid":
            worth, valid = worth + goods, valid | {f"#10{i:02d}"}
        at = f"{START + timedelta(hours=7 * i):%Y-%m-%d %H:%M:%S} +0300"
        for j, (price, q) in enumerate(lines):
            money = f"{status},EUR,{goods},{goods + 6:.2f}" if j == 0 else ",,,"
            rows.append(
                f"#10{i:02d},u{i % 7}@x.com,{money},{at},{q},P{j},{price},S{j},{'0.00' if j == 0 else ''}"
            )
    return rows, worth, valid


@pytest.mark.parametrize("known", [True, False])
def test_a_total_on_the_first_line_counts_once(known: bool, tmp_path: Path) -> None:
    made = shop(tmp_path)
    rows, worth, valid = first_line_totals()
    head = HEAD if known else HEAD.replace("Financial Status", "Payment status").replace("Lineitem ", "Item ")
    result = made.load("\n".join([head, *rows]))
    assert (result.files[0].system == "shopify_orders") is known
    assert set(made.orders()) == valid
    assert sum(made.orders().values()) == pytest.approx(worth, abs=0.01)


def test_who_did_not_come_paid_nothing(tmp_path: Path) -> None:
    made = shop(tmp_path)
    rows, worth = [], 0
    for i in range(24):
        came, price = i % 8 != 5, 1000 + 100 * i
        status = "Пришёл" if came else "Клиент не пришёл"
        rows.append(
            f"{i + 1};{13 + i % 15}.01.2026 12:00;+7916000000{i % 7};Стрижка;{status};{price};{price * came}"
        )
        worth += price * came
    made.load("ID записи;Дата визита;Телефон клиента;Услуга;Статус;Стоимость;Оплачено\n" + "\n".join(rows))
    assert sum(made.orders().values()) == worth


def test_an_order_total_repeated_on_its_lines_counts_once(tmp_path: Path) -> None:
    made, rng = shop(tmp_path), random.Random(1)
    rows, worth = [], 0.0
    for i in range(20):
        total = round(rng.uniform(100, 900), 2)
        worth += total
        price = f"{total:.2f}".replace(".", ",")
        rows += [f"W{i}|2026-01-{13 + i % 15}T10:00:00Z|{price}|{4000 + i % 6}|1|Чай"] * (1 + i % 2)
    head = "OrderIdsWebsiteId|OrderFirstActionDateTimeUtc|OrderTotalPrice|OrderCustomerIdsMindboxId|OrderLineQuantity|OrderLineProductName"
    result = made.load(head + "\n" + "\n".join(rows))
    assert result.files[0].system == "mindbox_orders"
    assert sum(made.orders().values()) == pytest.approx(worth, abs=0.01) and len(made.orders()) == 20


def test_an_accounting_report_in_an_old_encoding(tmp_path: Path) -> None:
    made, rng = shop(tmp_path), random.Random(2)
    values = [round(rng.uniform(1000, 9000), 2) for _ in range(25)]
    spelt = [f"{v:,.2f}".replace(",", "\u00a0").replace(".", ",") for v in (*values, round(sum(values), 2))]
    rows = [
        f"Товар {i % 4};Покупатель {i // 2 % 6};Реализация 00УТ-{i // 2:06d} от 13.01.2026;{13 + i // 2 % 10}.01.2026;1,5;{spelt[i]}"
        for i in range(25)
    ]
    text = [
        "Отчёт по продажам;;;;;",
        "Период: январь 2026;;;;;",
        "",
        "Номенклатура;Контрагент;Регистратор;Дата;Количество;Сумма",
    ]
    path = tmp_path / "onec.csv"
    path.write_bytes("\r\n".join([*text, *rows, f"Итого;;;;;{spelt[-1]}"]).encode("cp1251"))
    result = made.load(path)
    assert steps(result)["file_sum"] == (25, pytest.approx(sum(values)))
    assert sum(made.orders().values()) == pytest.approx(sum(values), abs=0.01)


def test_payments_that_failed_are_no_sales_and_refunds_are_returns(tmp_path: Path) -> None:
    made, rng = shop(tmp_path), random.Random(3)
    rows, paid, back = [], 0.0, 0.0
    for i in range(28):
        status = {3: "Failed", 5: "Refunded"}.get(i % 7, "Paid")
        amount = round(rng.uniform(5, 500), 2)
        refund = amount if status == "Refunded" else 0.0
        paid, back = paid + (amount if status != "Failed" else 0), back + refund
        rows.append(f"ch_{i:04d}x,2026-01-{13 + i % 15} 10:00:00,{amount},{refund},usd,cus_{i % 5}a,{status}")
    made.load("id,Created date (UTC),Amount,Amount Refunded,Currency,Customer ID,Status\n" + "\n".join(rows))
    assert sum(made.orders().values()) == pytest.approx(paid, abs=0.01)
    assert sum(made.returns().values()) == pytest.approx(back, abs=0.01)


def test_a_marketplace_report_holds_services_beside_sales(tmp_path: Path) -> None:
    made, rng = shop(tmp_path), random.Random(4)
    kinds = ["Продажа", "Продажа", "Логистика", "Возврат", "Штраф"]
    rows, sums = [], dict.fromkeys(kinds, 0)
    for i in range(30):
        kind, value = kinds[i % 5], rng.randint(300, 2000)
        goods = value if kind in ("Продажа", "Возврат") else 0
        sums[kind] += goods
        rows.append(
            f"{i + 1};Чай;AB-{i % 4};{kind};2026-01-{14 + i % 10};{int(bool(goods))};{value + 100};{goods};{50};s{i}"
        )
    head = "№;Предмет;Артикул поставщика;Обоснование для оплаты;Дата продажи;Кол-во;Цена розничная;Вайлдберриз реализовал Товар (Пр);Услуги по доставке товара покупателю;Srid"
    result = made.load(head + "\n" + "\n".join(rows))
    assert steps(result)["file_sum"][1] == sums["Продажа"] - sums["Возврат"]
    assert sum(made.returns().values()) == sums["Возврат"] and "anonymous" in issues(result)


def log(made: Shop) -> dict[str, int]:
    frame = made.table("messages")
    return {c: int(frame[c].sum()) for c in ("delivered", "bounced", "opened", "clicked")}


def test_a_log_of_events_of_two_issues(tmp_path: Path) -> None:
    made = shop(tmp_path)
    rows = []
    for i in range(60):
        events = ["Отправлено", "Ошибка" if i % 10 == 0 else "Доставлено"]
        events += ["Открыто"] if i % 3 == 1 and i % 10 else []
        events += ["Открыто", "Переход"] if i % 6 == 1 and i % 10 else []
        at = START + timedelta(minutes=i)
        rows += [
            f"u{i % 30}@x.ru;Выпуск {i // 30};{at + timedelta(minutes=5 * k):%d.%m.%Y %H:%M};{e}"
            for k, e in enumerate(events)
        ]
    path = tmp_path / "log.csv"
    path.write_bytes(("Email;Выпуск;Дата;Событие\n" + "\n".join(rows)).encode("cp1251"))
    made.load(path)
    opened = sum(i % 3 == 1 and i % 10 != 0 for i in range(60))
    clicked = sum(i % 6 == 1 and i % 10 != 0 for i in range(60))
    assert log(made) == {"delivered": 54, "bounced": 6, "opened": opened, "clicked": clicked}
