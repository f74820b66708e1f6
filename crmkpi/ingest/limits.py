"""How much of a stranger's file we are ready to take. Small frozen settings, one place."""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Bounds of one file; every number is a setting. Sizes are bytes, shares are 0..1.

    A cell longer than `quoted_cell_bytes` with line ends inside it, or a record over `record_lines` lines, is
    an unclosed quote: the lines it swallowed are rejected or read again, never the whole file.
    """

    file_bytes: int = 2048 * MEGABYTE
    unpacked_bytes: int = 4096 * MEGABYTE
    # text packs 5 to 50 times; below the floor a high ratio is harmless
    packed_ratio: int = 100
    packed_floor: int = 16 * MEGABYTE
    archive_entries: int = 200
    columns: int = 2000
    cell_bytes: int = MEGABYTE
    quoted_cell_bytes: int = 32 * 1024
    record_lines: int = 1000
    # a record of 2,000 long cells is still one line; a longer line is not a table
    line_bytes: int = 4 * MEGABYTE
    sheet_cells: int = 60_000_000
    bad_share: float = 0.001
    kept_rejected: int = 10_000
    # tables up to this size stay in memory, larger ones go to Parquet
    memory_bytes: int = 32 * MEGABYTE
    block_bytes: int = 4 * MEGABYTE


DEFAULT = Limits()
