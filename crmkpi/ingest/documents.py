"""Which rows are sales, and which are something else: cancelled, test, return, adjustment, not positive.

Works on rows of an order file and on lines alike. Columns read: `order_id`, `customer_id`, `at` (Datetime),
`raw` (Int64 minor units as the file has them), `amount` (Int64, for the goods), optional `quantity`, `status`,
`currency`, and `__dup`, `__superseded` (Boolean). Adds `what`, one of KINDS, and `__doc`, an integer per
document number. Rules: definitions.md, "Documents that are not sales".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from crmkpi.ingest.vocabulary import understood

DOC = "__doc"
# in the order of the bridge: a row belongs to the first kind that fits
KINDS = (
    "superseded", "repeated", "rejected", "currency", "duplicates", "tests", "cancelled",
    "adjustments", "returns", "non_positive", "sale",
)  # fmt: skip
WHAT = pl.Enum(list(KINDS))
# what a document's prefix may say; a code per row, not a text
PREFIXED = pl.Enum(["sale", "return", "adjustment"])
NO_SALE = {"test": "tests", "draft": "cancelled", "cancelled": "cancelled", "refused": "cancelled"}
# letters before the number of a credit note, in the alphabets people use
RETURN_PREFIXES = frozenset(
    {"C", "С", "CN", "CM", "CR", "RET", "RMA", "RF", "REF", "REFUND", "ВОЗ", "ВЗ", "ВОЗВРАТ"}
)
# letters, then nothing but digits and signs; a hexadecimal id has no prefix
PREFIX = r"^\W*([^\W\d_]*)[\W_]*\d[\d\W_]*$"
RARE_SHARE, RARE_COUNT, MAIN_SHARE, RETURN_SHARE, CREDIT_SHARE = 0.005, 3, 0.6, 0.5, 0.3


@dataclass(frozen=True)
class DocumentRules:
    """Switches of the project: `prefixes` overrides what a document prefix means (sale, return, adjustment);
    without `negatives_as_returns` only documents with a return's number are returns, other negative rows nothing.
    """

    exclude_tests: bool = True
    drop_exact_duplicates: bool = False
    negatives_as_returns: bool = True
    currency: str | None = None
    prefixes: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Documents:
    """Classified rows, and what was decided: status text -> meaning, unusual prefix -> meaning."""

    rows: pl.DataFrame
    statuses: dict[str, str | None]
    prefixes: dict[str, str]


def classify(rows: pl.DataFrame, rules: DocumentRules | None = None) -> Documents:
    """Say of every row what it is. The rows keep their order and number; nothing is dropped here."""
    rules = rules or DocumentRules()
    rows = rows.with_columns(document_codes(rows["order_id"]))
    statuses: dict[str, str | None] = {}
    if "status" in rows.columns:
        statuses = _operations(understood("status", rows["status"].unique().sort().to_list()))
    prefixes = unusual_prefixes(rows, rules.prefixes)
    rows = _with_signs(_with_prefix(rows, prefixes))
    return Documents(rows.with_columns(kind_of(rows, rules, statuses)), statuses, prefixes)


def kind_of(rows: pl.DataFrame, rules: DocumentRules, statuses: Mapping[str, str | None]) -> pl.Expr:
    """`what` each row is under these rules; the rows carry the marks that `classify` adds."""
    mixed = bool(rules.currency) and "currency" in rows.columns
    returned = (pl.col("__prefix") == "return") | (pl.col("__negative") & rules.negatives_as_returns)
    what = pl.coalesce(
        _when(pl.col("__superseded"), "superseded", "__superseded" in rows.columns),
        _when(pl.col("__repeated"), "repeated", "__repeated" in rows.columns),
        _when(_unusable(), "rejected"),
        _when(pl.col("currency") != str(rules.currency), "currency", mixed),
        _when(pl.col("__dup"), "duplicates", rules.drop_exact_duplicates),
        *(_when(_status_is(statuses, m), k, "status" in rows.columns and (m != "test" or rules.exclude_tests))
          for m, k in NO_SALE.items()),
        _when(pl.col("__prefix") == "adjustment", "adjustments"),
        # a negative quantity without a price is a write-off of stock: no value came back
        _when(pl.col("amount") == 0, "non_positive"),
        _when(returned, "returns"),
        _when(_status_is(statuses, "return"), "returns", "status" in rows.columns),
        _when(pl.col("__negative") | (pl.col("amount") < 0), "non_positive"),
        pl.lit("sale"),
    )  # fmt: skip
    return what.cast(WHAT).alias("what")


def _operations(statuses: dict[str, str | None]) -> dict[str, str | None]:
    """In a column that names kinds of documents («Продажа», «Возврат») a return is its own document, whatever its
    sign; in a column of states (paid, refunded) it is a sale that came back."""
    if "operation" not in statuses.values():
        return statuses
    return {text: "return" if meaning == "refunded" else meaning for text, meaning in statuses.items()}


def document_codes(ids: pl.Series) -> pl.Series:
    """A small integer per document number: grouping by it is several times faster than by text."""
    if ids.n_unique() == ids.len():
        # a file of whole orders: its rows are the documents, and no list of all their numbers is needed
        rows = pl.int_range(ids.len(), dtype=pl.UInt32, eager=True)
        return rows.set(ids.is_null(), None).alias(DOC) if ids.has_nulls() else rows.alias(DOC)
    return ids.cast(pl.Categorical(pl.Categories.random())).to_physical().cast(pl.UInt32).alias(DOC)


def _when(condition: pl.Expr, kind: str, applies: bool = True) -> pl.Expr:
    return pl.when(condition if applies else pl.lit(False)).then(pl.lit(kind))


def _unusable() -> pl.Expr:
    return pl.col("order_id").is_null() | pl.col("at").is_null() | pl.col("raw").is_null()


def _status_is(statuses: Mapping[str, str | None], meaning: str) -> pl.Expr:
    texts = [text for text, found in statuses.items() if found == meaning]
    return pl.col("status").is_in(texts).fill_null(False) if texts else pl.lit(False)


def _with_prefix(rows: pl.DataFrame, prefixes: Mapping[str, str]) -> pl.DataFrame:
    """Add `__prefix`: null for usual documents, else sale, return or adjustment."""
    if not prefixes:
        return rows.with_columns(pl.lit(None, dtype=PREFIXED).alias("__prefix"))
    letters = rows.group_by(DOC).agg(pl.col("order_id").first())
    letters = letters.with_columns(_prefix_of(pl.col("order_id")).alias("__letters"))
    odd = letters.filter(pl.col("__letters").is_in(list(prefixes)))
    odd = odd.select(
        DOC, pl.col("__letters").replace_strict(dict(prefixes), return_dtype=PREFIXED).alias("__prefix")
    )
    return rows.join(odd, on=DOC, how="left", maintain_order="left")


def _with_signs(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `__negative`: the row takes something back (less than no pieces, or a wholly negative document)."""
    if "quantity" not in rows.columns:
        return rows.with_columns((pl.col("amount") < 0).fill_null(False).alias("__negative"))
    back = (pl.col("quantity") < 0).fill_null(False)
    minus = rows.filter((pl.col("amount") < 0) & ~back)
    if minus.is_empty():
        return rows.with_columns(back.alias("__negative"))
    # a negative price beside positive lines is a discount line of a sale; alone it is a credit note
    whole = rows.filter(pl.col("order_id").is_in(minus["order_id"].unique().implode()))
    notes = whole.group_by("order_id").agg((pl.col("amount") <= 0).all()).filter("amount")["order_id"]
    alone = pl.col("order_id").is_in(notes.implode()).fill_null(False) & (pl.col("amount") < 0)
    return rows.with_columns((back | alone).alias("__negative"))


