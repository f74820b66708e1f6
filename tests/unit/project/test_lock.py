"""A sealed project file: the right passphrase gives every byte back, anything else gives none."""

from __future__ import annotations

import json
import random
import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crmkpi.errors import CrmKpiError
from crmkpi.project import lock as lock_module
from crmkpi.project.document import Project
from crmkpi.project.drafts import Drafts
from crmkpi.project.errors import (
    PassphraseNeededError,
    PassphraseShortError,
    PassphraseWrongError,
    ProjectDamagedError,
    ProjectNewerError,
    ProjectTooLargeError,
)
from crmkpi.project.file import pack, unpack
from crmkpi.project.lock import MAGIC, PASSPHRASE, is_locked, lock, unlock
from crmkpi.project.place import Place, opened

WORD = "сирень и 42 кота"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    place = tmp_path / "work"
    Place(place).write(Project(name="Секретный клиент"))
    (place / "data").mkdir()
    (place / "data" / "meta.json").write_text('{"customer": "ivanov"}', encoding="utf-8")
    return place


@pytest.fixture
def sealed(root: Path, tmp_path: Path) -> Path:
    target = tmp_path / "client.crmkpi"
    pack(root, target, WORD)
    return target


def test_the_passphrase_gives_everything_back(sealed, tmp_path):
    assert is_locked(sealed) and not zipfile.is_zipfile(sealed)
    unpack(sealed, tmp_path / "again", WORD)
    assert Place(tmp_path / "again").read().name == "Секретный клиент"
    assert (tmp_path / "again" / "data" / "meta.json").is_file()


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 127, 128, 1000])
def test_files_of_any_size_come_back(tmp_path, monkeypatch, size):
    monkeypatch.setattr(lock_module, "PIECE", 64)
    content = random.Random(size).randbytes(size)
    (tmp_path / "a").write_bytes(content)
    lock(tmp_path / "a", tmp_path / "b", WORD)
    unlock(tmp_path / "b", tmp_path / "c", WORD)
    assert (tmp_path / "c").read_bytes() == content
    assert size < 60 or content[:50] not in (tmp_path / "b").read_bytes()


def test_nothing_of_the_content_is_readable_and_two_files_never_look_alike(root, sealed, tmp_path):
    content = sealed.read_bytes()
    for text in ("Секретный", "ivanov", "project.json", WORD):
        assert text.encode() not in content
    pack(root, tmp_path / "second.crmkpi", WORD)
    assert (tmp_path / "second.crmkpi").read_bytes()[200:] != content[200:]


def test_the_seal_is_aes_gcm_as_everybody_knows_it(sealed):
    """Opened here without our code, from the description of the format alone."""
    import hashlib

    content = sealed.read_bytes()
    size = int.from_bytes(content[14:16], "big")
    header = content[16 : 16 + size]
    raw = json.loads(header)
    salt = bytes.fromhex(raw["salt"])
    key = hashlib.scrypt(WORD.encode(), salt=salt, n=32768, r=8, p=1, maxmem=2**26, dklen=48)[:32]
    nonce = bytes.fromhex(raw["prefix"]) + (0).to_bytes(4, "big") + b"\1"
    assert AESGCM(key).decrypt(nonce, content[16 + size :], header)[:2] == b"PK"


def test_a_wrong_or_missing_passphrase_is_one_sentence_and_leaves_nothing(sealed, tmp_path):
    with pytest.raises(PassphraseWrongError):
        unpack(sealed, tmp_path / "out", "не та")
    with pytest.raises(PassphraseNeededError):
        unpack(sealed, tmp_path / "out")
    with pytest.raises(PassphraseNeededError):
        unpack(sealed, tmp_path / "out", "")
    assert not (tmp_path / "out").exists()


def test_a_short_passphrase_is_refused_and_no_file_made(root, tmp_path):
    with pytest.raises(PassphraseShortError):
        pack(root, tmp_path / "x.crmkpi", "1234567")
    assert not (tmp_path / "x.crmkpi").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["work"]


