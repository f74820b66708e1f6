"""What the last load said, kept beside the tables (`load.json`): receipt, bridge, findings, sums, settings."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path

import polars as pl
from pydantic import TypeAdapter, ValidationError

from crmkpi.engine.data import DamagedDataError
from crmkpi.ingest.bridge import BridgeStep
from crmkpi.ingest.build import Built
from crmkpi.ingest.changes import Changes
from crmkpi.ingest.load_settings import LoadSettings
from crmkpi.ingest.receipt import Receipt
from crmkpi.ingest.switches import SwitchEffect, Verdict, verdict
from crmkpi.ingest.text_table import Finding
from crmkpi.tables import TABLES

RECORD = "load.json"
SUMMED = ("money", "number", "integer")


@dataclass(frozen=True)
class Loaded:
    """One canonical table as it stands now: rows, first and last day, customers, sums of its number columns
    (money in currency)."""

    table: str
    rows: int
    first: date | None
    last: date | None
    customers: int | None
    sums: dict[str, float | None]

    def as_dict(self) -> dict[str, object]:
        """As in cli.md: from and to are ISO dates."""
        return {
            "table": self.table,
            "rows": self.rows,
            "from": self.first.isoformat() if self.first else None,
            "to": self.last.isoformat() if self.last else None,
            "customers": self.customers,
            "sums": self.sums,
        }


@dataclass
class LoadRecord:
    """The outcome of the last load that wrote something."""

    settings: LoadSettings
    loaded: list[Loaded] = field(default_factory=list)
    receipt: Receipt = field(default_factory=Receipt)
    bridge: list[BridgeStep] = field(default_factory=list)
    switches: list[SwitchEffect] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    currency: str | None = None
    # what the last load that changed rows did to data that were there; a flipped switch is no load
    changes: Changes | None = None

    @classmethod
    def of(cls, built: Built, settings: LoadSettings, changed: Changes | None = None) -> LoadRecord:
        """The record of what was just built."""
        return cls(
            settings,
            loaded_of(built),
            built.receipt,
            built.bridge,
            built.switches,
            built.findings,
            built.currency,
            changed,
        )

    @property
    def verdict(self) -> Verdict:
        """What to think of the loaded data: findings of the rows and of the files that they came from."""
        return verdict([*self.findings, *(f for one in self.receipt.files for f in one.findings)])

    def switched_as(self, settings: LoadSettings) -> bool:
        """Whether these settings give the same tables. A project that has noted the currency which the load
        found, and hands it back, has changed nothing."""
        same = replace(settings, currency=None) == replace(self.settings, currency=None)
        return same and (settings.currency or self.currency) == (self.settings.currency or self.currency)


_RECORD: TypeAdapter[LoadRecord] = TypeAdapter(LoadRecord)


def write_record(root: Path, record: LoadRecord) -> None:
    """Save the record in the data directory."""
    (root / RECORD).write_bytes(_RECORD.dump_json(record, indent=1, fallback=str))


def read_record(root: Path) -> LoadRecord | None:
    """The record of the last load, None where nothing was loaded; DamagedDataError if unreadable."""
    path = root / RECORD
    if not path.exists():
        return None
    try:
        return _RECORD.validate_json(path.read_bytes())
    except ValidationError as error:
        raise DamagedDataError(path=RECORD, detail=error.errors()[0]["msg"]) from error


def loaded_of(built: Built) -> list[Loaded]:
    """Every canonical table that was built, orders first."""
    order = ["orders", "returns", *TABLES]
    return [_loaded(name, built) for name in dict.fromkeys(order) if name in built.frames]


def _loaded(name: str, built: Built) -> Loaded:
    frame = built.frames[name]
    own = "registered_day" if name == "customers" else "day"
    days = frame[own].drop_nulls() if own in frame.columns else pl.Series([], dtype=pl.Int32)
    ends = days.cast(pl.Date) if days.len() else None
    spec = TABLES.get(name)
    kinds = {c.name: c.kind for c in spec.columns} if spec is not None else {}
    kinds["amount"] = "money"
    sums: dict[str, float | None] = {}
    for column, kind in kinds.items():
        if column in frame.columns and kind in SUMMED:
            known = frame[column].drop_nulls()
            total = known.sum() if known.len() else None
            sums[column] = None if total is None else float(total / built.scale if kind == "money" else total)
    customers = int(frame["cust"].drop_nulls().n_unique()) if "cust" in frame.columns else None
    first = ends.min() if ends is not None else None
    last = ends.max() if ends is not None else None
    assert first is None or isinstance(first, date)
    assert last is None or isinstance(last, date)
    return Loaded(name, frame.height, first, last, customers, sums)


def as_json(record: LoadRecord) -> dict[str, object]:
    """JSON form of the parts that the command line prints."""
    return {
        "receipt": record.receipt.as_dict(),
        "bridge": [step.as_dict() for step in record.bridge],
        "loaded": [one.as_dict() for one in record.loaded],
        "settings": asdict(record.settings),
    }
