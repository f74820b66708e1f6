"""All kept rows of a project -> all canonical tables, what is known about them, bridge, receipt and findings.

Pure: entries and frames in, frames out; load.py writes them. A changed switch or file rebuilds everything, so
the tables never depend on the order in which things were clicked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from crmkpi.engine.data import DimensionInfo, TableCoverage
from crmkpi.ingest.bridge import BridgeStep
from crmkpi.ingest.communications import attributed, covered, numbered
from crmkpi.ingest.coverage import coverage_of, planned_ends
from crmkpi.ingest.documents import DocumentRules
from crmkpi.ingest.files import Entry
from crmkpi.ingest.load_settings import LoadSettings
from crmkpi.ingest.merge import Merged, merge
from crmkpi.ingest.money import LARGEST
from crmkpi.ingest.nobody import placeholders, without_placeholders
from crmkpi.ingest.physical import Physical, customer_numbers, physical
from crmkpi.ingest.privacy import mixed
from crmkpi.ingest.quality import (
    as_date,
    day_findings,
    document_findings,
    finding,
    join_findings,
    order_findings,
)
from crmkpi.ingest.receipt import Receipt, sales_receipt
from crmkpi.ingest.sales_tables import SalesTables, sales_tables
from crmkpi.ingest.switches import SwitchEffect, effects
from crmkpi.ingest.text_table import Finding
from crmkpi.ingest.total_rows import Totals, totals_effect, with_totals
from crmkpi.tables import TABLES

Parts = Sequence[tuple[Entry, pl.DataFrame]]
SALES = ("orders", "order_lines")
# a dimension that several tables have is named after the first of these
DIMENSION_ORDER = ("orders", "order_lines", "customers", "messages", "campaigns", *TABLES)
DERIVED_ORDER = ("order_id", "customer_id", "ordered_at")


@dataclass
class Built:
    """Frames by table name, and what meta.json says about them."""

    frames: dict[str, pl.DataFrame] = field(default_factory=dict)
    coverage: dict[str, TableCoverage] = field(default_factory=dict)
    dimensions: dict[str, DimensionInfo] = field(default_factory=dict)
    columns: dict[str, list[str]] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)
    scale: int = 1
    currency: str | None = None
    bridge: list[BridgeStep] = field(default_factory=list)
    switches: list[SwitchEffect] = field(default_factory=list)
    receipt: Receipt = field(default_factory=Receipt)
    findings: list[Finding] = field(default_factory=list)
    # a person chose the tree of all sales over that of the customer base
    everyone: bool = False


def build(parts: Parts, settings: LoadSettings, totals: Totals | None = None) -> Built:
    """Build every table from the kept rows. Money of all tables has one scale (money.py). `totals`: «Итого» rows
    of the files, which count only if the settings say so."""
    totals = totals or {}
    if not settings.drop_totals:
        parts = with_totals(parts, totals)
    by_table: dict[str, list[tuple[Entry, pl.DataFrame]]] = {}
    nobody = placeholders(parts)
    parts = [(entry, without_placeholders(frame, nobody)) for entry, frame in parts]
    for entry, frame in parts:
        by_table.setdefault(entry.table, []).append((entry, frame))
    out = Built(scale=max((e.scale for e, _ in parts), default=1))
    out.columns = {table: _columns(found) for table, found in by_table.items()}
    ids = customer_numbers([f["customer_id"] for _, f in parts if "customer_id" in f.columns])
    others = {t: _physical(t, found, ids, out) for t, found in by_table.items() if t not in SALES}
    answered = any(entry.answers.get("anonymous_orders") == "all" for entry, _ in parts)
    out.everyone = settings.base == "all" or (settings.base is None and answered)
    sales = None
    if "orders" in by_table or "order_lines" in by_table:
        sales = _sales(by_table, ids, others.get("customers"), settings, out, totals)
    _communicate(others, sales, settings)
    out.frames |= {name: table.frame for name, table in others.items()}
    out.frames["ids"] = ids
    _describe(out, by_table, sales)
    _check(out, by_table, sales, settings)
    out.findings += finding(
        "placeholder_customers", "warning", sum(nobody.values()), ", ".join(nobody), ("active_customers",)
    )
    return out


def _columns(parts: Parts) -> list[str]:
    given = set().union(*(entry.columns for entry, _ in parts))
    return [c for c in TABLES[parts[0][0].table].names if c in given]


def _physical(table: str, parts: Parts, ids: pl.DataFrame, out: Built) -> Physical:
    merged = merge(table, parts)
    made = physical(table, merged.rows, ids, out.scale)
    out.findings += made.findings + _updated(table, merged)
    out.findings += finding("rows_without_key", "warning", made.rejected, None, (), table=table)
    return made


def _updated(table: str, merged: Merged) -> list[Finding]:
    return finding("updated_rows", "info", merged.shared, merged.example, (), table=table)


def _sales(
    by_table: Mapping[str, Parts],
    ids: pl.DataFrame,
    customers: Physical | None,
    settings: LoadSettings,
    out: Built,
    totals: Totals,
) -> SalesTables:
    orders, lines = by_table.get("orders", []), by_table.get("order_lines", [])
    rules = DocumentRules(
        settings.exclude_tests, settings.drop_exact_duplicates, settings.negatives_as_returns,
        _chosen_currency(orders or lines, settings), settings.prefixes,
    )  # fmt: skip
    of_customers: list[str] = []
    if customers is not None:
        spec = TABLES["customers"].columns
        of_customers = [c.name for c in spec if c.kind == "category" and c.name in customers.frame.columns]
        of_customers += [d for e, _ in by_table["customers"] for d in e.dimensions if d not in of_customers]
    frame = customers.frame if customers is not None else None
    sales = sales_tables(orders, lines, ids, out.scale, rules, frame, of_customers)
    out.frames |= {"orders": sales.orders, "returns": sales.returns}
    if sales.lines is not None:
        out.frames["order_lines"] = sales.lines
    out.bridge = sales.bridge
    out.switches = effects(sales.documents, rules, out.everyone, out.scale)
    dropped = settings.drop_totals
    out.switches += totals_effect(
        orders or lines, totals, sales.source, rules, out.everyone, dropped, out.scale
    )
    out.receipt = sales_receipt(sales.documents, sales.orders, sales.returns, out.scale)
    out.findings += _updated(sales.source, sales.merged)
    if not orders:
        out.columns["orders"] = _derived(sales, out.columns["order_lines"])
    return sales


def _derived(sales: SalesTables, given: Sequence[str]) -> list[str]:
    """Columns of orders that a line file yields, as if the user's files had them."""
    found = [c for c in DERIVED_ORDER if c in given] + ["amount"]
    found += [c for c in TABLES["orders"].names if c in given and c not in found]
    if "unit_cost" in given and "cogs" in sales.orders.columns:
        found.append("cogs")
    return found