def test_pieces_cannot_be_changed_moved_cut_or_added(tmp_path, monkeypatch):
    monkeypatch.setattr(lock_module, "PIECE", 64)
    # the slow hash is not what is tested here
    made = lock_module._derived(WORD, b"0" * 16)
    monkeypatch.setattr(lock_module, "_derived", lambda *_: made)
    (tmp_path / "a").write_bytes(random.Random(1).randbytes(300))
    lock(tmp_path / "a", tmp_path / "b", WORD)
    content = (tmp_path / "b").read_bytes()
    start = 16 + int.from_bytes(content[14:16], "big")
    piece = 64 + 16
    changed = [content[:n] for n in range(0, len(content), 7)]
    changed += [content + b"x", content + content[start : start + piece]]
    changed.append(content[:start] + content[start + piece :])
    swapped = content[start + piece : start + 2 * piece] + content[start : start + piece]
    changed.append(content[:start] + swapped + content[start + 2 * piece :])
    rng = random.Random(2)
    for _ in range(200):
        broken = bytearray(content)
        broken[rng.randrange(len(broken))] ^= 1 << rng.randrange(8)
        changed.append(bytes(broken))
    for one in changed:
        (tmp_path / "c").write_bytes(one)
        with pytest.raises(CrmKpiError):
            unlock(tmp_path / "c", tmp_path / "d", WORD)
        assert not (tmp_path / "d").exists()


def test_a_strangers_header_cannot_make_us_calculate_for_ever_or_newer_be_misread(tmp_path):
    def file(header: bytes) -> Path:
        path = tmp_path / "x.crmkpi"
        path.write_bytes(MAGIC + len(header).to_bytes(2, "big") + header + b"0" * 100)
        return path

    good = {"version": 1, "salt": "00" * 16, "prefix": "00" * 7, "check": "00" * 16}
    for bad in (
        {**good, "salt": "00" * 9999}, {**good, "prefix": "zz"}, {k: good[k] for k in ("version", "salt")}, [], 3
    ):  # fmt: skip
        with pytest.raises(ProjectDamagedError):
            unlock(file(json.dumps(bad).encode()), tmp_path / "out", WORD)
    with pytest.raises(ProjectDamagedError):
        unlock(file(b"[" * 900), tmp_path / "out", WORD)
    with pytest.raises(ProjectNewerError):
        unlock(file(json.dumps({**good, "version": 2}).encode()), tmp_path / "out", WORD)


def test_a_sealed_file_inside_a_sealed_file_is_refused(sealed, tmp_path):
    lock(sealed, tmp_path / "twice.crmkpi", WORD)
    with pytest.raises(ProjectDamagedError):
        unpack(tmp_path / "twice.crmkpi", tmp_path / "out", WORD)


def test_drafts_open_a_sealed_file_only_with_its_passphrase(sealed, tmp_path):
    drafts = Drafts(tmp_path / "home")
    with pytest.raises(PassphraseWrongError):
        drafts.import_file(sealed, "не та")
    assert drafts.entries() == []
    project = drafts.import_file(sealed, WORD)
    drafts.export(project.id, tmp_path / "out.crmkpi", WORD)
    assert is_locked(tmp_path / "out.crmkpi")


def test_the_command_line_takes_the_passphrase_from_its_variable(sealed, tmp_path, monkeypatch):
    with pytest.raises(PassphraseNeededError), opened(sealed):
        pass
    monkeypatch.setenv(PASSPHRASE, WORD)
    with opened(sealed, write_back=True) as place:
        place.write(place.read().model_copy(update={"name": "Изменён"}))
    assert is_locked(sealed)
    with opened(sealed) as place:
        assert place.read().name == "Изменён"
    with opened(tmp_path / "new.crmkpi", create=True, write_back=True) as place:
        place.write(Project())
    assert is_locked(tmp_path / "new.crmkpi")


def test_an_open_file_stays_open(root, tmp_path, monkeypatch):
    pack(root, tmp_path / "plain.crmkpi")
    monkeypatch.setenv(PASSPHRASE, WORD)
    with opened(tmp_path / "plain.crmkpi", write_back=True) as place:
        place.write(place.read())
    assert not is_locked(tmp_path / "plain.crmkpi")


def test_a_file_made_to_burst_is_refused_before_it_is_unpacked(tmp_path):
    target = tmp_path / "bomb.crmkpi"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data/a.json", b"0" * (40 * 1024**2))
        archive.writestr("manifest.json", "{}")
    with pytest.raises(ProjectTooLargeError):
        unpack(target, tmp_path / "out")
    assert not (tmp_path / "out").exists()
