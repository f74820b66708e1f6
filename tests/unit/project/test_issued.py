"""A list is issued, the next load finds its people, and the log holds its effect with grade A, without a form."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from crmkpi.analysis.grading import grade_all
from crmkpi.analysis.lists import customers_of
from crmkpi.engine.data import DataDir
from crmkpi.ingest.load import load
from crmkpi.periods import Period
from crmkpi.project.document import Project
from crmkpi.project.file import pack
from crmkpi.project.issued import (
    ListReissuedError,
    ListStartError,
    ListTooSmallError,
    found_people,
    free_people,
    issue,
    list_files,
    people_of,
    people_reader,
)
from crmkpi.project.place import Place, opened
from crmkpi.project.record import recorded

HEADER = ("order_id", "order_date", "customer_id", "amount")
START = date(2026, 4, 1)
PEOPLE, LIFT = 1200, 0.25


def _orders(days: pl.Series | list[date], customers: list[str], first: int) -> list[tuple[str, ...]]:
    return [
        (str(first + i), day.isoformat(), who, "1000.00")
        for i, (day, who) in enumerate(zip(days, customers, strict=True))
    ]


def write(path: Path, rows: list[tuple[str, ...]]) -> Path:
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(HEADER)
        out.writerows(rows)
    return path


@pytest.fixture(scope="module")
def before() -> list[tuple[str, ...]]:
    """A year of orders of 1,200 people."""
    rng = np.random.default_rng(3)
    who = [f"C{n:05d}" for n in rng.integers(0, PEOPLE, 6000)] + [f"C{n:05d}" for n in range(PEOPLE)]
    days = [date(2025, 4, 1) + timedelta(days=int(d)) for d in rng.integers(0, 365, len(who))]
    return _orders(days, who, 10_000)


@pytest.fixture
def shop(tmp_path: Path, before: list[tuple[str, ...]]) -> tuple[Project, Place]:
    place = Place(tmp_path / "shop")
    place.root.mkdir()
    load([write(tmp_path / "orders.csv", before)], place.data)
    return recorded(Project(), place.data), place


def everybody(data: DataDir) -> pl.DataFrame:
    year = Period(date(2025, 4, 1), date(2026, 3, 31), "window")
    return customers_of(data, "active", year)


def test_the_circle_closes_without_a_form(
    shop: tuple[Project, Place], before: list[tuple[str, ...]], tmp_path: Path
) -> None:
    project, place = shop
    people = everybody(place.data)
    assert people.height == PEOPLE
    project, one = issue(project, place.data, people, "Апрель", start=START, control_share=0.25, seed=5)
    place.write(project)
    files = list_files(place.data, one)
    assert files is not None
    treated, control = (set(f["customer_id"].to_list()) for f in files)
    assert (len(treated), len(control)) == (900, 300) and not treated & control
    # nothing of the people stands in the document itself
    assert "C00001" not in (place.root / "project.json").read_text()

    rng, month = np.random.default_rng(8), []
    for who in sorted(treated | control):
        if rng.random() < 0.2 + (LIFT if who in treated else 0):
            month.append((START + timedelta(days=int(rng.integers(0, 30))), who))
    days, names = zip(*month, strict=True)
    rows = [*before, *_orders(list(days), list(names), 90_000)]
    # one more month so that the window is over
    rows += _orders([date(2026, 5, 20)], ["C99999"], 99_999)
    load([write(tmp_path / "orders.csv", rows)], place.data)
    project = recorded(place.read(), place.data)
    (entry,) = project.initiatives
    assert (entry.title, entry.origin, entry.audience.list_id) == ("Апрель", "list", one.id)
    (graded,) = grade_all(place.data, project.initiatives, people_reader(project, place.data))
    assert (graded.grade, graded.method, graded.verdict) == ("A", "control", "up")
    share = {g: sum(w in g_ids for w in names) / len(g_ids) for g, g_ids in (("t", treated), ("c", control))}
    assert graded.effect is not None
    assert graded.effect.estimate == pytest.approx(share["t"] - share["c"])
    # a second load writes nothing twice, and what a person deleted stays deleted
    assert recorded(project, place.data).initiatives == project.initiatives
    emptied = project.model_copy(update={"initiatives": []})
    assert recorded(emptied, place.data).initiatives == []


def test_the_silent_stay_in_the_count(shop: tuple[Project, Place], tmp_path: Path) -> None:
    project, place = shop
    project, one = issue(project, place.data, everybody(place.data), "x", start=START, seed=1)
    files = list_files(place.data, one)
    assert files is not None
    some = [*files[0]["customer_id"].to_list()[:90], *files[1]["customer_id"].to_list()[:5]]
    # the next export holds the new month only: the silent are not in it
    load([write(tmp_path / "new.csv", _orders([START] * 95, some, 1))], place.data)
    assert found_people(place.data, one) == (90, 5)
    people = people_of(place.data, one)
    assert people is not None
    assert people.height == PEOPLE and people["cust"].n_unique() == PEOPLE
    assert int(people["control"].sum()) == 120


def test_another_shop_is_no_result(shop: tuple[Project, Place], tmp_path: Path) -> None:
    project, place = shop
    project, _ = issue(project, place.data, everybody(place.data), "x", start=START, seed=1)
    load([write(tmp_path / "o.csv", _orders([START] * 50, [f"Z{i}" for i in range(50)], 1))], place.data)
    assert recorded(project, place.data).initiatives == []


def test_the_control_group_is_remembered_and_even(shop: tuple[Project, Place]) -> None:
    project, place = shop
    people = everybody(place.data)
    _, one = issue(project, place.data, people, "x", start=START, seed=7)
    _, other = issue(project, place.data, people.reverse(), "y", start=START, seed=7)
    _, third = issue(project, place.data, people, "z", start=START, seed=8)
    held = []
    for each in (one, other, third):
        files = list_files(place.data, each)
        assert files is not None
        held.append(set(files[1]["customer_id"].to_list()))
    assert held[0] == held[1] != held[2]
    assert {len(h) for h in held} == {120}


def test_protections(shop: tuple[Project, Place]) -> None:
    project, place = shop
    data, people = place.data, everybody(place.data)
    with pytest.raises(ListStartError):
        issue(project, data, people, "x", start=date(2026, 3, 31))
    with pytest.raises(ListTooSmallError):
        issue(project, data, people.head(30), "x", start=START)
    with pytest.raises(ListTooSmallError) as small:
        issue(project, data, people.head(60), "x", start=START)
    assert small.value.params["least"] == 100
    project, first = issue(project, data, people.head(400), "первый", start=START)
    with pytest.raises(ListReissuedError) as again:
        issue(project, data, people.head(400).reverse(), "второй", start=START + timedelta(days=5))
    assert again.value.params["title"] == "первый"
    free, left_out = free_people(project, data, people.head(500), START)
    assert (free.height, left_out) == (100, 400)
    project, second = issue(project, data, people.head(500), "второй", start=START)
    assert second.people == 100
    # a month later the first list is over and its people are free again
    assert free_people(project, data, people.head(400), first.until + timedelta(days=1))[1] == 0


def test_the_people_travel_with_the_project_file(shop: tuple[Project, Place], tmp_path: Path) -> None:
    project, place = shop
    project, one = issue(project, place.data, everybody(place.data), "x", start=START, seed=1)
    place.write(project)
    target = tmp_path / "shop.crmkpi"
    pack(place.root, target)
    with opened(target) as elsewhere:
        assert elsewhere.read().issued == [one]
        assert list_files(elsewhere.data, one) is not None
