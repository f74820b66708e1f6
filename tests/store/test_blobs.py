"""Blobs: whole or not there, checked before use, inside one project; on disk and in an object store."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import polars as pl
import pytest
from obstore.store import MemoryStore, S3Store

from crmkpi.project.document import Project
from crmkpi.store import blobs as blobs_module
from crmkpi.store.blobs import LocalBlobs, ObjectBlobs, digest_of
from crmkpi.store.datasets import MARK, Datasets
from crmkpi.store.errors import (
    BlobDamagedError,
    BlobMissingError,
    StoreAddressError,
    StoreError,
    StoreFullError,
    StoreUnavailableError,
)

ONE, TWO = "1" * 16, "2" * 16


class Bucket(BaseHTTPRequestHandler):
    """The little of S3 that a blob needs, in memory; it fails as often as it is told."""

    objects: dict[str, bytes]
    failures: list[int]

    def _fails(self) -> bool:
        if not self.failures:
            return False
        self.send_response(self.failures.pop())
        self.send_header("Content-Length", "0")
        self.end_headers()
        return True

    def _answer(self, status: int, body: bytes = b"", length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.send_header("ETag", '"1"')
        self.send_header("Last-Modified", "Mon, 21 Sep 2026 00:00:00 GMT")
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self._fails():
            self.objects[self.path] = body
            self._answer(200)

    def do_HEAD(self) -> None:
        body = self.objects.get(self.path)
        if not self._fails():
            self._answer(200 if body is not None else 404, length=len(body or b""))

    def do_GET(self) -> None:
        body = self.objects.get(self.path)
        if not self._fails():
            self._answer(200 if body is not None else 404, body or b"")

    def do_POST(self) -> None:
        # S3 deletes through a list of keys
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        keys = re.findall("<Key>(.*?)</Key>", body)
        for key in keys:
            self.objects.pop(f"/crm/{key}", None)
        deleted = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
        self._answer(200, f"<DeleteResult>{deleted}</DeleteResult>".encode())

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def bucket() -> Iterator[type[Bucket]]:
    """A fresh S3-like server on loopback."""
    handler = type("OneBucket", (Bucket,), {"objects": {}, "failures": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    handler.port = server.server_address[1]  # type: ignore[attr-defined]
    yield handler
    server.shutdown()
    server.server_close()


def s3(handler: type[Bucket]) -> ObjectBlobs:
    retry = {"max_retries": 4, "retry_timeout": blobs_module.timedelta(seconds=5)}
    return ObjectBlobs(
        S3Store(
            "crm",
            endpoint=f"http://127.0.0.1:{handler.port}",  # type: ignore[attr-defined]
            access_key_id="key",
            secret_access_key="secret",
            region="us-east-1",
            client_options={"allow_http": True},
            retry_config=retry,  # type: ignore[arg-type]
        )
    )


@pytest.fixture(params=["local", "memory", "s3"])
def kept(request: pytest.FixtureRequest, tmp_path: Path):
    if request.param == "local":
        return LocalBlobs(tmp_path / "home")
    return ObjectBlobs(MemoryStore()) if request.param == "memory" else s3(request.getfixturevalue("bucket"))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "orders.parquet"
    pl.DataFrame({"x": range(5000)}).write_parquet(path)
    (tmp_path / "home").mkdir()
    return path


def test_what_was_put_comes_back_under_its_hash(kept, source, tmp_path):
    sha256, size = kept.put(ONE, source)
    assert (sha256, size) == (digest_of(source), source.stat().st_size)
    assert kept.put(ONE, source) == (sha256, size)
    kept.fetch(ONE, sha256, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == source.read_bytes()


def test_a_blob_of_one_project_is_not_seen_from_another(kept, source, tmp_path):
    sha256, _ = kept.put(ONE, source)
    with pytest.raises(BlobMissingError):
        kept.fetch(TWO, sha256, tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_a_dropped_blob_is_gone_and_dropping_twice_is_fine(kept, source, tmp_path):
    sha256, _ = kept.put(ONE, source)
    kept.drop(ONE, sha256)
    kept.drop(ONE, sha256)
    with pytest.raises(BlobMissingError):
        kept.fetch(ONE, sha256, tmp_path / "back")


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "g" * 64, "a" * 63, "A" * 64, "a" * 64 + "/.."])
def test_a_hash_that_is_none_leads_nowhere(kept, source, tmp_path, name):
    with pytest.raises(BlobMissingError):
        kept.fetch(ONE, name, tmp_path / "back")
    with pytest.raises(BlobMissingError):
        kept.fetch("../" + ONE, "a" * 64, tmp_path / "back")


def test_any_flipped_byte_is_noticed_before_use(source, tmp_path):
    kept = LocalBlobs(tmp_path / "home")
    sha256, size = kept.put(ONE, source)
    path = next(p for p in kept.root.rglob("*") if p.is_file())
    whole = path.read_bytes()
    for place in range(0, size, max(1, size // 40)):
        broken = bytearray(whole)
        broken[place] ^= 1
        path.write_bytes(bytes(broken))
        with pytest.raises(BlobDamagedError):
            kept.fetch(ONE, sha256, tmp_path / "back")
        assert not (tmp_path / "back").exists()
    assert not list(tmp_path.rglob(".part-*"))


def test_a_failing_object_store_is_asked_again_and_then_named(bucket, source, tmp_path):
    kept = s3(bucket)
    bucket.failures[:] = [500, 503]
    sha256, _ = kept.put(ONE, source)
    bucket.failures[:] = [500] * 40
    with pytest.raises(StoreUnavailableError):
        kept.fetch(ONE, sha256, tmp_path / "back")
    bucket.failures[:] = [403] * 40
    with pytest.raises(StoreUnavailableError):
        kept.put(TWO, source)


def test_no_row_is_written_when_the_object_store_fails(store, bucket, tmp_path):
    project = store.projects.create(Project()).project
    data = tmp_path / "place" / "data"
    data.mkdir(parents=True)
    (data / "meta.json").write_text("{}", encoding="utf-8")
    bucket.failures[:] = [403] * 40
    with pytest.raises(StoreUnavailableError):
        Datasets(store.database, s3(bucket)).put(project.id, tmp_path / "place")
    assert store.datasets.latest(project.id) is None


def test_an_address_that_is_none_is_refused_without_showing_it():
    with pytest.raises(StoreAddressError) as caught:
        ObjectBlobs.at("nonsense://key:secret@host/bucket")
    assert "secret" not in str(caught.value)


def test_a_write_killed_at_any_step_leaves_old_or_new(source, tmp_path, monkeypatch):
    """Every call to the system fails in turn; afterwards the blob is whole or absent, and a retry heals."""
    steps = ["mkstemp", "fsync", "replace", "open"]
    for step in steps:
        home = tmp_path / step
        home.mkdir()
        kept = LocalBlobs(home)

        def stop(*_: object, **__: object) -> None:
            raise OSError(5, "Input/output error")

        where = blobs_module.tempfile if step == "mkstemp" else blobs_module.os
        with monkeypatch.context() as patch:
            patch.setattr(where, step, stop)
            with pytest.raises(StoreError):
                kept.put(ONE, source)
        for path in kept.root.rglob("*"):
            assert not path.is_file() or digest_of(path) == path.name
        sha256, _ = kept.put(ONE, source)
        kept.fetch(ONE, sha256, home / "back")


def test_new_data_are_refused_on_a_nearly_full_disk(source, tmp_path, monkeypatch):
    usage = os.statvfs(tmp_path)
    total = usage.f_blocks * usage.f_frsize
    monkeypatch.setattr(
        "crmkpi.store.disk.shutil.disk_usage", lambda _: type("U", (), {"total": total, "free": 10})
    )
    with pytest.raises(StoreFullError) as caught:
        LocalBlobs(tmp_path / "home").put(ONE, source)
    assert caught.value.params["need_mb"] > caught.value.params["free_mb"]


# data sets --------------------------------------------------------------------------------------------
@pytest.fixture
def place(tmp_path: Path) -> Path:
    data = tmp_path / "place" / "data"
    (data / "files").mkdir(parents=True)
    pl.DataFrame({"x": [1]}).write_parquet(data / "orders.parquet")
    (data / "meta.json").write_text('{"data_hash": "1"}', encoding="utf-8")
    (data / "files" / "index.json").write_text("{}", encoding="utf-8")
    return data.parent


def test_data_are_put_once_and_again_only_after_a_change(store, project, place):
    first = store.datasets.put(project.id, place)
    assert first.number == 1 and set(first.files) == {"orders.parquet", "meta.json", "files/index.json"}
    assert store.datasets.put(project.id, place) == first
    pl.DataFrame({"x": [2]}).write_parquet(place / "data" / "orders.parquet")
    assert store.datasets.put(project.id, place).number == 2


def test_damaged_blobs_leave_the_directory_as_it_was(store, project, place, tmp_path):
    store.datasets.put(project.id, place)
    other = tmp_path / "other"
    (other / "data").mkdir(parents=True)
    (other / "data" / "meta.json").write_text("mine", encoding="utf-8")
    for path in (store.home / "blobs").rglob("*"):
        if path.is_file():
            path.write_bytes(b"broken")
    with pytest.raises(BlobDamagedError):
        store.datasets.fetch(project.id, other)
    assert [p.name for p in (other / "data").iterdir()] == ["meta.json"]
    assert (other / "data" / "meta.json").read_text(encoding="utf-8") == "mine"
    assert [p.name for p in other.iterdir()] == ["data"]


def test_the_sweep_takes_what_no_kept_data_set_names(store, project, place, clock):
    for n in range(4):
        pl.DataFrame({"x": [n]}).write_parquet(place / "data" / "orders.parquet")
        store.datasets.put(project.id, place)
    assert store.datasets.sweep(project.id, older_seconds=3600) == 0
    clock.forward(days=1)
    assert store.datasets.sweep(project.id, older_seconds=-1) == 2
    assert store.datasets.fetch(project.id, place.parent / "again")
    assert (place.parent / "again" / MARK).is_file()
    assert pl.read_parquet(place.parent / "again" / "data" / "orders.parquet")["x"].to_list() == [3]


def test_blobs_of_nobody_go_with_the_general_sweep(store, place):
    gone = Project()
    store.blobs.put(gone.id, place / "data" / "meta.json")
    assert store.retention.sweep(older_seconds=3600) == 0
    assert store.retention.sweep(older_seconds=-1) == 1
    assert list(store.blobs.of(gone.id)) == []
