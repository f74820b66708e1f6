"""What is special about known exports, and what only the rows of a plain export can show.

`won_by_stage`: CRMs date the closing of lost (and even open) deals too, so the stage says which are won.
`amount_per_interval`: a yearly price is no monthly revenue. `rows_of_services`: a marketplace's report holds
logistics and fines beside sales, and returns as positive rows. `total_on_first_line`, `total_repeated`: an
order's total counts once. `already_net`: the amount is without shipping. Where the texts are not understood, a
question is asked; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from crmkpi.ingest.amounts import CODE as SHIPPING
from crmkpi.ingest.amounts import NO
from crmkpi.ingest.cells import filled
from crmkpi.ingest.clean import CleanTable
from crmkpi.ingest.column_names import words
from crmkpi.ingest.message_status import status_questions, unfolded
from crmkpi.ingest.profile import ColumnProfile
from crmkpi.ingest.quality import finding
from crmkpi.ingest.questions import Question, answer_to, worded
from crmkpi.ingest.repeats import CODE as REPEATS
from crmkpi.ingest.survey_kind import kind_questions
from crmkpi.ingest.text_table import Finding, TextTable
from crmkpi.ingest.vocabulary import meaning, understood

WON_STAGE, INTERVAL, PER_PERIOD = "won_stage", "interval_months", "mrr_period"
MOST_STAGES = 30
# what belongs to the order, and the share of orders whose first line alone says it
OF_ORDER, FIRST_LINE_ONLY = ("status", "customer_id", "ordered_at", "currency", "channel", "promo_code"), 0.95
DAYS_A_MONTH = 365.25 / 12
STAGE = re.compile(
    r"(?:deal ?|opportunity ?|lead ?)?(?:stage(?: name)?|status)|(?:этап|стадия|статус)(?: сделки| лида)?",
    re.IGNORECASE,
)
CLOSED = re.compile(r".*(?:clos|закры|заверш).*", re.IGNORECASE)
EVERY = re.compile(
    r"(?:billing |plan |price |payment )?(?:interval|billing (?:period|cycle|frequency)|frequency)|периодичность.*"
    r"|период (?:оплаты|списания|тарифа)|срок (?:оплаты|подписки)|интервал.*",
    re.IGNORECASE,
)
EVERY_COUNT = re.compile(r"(?:billing |plan )?interval count", re.IGNORECASE)
MONTHLY = re.compile(r".*(?:mrr|month|мес|абонплата|абонентская).*", re.IGNORECASE)
# the price of a subscription may be paid for months at once; the product wants it by the month
PERIODS = ("1", "3", "6", "12")
SALE_ROWS, RETURN_ROWS = ("продажа", "sale"), ("возврат", "return")


def fixed_answers(rules: Sequence[str]) -> dict[str, str]:
    """What a known export settles by itself: question code -> answer."""
    fixed: dict[str, str] = {}
    if "total_on_first_line" in rules or "total_repeated" in rules:
        fixed[REPEATS] = "once"
    if "already_net" in rules:
        fixed[SHIPPING] = NO
    return fixed


def rule_questions(
    table: str | None,
    text: TextTable,
    profiles: Sequence[ColumnProfile],
    mapping: Mapping[str, str],
    answers: Mapping[str, str],
) -> list[Question]:
    """Questions on stages, billing intervals and statuses of messages whose texts nobody understands."""
    if table == "messages":
        return status_questions(text, profiles, mapping, answers)
    if table == "leads":
        return _stage_question(text, mapping)
    if table == "surveys":
        return kind_questions(text, profiles, mapping)
    if table == "subscriptions" and "mrr" in mapping:
        return _interval_questions(text, mapping)
    return []


def ruled(
    table: CleanTable, text: TextTable, rules: Sequence[str], answers: Mapping[str, str]
) -> tuple[CleanTable, list[Finding]]:
    """The table with its special rules applied, and what was done. Rows keep their numbers; services go."""
    if table.table == "leads":
        return _won_by_stage(table, text, answers)
    if table.table == "subscriptions":
        return _by_month(table, text, answers)
    if table.table == "messages" and "status" in table.frame.columns:
        return unfolded(table, answers, table.labels["status"])
    if "rows_of_services" in rules:
        return _without_services(table)
    return (_filled_down(table), []) if table.table == "order_lines" else (table, [])


def _filled_down(table: CleanTable) -> CleanTable:
    """Lines with what their order says on its first line only (status, customer, date): a cancelled order is
    cancelled in all its lines. Columns with blanks of any other pattern stay as they are."""
    names = [c for c in OF_ORDER if c in table.frame.columns and table.frame[c].has_nulls()]
    if not names or "order_id" not in table.frame.columns:
        return table
    known = table.frame.filter(pl.col("order_id").is_not_null())
    several = known.filter(pl.len().over("order_id") > 1).group_by("order_id", maintain_order=True)
    said = several.agg(
        (pl.col(c).first().is_not_null() & (pl.col(c).count() == 1) | (pl.col(c).count() == 0)).alias(c)
        for c in names
    )
    firsts = [c for c in names if said.height and int(said[c].sum()) >= FIRST_LINE_ONLY * said.height]
    down = [pl.col(c).fill_null(pl.col(c).first().over("order_id")) for c in firsts]
    return replace(table, frame=table.frame.with_columns(down))


def _column(text: TextTable, pattern: re.Pattern[str], used: Sequence[str] = ()) -> str | None:
    """The first free column whose header says this, however it is written: Deal Stage, deal_stage, DealStage."""
    spellings = ((c, (c.strip(), " ".join(words(c)))) for c in text.columns if c not in used)
    return next((c for c, said in spellings if any(map(pattern.fullmatch, said))), None)


def _mapped(table: CleanTable) -> dict[str, str]:
    """Canonical column -> header; a stage or an interval may also be kept as a dimension."""
    return {c: h for c, h in table.labels.items() if c not in table.dimensions}


def _distinct(text: TextTable, column: str) -> list[str]:
    cells = text.frame.lazy().select(filled(pl.col(column)).alias("v")).unique().collect()["v"]
    return sorted(cells.drop_nulls())


# deals -----------------------------------------------------------------------------------------------------
def _stage_column(text: TextTable, mapping: Mapping[str, str]) -> str | None:
    closing = mapping.get("won_at")
    if closing is None or not CLOSED.fullmatch(closing):
        return None
    return _column(text, STAGE, tuple(mapping.values()))


def _stage_question(text: TextTable, mapping: Mapping[str, str]) -> list[Question]:
    column = _stage_column(text, mapping)
    if column is None:
        return []
    stages = _distinct(text, column)
    if not stages or len(stages) > MOST_STAGES or "won" in understood("deal_stage", stages).values():
        return []
    return [Question(WON_STAGE, column, tuple(stages), None, True, {})]


def _won_by_stage(
    table: CleanTable, text: TextTable, answers: Mapping[str, str]
) -> tuple[CleanTable, list[Finding]]:
    column = _stage_column(text, _mapped(table))
    if column is None or "won_at" not in table.frame.columns:
        return table, []
    chosen = answer_to(answers, WON_STAGE, column)
    stages = {s: meaning("deal_stage", s) for s in _distinct(text, column)}
    won = [s for s, m in stages.items() if (s == chosen if chosen is not None else m == "won")]
    lost = [s for s, m in stages.items() if m == "lost" and s not in won]
    cells = text.frame.lazy().select(filled(pl.col(column)).alias("__stage")).collect()["__stage"]
    closed = pl.col("won_at")
    lost_at: pl.Expr = pl.when(pl.col("__stage").is_in(lost)).then(closed)
    if "lost_at" in table.frame.columns:
        lost_at = pl.coalesce("lost_at", lost_at)
    frame = table.frame.with_columns(cells)
    aside = frame.filter(closed.is_not_null() & ~pl.col("__stage").is_in(won).fill_null(False)).height
    frame = frame.with_columns(
        lost_at.alias("lost_at"), pl.when(pl.col("__stage").is_in(won)).then(closed).alias("won_at")
    )
    labels = dict(table.labels)
    labels.setdefault("lost_at", table.labels["won_at"])
    found = finding("won_by_stage", "info", aside, ", ".join(won) or None, ("lead_win_rate",), column=column)
    return replace(table, frame=frame.drop("__stage"), labels=labels), found


# subscriptions ---------------------------------------------------------------------------------------------
def _interval_questions(text: TextTable, mapping: Mapping[str, str]) -> list[Question]:
    column = _column(text, EVERY, tuple(mapping.values()))
    if column is None:
        if MONTHLY.fullmatch(mapping["mrr"]):
            return []
        return [Question(PER_PERIOD, mapping["mrr"], PERIODS, "1", True, {})]
    strange = [v for v, months in understood("interval", _distinct(text, column)).items() if months is None]
    return [Question(INTERVAL, value, PERIODS, None, True, {"x": value}) for value in strange[:MOST_STAGES]]


def _months(value: str) -> float:
    return int(value[1:]) / DAYS_A_MONTH if value.startswith("d") else float(value)


def _by_month(
    table: CleanTable, text: TextTable, answers: Mapping[str, str]
) -> tuple[CleanTable, list[Finding]]:
    """mrr = amount / months that it pays for."""
    column = _column(text, EVERY, tuple(_mapped(table).values()))
    if "mrr" not in table.frame.columns:
        return table, []
    if column is None:
        months = pl.lit(float(answer_to(answers, PER_PERIOD, table.labels["mrr"]) or 1.0))
        frame = table.frame.with_columns(months.alias("__months"))
    else:
        known = {
            text_: _months(value)
            for text_, found in understood("interval", _distinct(text, column)).items()
            if (value := worded(answers, INTERVAL, text_, found)) is not None
        }
        frame = table.frame.with_columns(_interval_cells(text, column, known))
    unknown = frame.filter(pl.col("__months").is_null() & (pl.col("mrr") != 0)).height
    changed = frame.filter((pl.col("__months") - 1).abs() > 1e-9).height
    # a hundredth of a cent: more would only force the whole store to a finer scale
    frame = frame.with_columns((pl.col("mrr") / pl.col("__months")).round(4).alias("mrr")).drop("__months")
    out = finding("interval_spread", "info", changed, None, ("mrr",), column=column or table.labels["mrr"])
    out += finding("interval_unknown", "warning", unknown, None, ("mrr",), column=column)
    return replace(table, frame=frame), out


def _interval_cells(text: TextTable, column: str, known: Mapping[str, float]) -> pl.Series:
    months = filled(pl.col(column)).replace_strict(dict(known), default=None, return_dtype=pl.Float64)
    count = _column(text, EVERY_COUNT)
    if count is not None:
        months = months * filled(pl.col(count)).cast(pl.Float64, strict=False).fill_null(1.0)
    return text.frame.lazy().select(months.alias("__months")).collect()["__months"]


# marketplaces ----------------------------------------------------------------------------------------------
def _without_services(table: CleanTable) -> tuple[CleanTable, list[Finding]]:
    """Sales and returns only; returns take back what they say."""
    if "status" not in table.frame.columns:
        return table, []
    text = pl.col("status").str.to_lowercase().str.strip_chars()
    sale = text.is_in(list(SALE_ROWS))
    back = text.is_in(list(RETURN_ROWS))
    kept = table.frame.filter((sale | back).fill_null(False))
    if kept.is_empty():
        return table, []
    gone = table.frame.filter(~(sale | back).fill_null(False))
    minus = [
        pl.when(back).then(-pl.col(c).abs()).otherwise(pl.col(c)).alias(c)
        for c in ("quantity", "line_amount")
        if c in kept.columns
    ]
    others = ", ".join(gone["status"].drop_nulls().unique().sort().head(4))
    # the words have done their work: a return row is no refunded sale
    kept = kept.with_columns(minus).drop("status")
    labels = {c: h for c, h in table.labels.items() if c != "status"}
    return replace(table, frame=kept, labels=labels), finding("service_rows", "info", gone.height, others, ())
