"""The cells of a KPI sheet with their metric, period and role, whichever way the sheet is turned."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from crmkpi.ingest.cells import filled
from crmkpi.ingest.header import unique_names
from crmkpi.ingest.shapes import shape
from crmkpi.ingest.sheet_words import (
    DERIVED,
    FACT,
    PLAN,
    SOME_YEAR,
    column_role,
    is_total,
    period_start,
    role,
    split_role,
    split_unit,
)
from crmkpi.ingest.synonym_words import stems
from crmkpi.ingest.text_table import ROW, TextTable

FEWEST = 3
# days in a row need more proof than months: many exports have one row per day
FEWEST_DAYS = 2
HEADLESS = 4
_REPEATED = re.compile(r" \(\d+\)$")


@dataclass(frozen=True)
class Cells:
    """What a sheet holds; see wide.KpiSheet."""

    cells: pl.DataFrame
    periods: tuple[str, ...]
    headers: tuple[str, ...]
    by_rows: bool
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Head:
    period: str
    role: str


def reheaded(table: TextTable) -> TextTable:
    """A table without a header of its own whose first rows are periods, with those rows as its header.

    A year merged above its months («2026» over «Январь») is joined to them.
    """
    if table.source.header_rows:
        return table
    rows = table.collect()
    top = [[c or "" for c in row] for row in rows.select(table.columns).head(HEADLESS).iter_rows()]
    at = next((i for i, row in enumerate(top) if sum(_is_period(c) for c in row) >= FEWEST), None)
    if at is None:
        return table
    cells = list(top[at])
    if at and not _is_period(top[at - 1][0]):
        above = _filled_right(top[at - 1])
        cells = [_joined(a, c) for a, c in zip(above, cells, strict=True)]
    names, _, _ = unique_names(cells)
    frame = rows.slice(at + 1).rename(dict(zip(table.columns, names, strict=True)))
    found = [f for f in table.findings if f.code != "no_header"]
    return replace(table, frame=frame, columns=names, rows_used=frame.height, findings=found)


def _is_period(cell: str) -> bool:
    return bool(cell.strip()) and period_start(cell, SOME_YEAR) is not None


def _filled_right(row: Sequence[str]) -> list[str]:
    out: list[str] = []
    for cell in row:
        out.append(cell if cell.strip() or not out else out[-1])
    return out


def _joined(above: str, cell: str) -> str:
    if not cell.strip() or not above.strip():
        return cell or above
    return f"{cell} {above}" if _is_period(cell) and _is_period(above) else cell


def across(rows: pl.DataFrame, columns: Sequence[str]) -> Cells | None:
    """A sheet with periods in its header; None when headers are not mostly periods."""
    heads = {c: head for c in columns if c != ROW and (head := _head(c)) is not None}
    others = [c for c in columns if c not in heads and c != ROW]
    first = next((columns.index(c) for c in heads), 0)
    words = [c for c in others if _is_words(rows[c])]
    if len(heads) < FEWEST or not words or len(heads) < len(words):
        return None
    roles = next((c for c in words if _tells_role(rows[c])), None)
    labels = [c for c in words if (c != roles and columns.index(c) < first) or column_role(c)]
    labels = [c for c in labels if c != roles]
    if not labels:
        return None
    base = _named_rows(rows, labels, roles)
    long = base.join(rows.select(ROW, *heads), on=ROW).unpivot(
        on=list(heads), index=base.columns, variable_name="head", value_name="value"
    )
    known = pl.DataFrame(
        {
            "head": list(heads),
            "period": [h.period for h in heads.values()],
            "own": [h.role for h in heads.values()],
        }
    )
    long = long.join(known, on="head", how="left", maintain_order="left")
    own = pl.when(pl.col("own") != FACT).then(pl.col("own")).otherwise(pl.col("role"))
    cells = long.with_columns(own.alias("role")).select(
        ROW, "metric", "role", "period", "value", "owner", "unit"
    )
    derived = len({c for c, h in heads.items() if h.role == DERIVED})
    gone = {
        "wide_derived": derived + _count(base, pl.col("role") == DERIVED),
        "wide_rows_left": rows.height - base.height,
    }
    periods = tuple(dict.fromkeys(h.period for h in heads.values()))
    return Cells(cells, periods, tuple(labels), False, gone)


def _count(frame: pl.DataFrame, which: pl.Expr) -> int:
    return frame.filter(which).height


def _head(header: str) -> _Head | None:
    """Period and role of a column's header: «янв.26», «План янв.26», «янв.26 / Факт», «2026 / Январь»."""
    parts = [p for p in _REPEATED.sub("", header).split(" / ") if p.strip()]
    found, said = [], FACT
    for part in parts:
        own = role(part)
        if own is not None:
            said = own
            continue
        rest, at_end = split_role(part)
        if at_end is not None and _is_period(rest):
            part, said = rest, at_end
        if not _is_period(part):
            return None
        found.append(part)
    if not found or len(found) > 2:
        return None
    if len(found) == 2:
        return _Head(f"{found[1]} {found[0]}", said) if period_start(f"{found[1]} {found[0]}") else None
    return _Head(found[0], said)


