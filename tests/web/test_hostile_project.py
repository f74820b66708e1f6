"""Hostile project files that no other test holds: twin names, endless depth. The drafts stay as they were."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from crmkpi.errors import CrmKpiError
from crmkpi.project.document import Project
from crmkpi.project.drafts import Drafts
from crmkpi.project.file import FORMAT, FORMAT_VERSION, MANIFEST

DEPTH = 10_000


def made(path: Path, entries: list[tuple[str, bytes]]) -> Path:
    """A file with a manifest that fits its entries, so that only what is odd about them can be refused."""
    listed = {name: {"sha256": hashlib.sha256(x).hexdigest(), "bytes": len(x)} for name, x in entries}
    manifest = {"format": FORMAT, "version": FORMAT_VERSION, "entries": listed}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries:
            archive.writestr(name, content)
        archive.writestr(MANIFEST, json.dumps(manifest))
    return path


def refused(home: Path, source: Path) -> None:
    drafts = Drafts(home)
    with pytest.raises(CrmKpiError):
        drafts.import_file(source)
    assert drafts.entries() == [] and not list(drafts.folder.glob("*"))


def test_a_fair_file_made_by_hand_opens(tmp_path):
    source = made(tmp_path / "a.crmkpi", [("project.json", Project(name="A").model_dump_json().encode())])
    assert Drafts(tmp_path / "home").import_file(source).name == "A"


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("twin", ["project.json", "PROJECT.json", "Project.Json"])
def test_twin_names_are_refused(tmp_path, twin):
    document = Project().model_dump_json().encode()
    source = made(tmp_path / "a.crmkpi", [("project.json", document), (twin, document)])
    refused(tmp_path / "home", source)


@pytest.mark.parametrize("opened", ["[", '{"a":'])
def test_a_document_of_endless_depth_is_refused(tmp_path, opened):
    deep = opened * DEPTH + "1" + {"[": "]", '{"a":': "}"}[opened] * DEPTH
    for text in (deep, f'{{"version": 1, "name": {deep}}}', f'{{"version": 1, "tree": {deep}}}'):
        source = made(tmp_path / "a.crmkpi", [("project.json", text.encode())])
        refused(tmp_path / "home", source)
