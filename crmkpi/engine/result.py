"""What an evaluation gives back: rows that explain themselves, and what could not be had."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import polars as pl

SCHEMA: dict[str, pl.DataType] = {
    "metric": pl.String(),
    "period": pl.String(),
    "from": pl.Date(),
    "to": pl.Date(),
    "complete": pl.Boolean(),
    "dimension": pl.String(),
    "segment": pl.String(),
    "value": pl.Float64(),
    "numerator": pl.Float64(),
    "denominator": pl.Float64(),
    "n_rows": pl.Int64(),
    "n_customers": pl.Int64(),
    "warnings": pl.List(pl.String()),
}


@dataclass(frozen=True)
class Unavailable:
    """A metric that these data cannot feed. `missing`: canonical columns (`a|b`: either would do).

    Reasons: missing_columns, by_model (computed once for the base, not in a series), model_gate (too little data for
    it), not_by_dimension, sparse_costs, short_history, short_grain.
    """

    metric: str
    missing: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Value:
    """One number with its explanation."""

    metric: str
    period: str
    first: date
    last: date
    complete: bool
    segment: str | None
    value: float | None
    numerator: float | None
    denominator: float | None
    n_rows: int | None
    n_customers: int | None
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """Rows of the command line's `metrics` (cli.md) and the metrics without rows."""

    rows: pl.DataFrame
    unavailable: tuple[Unavailable, ...] = ()

    @cached_property
    def _index(self) -> dict[tuple[str, str, str | None], int]:
        keys = self.rows.select("metric", "period", "segment").iter_rows()
        return {key: i for i, key in enumerate(keys)}  # type: ignore[misc]

    def get(self, metric: str, period: str, segment: str | None = None) -> Value | None:
        """The row of this metric, period and segment (None: the whole, or the blank segment of a split)."""
        at = self._index.get((metric, period, segment))
        if at is None:
            return None
        r = self.rows.row(at, named=True)
        return Value(
            metric=metric,
            period=period,
            first=r["from"],
            last=r["to"],
            complete=r["complete"],
            segment=r["segment"],
            value=r["value"],
            numerator=r["numerator"],
            denominator=r["denominator"],
            n_rows=r["n_rows"],
            n_customers=r["n_customers"],
            warnings=tuple(r["warnings"]),
        )

    def value(self, metric: str, period: str, segment: str | None = None) -> float | None:
        """The number alone; None where there is no row or the number is unknown."""
        at = self._index.get((metric, period, segment))
        return None if at is None else self.rows["value"][at]

    def reason(self, metric: str) -> Unavailable | None:
        """Why the metric has no rows at all."""
        return next((u for u in self.unavailable if u.metric == metric), None)


def joined(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Row frames one after another, always with the full schema."""
    return pl.concat([pl.DataFrame(schema=SCHEMA), *[p.select(list(SCHEMA)) for p in parts]])
