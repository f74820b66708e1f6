"""Canonical rows -> physical tables of the store: integer ids, integer time, integer money, 0/1 flags.

Names: `sent_at` -> ts and day; any other `X_at` -> X_ts (epoch seconds, wall time), the table's own time also
gives day; a date column gives day; customers keep days only (`registered_at` -> registered_day).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from crmkpi.ingest.enrich import clock
from crmkpi.ingest.merge import SEQ, SUPERSEDED
from crmkpi.ingest.money import to_minor
from crmkpi.ingest.quality import finding
from crmkpi.ingest.text_table import Finding
from crmkpi.ingest.visits import visits
from crmkpi.ingest.vocabulary import translate, understood
from crmkpi.tables import TABLES, Table

# columns whose values must be in the product's own words: table.column -> vocabulary
SPOKEN = {
    "messages.kind": "message_kind",
    "campaigns.kind": "message_kind",
    "messages.bounce_kind": "bounce_kind",
    "messages.channel": "message_channel",
    "campaigns.channel": "message_channel",
    "costs.category": "cost_category",
    "campaigns.goal": "campaign_goal",
    "sessions.platform": "platform",
    "surveys.kind": "survey_kind",
    "loyalty_points.kind": "points_kind",
    "subscriptions.end_reason": "end_reason",
}
# vocabularies that only unify spellings: a channel or goal of one's own is as good as any
OPEN = ("message_channel", "platform", "campaign_goal")
# how people write thousands and millions in front of a unit
THOUSANDS = {
    1_000: r"тыс|тысяч\w*|k|thousands?",
    1_000_000: r"млн|миллион\w*|mln|m|millions?",
    1_000_000_000: r"млрд|bn",
}
# rows without these cannot be placed; customer_id of a visit or an answer may be unknown
CUSTOMER_OPTIONAL = ("sessions", "surveys")
# a required column that may be blank where another one speaks: a trial that was never paid for has no start, a
# person who was asked and did not answer has no score
INSTEAD = {"subscriptions": {"started_at": "trial_started_at"}, "surveys": {"score": "invited"}}


@dataclass
class Physical:
    """A table ready to write, with what was left out on the way and why."""

    name: str
    frame: pl.DataFrame
    rejected: int = 0
    replaced: int = 0
    findings: list[Finding] = field(default_factory=list)


def customer_numbers(ids: list[pl.Series]) -> pl.DataFrame:
    """Dense numbers for all customer ids of all tables: cust Int32, customer_id; numbered in the ids' order."""
    every = pl.concat([i.drop_nulls().unique().alias("customer_id") for i in ids]) if ids else pl.Series(
        "customer_id", [], dtype=pl.String)  # fmt: skip
    return every.unique().sort().to_frame().with_row_index("cust").with_columns(pl.col("cust").cast(pl.Int32))


def with_cust(frame: pl.DataFrame, ids: pl.DataFrame) -> pl.DataFrame:
    """customer_id -> cust (null stays null)."""
    # numbers follow the ids' order, so that they are the codes of an Enum; a join would copy columns on the way
    known = pl.Enum(ids["customer_id"])
    found = frame["customer_id"].cast(known, strict=False).to_physical().cast(pl.Int32).alias("cust")
    return frame.drop("customer_id").with_columns(found)


def physical(table: str, rows: pl.DataFrame, ids: pl.DataFrame, scale: int) -> Physical:
    """Shape the merged rows of any table but orders and their lines. Rejects rows without key parts or time."""
    spec = TABLES[table]
    out = Physical(table, rows.filter(~pl.col(SUPERSEDED)))
    out.replaced = rows.height - out.frame.height
    _drop_unplaced(out, spec)
    _one_per_key(out, spec)
    _speak(out, spec)
    if "unit" in out.frame.columns:
        _whole_units(out)
    frame = out.frame.with_columns(_typed(spec, out.frame, scale))
    frame = _timed(frame, spec)
    if "customer_id" in frame.columns:
        frame = with_cust(frame, ids)
    order = [c for c in ("cust", "ts", f"{spec.time.removesuffix('_at')}_ts", "day") if c in frame.columns]
    frame = frame.sort(*order, SEQ, nulls_last=True)
    first = [c for c in ("cust", "ts", "day") if c in frame.columns]
    out.frame = frame.select(*first, pl.exclude(*first, "^__.*$"))
    return out


def _drop_unplaced(out: Physical, spec: Table) -> None:
    needed = [
        c.name for c in spec.columns if c.required and c.name in out.frame.columns and c.kind != "money"
    ]
    if spec.name in CUSTOMER_OPTIONAL:
        needed = [c for c in needed if c != "customer_id"]
    if "target" in out.frame.columns:
        # a month ahead has a plan and no fact yet
        needed = [c for c in needed if c != "value"]
    kept = out.frame.filter(placed(spec.name, out.frame.columns, needed)) if needed else out.frame
    if "target" in out.frame.columns:
        kept = kept.filter(pl.any_horizontal(pl.col("value", "target").is_not_null()))
    out.rejected = out.frame.height - kept.height
    out.frame = kept


