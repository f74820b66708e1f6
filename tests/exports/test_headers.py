"""Header lists of real systems: mapped as somebody who knows the system would map them, and hardly ever wrongly."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from crmkpi.ingest.match import propose
from crmkpi.ingest.profile import profile
from crmkpi.ingest.read import read
from crmkpi.ingest.sniff import sniff
from tests.exports.generators import COUNT, column

OF_ORDER = {
    "order_id",
    "ordered_at",
    "customer_id",
    "status",
    "store",
    "city",
    "country",
    "channel",
    "shipping",
}
STAND_IN = {"campaign_id": "campaign", "registered_at": "subscribed_at"}


@dataclass
class HeaderList:
    """One list: `wanted` canonical name -> source columns any of which is right; `allowed`: fine if so mapped."""

    name: str
    tables: list[str]  # several where either is right; none: the file is no table that we know
    headers: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    marks: dict[str, tuple[bool, list[str]]] = field(default_factory=dict)

    def wanted(self, table: str) -> dict[str, set[str]]:
        out: dict[str, set[str]] = {}
        for header, (optional, names) in self.marks.items():
            if not optional:
                out.setdefault(names[min(self.tables.index(table), len(names) - 1)], set()).add(header)
        return out

    def fine(self, header: str, canonical: str) -> bool:
        names = self.marks[header][1] if header in self.marks else []
        # without an id the name of a campaign is its id; an opt-in time may stand for the registration
        return canonical in names or (canonical in STAND_IN and STAND_IN[canonical] in names)

    def values(self) -> list[list[str]]:
        """Values of every column; in a file of lines an order has two lines and says the same on both."""
        out = [
            column(kind, self.name + header) for header, kind in zip(self.headers, self.kinds, strict=True)
        ]
        if self.tables == ["order_lines"]:
            of_order = [
                bool(OF_ORDER & set(self.marks[h][1])) if h in self.marks else False for h in self.headers
            ]
            out = [
                [v[i // 2] for i in range(COUNT)] if same else v
                for v, same in zip(out, of_order, strict=True)
            ]
        return out


def parsed(text: str) -> list[HeaderList]:
    out = []
    for block in text.strip().split("\n\n")[1:]:  # the first paragraph explains the file
        first, body = block.strip().split("\n", 1)
        name, tables = first.split(" | ")
        one = HeaderList(name, tables.split("/"))
        for part in body.splitlines():
            left, _, mark = part.strip().partition(">")
            header, _, kind = left.rpartition("=")
            one.headers.append(header)
            one.kinds.append(kind)
            if mark:
                one.marks[header] = (mark.startswith("~"), mark.lstrip("~").split("/"))
        out.append(one)
    return out


ALL = parsed((Path(__file__).parent / "header_lists.txt").read_text(encoding="utf-8"))


@dataclass
class Score:
    """What was right, what was mapped to the wrong place, and the words for a reader."""

    right: int = 0
    asked: int = 0
    false: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    columns: int = 0
    nowhere: int = 0
    tables: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def score(tmp_path_factory: pytest.TempPathFactory) -> Score:
    folder = tmp_path_factory.mktemp("headers")
    total = Score()
    for one in ALL:
        scored(one, folder, total)
    return total


def scored(one: HeaderList, folder: Path, total: Score) -> None:
    path = folder / f"{one.name.replace(' ', '_')}.csv"
    values = one.values()
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, delimiter=";")
        writer.writerow(one.headers)
        writer.writerows([[v[i] for v in values] for i in range(COUNT)])
    text = read(sniff(path)[0])
    assert text.columns == one.headers, one.name
    got = propose(text, profile(text))
    total.columns += len(one.headers)
    total.nowhere += len(one.headers) - len(one.marks)
    if one.tables == ["none"]:
        total.false += [f"{one.name}: {c} <- {s!r}" for c, s in got.mapping.items()]
        total.tables += [f"{one.name}: {got.table}"] * (got.table is not None)
        return
    table = got.table if got.table in one.tables else one.tables[0]
    if got.table not in one.tables:
        total.tables.append(f"{one.name}: {got.table}")
    for canonical, sources in one.wanted(table).items():
        total.asked += 1
        if got.mapping.get(canonical) in sources:
            total.right += 1
        else:
            total.missed.append(
                f"{one.name}: {canonical} <- {got.mapping.get(canonical)!r} not {sorted(sources)}"
            )
    total.false += [f"{one.name}: {c} <- {s!r}" for c, s in got.mapping.items() if not one.fine(s, c)]


def test_the_lists_are_many():
    assert len(ALL) >= 60


def test_wanted_columns_are_found(score: Score):
    assert score.right >= 0.92 * score.asked, f"{score.right} of {score.asked}\n" + "\n".join(score.missed)


def test_hardly_a_column_is_mapped_wrongly(score: Score):
    assert len(score.false) <= 0.04 * score.columns, f"{len(score.false)}\n" + "\n".join(score.false)


def test_columns_that_belong_nowhere_stay_there(score: Score):
    assert len(score.false) <= 0.04 * score.nowhere, f"{len(score.false)} of {score.nowhere}\n" + "\n".join(
        score.false
    )


def test_tables_are_recognised(score: Score):
    assert len(score.tables) <= 0.05 * len(ALL), "\n".join(score.tables)
