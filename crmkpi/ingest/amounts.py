"""What the amount column of an order file holds: goods only, or shipping too (definitions.md, "Amount")."""

from __future__ import annotations

import re
from collections.abc import Mapping

import polars as pl

from crmkpi.ingest.lines import CENT
from crmkpi.ingest.questions import Question

CODE = "amount_includes_shipping"
YES, NO = "yes", "no"
TOTAL = re.compile(
    r"\b(total|paid|charged|grand|gross sales|итого|всего|к оплате|оплачен\w*|с доставкой)", re.I
)
GOODS = re.compile(r"(sub.?total|goods|items|\bnet\b|product|товар|без доставки|позици)", re.I)


def shipping_inside(frame: pl.DataFrame, labels: Mapping[str, str]) -> str | None:
    """`yes` or `no` where rows or header say whether amount holds shipping; None if nothing says so.

    First the arithmetic on rows with shipping: gross - discount = amount (no), or that plus shipping (yes).
    Then the header: a total (yes), goods or a subtotal (no).
    """
    names = set(frame.columns)
    if "shipping" in names and "gross" in names:
        goods = pl.col("gross") - (pl.col("discount").abs().fill_null(0) if "discount" in names else 0)
        charged = frame.filter(pl.col("shipping").abs() > CENT)
        without = (goods - pl.col("amount")).abs() <= CENT
        with_it = (goods + pl.col("shipping") - pl.col("amount")).abs() <= CENT
        n, no, yes = charged.select(
            pl.len().alias("n"), without.sum().alias("no"), with_it.sum().alias("yes")
        ).row(0)
        if n and max(no, yes) >= 0.9 * n and no != yes:
            return NO if no > yes else YES
    header = labels.get("amount", "")
    if GOODS.search(header):
        return NO
    return YES if TOTAL.search(header) else None


def question(frame: pl.DataFrame, labels: Mapping[str, str]) -> Question | None:
    """Asked when amount and shipping are both there and nothing proves how they relate.

    By definitions.md a total beside a shipping column holds it, so that is the marked default; a file whose
    shipping is blank or zero everywhere is not asked about.
    """
    if "shipping" not in frame.columns or shipping_inside(frame, labels) is not None:
        return None
    total, shipping = frame.select(pl.col("amount").sum(), pl.col("shipping").sum()).row(0)
    if not shipping:
        return None
    params: dict[str, object] = {"yes": round(total - shipping, 2), "no": round(total, 2)}
    return Question(CODE, labels["amount"], (YES, NO), YES, True, params)
