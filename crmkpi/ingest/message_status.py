"""A message log with one status column: unfolded into sent, delivered, opened, clicked, bounced and so on.

Two shapes. One row a message with its last (or best) status: a click says that the message was opened and
delivered too. Or several rows a message, one an event: they are gathered into one message first. Which of the two a
file is shows in what stands before a click: in a log of events the same message's opening. Words that nobody
understands are asked about when they are more than a few rows, and say nothing about their message otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from crmkpi.ingest.cells import filled
from crmkpi.ingest.clean import CleanTable
from crmkpi.ingest.message_events import gathered, log_share
from crmkpi.ingest.message_words import NOT_SENT, WORD
from crmkpi.ingest.profile import ColumnProfile, typed
from crmkpi.ingest.quality import finding
from crmkpi.ingest.questions import Question, answer_to, worded
from crmkpi.ingest.text_table import Finding, TextTable
from crmkpi.ingest.vocabulary import meaning, understood

ROWS = "message_rows"
OF_ROWS = ("message", "event")
NOTHING = "other"
OPTIONS = (
    "sent", "delivered", "opened", "clicked", "bounced", "unsubscribed", "complained", NOT_SENT, NOTHING,
)  # fmt: skip
BOUNCES = frozenset({"bounced", "soft", "hard"})
BASE = BOUNCES | {"sent", "delivered"}
# fewer rows than this share of the file change no rate that a person would notice
FEW = 0.01
MOST_WORDS = 8
# an event log has an opening before (nearly) every click; a list of last statuses has one by accident only
SURELY, HARDLY = 0.8, 0.5
STEP = "__step"


def status_questions(
    text: TextTable, profiles: Sequence[ColumnProfile], mapping: Mapping[str, str], answers: Mapping[str, str]
) -> list[Question]:
    """What the frequent unknown words mean, and whether a row is a message or an event where rows do not tell."""
    if "status" not in mapping:
        return []
    by_name = {p.name: p for p in profiles}
    cells = text.frame.lazy().select(_cell(by_name[h], c) for c, h in mapping.items() if c in _READ).collect()
    counts = cells["status"].drop_nulls().value_counts(name="n").sort("n", "status", descending=[True, False])
    strange = counts.filter(pl.col("status").map_elements(_strange, return_dtype=pl.Boolean))
    found = [
        Question(WORD, word, OPTIONS, NOTHING if n < FEW * cells.height else None, True, {"x": word, "n": n})
        for word, n in strange.head(MOST_WORDS).iter_rows()
    ]
    share = log_share(_with_steps(cells, answers))
    if share is not None and HARDLY < share < SURELY:
        found.append(Question(ROWS, mapping["status"], OF_ROWS, None, True, {"column": mapping["status"]}))
    return found


_TIMES = ("sent_at", "event_at")
_READ = ("status", "customer_id", "message_id", "campaign_id", *_TIMES)


def _cell(column: ColumnProfile, canonical: str) -> pl.Expr:
    read = typed(column, "datetime") if canonical in _TIMES else filled(pl.col(column.name))
    return read.alias(canonical)


def _strange(word: str) -> bool:
    return meaning(WORD, word) is None


def _with_steps(frame: pl.DataFrame, answers: Mapping[str, str]) -> pl.DataFrame:
    """The rows with what each status says under `__step` (null: blank or unknown)."""
    words = frame["status"].drop_nulls().unique().to_list()
    known = {w: worded(answers, WORD, w, m) for w, m in understood(WORD, words).items()}
    said = {w: s for w, s in known.items() if s is not None and s != NOTHING}
    step = pl.col("status").replace_strict(said, default=None, return_dtype=pl.String)
    return frame.with_columns(step.alias(STEP))


def unfolded(
    table: CleanTable, answers: Mapping[str, str], status_header: str
) -> tuple[CleanTable, list[Finding]]:
    """The messages with flags instead of their status; flags that the file has itself are left alone.

    Rows of messages that were never sent (queued, suppressed) are left out and counted.
    """
    frame = _with_steps(table.frame, answers)
    unknown = frame.filter(pl.col("status").is_not_null() & pl.col(STEP).is_null())
    examples = ", ".join(unknown["status"].unique().sort().head(4))
    share = log_share(frame)
    answer = answer_to(answers, ROWS, status_header)
    log = answer == "event" if answer in OF_ROWS else share is not None and share >= SURELY
    before = frame.height
    frame = gathered(frame) if log else _single(frame)
    joined = before - frame.height if log else 0
    waiting = pl.col("__said").list.eval(pl.element() != NOT_SENT).list.any().fill_null(True)
    kept = frame.filter(waiting | (pl.col("__said").list.len() == 0))
    made = _flags(kept, log)
    steps = set(frame["__said"].explode().drop_nulls())
    out = finding("status_unfolded", "info", kept.height, None, (), column=status_header)
    out += finding("events_gathered", "info", joined, None, (), column=status_header, messages=frame.height)
    out += finding("unknown_message_status", "warning", unknown.height, examples, ("open_rate",))
    out += finding("messages_not_sent", "info", frame.height - kept.height, None, ())
    if not steps & BASE:
        out += finding("only_engaged_rows", "warning", kept.height, None, ("delivery_rate", "open_rate"))
    fresh = [c for c in made.columns if c not in kept.columns]
    labels = {c: h for c, h in table.labels.items() if c != "status" and c in made.columns}
    labels |= dict.fromkeys(fresh, status_header)
    return replace(
        table, frame=made.drop("status", STEP, "__said", "__last", strict=False), labels=labels
    ), out


def _single(frame: pl.DataFrame) -> pl.DataFrame:
    """Each row is a message: it said one thing. A time of its event is the time of that status, and no trigger's."""
    out = frame.with_columns(
        pl.concat_list(pl.col(STEP)).list.drop_nulls().alias("__said"),
        pl.when(pl.col(STEP).is_in(list(BASE))).then(pl.col(STEP)).alias("__last"),
    )
    if "event_at" not in out.columns:
        return out
    if "clicked_at" not in out.columns:
        out = out.with_columns(pl.when(pl.col(STEP) == "clicked").then("event_at").alias("clicked_at"))
    return out.drop("event_at")


