"""Names of canonical tables and columns as people read them."""

from __future__ import annotations

from collections.abc import Sequence

from crmkpi.i18n import Words

MOST = 3
# where a bare column name is looked up: the widest tables first
TABLES = ("orders", "order_lines", "customers", "messages", "campaigns", "costs")


def table_name(table: str, t: Words) -> str:
    """«Заказы» for orders."""
    key = f"table.{table}"
    return t(key) if t.has(key) else table


def column_name(column: str, t: Words, table: str | None = None) -> str:
    """«Скидка» for discount of orders; a name we have no word for is printed as it is."""
    for place in (table,) if table else TABLES:
        key = f"column.{place}.{column}"
        if t.has(key):
            return t(key)
    return column


def column_list(columns: Sequence[str], t: Words) -> str:
    """«Заказы: скидка, сумма до скидки»: `table.column` names grouped by table, the first few named."""
    tables: dict[str, list[str]] = {}
    for full in columns:
        # `a|b` = one of them is enough
        for_one = [one.rpartition(".") for one in full.split("|")]
        table = for_one[0][0]
        names = [column_name(name, t, place or table or None) for place, _, name in for_one]
        tables.setdefault(table, []).append(t("tree.or").join(names))
    parts = []
    for table, names in tables.items():
        shown = ", ".join(t("tree.quoted", name=name) for name in names[:MOST])
        more = " …" if len(names) > MOST else ""
        parts.append(f"{table_name(table, t)}: {shown}{more}" if table else shown + more)
    return "; ".join(parts)
