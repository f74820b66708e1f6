"""All ways of writing a negative amount, through the whole load: returns by the sum that pandas would add up."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.ingest.loaded import shop, steps

NBSP, THIN = "\u00a0", "\u202f"


def grouped(value: float, blank: str) -> str:
    return f"{value:,.2f}".replace(",", "\0").replace(".", ",").replace("\0", blank)


NEGATIVE = (
    lambda v: f"({grouped(v, ' ')})",
    lambda v: f"( {grouped(v, NBSP)} )",
    lambda v: f"({grouped(v, THIN)}) ₽",
    lambda v: f"({grouped(v, ' ')} руб.)",
    lambda v: f"-{grouped(v, ' ')}",
    lambda v: f"−{grouped(v, NBSP)}",
    lambda v: f"{grouped(v, ' ')}-",
    lambda v: f"- {grouped(v, ' ')} ₽",
)
POSITIVE = (
    lambda v: grouped(v, " "),
    lambda v: grouped(v, NBSP) + " ₽",
    lambda v: f"{v:.2f}".replace(".", ","),
)


@given(st.integers(0, 10**6), st.sampled_from(range(len(NEGATIVE))), st.integers(1, 40))
@settings(max_examples=40, deadline=None)
def test_negative_amounts_are_returns_however_they_are_written(seed: int, form: int, n: int) -> None:
    rng = random.Random(seed)
    plus = rng.choice(POSITIVE)
    values = [round(rng.uniform(1, 99_999), 2) * (-1 if rng.random() < 0.3 else 1) for _ in range(n)]
    values.append(250.25)
    cells = [NEGATIVE[form](-v) if v < 0 else plus(v) for v in values]
    rows = [f"{101 + i};{13 + i % 15}.01.2026;C{i % 5};{c}" for i, c in enumerate(cells)]
    with tempfile.TemporaryDirectory() as folder:
        made = shop(Path(folder))
        result = made.load("Заказ;Дата;Клиент;Сумма\n" + "\n".join(rows))
        assert abs(steps(result)["file_sum"][1] - sum(values)) < 0.005
        assert abs(sum(made.orders().values()) - sum(v for v in values if v > 0)) < 0.005
        assert abs(sum(made.returns().values()) + sum(v for v in values if v < 0)) < 0.005
