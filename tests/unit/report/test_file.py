"""Writing a report: the kind by its suffix, whole or not at all, the same bytes for the same project."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from crmkpi.i18n import Words
from crmkpi.project.errors import ProjectWithoutDataError
from crmkpi.project.place import Place
from crmkpi.report import ReportOptions, snapshot, write
from crmkpi.report.options import (
    ReportColourError,
    ReportFolderError,
    ReportFormatError,
    ReportLogoError,
    ReportUnknownKpiError,
)

KINDS = ("html", "pdf", "pptx", "xlsx")
ALL = ["verdict", "why", "tree", "kpis", "next", "quality", "definitions", "method"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_project_gives_the_same_bytes(kind, place, made, tmp_path):
    from tests.unit.report.conftest import logo

    again = tmp_path / f"again.{kind.upper()}"
    said = write(place, again, Words("ru"), ReportOptions(logo=logo()))
    assert again.read_bytes() == made(kind)
    assert said == {"file": again.name, "bytes": again.stat().st_size, "sections": ALL}
    assert [p.name for p in tmp_path.iterdir()] == [again.name]


@pytest.mark.parametrize("kind", KINDS)
def test_a_project_without_targets_still_tells_what_happened_and_why(kind, bare, tmp_path):
    said = write(bare, tmp_path / f"r.{kind}", Words("en"))
    assert "tree" in said["sections"] and "why" in said["sections"]
    assert "verdict" not in said["sections"] and "kpis" not in said["sections"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_tree_that_cannot_be_shown_is_said_and_the_rest_stands(kind, place, tmp_path):
    root = tmp_path / "p"
    shutil.copytree(place.root, root)
    moved = Place(root)
    project = moved.read()
    moved.write(project.model_copy(update={"tree": project.tree.model_copy(update={"period": "1999-01"})}))
    said = write(moved, tmp_path / f"r.{kind}", Words("en"))
    assert "tree" not in said["sections"] and "verdict" in said["sections"]
    assert "1999-01" in (snapshot(moved, Words("en"))["no_tree"] or "")


def test_a_project_without_data_is_refused_with_its_own_sentence(tmp_path):
    with pytest.raises(ProjectWithoutDataError):
        write(Place(tmp_path / "empty"), tmp_path / "r.html", Words("ru"))
    assert list(tmp_path.iterdir()) == []


def test_unknown_kind_and_missing_folder_are_named(place, tmp_path):
    with pytest.raises(ReportFormatError) as wrong:
        write(place, tmp_path / "r.docx", Words("ru"))
    assert wrong.value.params == {"suffix": ".docx", "known": "html, pdf, pptx, xlsx"}
    with pytest.raises(ReportFolderError):
        write(place, tmp_path / "nowhere" / "r.html", Words("ru"))


def test_choices_are_checked_before_any_work():
    with pytest.raises(ReportColourError):
        ReportOptions(colour="red;}body{display:none")
    with pytest.raises(ReportLogoError):
        ReportOptions(logo=b"<svg onload=alert(1)>")
    with pytest.raises(ReportLogoError):
        ReportOptions(logo=b"\x89PNG\r\n\x1a\n" + bytes(2_000_001))


def test_only_the_chosen_kpis_are_told(place, tmp_path):
    found = snapshot(place, Words("en"), ReportOptions(kpis=("aov",)))
    assert [row["gap"]["name"] for row in found["verdict"]["rows"]] == ["Average order value"]
    with pytest.raises(ReportUnknownKpiError) as wrong:
        write(place, tmp_path / "r.html", Words("en"), ReportOptions(kpis=("nps",)))
    assert wrong.value.params == {"name": "nps", "known": "aov, orders_count"}


def test_a_snapshot_holds_no_file_no_document_and_no_customer(place):
    import json

    text = json.dumps(snapshot(place, Words("ru")), ensure_ascii=False)
    assert "orders.csv" not in text
    assert '"K00' not in text
    assert json.loads(text)["receipt"] is None


def test_no_temporary_file_stays_when_writing_fails(place, tmp_path, monkeypatch):
    def broken(self: Path, *args: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("crmkpi.report.file.os.replace", broken)
    with pytest.raises(OSError, match="disk full"):
        write(place, tmp_path / "r.html", Words("ru"))
    assert list(tmp_path.iterdir()) == []