def _is_words(cells: pl.Series) -> bool:
    """Whether a column holds names rather than numbers; an empty one holds nothing."""
    known = [str(v) for v in cells.drop_nulls().unique() if str(v).strip()]
    return bool(known) and sum(shape(v) == "number" for v in known) < 0.5 * len(known)


def _is_numbers(cells: pl.Series) -> bool:
    known = [str(v) for v in cells.drop_nulls().unique() if str(v).strip(" -–—")]
    return bool(known) and sum(shape(v) in ("number", "flag") for v in known) >= 0.8 * len(known)


def _tells_role(cells: pl.Series) -> bool:
    known = {role(str(v)) for v in cells.drop_nulls().unique() if str(v).strip()}
    return PLAN in known and None not in known


def _named_rows(rows: pl.DataFrame, labels: Sequence[str], roles: str | None) -> pl.DataFrame:
    """Rows with metric, role, owner, unit; totals and rows without a name are left out."""
    kinds = {c: column_role(c) for c in labels}
    names = [c for c in labels if kinds[c] not in ("owner", "unit")] or [labels[0]]
    own = next((c for c in reversed(names) if kinds[c] == "metric"), names[-1])
    wanted = [_text(pl.col(own), roles is not None)]
    doubled = rows[own].drop_nulls().is_duplicated().any() and roles is None
    if doubled and len(names) > 1:
        # the same name in several sections («План» under each heading) needs its section
        section = next(c for c in names if c != own)
        wanted = [_text(pl.col(section), True), *wanted]
    said = (
        pl.lit(FACT)
        if roles is None
        else _replaced(rows[roles], {v: role(v) or FACT for v in _values(rows[roles])})
    )
    by_kind = {kind: c for c, kind in kinds.items() if kind is not None}
    frame = rows.select(
        ROW,
        pl.concat_str(wanted, separator=" / ").alias("metric"),
        said.alias("role"),
        *(
            (
                filled(pl.col(by_kind[k]))
                if k in by_kind and by_kind[k] != own
                else pl.lit(None, dtype=pl.String)
            ).alias(k)
            for k in ("owner", "unit")
        ),
    )
    frame = frame.filter(pl.col("metric").is_not_null())
    kept = [not is_total(m) for m in frame["metric"]]
    return _settled(frame.filter(pl.Series(kept, dtype=pl.Boolean)))


def _text(cell: pl.Expr, down_: bool) -> pl.Expr:
    # merged cells: a name stands once above its plan and fact rows
    return filled(cell).forward_fill() if down_ else filled(cell)


def _values(cells: pl.Series) -> list[str]:
    return [str(v) for v in cells.drop_nulls().unique()]


def _replaced(cells: pl.Series, known: Mapping[str, str]) -> pl.Expr:
    return pl.col(cells.name).replace_strict(dict(known), default=FACT, return_dtype=pl.String)


def _settled(frame: pl.DataFrame) -> pl.DataFrame:
    """Units and, where a plan and a fact of one name are both there, roles out of the names."""
    named = names_of_metrics(frame["metric"].unique(maintain_order=True).to_list())
    parts = pl.DataFrame(
        {
            "metric": list(named),
            "name": [n for n, _, _ in named.values()],
            "said": [r for _, r, _ in named.values()],
            "own_unit": [u for _, _, u in named.values()],
        },
        schema=dict.fromkeys(("metric", "name", "said", "own_unit"), pl.String),
    )
    joined = frame.join(parts, on="metric", how="left", maintain_order="left")
    said = pl.when(pl.col("said").is_not_null() & (pl.col("role") == FACT)).then("said").otherwise("role")
    return joined.select(
        ROW,
        pl.col("name").alias("metric"),
        said.alias("role"),
        "owner",
        pl.coalesce("unit", "own_unit").alias("unit"),
    )