def _chosen_currency(parts: Parts, settings: LoadSettings) -> str | None:
    answers = [entry.answers["currency"] for entry, _ in parts if "currency" in entry.answers]
    if answers:
        return answers[-1]
    values = {v for _, f in parts if "currency" in f.columns for v in f["currency"].drop_nulls().unique()}
    return settings.currency if settings.currency in values and len(values) > 1 else None


def _communicate(others: dict[str, Physical], sales: SalesTables | None, settings: LoadSettings) -> None:
    messages, campaigns = others.get("messages"), others.get("campaigns")
    if messages is not None:
        orders = None if sales is None else sales.orders
        messages.frame = attributed(
            numbered(messages.frame), orders, settings.attribution_days, settings.attribution_by
        )
    if campaigns is not None:
        campaigns.frame = covered(campaigns.frame, None if messages is None else messages.frame)


def _describe(out: Built, by_table: Mapping[str, Parts], sales: SalesTables | None) -> None:
    """Coverage, dimensions, flags and currency."""
    for name, frame in out.frames.items():
        days = None
        if sales is not None and name in (*SALES, "returns"):
            # the history of the source file before any row was set aside
            dated = sales.documents.rows.filter(~pl.col("what").is_in(["rejected", "superseded"]))
            days = dated["at"].dt.date().cast(pl.Int32)
        found = coverage_of(name, frame, days)
        if found is not None:
            out.coverage[name] = found
    for table in dict.fromkeys(DIMENSION_ORDER):
        for name in _dimension_names(table, by_table, sales):
            if name in out.frames[table].columns and name not in out.dimensions:
                out.dimensions[name] = _dimension(out, by_table, sales, table, name)
    out.currency = _currency(by_table)
    if sales is not None and not sales.returns_known:
        out.flags.append("returns_unknown")
    out.flags += sorted({flag for parts in by_table.values() for e, _ in parts for flag in e.flags})


