"""Between the project document and the loaded data: what a load changes in the document."""

from __future__ import annotations

from crmkpi.engine.data import DataDir
from crmkpi.ingest.files import Entry, read_index
from crmkpi.ingest.load import LoadSettings
from crmkpi.ingest.load_record import read_record
from crmkpi.ingest.receipt import FileReceipt
from crmkpi.project.document import Confirmed, FileRecord, Project
from crmkpi.project.errors import ProjectWithoutDataError
from crmkpi.project.issued import with_list_results
from crmkpi.project.place import Place


def load_settings(project: Project) -> LoadSettings:
    """The project's switches in the form that the load understands."""
    s = project.settings
    return LoadSettings(
        zone=s.zone,
        inactivity_days=s.inactivity_days,
        drop_exact_duplicates=s.drop_exact_duplicates,
        exclude_tests=s.exclude_tests,
        drop_totals=s.drop_totals,
        negatives_as_returns=s.negatives_as_returns,
        base=s.base,
        currency=s.currency_chosen,
        margin_rate=s.margin_rate,
        loyalty_tiers=tuple(s.loyalty_tiers),
        loyalty_floor=s.loyalty_floor,
    )


def data_of(place: Place) -> DataDir:
    """The canonical data; a project without any file is refused with a sentence."""
    if not place.data.tables():
        raise ProjectWithoutDataError(path=place.root.name)
    return place.data


def recorded(project: Project, data: DataDir) -> Project:
    """The document after a load: the files that the tables rest on, their mappings as confirmed, the currency.

    Everything is read from the store, so it is the same whoever loaded. Targets, tree and baselines stay;
    an issued list whose people the load has found gets its entry in the log.
    """
    entries = read_index(data.root).entries
    record = read_record(data.root)
    receipts = {_name(r): r for r in record.receipt.files} if record is not None else {}
    confirmed = dict(project.confirmed) | {e.header_set: _confirmed(e) for e in entries}
    settings = project.settings
    if settings.currency is None and data.tables() and data.meta.currency:
        settings = settings.model_copy(update={"currency": data.meta.currency})
    files = [_record(entry, receipts.get(_name(entry))) for entry in entries]
    updated = project.model_copy(update={"files": files, "confirmed": confirmed, "settings": settings})
    return with_list_results(updated, data)


def _name(one: Entry | FileReceipt) -> tuple[str, str | None, str | None]:
    return one.file, one.member, one.sheet


def _confirmed(entry: Entry) -> Confirmed:
    columns = {c: header for c, header in entry.labels.items() if c not in entry.dimensions}
    return Confirmed(table=entry.table, columns=columns, answers=entry.answers)


def _record(entry: Entry, receipt: FileReceipt | None) -> FileRecord:
    return FileRecord(
        file=entry.file,
        sha256=entry.sha256,
        bytes=entry.bytes,
        member=entry.member,
        sheet=entry.sheet,
        table=entry.table,
        system=entry.system,
        header_set=entry.header_set,
        mapping=_confirmed(entry).columns,
        rows_in=receipt.rows_in if receipt else entry.rows,
        rows_used=receipt.rows_used if receipt else entry.rows,
        rows_rejected=receipt.rows_rejected if receipt else 0,
    )