def placed(table: str, columns: Sequence[str], needed: Sequence[str]) -> pl.Expr:
    """Whether a row has every needed column of its table, or the one that stands in for it (INSTEAD)."""
    instead = INSTEAD.get(table, {})
    known = []
    for name in needed:
        other = instead.get(name)
        blank_allowed = (
            pl.col(other).is_not_null() if other is not None and other in columns else pl.lit(False)
        )
        known.append(pl.col(name).is_not_null() | blank_allowed)
    return pl.all_horizontal(known)


def _one_per_key(out: Physical, spec: Table) -> None:
    """Rows that share the table's key are one: the last known value of each column holds."""
    key = spec.key
    if not key or key not in out.frame.columns or out.frame[key].drop_nulls().is_unique().all():
        return
    if spec.name == "sessions":
        before = out.frame.height
        out.frame = visits(out.frame)
        out.findings += finding(
            "visits_of_events",
            "info",
            before,
            None,
            ("account_feature_use",),
            visits=out.frame[key].n_unique(),
        )
        return
    before = out.frame.height
    keyed = out.frame.filter(pl.col(key).is_not_null()).sort(SEQ)
    columns = [c for c in keyed.columns if c != key]
    merged = keyed.group_by(key, maintain_order=True).agg(pl.col(c).drop_nulls().last() for c in columns)
    example = keyed.filter(pl.col(key).is_duplicated())[key].min()
    unkeyed = out.frame.filter(pl.col(key).is_null())
    out.frame = pl.concat([merged.select(out.frame.columns), unkeyed])
    count = before - out.frame.height
    out.findings.append(
        Finding(
            "repeated_keys", "warning", key, count, {"table": spec.name, "n": count, "example": str(example)}
        )
    )


def _speak(out: Physical, spec: Table) -> None:
    """Translate the values that the product must understand; what it does not is reported."""
    for column in out.frame.columns:
        vocabulary = SPOKEN.get(f"{spec.name}.{column}")
        if vocabulary is None:
            continue
        found = understood(vocabulary, out.frame[column].unique().sort().to_list())
        unknown = [text for text, value in found.items() if value is None]
        if unknown and vocabulary not in OPEN:
            count = int(out.frame[column].is_in(unknown).sum())
            params: dict[str, object] = {"table": spec.name, "n": count, "example": ", ".join(unknown[:3])}
            out.findings.append(Finding(f"unknown_{vocabulary}", "warning", column, count, params))
        values = translate(column, found)
        if vocabulary == "cost_category" and unknown:
            values = pl.when(pl.col(column).is_in(unknown)).then(None).otherwise(values).alias(column)
        out.frame = out.frame.with_columns(values)


def _whole_units(out: Physical) -> None:
    """Values kept in thousands or millions become values: «тыс. руб.» -> «руб.», times 1,000."""
    text = pl.col("unit").str.strip_chars().str.to_lowercase()
    factors = [(size, text.str.contains(rf"^(?:{words})(?:\b|\.|\s|$)")) for size, words in THOUSANDS.items()]
    factor = pl.coalesce(*(pl.when(fits).then(pl.lit(float(size))) for size, fits in factors), pl.lit(1.0))
    rows = out.frame.with_columns(factor.alias("__factor"))
    changed = rows.filter(pl.col("__factor") != 1)
    if changed.is_empty():
        return
    numbers = [c for c in ("value", "target") if c in rows.columns]
    rest = text.str.replace(rf"^(?:{'|'.join(THOUSANDS.values())})\.?\s*", "")
    plain_unit = pl.when(pl.col("__factor") == 1).then("unit").when(rest != "").then(rest)
    out.frame = rows.with_columns(*(pl.col(c) * pl.col("__factor") for c in numbers), unit=plain_unit).drop(
        "__factor"
    )
    params: dict[str, object] = {"n": changed.height, "example": str(changed["unit"].min())}
    out.findings.append(Finding("scaled_values", "info", "unit", changed.height, params))


def _typed(spec: Table, frame: pl.DataFrame, scale: int) -> list[pl.Expr]:
    wanted: list[pl.Expr] = []
    for column in spec.columns:
        if column.name not in frame.columns:
            continue
        if column.kind == "money":
            wanted.append(to_minor(column.name, scale).alias(column.name))
        elif column.kind == "integer":
            wanted.append(pl.col(column.name).round(0).cast(pl.Int32, strict=False))
    return wanted


def _timed(frame: pl.DataFrame, spec: Table) -> pl.DataFrame:
    """Replace every Datetime column by integers, as the module's docstring names them."""
    wanted: list[pl.Expr] = []
    moments = [n for n, dtype in frame.schema.items() if isinstance(dtype, pl.Datetime)]
    for name in moments:
        seconds, day = clock(name)
        stem = name.removesuffix("_at")
        if spec.name == "customers":
            wanted.append(day.alias(f"{stem}_day"))
            continue
        if name in ("sent_at", "at"):
            wanted.append(seconds.alias("ts"))
        elif name.endswith("_at"):
            wanted.append(seconds.alias(f"{stem}_ts"))
        if name == spec.time:
            instead = INSTEAD.get(spec.name, {}).get(name)
            other = clock(instead)[1] if instead in moments else pl.lit(None, dtype=pl.Int32)
            wanted.append(pl.coalesce(day, other).alias("day"))
    return frame.with_columns(wanted).drop(moments)
