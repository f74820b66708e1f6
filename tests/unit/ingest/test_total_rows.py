"""«Итого» rows stay out, are kept, and come back when a person wants them; the switch tells the money beforehand."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from crmkpi.engine.data import DataDir
from crmkpi.ingest.load import load, rebuild, switch_effects
from crmkpi.ingest.load_settings import LoadSettings

HEAD = "Номер заказа;Дата заказа;ID клиента;Сумма заказа\n"
ROWS = "".join(f"{n};{n:02d}.02.2026;K{n % 4};{100 * n}\n" for n in range(1, 21))
SUM = sum(100 * n for n in range(1, 21))
DATED, BARE = f"Итого;28.02.2026;K1;{SUM}\n", f"Итого;;;{SUM}\n"
DROP, KEEP = LoadSettings(), replace(LoadSettings(), drop_totals=False)


def loaded(tmp_path, last, settings=DROP):
    source = tmp_path / "orders.csv"
    source.write_text(HEAD + ROWS + last, encoding="utf-8")
    store = DataDir(tmp_path / "data")
    return store, load([source], store, settings=settings)


def revenue(store):
    return store.frame("orders").select(pl.col("amount").sum()).collect().item() / store.meta.scale


def effect(switches):
    return next((s for s in switches if s.code == "drop_totals"), None)


def test_a_total_with_a_date_stays_out_and_comes_back_with_the_promised_money(tmp_path):
    store, result = loaded(tmp_path, DATED)
    assert revenue(store) == SUM
    told = effect(result.switches)
    assert (told.on, told.rows, told.money) == (True, 1, SUM)
    back = rebuild(store, KEEP)
    assert revenue(store) == 2 * SUM
    assert (effect(back.switches).on, effect(back.switches).money) == (False, -SUM)
    assert back.bridge[0].money == pytest.approx(2 * SUM), "the bridge begins with all rows that count"
    rebuild(store, DROP)
    assert revenue(store) == SUM


def test_loading_with_the_switch_off_is_the_same_as_flipping_it(tmp_path):
    store, _ = loaded(tmp_path, DATED, KEEP)
    assert revenue(store) == 2 * SUM
    assert effect(switch_effects(store, DROP)).money == SUM


def test_a_total_without_a_date_changes_nothing_when_it_comes_back(tmp_path):
    store, result = loaded(tmp_path, BARE)
    assert (effect(result.switches).rows, effect(result.switches).money) == (1, 0)
    rebuild(store, KEEP)
    assert revenue(store) == SUM


def test_without_totals_there_is_no_switch_and_no_file(tmp_path):
    store, result = loaded(tmp_path, "")
    assert effect(result.switches) is None
    assert not list(store.root.rglob("*.totals.parquet"))


def test_totals_survive_the_next_month(tmp_path):
    store, _ = loaded(tmp_path, DATED)
    march = tmp_path / "march.csv"
    march.write_text(
        HEAD + "".join(f"{50 + n};{n:02d}.03.2026;K1;10\n" for n in range(1, 9)), encoding="utf-8"
    )
    result = load([march], store, append=True)
    assert effect(result.switches).money == SUM
    rebuild(store, KEEP)
    assert revenue(store) == 2 * SUM + 80
