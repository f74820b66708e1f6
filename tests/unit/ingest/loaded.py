"""Small files through the real load: write text, load it, look at the tables."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from crmkpi.engine.data import DataDir
from crmkpi.ingest.load import LoadResult, LoadSettings, load


@dataclass
class Shop:
    """A data directory and the way to load text files into it."""

    root: Path
    count: itertools.count[int]

    @property
    def data(self) -> DataDir:
        return DataDir(self.root / "data")

    def file(self, text: str, name: str | None = None) -> Path:
        path = self.root / "files" / (name or f"file{next(self.count)}.csv")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def load(self, *texts: str | Path, settings: LoadSettings | None = None, **options: Any) -> LoadResult:
        paths = [t if isinstance(t, Path) else self.file(t) for t in texts]
        return load(paths, self.data, settings=settings, **options)

    def table(self, name: str) -> pl.DataFrame:
        return self.data.frame(name).collect()

    def orders(self) -> dict[str, float]:
        """order_id -> amount in currency."""
        frame, scale = self.table("orders"), self.data.meta.scale
        return {i: a / scale for i, a in frame.select("order_id", "amount").iter_rows()}

    def returns(self) -> dict[str, float]:
        frame, scale = self.table("returns"), self.data.meta.scale
        return {i: a / scale for i, a in frame.select("doc_id", "amount").iter_rows()}


def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path, itertools.count(1))


def steps(result: LoadResult) -> dict[str, tuple[int, float]]:
    """Bridge step -> rows, money."""
    return {s.code: (s.rows, s.money) for s in result.bridge}


def issues(result: LoadResult) -> Mapping[str, int]:
    """Finding code -> count."""
    return {f.code: f.count for f in result.issues}
