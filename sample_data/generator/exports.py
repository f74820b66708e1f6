"""One shop, two exports: the same tables written the Russian way and the English way."""

import gzip
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from generator.plan import Plan

PACKED = ("messages", "order_lines")  # too large to commit as plain text
TABLES = ("orders", "order_lines", "customers", "messages", "campaigns", "costs")


@dataclass(frozen=True)
class Style:
    """How one export writes its cells and its bytes."""

    lang: str
    separator: str
    encoding: str
    line_end: str
    minute: str
    day: str


STYLES = {
    "shop_ru": Style("ru", ";", "cp1251", "\r\n", "%d.%m.%Y %H:%M", "%d.%m.%Y"),
    "shop_en": Style("en", ",", "utf-8", "\n", "%Y-%m-%d %H:%M", "%Y-%m-%d"),
}


def write_exports(plan: Plan, tables: dict[str, pl.DataFrame], out: Path) -> list[Path]:
    """Write shop_ru and shop_en under `out`; returns the files in a fixed order. Same input, same bytes."""
    written = []
    for folder, style in STYLES.items():
        (out / folder).mkdir(parents=True, exist_ok=True)
        for table in TABLES:
            text = _dressed(plan, tables[table], table, style).write_csv(
                separator=style.separator, line_terminator=style.line_end
            )
            written.append(_save(out / folder, table, text.encode(style.encoding)))
    return written


def _save(folder: Path, table: str, data: bytes) -> Path:
    """Plain csv, or gzip without name and time inside so that the bytes repeat."""
    if table not in PACKED:
        path = folder / f"{table}.csv"
        path.write_bytes(data)
        return path
    path = folder / f"{table}.csv.gz"
    path.write_bytes(gzip.compress(data, compresslevel=9, mtime=0))
    return path


def _dressed(plan: Plan, frame: pl.DataFrame, table: str, style: Style) -> pl.DataFrame:
    """The table with its headers and cells as text of one language."""
    columns = []
    for name, word in plan.words[table].items():
        source = f"{name}_{style.lang}" if word["kind"] == "name" else name
        columns.append(_cells(plan, pl.col(source), word["kind"], style).alias(word[style.lang]))
    return frame.select(columns)


def _cells(plan: Plan, column: pl.Expr, kind: str, style: Style) -> pl.Expr:
    """One column as text by its kind in words.toml."""
    if kind in ("id", "text", "int", "flag", "name"):
        return column.cast(pl.String)
    if kind == "money":
        return _money(column, style)
    if kind in ("minute", "day"):
        start = datetime.combine(plan.start, datetime.min.time())
        moment = pl.lit(start) + pl.duration(minutes=column)
        return moment.dt.strftime(style.minute if kind == "minute" else style.day)
    return _word(plan, column, kind, style)


def _word(plan: Plan, column: pl.Expr, kind: str, style: Style) -> pl.Expr:
    """A value list: by key, or by position for codes; `product` is a position in goods."""
    words: list[dict[str, Any]]
    if kind == "product":
        words = plan.words["goods"]
    else:
        words = list(plan.words["values"][kind].values())
    texts = [word[style.lang] for word in words]
    keys = {name: n for n, name in enumerate(plan.keys(kind))} if kind != "product" else {}
    known = {**{str(n): text for n, text in enumerate(texts)}, **{key: texts[n] for key, n in keys.items()}}
    return column.cast(pl.String).replace_strict(known, default=None, return_dtype=pl.String)


def _money(column: pl.Expr, style: Style) -> pl.Expr:
    """Kopecks as text: 1234.50, or 1 234,50 with a no-break space between thousands."""
    whole = (column // 100).cast(pl.String)
    cents = (column % 100).cast(pl.String).str.zfill(2)
    if style.lang == "en":
        return pl.concat_str(whole, pl.lit("."), cents)
    grouped = (
        whole.str.reverse().str.replace_all(r"(\d{3})", "$1\u00a0").str.reverse().str.strip_chars("\u00a0")
    )
    return pl.concat_str(grouped, pl.lit(","), cents)
