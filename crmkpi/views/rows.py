"""Rows of metrics as a document or a table: what `metrics` prints and what a download holds."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl

from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import Result, Where, cohorts
from crmkpi.engine.result import Unavailable

ROW_SCHEMA: dict[str, Any] = {
    "metric": pl.String,
    "period": pl.String,
    "from": pl.Date,
    "to": pl.Date,
    "complete": pl.Boolean,
    "dimension": pl.String,
    "segment": pl.String,
    "value": pl.Float64,
    "numerator": pl.Float64,
    "denominator": pl.Float64,
    "n_rows": pl.Int64,
    "n_customers": pl.Int64,
    "warnings": pl.List(pl.String),
}
COHORT_COLUMNS: dict[str, Any] = {"cohort": pl.String, "age": pl.Int64}
# a text cell that a spreadsheet would run as a formula (OWASP: CSV injection)
FORMULA_START = r"^[=+\-@\t\r＝＋－＠\x00]"


def metric_frame(
    data: DataDir,
    result: Result | None,
    cohort_ids: Sequence[str],
    grain: str,
    where: Sequence[Where] = (),
    by: str | None = None,
    *,
    first: date | None = None,
    last: date | None = None,
    models: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """All asked rows in one frame: plain metrics, those of `models`, and cohort metrics with `cohort` and `age`."""
    frames = [f for f in (None if result is None else result.rows, models) if f is not None]
    if cohort_ids:
        triangle = cohorts(data, grain, first=first, last=last, by=by, where=where)
        frames.append(triangle.filter(pl.col("metric").is_in(list(cohort_ids))))
    schema = {**ROW_SCHEMA, **(COHORT_COLUMNS if cohort_ids else {})}
    if not frames:
        return pl.DataFrame(schema=schema)
    return pl.concat([_shaped(f, schema) for f in frames])


def _shaped(frame: pl.DataFrame, schema: dict[str, Any]) -> pl.DataFrame:
    columns = [
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in schema.items()
    ]
    return frame.select(columns)


def metric_document(
    data: DataDir,
    result: Result | None,
    frame: pl.DataFrame,
    definition_version: str,
    lacking: Sequence[Unavailable] = (),
) -> dict[str, Any]:
    """The JSON of the `metrics` command; `lacking`: what models could not give."""
    meta = data.meta
    first, last = data_span(data)
    unavailable = [*([] if result is None else result.unavailable), *lacking]
    return {
        "definition_version": definition_version,
        "data_hash": meta.data_hash,
        "data_from": first,
        "data_to": last,
        "rows": frame.to_dicts(),
        "unavailable": [
            {"metric": u.metric, "missing": list(u.missing), "reason": u.reason} for u in unavailable
        ],
    }


def data_span(data: DataDir) -> tuple[date | None, date | None]:
    """First and last day of the orders; without orders, of everything that was loaded."""
    found = data.meta.coverage
    spans = [found["orders"]] if "orders" in found else list(found.values())
    return min((s.first for s in spans), default=None), max((s.last for s in spans), default=None)


def csv_bytes(frame: pl.DataFrame) -> bytes:
    """CSV for people and spreadsheets: UTF-8 with BOM, lists joined, text that looks like a formula guarded."""
    lists = [n for n, kind in frame.schema.items() if isinstance(kind, pl.List)]
    flat = frame.with_columns(pl.col(n).list.join(" ") for n in lists)
    return b"\xef\xbb\xbf" + guarded(flat).write_csv().encode("utf-8")


def guarded(frame: pl.DataFrame) -> pl.DataFrame:
    """The same rows with an apostrophe before every text that a spreadsheet would run; column names too."""
    texts = [n for n, kind in frame.schema.items() if kind == pl.String]
    safe = frame.with_columns(
        pl.when(pl.col(n).str.contains(FORMULA_START)).then("'" + pl.col(n)).otherwise(pl.col(n)).alias(n)
        for n in texts
    )
    return safe.rename({n: f"'{n}" for n in frame.columns if re.match(FORMULA_START, n)})


def parquet_bytes(frame: pl.DataFrame) -> bytes:
    """The same rows as Parquet."""
    out = io.BytesIO()
    frame.write_parquet(out)
    return out.getvalue()