def _dimension_names(table: str, by_table: Mapping[str, Parts], sales: SalesTables | None) -> list[str]:
    if sales is not None and table == "orders":
        return sales.dimensions
    if sales is not None and table == "order_lines":
        return sales.line_dimensions
    if table not in by_table:
        return []
    named = [c.name for c in TABLES[table].columns if c.kind == "category"]
    own = [d for entry, _ in by_table[table] for d in entry.dimensions]
    return [*named, *(["campaign_id"] if TABLES[table].column("campaign_id") else []), *dict.fromkeys(own)]


def _dimension(
    out: Built, by_table: Mapping[str, Parts], sales: SalesTables | None, table: str, name: str
) -> DimensionInfo:
    today = sales is not None and table == "orders" and name in sales.as_of_today
    homes = ("customers",) if today else (table, "orders", "order_lines")
    labels = [e.labels[name] for home in homes for e, _ in by_table.get(home, []) if name in e.labels]
    values = int(out.frames[table][name].drop_nulls().n_unique())
    return DimensionInfo(table=table, label=labels[0] if labels else name, values=values, as_of_today=today)


def _currency(by_table: Mapping[str, Parts]) -> str | None:
    """The one currency of the sales, from its column or from the sign beside the amounts; None if unclear."""
    found: set[str] = set()
    for table in SALES:
        for entry, frame in by_table.get(table, []):
            if "currency" in frame.columns:
                found |= set(frame["currency"].drop_nulls().unique().str.to_uppercase())
            elif entry.currency:
                found.add(entry.currency)
            if "currency" in entry.answers:
                return entry.answers["currency"]
    return found.pop() if len(found) == 1 else None


def _check(
    out: Built, by_table: Mapping[str, Parts], sales: SalesTables | None, settings: LoadSettings
) -> None:
    """All findings on rows, then on how the tables fit together."""
    rounded = sum(entry.rounded for parts in by_table.values() for entry, _ in parts)
    out.findings += finding("money_rounded", "info", rounded, None, (), scale=LARGEST)
    if "includes_shipping" in out.flags:
        out.findings += finding("includes_shipping", "warning", 1, None, ("revenue_base", "aov"))
    if sales is not None:
        out.findings += document_findings(sales.documents, out.scale, settings.drop_exact_duplicates)
        out.findings += order_findings(sales.orders, out.scale)
        if sales.source == "orders" and sales.lines is not None:
            empty = int(sales.orders["line_sum"].null_count())
            out.findings += finding("orders_without_lines", "info", empty, None, ("units", "line_revenue"))
            n = sales.counts.get("lines_without_order", 0)
            out.findings += finding("lines_without_order", "warning", n, None, ("units", "line_revenue"))
    for name, frame in out.frames.items():
        if name in ("orders", "messages", "campaigns", "costs"):
            out.findings += day_findings(name, frame["day"], settings.inactivity_days)
    if "subscriptions" in out.frames:
        ends = planned_ends(out.frames["subscriptions"])
        example = None if ends.is_empty() else as_date(int(ends.sort()[0]))
        out.findings += finding("planned_ends", "info", ends.len(), example, ("mrr", "subscriber_churn"))
    out.findings += join_findings(_ids(by_table))
    out.findings += mixed([entry for parts in by_table.values() for entry, _ in parts])


def _ids(by_table: Mapping[str, Parts]) -> dict[str, pl.Series]:
    found: dict[str, pl.Series] = {}
    for table, parts in by_table.items():
        name = "orders" if table == "order_lines" and "orders" not in by_table else table
        series = [f["customer_id"].cast(pl.String) for _, f in parts if "customer_id" in f.columns]
        if series and not (table == "order_lines" and name == "order_lines"):
            found[name] = pl.concat([s.alias("id") for s in series])
    return found