def _prefix_of(ids: pl.Expr) -> pl.Expr:
    return ids.str.extract(PREFIX).str.to_uppercase()


def unusual_prefixes(rows: pl.DataFrame, given: Mapping[str, str]) -> dict[str, str]:
    """Prefixes of document numbers that are not the usual one -> sale, return or adjustment.

    The usual prefix is the one of most documents. A credit-note prefix (C, CN, RET, ВОЗ ...) carried by less
    than half of the documents is a return when some of them are negative, or the number without it is a
    known document, or it is a small part; any other prefix carried by a handful of documents, beside one that
    most carry, is an adjustment. A prefix shared by many is just another numbering: its documents are sales.
    """
    docs = rows.select(DOC, "order_id", "amount")
    if docs[DOC].n_unique() < docs.height:
        docs = docs.group_by(DOC).agg(pl.col("order_id").first(), pl.col("amount").sum())
    docs = docs.drop_nulls("order_id").with_columns(_prefix_of(pl.col("order_id")).fill_null("?").alias("p"))
    counts = docs.group_by("p").agg(pl.len().alias("n"), (pl.col("amount") < 0).mean().alias("minus"))
    counts = counts.sort(["n", "p"], descending=[True, False])
    if counts.height < 2:
        return {p: m for p, m in given.items() if p in counts["p"].to_list()}
    total, main = int(counts["n"].sum()), counts.row(0, named=True)
    found: dict[str, str] = {}
    for row in counts.iter_rows(named=True):
        prefix, n = row["p"], row["n"]
        if prefix in given:
            found[prefix] = given[prefix]
        elif prefix in (main["p"], "?"):
            continue
        elif prefix in RETURN_PREFIXES and n < RETURN_SHARE * total <= main["n"]:
            credit = (row["minus"] or 0) > 0 or n <= CREDIT_SHARE * total or _echoes(docs, prefix)
            found[prefix] = "return" if credit else "sale"
        elif n <= max(RARE_COUNT, RARE_SHARE * total) and main["n"] >= MAIN_SHARE * total:
            found[prefix] = "adjustment"
    return found


def _echoes(docs: pl.DataFrame, prefix: str) -> bool:
    """Whether most numbers of this prefix are numbers of other documents with the prefix in front."""
    bare = docs.filter(pl.col("p") == prefix)["order_id"].str.strip_chars().str.slice(len(prefix))
    share = bare.str.strip_chars_start("-_/# ").is_in(docs["order_id"].implode()).mean()
    return isinstance(share, float) and share > 0.5
