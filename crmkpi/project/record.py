"""Between the project document and the loaded data: what a load changes in the document."""

from __future__ import annotations

from crmkpi.engine.data import DataDir
from crmkpi.ingest.file_report import FileReport
from crmkpi.ingest.load import LoadResult, LoadSettings
from crmkpi.project.document import FileRecord, Project
from crmkpi.project.errors import ProjectWithoutDataError
from crmkpi.project.place import Place


def load_settings(project: Project) -> LoadSettings:
    """The project's switches in the form that the load understands."""
    s = project.settings
    return LoadSettings(
        zone=s.zone,
        inactivity_days=s.inactivity_days,
        drop_exact_duplicates=s.drop_exact_duplicates,
        exclude_tests=s.exclude_tests,
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


def recorded(project: Project, result: LoadResult) -> Project:
    """The document after a load: which files the tables rest on and the currency found. Nothing else changes."""
    fresh = [_record(report) for report in result.files if report.loaded and report.table]
    named = {record.identity for record in fresh}
    kept = [f for f in project.files if f.identity not in named and f.sha256 in result.kept_files]
    settings = project.settings
    if result.currency:
        settings = settings.model_copy(update={"currency": result.currency})
    return project.model_copy(update={"files": [*kept, *fresh], "settings": settings})


def _record(report: FileReport) -> FileRecord:
    return FileRecord(
        file=report.file,
        sha256=report.sha256,
        bytes=report.bytes,
        member=report.member,
        sheet=report.sheet,
        table=report.table or "",
        system=report.system,
        header_set=report.header_set,
        mapping=report.mapping,
        rows_in=report.rows_in,
        rows_used=report.rows_used,
        rows_rejected=report.rows_rejected,
    )
