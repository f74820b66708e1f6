"""Bridge: from the plain sum of the file's amount column to the root of the tree, step by step.

Every row of the files stands in exactly one step, so rows and money add up exactly (integer minor units).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import polars as pl

from crmkpi.ingest.documents import DOC, KINDS

ROOT, START = "root", "file_sum"


@dataclass(frozen=True)
class BridgeStep:
    """One step: `rows` and `documents` concerned and the money it adds to the running sum (currency).

    `minor` is the same money in integer minor units, exact. `removes` says that the rows leave the sum
    (shipping only lowers amounts of rows that stay). The first step is `file_sum`, the last `root`:
    rows and money of the first, less those of the removing steps, are those of the last.
    """

    code: str
    rows: int
    money: float
    documents: int = 0
    minor: int = 0
    removes: bool = True

    def as_dict(self) -> dict[str, object]:
        """JSON form."""
        return asdict(self)


def bridge(rows: pl.DataFrame, scale: int) -> list[BridgeStep]:
    """Steps from the plain sum to revenue_base, from classified rows (documents.py); steps without rows are
    left out. Signs: what leaves is negative when it was positive, so the steps before `root` sum to `root`."""
    # the other columns, and the texts of the ids, would be copied with every filter below
    rows = rows.select("what", "raw", "amount", pl.col("customer_id").is_null().alias("nobody"), DOC)
    sums = rows.group_by("what").agg(*_sums("raw"))
    found = {row["what"]: row for row in sums.iter_rows(named=True)}
    start = rows.select(*_sums("raw")).row(0, named=True)
    steps = [_step(START, start, scale, 1, removes=False)]
    steps += [_step(kind, found[kind], scale, -1) for kind in KINDS if kind in found and kind != "sale"]
    sales = rows.filter(pl.col("what") == "sale")
    shipped = sales.filter(pl.col("raw") != pl.col("amount")).with_columns(pl.col("raw") - pl.col("amount"))
    if shipped.height:
        steps.append(
            _step("shipping", shipped.select(*_sums("raw")).row(0, named=True), scale, -1, removes=False)
        )
    anonymous = sales.filter("nobody")
    if anonymous.height:
        steps.append(_step("anonymous", anonymous.select(*_sums("amount")).row(0, named=True), scale, -1))
    base = sales.filter(~pl.col("nobody"))
    return [*steps, _step(ROOT, base.select(*_sums("amount")).row(0, named=True), scale, 1, removes=False)]


def _sums(money: str) -> list[pl.Expr]:
    return [
        pl.len().alias("rows"),
        pl.col(money).sum().alias("minor"),
        pl.col(DOC).drop_nulls().n_unique().alias("documents"),
    ]


def _step(code: str, found: dict[str, int], scale: int, sign: int, removes: bool = True) -> BridgeStep:
    minor = sign * int(found["minor"] or 0)
    return BridgeStep(code, int(found["rows"]), minor / scale, int(found["documents"]), minor, removes)
