"""What becomes of personal data: a column is dropped, replaced by fingerprints, or kept because somebody said so.

By default nothing personal is imported; where an e-mail, a phone or a name is the only key of the customer, its
fingerprint is (fingerprints.py). The answer `personal:<column>` = drop, hash or keep decides otherwise, on the
screen and in `--answers`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, cast

import polars as pl

from crmkpi.ingest.clean import CleanTable
from crmkpi.ingest.file_report import FileReport
from crmkpi.ingest.files import Entry
from crmkpi.ingest.fingerprints import fingerprinted
from crmkpi.ingest.loading_errors import BadAnswerError
from crmkpi.ingest.nobody import NUMBERS, WORDS, nobody_of, nobody_told
from crmkpi.ingest.quality import finding
from crmkpi.ingest.questions import answer_to
from crmkpi.ingest.rejected import masked
from crmkpi.ingest.text_table import Finding

CODE = "personal"
DROP, HASH, KEEP = "drop", "hash", "keep"
Policy = Literal["drop", "hash", "keep"]
POLICIES: tuple[Policy, ...] = ("drop", "hash", "keep")
KEY = "customer_id"
NOBODY = WORDS | NUMBERS


@dataclass(frozen=True)
class Secret:
    """How a load treats personal keys: the project's key, and what is done where nobody has decided."""

    key: bytes
    default: Policy = "hash"


def usual_policy(entries: Iterable[Entry]) -> Policy:
    """What the project does with personal keys: new files follow the loaded ones, or they would not join."""
    decided = [v for e in entries for k, v in e.answers.items() if k.startswith(f"{CODE}:")]
    return "keep" if KEEP in decided and HASH not in decided else "hash"


def hashed(entries: Iterable[Entry]) -> bool:
    """Whether a file of these holds fingerprints, so that the key must be kept."""
    return any(k.startswith(f"{CODE}:") and v == HASH for e in entries for k, v in e.answers.items())


def without_dropped(report: FileReport) -> None:
    """Take columns that somebody has dropped out of the mapping; BadAnswerError for an answer that is none."""
    for column in {*report.mapping.values(), *report.dimensions.values()}:
        given = answer_to(report.answers, CODE, column)
        if given is not None and given not in POLICIES:
            known = ", ".join(POLICIES)
            raise BadAnswerError(file=report.file, question=f"{CODE}:{column}", answer=given, known=known)
        if given == DROP:
            report.mapping = {k: v for k, v in report.mapping.items() if v != column}
            report.dimensions = {k: v for k, v in report.dimensions.items() if v != column}


def policies(report: FileReport, default: Policy = "hash") -> dict[str, Policy]:
    """Personal columns that are used -> what is done with them. Only the customer's key is hashed unasked: another
    personal column is used because a person has chosen it."""
    found: dict[str, Policy] = {}
    for canonical, column in [*report.mapping.items(), *report.dimensions.items()]:
        given = answer_to(report.answers, CODE, column)
        if given is not None:
            found[column] = cast(Policy, given)
        elif column in report.pii:
            found[column] = default if canonical == KEY else "keep"
    return found


def protected(
    report: FileReport, table: CleanTable, frame: pl.DataFrame, secret: Secret
) -> tuple[pl.DataFrame, dict[str, str]]:
    """The rows with fingerprints in place of what is hashed, and the decisions as answers (`personal:<column>`).

    E-mails in the customer's column are hashed wherever they stand, also where the column did not look like one
    of e-mails. Adds what was done to the report.
    """
    decided = dict(policies(report, secret.default))
    for name, column in table.labels.items():
        if name not in frame.columns or frame[name].dtype != pl.String:
            continue
        mails = frame[name].str.contains("@", literal=True)
        stray = name == KEY and column not in decided and secret.default == HASH and bool(mails.any())
        if decided.get(column) != HASH and not stray:
            continue
        made = fingerprinted(frame[name], secret.key, _spare(frame[name], report))
        if stray:
            decided[column] = "hash"
            made = pl.select(pl.when(mails).then(made).otherwise(frame[name]).alias(name)).to_series()
        frame = frame.with_columns(made)
    for column, done in decided.items():
        count = next((p.filled for p in report.columns if p.name == column), 1)
        code = "personal_hashed" if done == HASH else "personal_kept"
        report.issues += finding(code, "info", count, None, (), column=column)
    report.issues = [_masked(f, report.pii) for f in report.issues]
    return frame, {f"{CODE}:{column}": done for column, done in decided.items()}


def _spare(values: pl.Series, report: FileReport) -> frozenset[str]:
    """Values that stand for nobody keep their text, so that the build finds them: words, addresses like guest@ and
    what a person called nobody. As fingerprints they would be one giant customer."""
    found = nobody_of(values.rename(KEY), nobody_told(report.answers))
    return NOBODY | {value.strip().casefold() for value in found}


def mixed(entries: Sequence[Entry]) -> list[Finding]:
    """A warning where some files keep customers' addresses and others only their fingerprints: they do not join."""
    by_done: dict[str, list[str]] = {}
    for entry in entries:
        source = entry.labels.get(KEY)
        done = entry.answers.get(f"{CODE}:{source}")
        if done in (HASH, KEEP):
            by_done.setdefault(done, []).append(entry.file)
    if len(by_done) < len((HASH, KEEP)):
        return []
    files = {name: ", ".join(dict.fromkeys(by_done[name])) for name in (HASH, KEEP)}
    return finding("personal_mixed", "warning", len(by_done[HASH]), None, ("active_customers",), **files)


def _masked(found: Finding, private: Mapping[str, str]) -> Finding:
    """A remark on a personal column, and any other, tells no address and no number of a person."""
    params = {k: masked(v) if isinstance(v, str) else v for k, v in found.params.items()}
    if found.column in private and "example" in params:
        params["example"] = masked(str(params["example"]), whole=True)
    return replace(found, params=params)