def names_of_metrics(names: Sequence[str]) -> dict[str, tuple[str, str | None, str | None]]:
    """Label -> metric, role, unit. A role is only split off where its counterpart is there too: «План продаж»
    alone is a name of its own."""
    cut = {n: split_role(n) for n in names}
    groups: Counter[tuple[tuple[str, ...], bool]] = Counter()
    for rest, said in cut.values():
        groups[stems(split_unit(rest)[0]), said == PLAN] += 1
    found: dict[str, tuple[str, str | None, str | None]] = {}
    first: dict[tuple[str, ...], str] = {}
    for name, (rest, said) in cut.items():
        key = stems(split_unit(rest)[0])
        paired = said == DERIVED or (groups[key, True] and groups[key, False])
        base, unit = split_unit(rest if paired else name)
        if paired:
            base = first.setdefault(key, base)
        found[name] = (base, said if paired else None, unit)
    return found


def down(rows: pl.DataFrame, columns: Sequence[str]) -> Cells | None:
    """A sheet with one row per period and one column per metric; None when it is none."""
    here = [c for c in columns if c != ROW and rows[c].null_count() < rows.height]
    timed = _period_column(rows, here)
    if timed is None:
        return None
    used, texts = timed
    rest = [c for c in here if c not in used]
    numbers = [c for c in rest if _is_numbers(rows[c])]
    named = {c: n for c in numbers if not is_total(n := _REPEATED.sub("", c))}
    spare = [c for c in rest if c not in numbers and column_role(c) is None and not _is_note(c)]
    if not named or spare or (len(named) < FEWEST_DAYS and _daily(texts)):
        return None
    table = rows.with_columns(texts.alias("period")).filter(pl.col("period").is_not_null())
    owner = next((c for c in rest if column_role(c) == "owner"), None)
    long = table.select(
        ROW,
        "period",
        (filled(pl.col(owner)) if owner else pl.lit(None, dtype=pl.String)).alias("owner"),
        *(pl.col(c).alias(c) for c in named),
    ).unpivot(on=list(named), index=[ROW, "period", "owner"], variable_name="column", value_name="value")
    long = long.with_columns(pl.col("column").replace_strict(named, return_dtype=pl.String).alias("metric"))
    base = long.with_columns(pl.lit(FACT).alias("role"), pl.lit(None, dtype=pl.String).alias("unit"))
    base = base.with_columns(_role_of_column(named))
    settled = _settled(base.select(ROW, "metric", "role", "owner", "unit"))
    cells = pl.concat([settled, base.select("period", "value")], how="horizontal")
    gone = {
        "wide_derived": len({c for c in named if _derived(c)}),
        "wide_rows_left": rows.height - table.height,
    }
    return Cells(cells, tuple(dict.fromkeys(texts.drop_nulls())), tuple(used), True, gone)


def _derived(name: str) -> bool:
    return role(name) == DERIVED or split_role(name)[1] == DERIVED


def _role_of_column(named: Mapping[str, str]) -> pl.Expr:
    odd = [c for c in named if _derived(c)]
    return pl.when(pl.col("column").is_in(odd)).then(pl.lit(DERIVED)).otherwise("role").alias("role")


def _is_note(header: str) -> bool:
    return re.match(r"(?:коммент|примечан|заметк|comment|note)", header.strip(), re.IGNORECASE) is not None


def _daily(texts: pl.Series) -> bool:
    """Whether periods are single days and not first days of months."""
    found = [p for t in texts.drop_nulls().head(FEWEST) if (p := period_start(t, SOME_YEAR)) is not None]
    return any(grain == "day" and day.day != 1 for grain, day in found)


def _period_column(rows: pl.DataFrame, columns: Sequence[str]) -> tuple[list[str], pl.Series] | None:
    """The column or the pair (year, month) that dates the rows, and the period text of every row."""
    for place, name in enumerate(columns[:3]):
        cells = rows[name]
        if not _all_periods(cells):
            continue
        after = columns[place + 1] if place + 1 < len(columns) else None
        years = cells.drop_nulls().str.strip_chars().str.contains(r"^20\d\d(?:\s*г\.?)?$").all()
        if years and after is not None and _all_periods(rows[after]) and not _repeats(rows[after], cells):
            both = rows.select(pl.concat_str(pl.col(after), pl.col(name).forward_fill(), separator=" "))
            return [name, after], both.to_series()
        if not cells.drop_nulls().is_duplicated().any() and cells.drop_nulls().len() >= 2:
            return [name], cells
    return None


def _repeats(months: pl.Series, years: pl.Series) -> bool:
    pairs = pl.DataFrame({"m": months, "y": years.forward_fill()}).drop_nulls()
    return bool(pairs.is_duplicated().any())


def _all_periods(cells: pl.Series) -> bool:
    known = [str(v) for v in cells.drop_nulls().unique() if str(v).strip()]
    # plain numbers are no periods, except years
    return len(known) > 0 and all(_is_period(v) for v in known[:400])
