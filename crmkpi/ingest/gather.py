"""Gathers frames of text rows into one TextTable: empty rows, totals and repeated headers out, all counted.

Up to `memory_bytes` the table stays in memory, beyond that each frame becomes one Parquet part on disk, so
the peak does not grow with the file.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import polars as pl

from crmkpi.ingest.limits import Limits
from crmkpi.ingest.source import Source
from crmkpi.ingest.text_table import REJECTED_SCHEMA, ROW, Finding, TextTable
from crmkpi.ingest.totals import Usual, bare_sums, is_note, labelled, lacking, stands_apart, sums_match, usual

_TAIL = 40
# reason of a rejected row -> code of its finding
_REASONS = {
    "total_row": "dropped_total_row",
    "long_row": "long_rows",
    "shifted_row": "shifted_rows",
    "broken_quotes": "broken_quotes",
    "long_cell": "long_cells",
}


class Gatherer:
    """Takes frames in file order (columns of `names`, `__row`), gives the TextTable at the end.

    `phantom` columns at the right end are nameless and empty; they are dropped. `header` are the cells of the
    header row, to recognise it when it comes again. `workdir` receives the parts of large tables.
    """

    def __init__(
        self, source: Source, names: list[str], limits: Limits, workdir: Path | None, keep_totals: bool
    ) -> None:
        self.source, self.limits, self.keep_totals = source, limits, keep_totals
        self.names = names[: source.width]
        self.phantom = names[source.width :]
        self.rows_in = self.rejected_count = self.empty = self.totals = self.used = 0
        self.notes = self.repeated = 0
        self._rejected: list[tuple[int, str, str]] = []
        self._total_rows: list[pl.DataFrame] = []
        self._reasons: Counter[str] = Counter()
        self._frames: list[pl.DataFrame] = []
        self._parts: list[Path] = []
        self._bytes = 0
        # one frame behind: what is the end of the table is known only at the end
        self._held: pl.DataFrame | None = None
        self._norm: Usual | None = None
        header = [(name, cell.strip()) for name, cell in zip(self.names, source.header, strict=False)]
        marked = [(name, cell) for name, cell in header if cell]
        self._marked = marked if source.header_rows == 1 and len(marked) > 1 else []
        self._workdir = workdir
        self._spool: tempfile.TemporaryDirectory[str] | None = None
        self._writing: Future[None] | None = None

    def reject(self, row: int, reason: str, text: str, count: bool = True) -> None:
        """One record that is not used; `count` False for totals, which have a count of their own."""
        self.rejected_count += count
        self._reasons[reason] += 1
        if len(self._rejected) < self.limits.kept_rejected:
            self._rejected.append((row, reason, text[:2000]))

    def add(self, frame: pl.DataFrame, records: int) -> None:
        """Rows of the next stretch of the file; `records` counts all its records, rejected ones included."""
        self.rows_in += records
        if self._norm is None and frame.height:
            self._norm = usual(frame.head(4000), self.names)
        if self._held is None:
            self._held = frame
        elif frame.height < _TAIL:  # the last rows of a table must come together
            self._held = pl.concat([self._held, frame])
        else:
            self._store(self._sifted(self._held))
            self._held = frame

    def _sifted(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Without empty rows, repeated headers, cells over the limit, filled phantom columns and totals."""
        if not frame.height:
            return frame.select(*self.names, ROW)
        empty, header, long = self._suspected(frame)
        if empty:
            frame = self._without_empty(frame)
        if self.phantom:
            frame = self._without_phantom(frame)
        if header:
            frame = self._without_headers(frame)
        if long:
            frame = self._without_long_cells(frame)
        return self._without_odd_rows(frame)

    def _suspected(self, frame: pl.DataFrame) -> tuple[bool, bool, bool]:
        """Whether a frame may hold empty rows, repeated headers, cells over the limit: one cheap look for all."""
        seen = frame.select(
            _may_be_blank(pl.col(self.names[0])).any().alias("empty"),
            (pl.col(self._marked[0][0]) == self._marked[0][1]).any().alias("header")
            if self._marked
            else pl.lit(False).alias("header"),
            pl.max_horizontal(pl.col(self.names).str.len_bytes().max()).alias("longest"),
        )
        empty, header, longest = seen.row(0)
        return bool(empty), bool(header), (longest or 0) > self.limits.cell_bytes

    def _without_empty(self, frame: pl.DataFrame) -> pl.DataFrame:
        suspects = frame.filter(_may_be_blank(pl.col(self.names[0])))
        blank = pl.all_horizontal((pl.all().exclude(ROW).str.strip_chars() == "").fill_null(True))
        gone = suspects.filter(blank)[ROW]
        self.empty += len(gone)
        return frame.filter(~pl.col(ROW).is_in(gone.implode())) if len(gone) else frame

    def _without_phantom(self, frame: pl.DataFrame) -> pl.DataFrame:
        beyond = pl.any_horizontal((pl.col(self.phantom).str.strip_chars() != "").fill_null(False))
        self._reject_rows(frame.filter(beyond), "long_row")
        return frame.filter(~beyond).select(*self.names, ROW)

    def _without_headers(self, frame: pl.DataFrame) -> pl.DataFrame:
        again = frame.filter(pl.col(self._marked[0][0]) == self._marked[0][1])
        same = pl.all_horizontal((pl.col(n).str.strip_chars() == c).fill_null(False) for n, c in self._marked)
        again = again.filter(same)
        self.repeated += again.height
        return self._drop(frame, again, "repeated_header")

    def _without_long_cells(self, frame: pl.DataFrame) -> pl.DataFrame:
        over = pl.any_horizontal(
            (pl.col(self.names).str.len_bytes() > self.limits.cell_bytes).fill_null(False)
        )
        return self._drop(frame, frame.filter(over), "long_cell")

    def _without_odd_rows(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Notes, section lines and totals: rows that lack a cell which every record has."""
        norm = self._norm
        suspects = lacking(frame, self.names, norm) if norm else frame.clear()
        if not suspects.height or norm is None:
            return frame
        found = labelled(suspects, self.names)
        keep = [stands_apart(row, norm) for row in found.select(self.names).iter_rows()]
        totals = found.filter(pl.Series(keep, dtype=pl.Boolean))
        alone = suspects.filter(pl.sum_horizontal(pl.col(self.names).is_not_null()) == 1)
        alone = alone.filter(~pl.col(ROW).is_in(found[ROW].implode()))
        notes = [is_note(row, norm, len(self.names)) for row in alone.select(self.names).iter_rows()]
        noted = alone.filter(pl.Series(notes, dtype=pl.Boolean))
        self.notes += noted.height
        frame = self._drop(frame, noted, "note_row")
        return frame if self.keep_totals else self._drop_totals(frame, totals)

    def _drop_totals(self, frame: pl.DataFrame, totals: pl.DataFrame) -> pl.DataFrame:
        self.totals += totals.height
        if totals.height and sum(f.height for f in self._total_rows) < self.limits.kept_rejected:
            self._total_rows.append(totals.select(*self.names, ROW))
        return self._drop(frame, totals, "total_row", count=False)

    def _drop(self, frame: pl.DataFrame, gone: pl.DataFrame, reason: str, count: bool = True) -> pl.DataFrame:
        self._reject_rows(gone, reason, count)
        return frame.filter(~pl.col(ROW).is_in(gone[ROW].implode())) if gone.height else frame

    def _reject_rows(self, rows: pl.DataFrame, reason: str, count: bool = True) -> None:
        mark = self.source.delimiter or ";"
        for row in rows.iter_rows():
            self.reject(row[-1], reason, mark.join(cell or "" for cell in row[:-1]), count)

    def _store(self, frame: pl.DataFrame) -> None:
        if not frame.height:
            return
        self.used += frame.height
        self._frames.append(frame)
        self._bytes += int(frame.estimated_size())
        # later parts are smaller: one is gathered while the last one is written
        if self._bytes > self.limits.memory_bytes // (2 if self._parts else 1):
            self._to_disk()

    def _to_disk(self) -> None:
        """Writes the frames in memory as one part, in the background."""
        if self._spool is None:
            self._spool = tempfile.TemporaryDirectory(prefix="table-", dir=self._workdir)
            self._pool = ThreadPoolExecutor(max_workers=1)
        part = Path(self._spool.name) / f"part-{len(self._parts):05d}.parquet"
        self._written()
        self._writing = self._pool.submit(_write, pl.concat(self._frames, rechunk=False), part)
        self._parts.append(part)
        self._frames.clear()
        self._bytes = 0

    def _written(self) -> None:
        """Waits for the part that is being written; its error becomes ours."""
        if self._writing is not None:
            self._writing.result()
            self._writing = None

    def _stored(self) -> pl.LazyFrame:
        if self._parts:
            if self._frames:
                self._to_disk()
            self._written()
            return pl.scan_parquet(self._parts)
        empty = pl.DataFrame(schema={**dict.fromkeys(self.names, pl.String), ROW: pl.Int64})
        return pl.concat([empty, *self._frames]).lazy()

    def _finish_tail(self) -> None:
        """The last rows: totals proven by their sums, and notes under the table."""
        if self._held is None:
            return
        kept = self._sifted(self._held)
        tail = kept.tail(_TAIL)
        self._store(kept.head(kept.height - tail.height))
        norm = self._norm
        if not self.keep_totals and norm is not None:
            last = tail.tail(3)
            named = labelled(last, self.names)
            bare = [row for row in last.iter_rows() if bare_sums(row[:-1], norm)]
            for row in [*named.iter_rows(), *bare]:
                others = tail.filter(pl.col(ROW) != row[-1])
                apart = row not in bare and stands_apart(row[:-1], norm)
                if apart or sums_match(pl.concat([self._stored(), others.lazy()]), self.names, row[:-1]):
                    tail = self._drop_totals(tail, tail.filter(pl.col(ROW) == row[-1]))
        self._store(tail)

    def table(self, original: list[str], findings: list[Finding]) -> TextTable:
        """The gathered table; `original` are the header cells as they stand, `findings` those of the reader."""
        self._finish_tail()
        frame: pl.LazyFrame | pl.DataFrame = self._stored()
        if not self._parts and isinstance(frame, pl.LazyFrame):
            frame = frame.collect().rechunk()
        self._frames.clear()
        return TextTable(
            source=self.source,
            frame=frame,
            columns=list(self.names),
            original_headers=original,
            rows_in=self.rows_in,
            rows_rejected=self.rejected_count,
            rows_empty=self.empty,
            dropped_total_rows=self.totals,
            skipped_title_rows=self.source.skipped_title_rows,
            rejected=pl.DataFrame(self._rejected, schema=REJECTED_SCHEMA, orient="row").sort("row"),
            findings=findings + self._findings(),
            rows_used=self.used,
            spool=self._spool,
            totals=pl.concat(self._total_rows) if self._total_rows else None,
        )

    def _findings(self) -> list[Finding]:
        counts = (
            ("skipped_title_rows", "info", self.source.skipped_title_rows),
            ("note_rows", "info", self.notes),
            ("repeated_header", "info", self.repeated),
            ("empty_rows", "info", self.empty),
            ("phantom_column", "info", self.source.phantom_columns),
        )
        out = [Finding(code, level, count=count) for code, level, count in counts if count]
        for reason, code in _REASONS.items():
            if self._reasons[reason]:
                params: dict[str, object] = {"rows": self._list(reason)}
                # a total that was left out is as it should be: the switch beside the bridge brings it back
                level = "info" if reason == "total_row" else "warning"
                out.append(Finding(code, level, count=self._reasons[reason], params=params))
        return out

    def _list(self, reason: str) -> str:
        rows = sorted(row for row, r, _ in self._rejected if r == reason)
        return ", ".join(map(str, rows[:5])) + ("…" if len(rows) > 5 else "")


def _may_be_blank(cell: pl.Expr) -> pl.Expr:
    """Whether a cell begins like white space, which sorts below "!" or above ASCII; cheaper than to strip it."""
    return (cell < "!").fill_null(True) | (cell > "\x7f").fill_null(True)


def _write(frame: pl.DataFrame, part: Path) -> None:
    # parts are read once or twice and then thrown away: writing fast is worth more than small files
    frame.write_parquet(part, compression="lz4", statistics=False)
