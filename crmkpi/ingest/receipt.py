"""Receipt: what came of every row that was read. Law: rows in = used + rejected + empty + total rows."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

import polars as pl

from crmkpi.ingest.documents import Documents
from crmkpi.ingest.quality import as_date
from crmkpi.ingest.text_table import Finding

LISTED = 200


@dataclass(frozen=True)
class FileReceipt:
    """The rows of one table of one file. `reasons`: code -> rows, for those that were rejected; `findings`: what
    was odd in the file itself."""

    file: str
    member: str | None
    sheet: str | None
    table: str
    rows_in: int
    rows_used: int
    rows_rejected: int
    rows_empty: int
    dropped_total_rows: int
    skipped_title_rows: int
    reasons: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True)
class Listed:
    """A document named in the receipt: number, day (ISO), amount in currency, kind."""

    document: str
    day: str | None
    amount: float
    kind: str


@dataclass
class Receipt:
    """Files, what the status texts and document prefixes were taken for, and documents that are no sales.

    `counts`: orders, customers, anonymous_orders, returns, refunds and the rows of each kind of documents.py.
    `listed`: adjustments, at most 200.
    """

    files: list[FileReceipt] = field(default_factory=list)
    statuses: dict[str, str | None] = field(default_factory=dict)
    prefixes: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    listed: list[Listed] = field(default_factory=list)

    def as_dict(self) -> dict[str, object]:
        """JSON form."""
        return asdict(self)


def sales_receipt(documents: Documents, orders: pl.DataFrame, returns: pl.DataFrame, scale: int) -> Receipt:
    """The part of the receipt that the sales tables give; files are added by the load."""
    rows = documents.rows
    counts = {str(k): int(n) for k, n in rows["what"].value_counts().iter_rows()}
    counts["orders"] = orders.height
    counts["customers"] = int(orders["cust"].drop_nulls().n_unique())
    counts["anonymous_orders"] = int(orders["cust"].null_count())
    for kind in ("document", "refund"):
        counts[f"returns_{kind}"] = int((returns["kind"] == kind).sum())
    return Receipt([], dict(documents.statuses), dict(documents.prefixes), counts, _listed(rows, scale))


def _listed(rows: pl.DataFrame, scale: int) -> list[Listed]:
    odd = rows.filter(pl.col("what") == "adjustments").sort("at", "order_id").head(LISTED)
    wanted = odd.select(
        "order_id", pl.col("at").dt.date().cast(pl.Int32).alias("day"), "raw", pl.col("what").cast(str)
    )
    return [
        Listed(doc, None if day is None else as_date(day).isoformat(), raw / scale, what)
        for doc, day, raw, what in wanted.iter_rows()
    ]
