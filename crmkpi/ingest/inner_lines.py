"""Order exports that list their items (Shopify: «Lineitem name», quantity, price): the items are order lines too."""

from __future__ import annotations

import re
from collections.abc import Mapping

import polars as pl

from crmkpi.ingest.clean import clean
from crmkpi.ingest.coded import coded
from crmkpi.ingest.inspect import Seen
from crmkpi.ingest.lines import line_money
from crmkpi.ingest.match import candidate, header_set
from crmkpi.ingest.money import scale_of
from crmkpi.ingest.prepare import Prepared
from crmkpi.ingest.quality import finding
from crmkpi.ingest.scoring import SURE
from crmkpi.tables import TABLES

OF_ITEM = ("sku", "product", "quantity", "unit_price", "line_amount", "category", "discount", "unit_cost")
OF_ORDER = ("line_amount", "discount")
ITEM = re.compile(r"line|item|товар|позици|строк", re.IGNORECASE)
PER_LINE = ("total_on_first_line", "total_repeated")


def lines_of(orders: Prepared) -> Prepared | None:
    """The lines inside an order file that is ready to be kept; None where it has one row per order or no items.

    They come under the same bytes, as a second table with a header set of its own; customer, time and status
    are those of the order.
    """
    if orders.entry is None or orders.entry.table != "orders" or orders.rows is None:
        return None
    seen = orders.seen
    mapping = line_mapping(seen)
    if mapping is None:
        return None
    table = clean(seen.text, seen.profiles, "order_lines", mapping, {})
    named = [c for c in ("sku", "product") if c in mapping]
    frame = coded(table, seen.profiles)
    frame = frame.with_columns(line_money(frame).alias("__money"))
    worth = frame.drop("unit_price", "line_amount", strict=False)
    rows = worth.filter(pl.any_horizontal(pl.col(named).is_not_null()) & pl.col("order_id").is_not_null())
    if rows.is_empty():
        return None
    _without_items(orders, mapping)
    scale, rounded = scale_of([rows["__money"]])
    entry = orders.entry.model_copy(
        update={
            "table": "order_lines",
            "header_set": header_set([orders.entry.header_set, "order_lines"]),
            "labels": table.labels,
            "dimensions": (),
            "answers": {},
            "rows": rows.height,
            "scale": scale,
            "rounded": rounded,
            "flags": (),
        }
    )
    seen.report.issues += finding("lines_from_orders", "info", rows.height, None, ("units", "line_revenue"))
    return Prepared(seen, entry, rows, [])


def _without_items(orders: Prepared, mapping: Mapping[str, str]) -> None:
    """The first item of an order is no dimension of the order."""
    assert orders.entry is not None and orders.rows is not None
    labels = orders.entry.labels
    gone = [d for d in orders.entry.dimensions if labels[d] in mapping.values()]
    orders.rows = orders.rows.drop(gone)
    kept = {
        "labels": {c: h for c, h in labels.items() if c not in gone},
        "dimensions": tuple(d for d in orders.entry.dimensions if d not in gone),
    }
    orders.entry = orders.entry.model_copy(update=kept)


def line_mapping(seen: Seen) -> dict[str, str] | None:
    """Canonical line column -> header, for an order file with a row per item; None when it has none.

    Only columns that orders do not use, and only where names leave no doubt: a quantity, a price or a sum, and
    a product or an article.
    """
    report = seen.report
    key = next((p for p in seen.profiles if p.name == report.mapping.get("order_id")), None)
    if key is None or (key.distinct == key.filled and not set(PER_LINE) & set(report.rules)):
        return None
    used = set(report.mapping.values())
    pairs = candidate(TABLES["order_lines"], [p for p in seen.profiles if p.name not in used]).pairs
    found = {c: s for c, (s, fit) in pairs.items() if c in OF_ITEM and fit.score >= SURE}
    # a sum or a discount beside items is the order's, unless its header says that it is the item's
    found = {c: s for c, s in found.items() if c not in OF_ORDER or ITEM.search(s)}
    priced = {"unit_price", "line_amount"} & found.keys()
    if "quantity" not in found or not priced or not {"sku", "product"} & found.keys():
        return None
    return {"order_id": key.name, **found}
