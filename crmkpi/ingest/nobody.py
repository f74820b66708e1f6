"""Ids that stand for no customer: 0, guest, «Розничный покупатель». Counted as one giant customer they ruin
frequency, retention and the average of everything."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import polars as pl

from crmkpi.ingest.files import Entry

WORDS = frozenset({
    "guest", "guest checkout", "guest customer", "anonymous", "unknown", "no customer", "walk-in", "walk in", "none",
    "null", "undefined", "гость", "аноним", "анонимный покупатель", "без клиента", "без карты", "не указан",
    "неизвестно", "неизвестный покупатель", "розничный покупатель", "розничный клиент", "частное лицо", "физлицо",
    "физическое лицо", "покупатель", "розница", "физ. лицо", "физ лицо", "розничная продажа", "клиент не указан",
    "нет клиента", "неавторизованный", "незарегистрированный", "без имени", "cash customer", "retail customer",
    "noname", "no name", "not registered", "anonymous customer",
})  # fmt: skip
NUMBERS = frozenset({"0", "-1", "00000000", "99999999", "9999999999"})
# a number may be a real customer; it is nobody when it carries this share of the rows and far more than others
SHARE, TIMES = 0.03, 20
ADDRESS = r"^(?:guest|no-?e?-?mail|anonymous|anonim|unknown|none|no-?reply)@"
# any other id with such a share of the orders is asked about: a large customer, or a card of the till?
ODD_SHARE, ODD_TIMES, FEWEST_CUSTOMERS, MOST_SUSPECTS = 0.1, 30, 10, 3
QUESTION, NOBODY, SOMEBODY = "placeholder_customer", "nobody", "somebody"


def placeholders(parts: Sequence[tuple[Entry, pl.DataFrame]]) -> dict[str, int]:
    """Customer ids of the sales files that are nobody -> rows that carry them: known words and numbers, and those
    that a person called nobody."""
    sales = [
        (e, f["customer_id"])
        for e, f in parts
        if e.table in ("orders", "order_lines") and "customer_id" in f.columns
    ]
    if not sales:
        return {}
    told = {key for e, _ in sales for key in nobody_told(e.answers)}
    return nobody_of(pl.concat([s for _, s in sales]), told)


def nobody_told(answers: Mapping[str, str]) -> set[str]:
    """Ids that a person called nobody."""
    mark = QUESTION + ":"
    return {
        key.removeprefix(mark) for key, value in answers.items() if key.startswith(mark) and value == NOBODY
    }


def nobody_of(ids: pl.Series, told: Collection[str] = ()) -> dict[str, int]:
    """Ids among these that stand for no customer -> rows."""
    counts = _counted(ids)
    if counts.is_empty():
        return {}
    named = (
        _plain().is_in(list(WORDS)) | _plain().str.contains(ADDRESS) | pl.col("customer_id").is_in(list(told))
    )
    return dict(
        counts.filter(named | (_plain().is_in(list(NUMBERS)) & _heavy(counts, SHARE, TIMES))).iter_rows()
    )


def suspects(ids: pl.Series) -> dict[str, float]:
    """Ids that are no known word and carry an implausible share of the rows -> that share: one customer, or a
    card of the till that everyone without a card is sold on."""
    counts = _counted(ids)
    if counts.height < FEWEST_CUSTOMERS:
        return {}
    known, total = list(nobody_of(ids)), int(counts["n"].sum())
    odd = counts.filter(_heavy(counts, ODD_SHARE, ODD_TIMES) & ~pl.col("customer_id").is_in(known))
    return {name: n / total for name, n in odd.head(MOST_SUSPECTS).iter_rows()}


def _counted(ids: pl.Series) -> pl.DataFrame:
    return (
        ids.alias("customer_id")
        .drop_nulls()
        .value_counts(name="n")
        .sort("n", "customer_id", descending=[True, False])
    )


def _plain() -> pl.Expr:
    return pl.col("customer_id").str.to_lowercase().str.strip_chars(" «»\"'().")


def _heavy(counts: pl.DataFrame, share: float, times: float) -> pl.Expr:
    usual, total = counts.select(pl.col("n").median().cast(pl.Float64), pl.col("n").sum().alias("all")).row(0)
    return (pl.col("n") > share * total) & (pl.col("n") > times * usual)


def without_placeholders(frame: pl.DataFrame, nobody: Collection[str]) -> pl.DataFrame:
    """The same rows, with nobody as no customer (null)."""
    if not nobody or "customer_id" not in frame.columns:
        return frame
    known = ~pl.col("customer_id").is_in(list(nobody))
    return frame.with_columns(pl.when(known).then(pl.col("customer_id")).alias("customer_id"))
