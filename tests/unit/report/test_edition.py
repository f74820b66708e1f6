"""An edition holds what the list allows and nothing else; small groups are not in it."""

from __future__ import annotations

import csv
import json
from datetime import date

import pytest

from crmkpi.engine.data import DataDir
from crmkpi.i18n import Words
from crmkpi.ingest.load import load
from crmkpi.project.document import Project, TreeChoice
from crmkpi.project.place import Place
from crmkpi.report.edition import EditionOptions, edition
from crmkpi.targets.plan import freeze
from crmkpi.targets.target import CheckIn, Target
from crmkpi.views.edition import changes, edition_view, export
from tests.views.small_shop import HEADER, orders

FIELDS = {
    "id", "name", "owner", "tone", "status", "good", "helps", "pays", "chance", "steps", "sentence", "now", "start",
    "goal", "left", "progress", "progress_text", "path", "hidden",
}  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The small shop with a fourth channel in which three people bought in the last month and a year before."""
    home = tmp_path_factory.mktemp("canary")
    path = home / "КАНАРЕЙКА_файл.csv"
    rows = [list(row) for row in orders()]
    for month in ("03.2025", "03.2026"):
        chosen = [row for row in rows if row[1].endswith(month)][:3]
        for i, row in enumerate(chosen):
            row[2], row[4] = f"KANAREIKA{i}", "Закрытый клуб"
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, delimiter=";")
        out.writerow(HEADER)
        out.writerows(rows)
    found = Place(home / "project")
    found.root.mkdir()
    load([path], DataDir(found.root / "data"))
    note = CheckIn(day=date(2026, 3, 31), note="КАНАРЕЙКА заметка")
    targets = [
        freeze(found.data, Target(metric="aov", goal=9000.0, due=date(2026, 9, 30), checkins=(note,))),
        freeze(
            found.data,
            Target(metric="aov", goal=9000.0, due=date(2026, 9, 30), where={"channel": ["Закрытый клуб"]}),
        ),
    ]
    found.write(Project(name="Магазин", tree=TreeChoice(template="ecommerce_revenue"), targets=targets))
    return found


@pytest.fixture(scope="module")
def document(place: Place) -> dict:
    return edition(place, None, EditionOptions(title="Итог", drill=True))


def test_no_customer_no_file_and_no_note_is_in_it(document):
    text = json.dumps(document, ensure_ascii=False)
    assert "KANAREIKA" not in text and "КАНАРЕЙКА" not in text
    assert "Закрытый клуб" not in text.replace(document["lang"]["ru"]["kpis"][1]["name"], "")


def test_a_kpi_has_the_allowed_fields_only(document):
    for lang in ("ru", "en"):
        assert all(set(kpi) == FIELDS for kpi in document["lang"][lang]["kpis"])


def test_a_target_of_three_people_keeps_its_name_and_loses_its_numbers(document):
    open_one, closed = document["lang"]["ru"]["kpis"]
    assert not open_one["hidden"] and closed["hidden"]
    assert closed["now"] == closed["goal"] == "—" and closed["path"] is None


def test_a_small_segment_is_folded_with_the_next_one_so_that_nothing_can_be_subtracted(document):
    splits = [s for node in document["lang"]["ru"]["tree"]["nodes"].values() for s in node["segments"]]
    assert splits
    for split in splits:
        names = [part["name"] for part in split["parts"]]
        assert "Закрытый клуб" not in names
        assert names[-1].startswith("2 малые группы") and len(names) == 3, names


def test_without_drill_down_nothing_stands_behind_the_nodes(place):
    tree = edition(place, None, EditionOptions())["lang"]["en"]["tree"]
    assert all(not node["series"] and not node["segments"] for node in tree["nodes"].values())


def test_the_reader_sees_the_same_in_the_own_language(document):
    ru, en = (edition_view(document, Words(lang)) for lang in ("ru", "en"))
    assert [k.id for k in ru.kpis] == [k.id for k in en.kpis] and ru.headline != en.headline
    assert ru.tree and en.tree and [c.id for c in ru.tree.cards] == [c.id for c in en.tree.cards]


def test_an_edition_of_an_older_form_is_read_as_far_as_it_goes():
    view = edition_view({"lang": {"en": {"title": "Old", "unknown": 1}}}, Words("ru"))
    assert view.title == "Old" and view.kpis == () and view.tree is None


def test_changes_name_what_moved_and_stay_silent_otherwise(document):
    t = Words("en")
    view = edition_view(document, t)
    assert changes(view, view, t) == ()
    later = json.loads(json.dumps(document))
    later["lang"]["en"]["kpis"][0] |= {"tone": "good", "status": "● On track", "now": "9,100"}
    del later["lang"]["en"]["kpis"][1]
    first, second = changes(view, edition_view(later, t), t)
    assert first.tone == "good" and "On track" in first.text and "9,100" in first.text
    assert second.text == t("reader.gone")


def test_the_table_guards_texts_that_look_like_formulas(document):
    copy = json.loads(json.dumps(document))
    copy["lang"]["en"]["kpis"][0]["name"] = "=1+1"
    text = export(edition_view(copy, Words("en")), Words("en")).decode("utf-8-sig")
    assert "'=1+1" in text
