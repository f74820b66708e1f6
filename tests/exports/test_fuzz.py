"""Bytes that nobody meant: random ones and damaged exports end as a table or as a known error, and soon."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from crmkpi.errors import CrmKpiError
from crmkpi.ingest.inspect import look
from tests.exports.corpus import SEED, Case
from tests.exports.corpus_files import archives, pages, workbooks
from tests.exports.corpus_text import text_cases

SECONDS = 4.0
ALPHABETS = (
    bytes(range(256)),
    b";,\t|\"'\\\r\n 0123456789.-abcXYZ=",
    b'"",;\n\r',
    "Датаёж;«»№—\n\r\",'1.0".encode(),
    "Датаёж;«»№—\n\r\",'1.0".encode("cp1251"),
    b"<table><tr></td><th>&nbsp;&#;1 ",
    b"\x00\xff\xfe\xef\xbb\xbf;a\n",
)


def random_bytes(rng: random.Random) -> bytes:
    alphabet = rng.choice(ALPHABETS)
    start = rng.choice(
        (
            b"",
            b"",
            b"PK\x03\x04",
            b"\x1f\x8b\x08",
            b"PAR1",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            b"\xff\xfe",
            b"sep=;\n",
        )
    )
    return start + bytes(rng.choice(alphabet) for _ in range(rng.choice((1, 7, 60, 900, 5000))))


def flipped(data: bytes, rng: random.Random) -> bytes:
    raw = bytearray(data)
    for _ in range(rng.randrange(1, 20)):
        raw[rng.randrange(len(raw))] = rng.randrange(256)
    return bytes(raw)


def cut(data: bytes, rng: random.Random) -> bytes:
    return data[rng.randrange(len(data)) :] if rng.random() < 0.3 else data[: rng.randrange(1, len(data))]


def doubled(data: bytes, rng: random.Random) -> bytes:
    first, second = sorted((rng.randrange(len(data)), rng.randrange(len(data))))
    return data[:second] + data[first:second] * rng.randrange(1, 4) + data[second:]


def salted(data: bytes, rng: random.Random) -> bytes:
    salt = rng.choice(
        (b'"', b"'", b";", b",", b"\n", b"\r", b"\t", b"\\", b'"""', b"\xef\xbb\xbf", b"\xff", b"=")
    )
    for _ in range(rng.randrange(1, 12)):
        at = rng.randrange(len(data))
        data = data[:at] + salt + data[at:]
    return data


MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (flipped, cut, doubled, salted)


def survive(data: bytes, path: Path) -> str:
    """Read the bytes as `inspect` does; the only exception allowed is a known error; the row law holds."""
    path.write_bytes(data)
    began = time.process_time()
    try:
        for seen in look(path):
            report = seen.report
            others = report.rows_rejected + report.rows_empty + report.dropped_total_rows
            assert report.rows_in == report.rows_used + others, data
    except CrmKpiError as error:
        end = error.code
        assert end != "unexpected"
    else:
        end = "table"
    assert time.process_time() - began < SECONDS, (len(data), data[:200])
    return end


@pytest.mark.parametrize("seed", range(36))
def test_random_bytes(seed: int, tmp_path: Path):
    rng = random.Random(SEED + seed)
    survive(
        random_bytes(rng), tmp_path / rng.choice(("a.csv", "a.xlsx", "a.zip", "a.xls", "a.gz", "a.parquet"))
    )


def small(cases: list[Case]) -> list[Case]:
    return [c for c in cases if 100 < len(c.data) < 20_000]


TEXTS = small(text_cases())
CONTAINERS = small([*archives(), *workbooks(), *pages()])


@pytest.mark.parametrize("seed", range(36))
def test_damaged_text(seed: int, tmp_path: Path):
    rng = random.Random(SEED * 3 + seed)
    case = rng.choice(TEXTS)
    survive(rng.choice(MUTATIONS)(case.data, rng), tmp_path / "a.csv")


@pytest.mark.parametrize("seed", range(24))
def test_damaged_containers(seed: int, tmp_path: Path):
    rng = random.Random(SEED * 5 + seed)
    case = rng.choice(CONTAINERS)
    survive(rng.choice(MUTATIONS)(case.data, rng), tmp_path / case.file)
