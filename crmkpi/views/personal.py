"""Personal data in a file before the load: what is not loaded, and what a person decides about the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crmkpi.engine.data import DataDir
from crmkpi.i18n import Words
from crmkpi.ingest.files import read_index
from crmkpi.ingest.privacy import hashed
from crmkpi.tables import TABLES

# order in which kinds of personal data are named
KINDS = ("email", "phone", "name", "address", "birth_date", "passport", "tax_id", "card")
KEY = "customer_id"


@dataclass(frozen=True)
class PersonalChoice:
    """A personal column that is used. `done`: drop, hash or keep; `options`: what may be chosen instead (a column
    without which the file cannot be loaded cannot be dropped); `key`: it names the customer."""

    column: str
    label: str
    text: str
    done: str
    options: tuple[str, ...]
    key: bool


@dataclass(frozen=True)
class PersonalColumns:
    """`dropped`: one sentence on the columns that are left out ("" without any); `choices`: those that are used."""

    dropped: str
    choices: tuple[PersonalChoice, ...]


def personal_columns(report: Mapping[str, Any], t: Words) -> PersonalColumns:
    """What the load will do with personal data, from an entry of the worker's `preview`."""
    found: Mapping[str, str] = report.get("personal", {})
    done: Mapping[str, str] = report.get("privacy", {})
    rank = {kind: n for n, kind in enumerate(KINDS)}
    ordered = sorted(found.items(), key=lambda one: rank.get(one[1], len(KINDS)))
    left = [
        t("privacy.column", column=column, kind=t(f"personal.{kind}"))
        for column, kind in ordered
        if column not in done
    ]
    dropped = t("privacy.drop_text", columns=", ".join(left)) if left else ""
    choices = [_choice(column, found.get(column, "name"), done[column], report, t) for column in done]
    return PersonalColumns(dropped, tuple(choices))


def _choice(column: str, kind: str, done: str, report: Mapping[str, Any], t: Words) -> PersonalChoice:
    canonical = next((c for c, source in report["mapping"].items() if source == column), None)
    spec = TABLES[report["table"]].column(canonical) if canonical and report["table"] else None
    options = ("hash", "keep") if spec is not None and spec.required else ("hash", "keep", "drop")
    return PersonalChoice(
        column,
        t("privacy.choice", column=column),
        t(f"privacy.{done}_text", column=column, kind=t(f"personal.{kind}")),
        done,
        options,
        canonical == KEY,
    )


def list_note(data: DataDir, t: Words) -> str:
    """What a customer list cannot hold: the sentence where customers are known by fingerprints, else ""."""
    return t("privacy.list_hashed") if hashed(read_index(data.root).entries) else ""
