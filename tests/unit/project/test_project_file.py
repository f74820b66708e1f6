"""A project file comes from a stranger: cut, edited or hostile files end as a sentence, state unchanged."""

import io
import json
import random
import stat
import zipfile
from pathlib import Path

import polars as pl
import pytest

from crmkpi.errors import CrmKpiError
from crmkpi.project.document import Confirmed, Project, TreeChoice
from crmkpi.project.drafts import Drafts
from crmkpi.project.errors import NotAProjectError, ProjectDamagedError, ProjectNewerError
from crmkpi.project.file import pack, unpack
from crmkpi.project.place import Place, opened


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    root = tmp_path / "work"
    Place(root).write(Project(name="Магазин", tree=TreeChoice(template="customer_flow", starred=["aov"])))
    (root / "data").mkdir()
    pl.DataFrame({"a": range(1000)}).write_parquet(root / "data" / "orders.parquet")
    target = tmp_path / "shop.crmkpi"
    pack(root, target)
    return target


def rewritten(source: Path, change) -> Path:
    """The same file with entries changed by hand."""
    with zipfile.ZipFile(source) as archive:
        entries = {i.filename: archive.read(i) for i in archive.infolist()}
    change(entries)
    target = source.with_name("changed.crmkpi")
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return target


def test_what_was_saved_comes_back(packed, tmp_path):
    unpack(packed, tmp_path / "again")
    project = Place(tmp_path / "again").read()
    assert (project.name, project.tree.starred) == ("Магазин", ["aov"])
    assert pl.read_parquet(tmp_path / "again" / "data" / "orders.parquet").height == 1000


def test_a_cut_file_is_refused_at_every_length(packed, tmp_path):
    content = packed.read_bytes()
    for share in range(0, 100, 4):
        cut = tmp_path / "cut.crmkpi"
        cut.write_bytes(content[: len(content) * share // 100])
        with pytest.raises(CrmKpiError):
            unpack(cut, tmp_path / f"out{share}")
        assert not (tmp_path / f"out{share}").exists()


def test_flipped_bytes_never_pass_silently(packed, tmp_path):
    content = packed.read_bytes()
    rng = random.Random(5)
    original = tmp_path / "original"
    unpack(packed, original)
    before = {p.relative_to(original): p.read_bytes() for p in original.rglob("*") if p.is_file()}
    for n in range(300):
        broken = bytearray(content)
        broken[rng.randrange(len(broken))] ^= 1 << rng.randrange(8)
        path = tmp_path / "flipped.crmkpi"
        path.write_bytes(bytes(broken))
        out = tmp_path / f"flip{n}"
        try:
            unpack(path, out)
        except CrmKpiError:
            assert not out.exists()
        else:
            after = {p.relative_to(out): p.read_bytes() for p in out.rglob("*") if p.is_file()}
            assert after == before


def test_an_edited_document_is_refused_by_its_hash(packed, tmp_path):
    def edit(entries):
        entries["project.json"] = entries["project.json"].replace("Магазин".encode(), b"Hacked")

    with pytest.raises(ProjectDamagedError) as caught:
        unpack(rewritten(packed, edit), tmp_path / "out")
    assert caught.value.params["entry"] == "project.json"


@pytest.mark.parametrize(
    "name", ["../evil.json", "/etc/evil.json", "a\\..\\evil.json", "run.py", "C:evil.json"]
)
def test_names_that_lead_outside_or_hold_code_are_refused(packed, tmp_path, name):
    def add(entries):
        entries[name] = b"{}"

    with pytest.raises(ProjectDamagedError):
        unpack(rewritten(packed, add), tmp_path / "out")
    assert not list(tmp_path.rglob("evil.json"))


def test_a_link_entry_is_refused(packed, tmp_path):
    target = tmp_path / "link.crmkpi"
    with zipfile.ZipFile(packed) as archive, zipfile.ZipFile(target, "w") as out:
        for info in archive.infolist():
            out.writestr(info, archive.read(info))
        link = zipfile.ZipInfo("data/link.json")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        out.writestr(link, "/etc/passwd")
    with pytest.raises(ProjectDamagedError):
        unpack(target, tmp_path / "out")


def test_a_newer_project_says_so(packed, tmp_path):
    def newer(entries):
        manifest = json.loads(entries["manifest.json"])
        manifest["version"] = 99
        entries["manifest.json"] = json.dumps(manifest).encode()

    with pytest.raises(ProjectNewerError):
        unpack(rewritten(packed, newer), tmp_path / "out")


def test_any_other_zip_is_no_project(tmp_path):
    target = tmp_path / "x.crmkpi"
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(NotAProjectError):
        unpack(target, tmp_path / "out")


@pytest.mark.parametrize("text", ["[]", "{", '{"version": 1, "id": "../x"}', "[" * 100_000, '{"targets": 3}'])
def test_a_document_that_makes_no_sense_is_refused(tmp_path, text):
    (tmp_path / "project.json").write_text(text)
    with pytest.raises(CrmKpiError):
        Place(tmp_path).read()


def test_drafts_survive_and_never_overwrite(packed, tmp_path):
    drafts = Drafts(tmp_path / "home")
    first = drafts.import_file(packed)
    second = drafts.import_file(packed)
    assert first.id != second.id
    assert drafts.last() == second.id
    assert {e.id for e in Drafts(tmp_path / "home").entries()} == {first.id, second.id}
    drafts.delete(second.id)
    assert drafts.last() is None
    assert not drafts.has("../../etc")
    with pytest.raises(NotAProjectError):
        drafts.place("..")


def test_a_damaged_file_leaves_the_drafts_as_they_were(packed, tmp_path):
    drafts = Drafts(tmp_path / "home")
    kept = drafts.import_file(packed)
    broken = tmp_path / "broken.crmkpi"
    broken.write_bytes(packed.read_bytes()[:200])
    with pytest.raises(CrmKpiError):
        drafts.import_file(broken)
    assert [e.id for e in drafts.entries()] == [kept.id]
    assert drafts.last() == kept.id


def test_work_in_a_project_file_is_kept_only_when_it_went_well(packed):
    before = packed.read_bytes()
    with pytest.raises(RuntimeError), opened(packed, write_back=True) as place:
        place.write(Project(name="half done"))
        raise RuntimeError
    assert packed.read_bytes() == before
    with opened(packed, write_back=True) as place:
        place.write(place.read().model_copy(update={"name": "done"}))
    with opened(packed) as place:
        assert place.read().name == "done"
    assert zipfile.is_zipfile(io.BytesIO(packed.read_bytes()))


def test_a_damaged_draft_does_not_hide_the_others(tmp_path):
    drafts = Drafts(tmp_path)
    good, bad = Project(name="Хороший"), Project(name="Плохой")
    drafts.save(good)
    drafts.save(bad)
    (drafts.place(bad.id).root / "project.json").write_text("{", encoding="utf-8")
    assert [e.id for e in drafts.entries()] == [good.id]


def test_a_confirmed_mapping_helps_the_next_project_without_its_answers(tmp_path):
    drafts = Drafts(tmp_path)
    mine = Confirmed(table="orders", columns={"amount": "Сумма"}, answers={"currency": "RUB"})
    first, second = Project(confirmed={"h": mine}), Project()
    drafts.save(first)
    drafts.save(second)
    assert drafts.confirmed(without=second.id) == {"h": mine.model_copy(update={"answers": {}})}
    assert drafts.confirmed(without=first.id) == {}