def _flags(frame: pl.DataFrame, log: bool) -> pl.DataFrame:
    """delivered, bounced, opened, clicked, unsubscribed, complained, converted, bounce_kind: Int8 0/1, null where
    the status does not say, only those that the file's words can tell and it does not have itself."""
    said = pl.col("__said")
    steps = set(frame["__said"].explode().drop_nulls())
    own = set(frame.columns)

    def has(*names: str) -> pl.Expr:
        return pl.any_horizontal(said.list.contains(name) for name in names)

    def held(name: str) -> pl.Expr:
        return (pl.col(name) == 1).fill_null(False) if name in own else pl.lit(False)

    known = said.list.len() > 0
    clicked = has("clicked", "converted") | held("clicked")
    opened = has("opened") | clicked | held("opened")
    bounced = pl.col("__last").is_in(list(BOUNCES)).fill_null(False) & ~opened
    came = (opened | has("delivered", "unsubscribed", "complained")) & ~bounced
    # the last status of one who left hides whether the message was opened
    hidden = pl.lit(False) if log else has("unsubscribed", "complained") & ~opened
    claims = {
        "bounced": (bounced, known, bool(steps & BOUNCES)),
        "opened": (opened, known & ~hidden, bool(steps & {"opened", "clicked", "converted"})),
        "clicked": (clicked, known & ~hidden, "clicked" in steps),
        "unsubscribed": (has("unsubscribed"), known, "unsubscribed" in steps),
        "complained": (has("complained"), known, "complained" in steps),
        "converted": (has("converted"), known, "converted" in steps),
    }
    if "delivered" in steps:
        claims["delivered"] = (came, known, True)
    elif not steps & BASE:
        # nobody wrote down what was sent: that all of it arrived is not known
        claims["delivered"] = (came, pl.lit(False), bool(steps))
    made = {
        name: pl.when(when).then(claim.cast(pl.Int8))
        for name, (claim, when, told) in claims.items()
        if told and name not in own
    }
    if steps & {"soft", "hard"} and "bounce_kind" not in own:
        made["bounce_kind"] = pl.when(bounced & pl.col("__last").is_in(["soft", "hard"])).then("__last")
    return frame.with_columns(**made)
