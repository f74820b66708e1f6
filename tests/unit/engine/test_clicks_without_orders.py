"""A mailing without orders: clicks alone earn nothing that anyone could count."""

from __future__ import annotations

from pathlib import Path

from crmkpi.engine.available import available
from tests.unit.ingest.loaded import shop

MAILING = "ID сообщения;Клиент;Дата отправки;Кампания;Доставлено;Открыто;Клик\n" + "".join(
    f"m{i};C{i % 9};{1 + i % 28:02d}.01.2026 10:00;promo-{i % 3};да;{'да' if i % 2 else 'нет'};"
    f"{'да' if i % 4 == 1 else 'нет'}\n"
    for i in range(60)
)
ORDERS = "Номер заказа;Дата заказа;ID клиента;Сумма\n" + "".join(
    f"{i};{1 + i % 28:02d}.01.2026;C{i % 9};{100 + i}\n" for i in range(40)
)


def test_what_messages_earned_needs_orders_and_names_them(tmp_path: Path) -> None:
    made = shop(tmp_path)
    made.load(made.file(MAILING, "mail.csv"))
    lacking = available(made.data)["crm_revenue"]
    assert lacking is not None
    assert (lacking.missing, lacking.reason) == (("orders.amount",), "missing_columns")
    assert available(made.data)["click_rate"] is None
    made.load(made.file(ORDERS, "orders.csv"))
    assert available(made.data)["crm_revenue"] is None
