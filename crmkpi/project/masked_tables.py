"""Tables for showing to strangers: every text of the files becomes a pseudonym, every sum is scaled by one secret.

A copy is written, the original is never touched. The key and the factor are made for one copy and kept nowhere, so a
pseudonym or a sum cannot be turned back. Counts, shares, dates and ratios of money stay as they are.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

import polars as pl

from crmkpi.engine.data import DataDir, DimensionInfo, Meta
from crmkpi.engine.sheet import OWN, catalogue_of, recognised
from crmkpi.i18n import Words
from crmkpi.tables import TABLES

# money of the whole copy is multiplied by one of these: far enough from 1 that nobody reads the true sums
LOW, HIGH, TOO_NEAR = 0.6, 1.7, 0.12
# finer minor units, so that the scaled unit can be any factor although it is a whole number
FINER = 1000
# columns that hold money without being declared in the canonical tables
DERIVED_MONEY = ("line_sum", "attributed_revenue", "amount")
# words of our own that the measures read; anything else in these columns is the user's text
WORDS_OF_OURS = frozenset(
    (
        *("trigger", "mass", "transactional", "service", "hard", "soft", "document", "refund", "order"),
        *("acquisition", "platform", "payroll", "bonus", "channel", "retention", "other"),
        *("nps", "csat", "ces", "earned", "redeemed", "expired", "payment", "voluntary", "contract"),
    )
)
SPOKEN_COLUMNS = ("kind", "bounce_kind", "category", "end_reason", "event")
# tables whose `category` is ours (kinds of costs), not a category of goods
COSTS = "costs"
# channels that everybody has; a name beyond these may be a partner
USUAL_CHANNELS = frozenset(
    (
        *("email", "e-mail", "sms", "push", "webpush", "web-push", "viber", "whatsapp", "telegram", "phone"),
        *("site", "web", "app", "mobile", "store", "online", "offline", "сайт", "приложение", "магазин"),
        *("direct", "organic", "ads", "cpc", "referral", "social", "соцсети", "звонок", "розница"),
    )
)
CHANNELS = ("channel", "acquisition_channel", "platform", "source")
# texts that name one row; numbering them would only make long lists
ROW_NAMES = (
    *("order_id", "doc_id", "customer_id", "message_id", "lead_id", "ticket_id", "session_id"),
    *("subscription_id", "sku", "promo_code"),
)
SIGNS = 12
# letters of an ISO currency code
CODE = 3


@dataclass
class Mask:
    """The secret of one copy: a key for pseudonyms, a factor for money, and the pseudonyms given so far."""

    key: bytes
    factor: float
    words: Words
    columns: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)

    def sign(self, text: str) -> str:
        """A keyed fingerprint of a text."""
        return hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()

    def name(self, column: str, value: str | None) -> str | None:
        """The pseudonym of a value, also of one that stands in no table (a typed owner)."""
        if value is None:
            return None
        known = self.values.setdefault(column, {})
        if value not in known:
            known[value] = self._new(column, value, len(known) + 1)
        return known[value]

    def _new(self, column: str, value: str, number: int) -> str:
        if column in ROW_NAMES:
            return self.sign(f"{column}\0{value}")[:SIGNS].upper()
        return f"{self._word(column)} {number}"

    def _word(self, column: str) -> str:
        key = f"mask.{column}"
        return self.words(key) if self.words.has(key) else self.words("mask.value")

    def learn(self, column: str, values: list[str]) -> None:
        """Give pseudonyms to all values of a column; their numbers say nothing about order or size."""
        for value in sorted(values, key=lambda v: self.sign(f"{column}\0{v}")):
            if column in CHANNELS and value.strip().casefold() in USUAL_CHANNELS:
                self.values.setdefault(column, {})[value] = value
            else:
                self.name(column, value)


def new_mask(words: Words) -> Mask:
    """A fresh secret. The factor lies in 0.6..1.7 and not near 1."""
    span = int((HIGH - LOW) * 10_000)
    factor = 1.0
    while abs(factor - 1) < TOO_NEAR:
        factor = LOW + secrets.randbelow(span) / 10_000
    return Mask(secrets.token_bytes(32), factor, words)


def write_masked(data: DataDir, into: DataDir, mask: Mask) -> None:
    """Write the masked copy of all tables and their meta. The factor is rounded to what whole minor units allow."""
    meta = data.meta
    scale = round(meta.scale * FINER / mask.factor)
    mask.factor = meta.scale * FINER / scale
    own = [d for d in meta.dimensions if not _canonical(d)]
    mask.columns = {name: f"cut_{i}" for i, name in enumerate(sorted(own, key=mask.sign), 1)}
    for table in data.tables():
        into.write(table, _table(data, table, mask))
    into.meta = _meta(meta, scale, mask)
    into.seal()


def _canonical(column: str) -> bool:
    return any(spec.column(column) is not None for spec in TABLES.values())


def _table(data: DataDir, table: str, mask: Mask) -> pl.DataFrame:
    frame = data.frame(table).collect()
    for name, kind in frame.schema.items():
        if isinstance(kind, (pl.String, pl.Categorical, pl.Enum)):
            frame = frame.with_columns(_text(frame[name].cast(pl.String), table, name, mask))
    if table == "dated_values":
        frame = _sheet(data, frame, mask)
    money = [n for n, kind in frame.schema.items() if kind.is_integer() and _is_money(table, n)]
    frame = frame.with_columns(pl.col(money).cast(pl.Int64) * FINER)
    return frame.rename({n: new for n, new in mask.columns.items() if n in frame.columns})


def _is_money(table: str, name: str) -> bool:
    spec = TABLES.get("orders" if table == "returns" else table)
    declared = spec.column(name) if spec is not None else None
    return (declared is not None and declared.kind == "money") or name in DERIVED_MONEY


def _text(column: pl.Series, table: str, name: str, mask: Mask) -> pl.Series:
    """The column with pseudonyms; words that the measures read stay."""
    if table == "dated_values" and name in ("metric", "unit"):
        return column  # `_sheet` knows what they mean
    known = sorted(column.drop_nulls().unique().to_list())
    ours = {v: v for v in known if _ours(table, name, v)}
    mask.learn(name, [v for v in known if v not in ours])
    return _replaced(column, ours | {v: str(mask.name(name, v)) for v in known if v not in ours})


def _ours(table: str, name: str, value: str) -> bool:
    """A word of the canonical vocabulary, not the user's text."""
    if name == "currency":
        return len(value) == CODE and value.isalpha() and value.isupper()
    spoken = name in SPOKEN_COLUMNS and (name != "category" or table == COSTS)
    return spoken and value in WORDS_OF_OURS


