"""Hostile files and formulas that no other test holds: line ends without end, other packings, numbers past reason."""

from __future__ import annotations

import bz2
import lzma
import random
import zlib
from pathlib import Path

import polars as pl
import pytest

from crmkpi.errors import CrmKpiError
from crmkpi.formula import Formula, FormulaError
from crmkpi.ingest.load import load
from crmkpi.project.place import Place

TABLE = b"order_id;customer_id;date;amount\n" + b"1;a;2026-01-01;10\n" * 500


def refused(tmp_path: Path, content: bytes) -> CrmKpiError:
    path = tmp_path / "orders.csv"
    path.write_bytes(content)
    place = Place(tmp_path / "project")
    with pytest.raises(CrmKpiError) as caught:
        load([path], place.data)
    assert not place.data.tables()
    return caught.value


def test_ten_thousand_line_ends_are_an_empty_file(tmp_path):
    assert refused(tmp_path, b"\n" * 10_000).code == refused(tmp_path, b"").code


def test_other_packings_are_refused_and_never_unpacked(tmp_path):
    zstd = b"\x28\xb5\x2f\xfd" + bytes(range(256))
    for packed in (zlib.compress(TABLE), bz2.compress(TABLE), lzma.compress(TABLE), zstd):
        refused(tmp_path, packed)


def test_amounts_beyond_reason_are_counted_and_never_summed(tmp_path):
    odd = ("1e309", "NaN", "inf", "-inf", str(2**63), "9" * 40)
    rows = [f"{i};c{i};2026-01-{i % 28 + 1:02};10" for i in range(200)]
    rows += [f"{1000 + i};x{i};2026-01-05;{value}" for i, value in enumerate(odd)]
    path = tmp_path / "orders.csv"
    path.write_text("order_id;customer_id;date;amount\n" + "\n".join(rows) + "\n")
    place = Place(tmp_path / "project")
    load([path], place.data)
    orders = pl.read_parquet(next(place.data.root.glob("orders*.parquet")))
    money = [c for c, kind in orders.schema.items() if c.startswith("amount") and kind.is_numeric()]
    assert money and orders.height == 200
    assert all(orders[c].drop_nulls().is_finite().all() for c in money if orders.schema[c].is_float())


def test_random_tokens_are_a_formula_or_one_error():
    rng = random.Random(55)
    tokens = (
        "a",
        "b",
        "1",
        "0.5",
        "+",
        "-",
        "*",
        "/",
        "**",
        "(",
        ")",
        ",",
        "min",
        "if",
        "lambda",
        "__class__",
    )
    tokens += (".", "[", "]", "'", "\\", "\0", "\n", "=", ":", "é", "ａ", "9" * 30, "@", "#", "%")
    made = 0
    for _ in range(20_000):
        text = " ".join(rng.choices(tokens, k=rng.randint(1, 9)))
        try:
            formula = Formula(text)
        except FormulaError:
            continue
        made += 1
        value = formula.value(dict.fromkeys(formula.names, 2.0))
        assert value is None or isinstance(value, float)
    assert made > 100
