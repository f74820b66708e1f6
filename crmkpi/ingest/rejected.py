"""Rejected rows with their reasons, kept per file so that a person can download and mend them.

Beside the kept rows of a table: `files/<sha256>/<n>.rejected.parquet` with row (line in the file), reason and
text. E-mails, phones and card numbers are masked: what is not imported is not kept either.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from crmkpi.engine.data import DamagedDataError
from crmkpi.ingest.clean import CleanTable
from crmkpi.ingest.files import FOLDER, Entry, read_index
from crmkpi.ingest.physical import placed
from crmkpi.ingest.text_table import REJECTED_SCHEMA, ROW, TextTable
from crmkpi.tables import TABLES

MOST = 10_000
# the order's total may stand on one of its rows only, so a blank amount alone rejects nothing there
UNSURE = ("amount", "customer_id")
REASONS = {"id": "no_id", "date": "no_date", "datetime": "no_date"}
_EMAIL = r"[\w.+-]+@[\w-]+\.[\w.-]+"
_LONG_NUMBER = r"\+?\d(?:[\s()\u00a0-]?\d){9,18}"
MASK = "***"


def rejected_rows(text: TextTable, table: CleanTable, private: Mapping[str, str]) -> pl.DataFrame:
    """Rows that the reader set aside and rows without an id or a date: row, reason, text; at most 10,000.

    `private`: headers of personal columns, which are left out of the text.
    """
    found = [text.rejected.cast(REJECTED_SCHEMA)] if text.rejected.width else []  # type: ignore[arg-type]
    columns = TABLES[table.table].columns
    needed = [c for c in columns if c.required and c.name not in UNSURE and c.name in table.frame.columns]
    left = [c for c in text.columns if c not in private]
    for column in needed:
        reason = REASONS.get(column.kind)
        has_it = placed(table.table, table.frame.columns, [column.name])
        bad = table.frame.filter(~has_it)[ROW].head(MOST)
        if reason is not None and bad.len():
            found.append(_as_text(text, table, bad, reason, left))
    if not found:
        return pl.DataFrame(schema=REJECTED_SCHEMA)
    rows = pl.concat(found).unique("row", keep="first", maintain_order=True).sort("row").head(MOST)
    masked = pl.col("text").str.replace_all(_EMAIL, MASK).str.replace_all(_LONG_NUMBER, MASK)
    return rows.with_columns(masked)


def _as_text(
    text: TextTable, table: CleanTable, rows: pl.Series, reason: str, columns: list[str]
) -> pl.DataFrame:
    """The cells of these rows as one line each."""
    mark = text.source.delimiter or ";"
    line = pl.concat_str([pl.col(c).fill_null("") for c in columns], separator=mark)
    lines = text.frame.lazy().select(line.alias("text"))
    if ROW in text.frame.lazy().collect_schema().names():
        lines = text.frame.lazy().select(pl.col(ROW).cast(pl.Int64).alias("row"), line.alias("text"))
    else:
        lines = lines.with_row_index("row", offset=text.source.header_row + 1).cast({"row": pl.Int64})
    kept = lines.filter(pl.col("row").is_in(rows.implode())).collect()
    return kept.select("row", pl.lit(reason).alias("reason"), "text")


def masked(text: str, whole: bool = False) -> str:
    """A text without the e-mails and long numbers in it; `whole`: the text is personal as it stands."""
    return MASK if whole else re.sub(_LONG_NUMBER, MASK, re.sub(_EMAIL, MASK, text))


def write_rejected(root: Path, entry: Entry, rows: pl.DataFrame) -> None:
    """Keep the rejected rows of one table; nothing is written where there are none."""
    if rows.height:
        path = rejected_path(root, entry)
        path.parent.mkdir(parents=True, exist_ok=True)
        rows.write_parquet(path, compression="zstd", statistics=False)


def rejected_path(root: Path, entry: Entry) -> Path:
    """Where the rejected rows of an entry stand, if there are any."""
    return root / FOLDER / entry.sha256 / f"{entry.part.removesuffix('.parquet')}.rejected.parquet"


def read_rejected(root: Path) -> pl.DataFrame:
    """Rejected rows of all files of a store: file, sheet (or archive member), table, row, reason, text.

    DamagedDataError if a file of them is unreadable.
    """
    found = []
    for entry in read_index(root).entries:
        path = rejected_path(root, entry)
        if not path.exists():
            continue
        try:
            rows = pl.read_parquet(path).select(list(REJECTED_SCHEMA))
        except (pl.exceptions.PolarsError, OSError) as error:
            raise DamagedDataError(
                path=f"{FOLDER}/{entry.sha256}/{path.name}", detail="unreadable"
            ) from error
        names = {"file": entry.file, "sheet": entry.sheet or entry.member, "table": entry.table}
        found.append(rows.select(*(pl.lit(v, dtype=pl.String).alias(k) for k, v in names.items()), pl.all()))
    texts = dict.fromkeys(("file", "sheet", "table"), pl.String)
    return pl.concat(found) if found else pl.DataFrame(schema={**texts, **REJECTED_SCHEMA})