def _replaced(column: pl.Series, names: dict[str, str]) -> pl.Series:
    if not names:
        return column
    return column.replace_strict(list(names), list(names.values()), default=None, return_dtype=pl.String)


def _sheet(data: DataDir, frame: pl.DataFrame, mask: Mask) -> pl.DataFrame:
    """A typed sheet: metrics of the catalogue by their id, own ones by number, money scaled, units of ours only."""
    known = catalogue_of(data)
    names: dict[str, str] = {}
    money: list[str] = []
    for raw in sorted(frame["metric"].cast(pl.String).drop_nulls().unique().to_list()):
        key = recognised(raw)
        names[raw] = str(mask.name("metric", raw)) if key.startswith(OWN) else key
        if key in known and known[key].unit == "money":
            money.append(raw)
    scaled = pl.when(pl.col("metric").is_in(money)).then(mask.factor).otherwise(1.0)
    numbers = [n for n in ("value", "plan", "fact") if n in frame.columns]
    frame = frame.with_columns(pl.col(n) * scaled for n in numbers)
    if "unit" in frame.columns:
        unit = pl.when(pl.col("metric").is_in(money)).then(pl.lit("RUB"))
        percent = pl.col("unit").cast(pl.String).str.contains("%")
        frame = frame.with_columns(unit=unit.otherwise(pl.when(percent).then(pl.lit("%"))))
    return frame.with_columns(_replaced(frame["metric"].cast(pl.String), names).alias("metric"))


def _meta(meta: Meta, scale: int, mask: Mask) -> Meta:
    found = meta.model_copy(deep=True)
    found.scale = scale
    found.dimensions = {
        mask.columns.get(name, name): DimensionInfo(
            table=info.table, label=_label(name, mask), values=info.values, as_of_today=info.as_of_today
        )
        for name, info in meta.dimensions.items()
    }
    found.loyalty_tiers = [str(mask.name("loyalty_tier", v)) for v in meta.loyalty_tiers]
    found.loyalty_floor = mask.name("loyalty_tier", meta.loyalty_floor)
    found.columns = {t: [mask.columns.get(c, c) for c in cols] for t, cols in meta.columns.items()}
    return found


def _label(name: str, mask: Mask) -> str:
    if name in mask.columns:
        return f"{mask.words('mask.cut')} {mask.columns[name].removeprefix('cut_')}"
    key = f"mask.{name}"
    return mask.words(key) if mask.words.has(key) else name
