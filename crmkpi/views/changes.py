"""What next month's export changed: new and updated rows, past months with other sums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from crmkpi.i18n import Words
from crmkpi.periods import period_of
from crmkpi.views.columns import table_name

# a change below half a kopeck is rounding
CENT = 0.005


@dataclass(frozen=True)
class MonthLine:
    """A past month before and after the load."""

    month: str
    orders: str
    before: str
    after: str
    change: str


@dataclass(frozen=True)
class ChangesView:
    """One verdict on the load, its sentences, and the months whose sums moved."""

    tone: str
    headline: str
    sentences: tuple[str, ...]
    months: tuple[MonthLine, ...]


def changes_view(changes: Mapping[str, Any] | None, targets: int, t: Words) -> ChangesView | None:
    """The view of `changes` in the JSON of `load` (ingest/changes.py); None for a first load.

    `targets`: how many targets the project has; they and their baselines stay as they were.
    """
    if not changes:
        return None
    tables = [one for one in changes["tables"] if _moved(one)]
    restated = [m for m in changes["months"] if not m["open"]]
    lines = [_table_line(one, t) for one in tables]
    if restated:
        lines.append(_largest(restated, t))
    if targets:
        lines.append(t("data_ui.targets_kept"))
    headline = (
        t.plural("data_ui.changed_past", len(restated))
        if restated
        else t("data_ui.changed_fresh")
        if tables
        else t("data_ui.changed_nothing")
    )
    return ChangesView(
        tone="warn" if restated else "good" if tables else "neutral",
        headline=headline,
        sentences=tuple(lines),
        months=tuple(_month_line(m, t) for m in restated),
    )


def _moved(one: Mapping[str, Any]) -> bool:
    return bool(one["before"] != one["after"] or one.get("new") or one.get("updated") or one.get("gone"))


def _table_line(one: Mapping[str, Any], t: Words) -> str:
    """«Заказы: новых 120, обновлено 3, пропало 1»; other tables by their number of rows."""
    name = table_name(one["table"], t)
    if one.get("new") is None:
        return t("data_ui.changed_rows", table=name, before=one["before"], after=one["after"])
    parts = [
        t(f"data_ui.changed_{what}", n=one[what]) for what in ("new", "updated", "gone") if one.get(what)
    ]
    return t("data_ui.changed_table", name=name, parts=", ".join(parts))


def _largest(months: Sequence[Mapping[str, Any]], t: Words) -> str:
    most = max(months, key=lambda m: abs(m["revenue_after"] - m["revenue_before"]))
    line = _month_line(most, t)
    return t(
        "data_ui.changed_most", month=line.month, before=line.before, after=line.after, change=line.change
    )


def _month_line(one: Mapping[str, Any], t: Words) -> MonthLine:
    before, after = one["revenue_before"], one["revenue_after"]
    moved = after - before
    return MonthLine(
        month=t.period(period_of(date.fromisoformat(f"{one['month'][:7]}-01"), "month")),
        orders=f"{t.number(one['orders_before'])} → {t.number(one['orders_after'])}",
        before=t.money(before),
        after=t.money(after),
        change=t.signed(t.money(moved), moved) if abs(moved) >= CENT else t.money(0),
    )
