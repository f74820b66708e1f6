"""Several amounts in one order file: which one is the goods after discounts (definitions, "Amount")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations

import polars as pl

from crmkpi.ingest.profile import ColumnProfile, typed
from crmkpi.ingest.questions import Question
from crmkpi.ingest.scoring import ACCEPT, name_fit
from crmkpi.ingest.text_table import TextTable

CENT = 0.011
FEWEST_ORDERS = 5
_COUNTABLE = ("money", "number", "integer", "flag")


def amount_question(
    table: TextTable, profiles: Sequence[ColumnProfile], target: str, mapping: dict[str, str]
) -> Question | None:
    """Settle `amount` of an order file in `mapping`, or ask.

    Rows prove it where they can: the column that equals gross - discount is taken, and so is S where another
    column is S + shipping. Otherwise, if further columns are named like an amount and add up to something else,
    the question carries every sum; the better name is the marked default.
    """
    if target != "orders" or "amount" not in mapping:
        return None
    rivals = _rivals(profiles, mapping)
    candidates = list(dict.fromkeys([*rivals, *([mapping["gross"]] if "gross" in mapping else [])]))
    if len(candidates) < 2:
        return None
    proven = _proven(_amounts(table, profiles, candidates, mapping), candidates, mapping)
    if proven is not None:
        if mapping.get("gross") == proven:
            del mapping["gross"]
        mapping["amount"] = proven
        return None
    return _question(profiles, rivals, mapping["amount"])


def is_order_total(table: TextTable, profiles: Sequence[ColumnProfile], mapping: Mapping[str, str]) -> bool:
    """Whether a line file's `line_amount` is the order's total: on its first line only, or repeated on every line
    (adding it up multiplies revenue).

    It repeats when it is the same on all lines of nearly every order with several lines, and those lines differ in
    price times quantity where both are there.
    """
    if not {"order_id", "line_amount"} <= mapping.keys():
        return False
    by_name = {p.name: p for p in profiles}
    used = {
        c: by_name[mapping[c]] for c in ("order_id", "line_amount", "quantity", "unit_price") if c in mapping
    }
    kinds = {"order_id": "id"}
    cells = [typed(p, kinds.get(c, "money")).alias(c) for c, p in used.items()]
    rows = table.frame.lazy().select(cells).drop_nulls("order_id")
    priced = {"quantity", "unit_price"} <= used.keys()
    value = (
        pl.col("quantity") * pl.col("unit_price")
        if priced
        else pl.col("line_amount").is_null().cast(pl.Float64)
    )
    groups = rows.group_by("order_id").agg(
        pl.len().alias("n"),
        pl.col("line_amount").n_unique().alias("totals"),
        (pl.col("line_amount").first().is_not_null() & (pl.col("line_amount").count() == 1)).alias(
            "first_only"
        ),
        value.round(2).n_unique().alias("values"),
    )
    several = groups.filter(pl.col("n") > 1).collect()
    first_only = several.filter("first_only").height
    if first_only >= FEWEST_ORDERS and first_only >= 0.95 * several.height:
        return True
    telling = several.filter(pl.col("values") > 1) if priced else several
    return telling.height >= FEWEST_ORDERS and float((telling["totals"] == 1).mean() or 0) >= 0.95  # type: ignore[arg-type]


def _rivals(profiles: Sequence[ColumnProfile], mapping: Mapping[str, str]) -> list[str]:
    """Columns named like an order's amount that no other canonical column uses; the chosen one first."""
    chosen = mapping["amount"]
    taken = set(mapping.values())
    free = [
        p.name
        for p in profiles
        if p.kind in _COUNTABLE and p.filled and p.name not in taken and _named(p.name) >= ACCEPT
    ]
    return [chosen, *free]


def _amounts(
    table: TextTable, profiles: Sequence[ColumnProfile], candidates: Sequence[str], mapping: Mapping[str, str]
) -> pl.DataFrame:
    wanted = {*candidates, *(mapping[c] for c in ("gross", "discount", "shipping") if c in mapping)}
    cells = [typed(p, "money") for p in profiles if p.name in wanted and p.kind in _COUNTABLE]
    return table.frame.lazy().select(cells).collect()


def _proven(frame: pl.DataFrame, candidates: Sequence[str], mapping: Mapping[str, str]) -> str | None:
    """The column that rows prove to be goods after discounts."""
    gross, discount, shipping = (mapping.get(c) for c in ("gross", "discount", "shipping"))
    here = [c for c in candidates if c in frame.columns]
    if discount in frame.columns:
        off = pl.col(str(discount)).abs().fill_null(0)
        for base, goods in permutations(here, 2):
            # a column named "before discounts" is the only base there may be
            if gross in (None, base) and _holds(frame, pl.col(base) - off - pl.col(goods), off > CENT):
                return goods
    if shipping in frame.columns:
        paid = pl.col(str(shipping)).fill_null(0)
        for goods, total in permutations(here, 2):
            if _holds(frame, pl.col(goods) + paid - pl.col(total), paid.abs() > CENT):
                return goods
    return None


def _holds(frame: pl.DataFrame, rest: pl.Expr, where: pl.Expr) -> bool:
    """Whether the rest is nil in at least 95 % of all rows, and of those rows that can show a difference."""
    near = rest.abs() <= CENT
    share, telling, shown = frame.select(
        near.mean().alias("share"), where.sum().alias("telling"), near.filter(where).mean().alias("shown")
    ).row(0)
    return bool(telling) and (share or 0) >= 0.95 and (shown or 0) >= 0.95


def _question(profiles: Sequence[ColumnProfile], rivals: Sequence[str], chosen: str) -> Question | None:
    sums = {p.name: p.sum for p in profiles if p.name in rivals}
    other = next((r for r in rivals if _differ(sums.get(r), sums.get(chosen))), None)
    if other is None:
        return None
    best = max(_named(r) for r in rivals if r != chosen)
    clear = _named(chosen) - best >= 0.15
    params: dict[str, object] = {"a": chosen, "sum_a": sums.get(chosen), "b": other, "sum_b": sums.get(other)}
    return Question(
        "which_amount", None, tuple(rivals), chosen if clear else None, True, {**params, "sums": sums}
    )


def _named(header: str) -> float:
    return name_fit(header, "orders", "amount").score


def _differ(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and abs(one - other) > CENT
