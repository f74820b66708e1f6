"""Files that wait for the load, one line each: name, size, what it was taken for or why it cannot be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crmkpi.i18n import Words
from crmkpi.views.columns import table_name
from crmkpi.views.files import report_name

KILO = 1024
UNITS = ("bytes", "kilobytes", "megabytes", "gigabytes")


@dataclass(frozen=True)
class WaitingFile:
    """One uploaded file. `tells`: one sentence per table in it; `refused`: why it cannot be read, None if it can."""

    path: Path
    name: str
    size: str
    tells: tuple[str, ...]
    refused: str | None


def waiting_files(
    paths: Sequence[Path],
    reports: Sequence[Mapping[str, Any]],
    t: Words,
    doubtful: frozenset[str] = frozenset(),
) -> tuple[WaitingFile, ...]:
    """Lines of the waiting files in their order. `reports`: entries of the worker's `preview`, readable or not;
    `doubtful`: names of tables with a column that a person should check."""
    return tuple(
        _line(path, [one for one in reports if Path(one["path"]) == path], t, doubtful) for path in paths
    )


def readable(reports: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The entries of files that can be read."""
    return [one for one in reports if "refused" not in one]


def file_size(count: float, t: Words) -> str:
    """Bytes as people say them: «235 МБ»."""
    for unit in UNITS:
        if count < KILO or unit == UNITS[-1]:
            digits = 1 if count < 10 and unit not in UNITS[:2] else 0
            return t(f"loading.{unit}", n=t.number(count, digits))
        count /= KILO
    raise AssertionError("the last unit takes every size")


def _line(path: Path, found: Sequence[Mapping[str, Any]], t: Words, doubtful: frozenset[str]) -> WaitingFile:
    refused = next((one["refused"] for one in found if "refused" in one), None)
    size = path.stat().st_size if path.is_file() else 0
    return WaitingFile(
        path,
        path.name,
        file_size(size, t),
        tuple(_told(one, t, report_name(one) in doubtful) for one in found if "refused" not in one),
        t(f"error.{refused['code']}", **refused["params"]) if refused is not None else None,
    )


def _told(report: Mapping[str, Any], t: Words, doubtful: bool) -> str:
    inner = report.get("member") or report.get("sheet")
    table = table_name(report["table"], t) if report["table"] else ""
    rows = t.plural("data.rows", report["rows_used"])
    if not report["table"]:
        # no column is shown yet, so there is none to check: the next step is to say what the table is
        told = t("loading.pick", rows=rows) if report["rows_used"] else t("loading.empty")
        return t("loading.inner", name=inner, told=told) if inner else told
    told = t("loading.table", table=table, rows=rows)
    told = t("loading.inner", name=inner, told=told) if inner else told
    return t("loading.check", told=told) if doubtful else told
