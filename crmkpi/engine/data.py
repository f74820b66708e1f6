"""The canonical store of one project: a directory of Parquet tables and what is known about them.

Physical layout of the tables: definitions.md and the docstrings of crmkpi/measures. Whoever loads data writes
here (into a fresh directory, renamed at the end); the engine only reads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import polars.selectors as cs
from pydantic import BaseModel, ConfigDict, ValidationError

from crmkpi.errors import CrmKpiError
from crmkpi.periods import Coverage

META_FILE = "meta.json"


class NoDataError(CrmKpiError):
    """There is no loaded data in this directory: `path`."""

    code = "no_data"


class DamagedDataError(CrmKpiError):
    """The description of the loaded data cannot be read: `path`, `detail`."""

    code = "damaged_data"


class NoTableError(CrmKpiError):
    """A table that was never loaded was asked for: `table`, `known`."""

    code = "no_table"


class TableCoverage(BaseModel):
    """Days of the first and last row of a table before filters; `usual_gap` as in periods.usual_gap."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    first: date
    last: date
    usual_gap: int = 1

    @property
    def coverage(self) -> Coverage:
        """The same as the value object of the periods room."""
        return Coverage(self.first, self.last, self.usual_gap)


class DimensionInfo(BaseModel):
    """One column to split by: the table that holds it, its header in the file, how many values it has.

    `as_of_today`: orders lacked the column and got it from the customers table, as known today.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    table: str
    label: str
    values: int = 0
    as_of_today: bool = False


class Meta(BaseModel):
    """What must be known about the tables to read them right.

    Money columns are integers; divide by `scale`. `columns` lists, per canonical table, the canonical columns
    that came from the user's files (order_lines are listed even where orders were derived from them).
    `loyalty_tiers` are the tiers from the lowest up, if the user said so, `loyalty_floor` the lowest of those that
    count as reached. `flags` are notices of the load that travel with the numbers, e.g. `includes_shipping`.
    """

    model_config = ConfigDict(extra="forbid")
    version: int = 1
    scale: int = 100
    currency: str | None = None
    zone: str | None = None
    data_hash: str = ""
    coverage: dict[str, TableCoverage] = {}
    dimensions: dict[str, DimensionInfo] = {}
    inactivity_days: int = 90
    margin_rate: float | None = None
    loyalty_tiers: list[str] = []
    loyalty_floor: str | None = None
    flags: list[str] = []
    columns: dict[str, list[str]] = {}

    def has(self, table: str, column: str) -> bool:
        """Whether the user's files gave this canonical column."""
        return column in self.columns.get(table, ())


class DataDir:
    """A directory of canonical tables: `{name}.parquet` and `meta.json`.

    >>> data = DataDir(Path("project/data"))       # doctest: +SKIP
    >>> data.frame("orders").collect()             # doctest: +SKIP
    """

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)
        self._meta: Meta | None = None
        self._stamp: int = 0

    def __repr__(self) -> str:
        return f"DataDir({str(self.root)!r})"

    # tables ----------------------------------------------------------------------------------------
    def path(self, name: str) -> Path:
        """File of a table."""
        return self.root / f"{name}.parquet"

    def tables(self) -> list[str]:
        """Names of the tables that exist, sorted."""
        return sorted(p.stem for p in self.root.glob("*.parquet"))

    def has(self, name: str) -> bool:
        """Whether the table was loaded."""
        return self.path(name).exists()

    def frame(self, name: str) -> pl.LazyFrame:
        """Lazy scan of a table; NoTableError if it was never loaded."""
        if not self.has(name):
            raise NoTableError(table=name, known=", ".join(self.tables()) or "—")
        return pl.scan_parquet(self.path(name))

    def columns(self, name: str) -> list[str]:
        """Physical columns of a table, [] if it was never loaded."""
        return list(pl.read_parquet_schema(self.path(name))) if self.has(name) else []

    def write(self, name: str, frame: pl.DataFrame | pl.LazyFrame) -> None:
        """Write a table as zstd Parquet, categories as texts. The caller has sorted it (by cust, ts if it can)."""
        self.root.mkdir(parents=True, exist_ok=True)
        if isinstance(frame, pl.LazyFrame):
            # it may read from the very file that is written
            frame = frame.collect()
        # codes of repeated texts become texts stretch by stretch, never all at once
        spelled = frame.lazy().with_columns(cs.categorical().cast(pl.String))
        spelled.sink_parquet(self.path(name), compression="zstd", statistics=True)

    # meta ------------------------------------------------------------------------------------------
    @property
    def meta(self) -> Meta:
        """The description of the data; NoDataError or DamagedDataError if there is none to read."""
        file = self.root / META_FILE
        if not file.exists():
            raise NoDataError(path=self.root.name)
        stamp = file.stat().st_mtime_ns
        if self._meta is None or stamp != self._stamp:
            try:
                self._meta = Meta.model_validate_json(file.read_bytes())
            except ValidationError as error:
                raise DamagedDataError(path=META_FILE, detail=error.errors()[0]["msg"]) from error
            self._stamp = stamp
        return self._meta

    @meta.setter
    def meta(self, meta: Meta) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / META_FILE).write_text(meta.model_dump_json(indent=1), encoding="utf-8")
        self._meta, self._stamp = meta, (self.root / META_FILE).stat().st_mtime_ns

    def fingerprint(self) -> str:
        """sha256 over the tables' names and bytes: the `data_hash` to store in the meta."""
        total = hashlib.sha256()
        for name in self.tables():
            total.update(name.encode())
            total.update(_sha256(self.path(name)).encode())
        return total.hexdigest()

    def seal(self, change: Callable[[Meta], None] | None = None) -> Meta:
        """Write the meta with a fresh data_hash (after the tables are written); returns it."""
        meta = self._meta or (self.meta if (self.root / META_FILE).exists() else Meta())
        meta = meta.model_copy(deep=True)
        if change is not None:
            change(meta)
        meta.data_hash = self.fingerprint()
        self.meta = meta
        return meta


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
