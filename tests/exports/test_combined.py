"""Random exports: every notation of every kind of value in a random dialect, encoding and frame, read back exactly."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from tests.exports.corpus import ROWS, SEED, Case, Written, case, comma, dot, english, grouped, orders, text
from tests.exports.judge import judged

ENCODINGS = ("utf-8", "utf-8-sig", "cp1251", "koi8-r", "cp866", "utf-16", "utf-16-le")
RU_MONEY = (
    comma,
    dot,
    lambda v: grouped(v, " ", ","),
    lambda v: grouped(v, " ", ",") + " руб.",
    lambda v: grouped(v, ".", ","),
)
EN_MONEY = (
    dot,
    lambda v: grouped(v, ",", "."),
    lambda v: "$" + grouped(v, ",", "."),
    lambda v: grouped(v, " ", "."),
)
RU_DAYS = ("%d.%m.%Y %H:%M", "%d.%m.%Y", "%Y-%m-%d %H:%M:%S", "%d.%m.%y", "%d/%m/%Y", "%Y-%m-%dT%H:%M:%S")
EN_DAYS = ("%Y-%m-%d %H:%M", "%m/%d/%Y", "%m/%d/%Y %I:%M %p", "%b %d, %Y", "%Y-%m-%dT%H:%M:%SZ", "%d-%b-%Y")
FLAGS = (("да", "нет"), ("1", "0"), ("TRUE", "FALSE"), ("yes", "no"), ("+", "-"), ("Y", "N"))


def random_case(seed: int) -> Case:
    """One export; everything that was chosen is in its name."""
    rng = random.Random(f"{SEED}/{seed}")
    ru = rng.random() < 0.6
    form = rng.choice(RU_DAYS if ru else EN_DAYS)
    yes, no = rng.choice(FLAGS)
    rows = orders(rng.choice((12, 40, 90)), seed)
    days = {o.at.day for o in rows}
    assert max(days) > 12
    base = Written() if ru else english()
    money = rng.randrange(len(RU_MONEY if ru else EN_MONEY))
    one = replace(
        base,
        rows=rows,
        money=(RU_MONEY if ru else EN_MONEY)[money],
        day=lambda d: d.strftime(form),
        yes=yes,
        no=no,
    )
    mark, eol = rng.choice((";", ",", "\t", "|")), rng.choice(("\r\n", "\n", "\r"))
    quoting, frame = rng.choice((0, 1)), rng.choice(("", "title", "total", "both", "blank"))
    cells = one.cells()
    if frame in ("total", "both"):
        cells.append(["Итого" if ru else "Total", "", "", one.money(sum(o.amount for o in rows)), "", "", ""])
    if frame == "blank":
        cells.insert(5, [""] * 7)
    head = ("Отчёт о заказах" if ru else "Orders report") + eol + eol if frame in ("title", "both") else ""
    encoding = rng.choice(ENCODINGS)
    data = (head + text(one.header, cells, mark, eol, quoting=quoting)).encode(encoding)
    name = f"{seed}: {form} money {money} {yes} {mark!r} {eol!r} quoting {quoting} {frame} {encoding}"
    return case(name, "random", data, one, minutes="H" in form or "I" in form)


@pytest.mark.parametrize("seed", range(36))
def test_a_random_export_is_read_exactly(seed: int, tmp_path: Path):
    one = random_case(seed)
    verdict = judged(one, tmp_path / "export")
    assert verdict.right, f"{one.name}\n{verdict}\n{one.data[:300]!r}"


@pytest.mark.parametrize("seed", range(8))
def test_the_order_of_rows_changes_nothing(seed: int, tmp_path: Path):
    rng = random.Random(seed)
    rows = rng.sample(ROWS, len(ROWS))
    one = Written(rows=rows, money=RU_MONEY[seed % 5], day=lambda d: d.strftime(RU_DAYS[seed % 6]))
    shuffled = case(
        "shuffled", "random", text(one.header, one.cells()), one, minutes="H" in RU_DAYS[seed % 6]
    )
    verdict = judged(shuffled, tmp_path / "export")
    assert verdict.right, str(verdict)
