"""The copy for showing: the same shares, sums times one factor, and not one text of the client's files."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from crmkpi.engine.evaluate import evaluate
from crmkpi.engine.sheet import catalogue_of
from crmkpi.i18n import Words
from crmkpi.ingest.load import load
from crmkpi.project.document import Project, TreeChoice
from crmkpi.project.masked_tables import HIGH, LOW, TOO_NEAR, USUAL_CHANNELS, new_mask
from crmkpi.project.place import Place
from crmkpi.project.presentation import presentation_copy
from crmkpi.targets.target import Baseline, CheckIn, Target
from crmkpi.tree.explain import explain
from crmkpi.tree.opening import opening

SAMPLE = Path(__file__).resolve().parents[3] / "sample_data" / "shop_en"
CANARY = "Zyzzyva"
FILES = ("orders.csv", "customers.csv", "costs.csv", "campaigns.csv")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A client's project whose files hold canaries in every kind of text."""
    folder = tmp_path_factory.mktemp("client")
    files = [SAMPLE / n for n in FILES if (SAMPLE / n).exists()]
    people = pl.read_csv(SAMPLE / "customers.csv", infer_schema=False)
    names = {"Small towns": f"{CANARY} towns"}
    marked = people.with_columns(
        pl.col(pl.String).replace(names), pl.lit(f"{CANARY} Ltd").alias("Account manager")
    )
    marked = marked.rename({"Account manager": f"{CANARY} manager"})
    marked.write_csv(folder / "customers.csv")
    used = [folder / "customers.csv" if p.name == "customers.csv" else p for p in files]
    place = Place(folder / "project")
    load(used, place.data)
    targets = [
        Target(
            metric="revenue_base",
            goal=9_000_000,
            due=date(2026, 12, 31),
            owner=f"{CANARY} Anna",
            note=f"{CANARY} note",
            lever=f"{CANARY} lever",
            where={"segment": (f"{CANARY} towns",)},
            baseline=Baseline(value=7_000_000, date=date(2026, 9, 30), period="2026-09"),
            checkins=(CheckIn(day=date(2026, 9, 30), note=f"{CANARY} said"),),
        ),
        Target(metric="retention_rate", goal=0.3, due=date(2026, 12, 31)),
    ]
    place.write(Project(name=f"{CANARY} Ltd", targets=targets, tree=TreeChoice(template="ecommerce_revenue")))
    return place


@pytest.fixture(scope="module")
def shown(client: Place, tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, float]:
    mask = new_mask(Words("en"))
    place = Place(tmp_path_factory.mktemp("shown") / "project")
    presentation_copy(client, place, Words("en"), mask)
    return place, mask.factor


def test_no_text_of_the_files_or_the_document_is_in_the_copy(
    client: Place, shown: tuple[Place, float]
) -> None:
    texts: set[str] = {CANARY}
    for table in client.data.tables():
        frame = client.data.frame(table).select(pl.col(pl.String)).collect()
        for column in frame.columns:
            known = frame[column].drop_nulls().unique()
            # short codes may coincide with anything; words of our own are not the client's
            texts |= {v for v in known.head(40) if _telling(v)}
    assert len(texts) > 50
    place = shown[0]
    held = " ".join(p.read_text(encoding="utf-8") for p in place.root.rglob("*.json"))
    for table in place.data.tables():
        frame = place.data.frame(table).select(pl.col(pl.String)).collect()
        held += " ".join(
            [*frame.columns, *(v for c in frame.columns for v in frame[c].drop_nulls().unique())]
        )
    assert [t for t in texts if t in held] == []
    assert {p.suffix for p in place.root.rglob("*") if p.is_file()} == {".json", ".parquet"}
    assert not any(CANARY.encode() in p.read_bytes() for p in place.root.rglob("*") if p.is_file())


def _telling(value: str) -> bool:
    """A text that would give the client away: no number that may coincide, no channel that everybody has."""
    usual = value.strip().casefold() in USUAL_CHANNELS
    return len(value) > 5 and not usual and not value.islower() and not value.isdigit()


def test_row_ids_are_replaced(client: Place, shown: tuple[Place, float]) -> None:
    for table, column in (("orders", "order_id"), ("ids", "customer_id")):
        sets = [set(p.data.frame(table).select(column).collect().to_series()) for p in (client, shown[0])]
        assert not sets[0] & sets[1] and len(sets[0]) == len(sets[1])


def test_every_metric_is_the_same_or_times_the_factor(client: Place, shown: tuple[Place, float]) -> None:
    place, factor = shown
    before, after = (evaluate(d, None, "month") for d in (client.data, place.data))
    assert before.unavailable == after.unavailable
    both = before.rows.join(after.rows, on=["metric", "period"], suffix="_shown")
    assert both.height == before.rows.height == after.rows.height
    known = catalogue_of(client.data)
    for row in both.iter_rows(named=True):
        times = factor if known[row["metric"]].unit == "money" else 1.0
        expected = None if row["value"] is None else row["value"] * times
        assert row["value_shown"] == (
            None if expected is None else pytest.approx(expected, rel=1e-9, abs=1e-9)
        )


def test_the_change_has_the_same_causes_in_the_same_proportion(
    client: Place, shown: tuple[Place, float]
) -> None:
    place, factor = shown
    seen = opening(client.data)
    period, vs = seen.period, seen.vs
    found = [explain(p.data, "ecommerce_revenue", period, vs) for p in (client, place)]
    parts = [{n.id: n.contribution for n in f.nodes} for f in found]
    for name, value in parts[0].items():
        assert parts[1][name] == (
            None if value is None else pytest.approx(value * factor, rel=1e-9, abs=1e-6)
        )


def test_goals_are_scaled_and_free_texts_stay_behind(shown: tuple[Place, float]) -> None:
    place, factor = shown
    document = place.read()
    revenue, retention = document.targets
    assert document.presentation
    assert revenue.goal == pytest.approx(9_000_000 * factor)
    assert revenue.baseline is not None and revenue.baseline.value == pytest.approx(7_000_000 * factor)
    assert (revenue.note, revenue.lever, revenue.checkins) == ("", "", ())
    assert retention.goal == 0.3
    segment = revenue.where["segment"][0]
    assert segment in place.data.frame("customers").select("segment").collect().to_series().to_list()


def test_two_copies_share_neither_names_nor_factor() -> None:
    masks = [new_mask(Words("ru")) for _ in range(50)]
    assert len({m.key for m in masks}) == 50
    assert all(LOW <= m.factor <= HIGH and abs(m.factor - 1) >= TOO_NEAR for m in masks)
    assert len({m.factor for m in masks}) > 40


def test_the_original_is_untouched(client: Place) -> None:
    before = client.data.meta.data_hash
    assert client.data.fingerprint() == before
    assert CANARY in json.loads((client.root / "project.json").read_text(encoding="utf-8"))["name"]
