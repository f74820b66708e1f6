"""The evidence pack: the same figures on all four papers, whole without any target, and the same bytes each time."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date

import openpyxl
import pytest

from crmkpi.analysis.initiative import Audience, Initiative, Participant
from crmkpi.i18n import Words
from crmkpi.project.drafts import Drafts
from crmkpi.project.place import Place
from crmkpi.report import Ask, ReportOptions, pack, write_pack
from crmkpi.report.options import ReportFormatError
from crmkpi.report.pack import PackPeriodError
from crmkpi.targets.plan import freeze
from crmkpi.targets.target import Target
from tests.views.sample_shop import sample_project

KINDS = ("html", "pdf", "pptx", "xlsx")
ASK = Ask("me", date(2026, 1, 1), date(2026, 9, 30))
BOTH = (Participant(name="me", share=0.5), Participant(name="Анна", share=0.5))
ENTRIES = [
    Initiative(
        title="Возврат спящих <b>",
        shipped=date(2026, 2, 10),
        audience=Audience(kind="campaign", campaigns=("WINBACK-2026-02",)),
        decision="=1+1 только тем, кто молчит",
        people=BOTH,
    ),
    Initiative(
        title="Каталог",
        shipped=date(2026, 4, 14),
        audience=Audience(kind="campaign", campaigns=("CATALOG-2026-04",)),
    ),
    Initiative(title="Корзина", shipped=date(2026, 4, 1), window_days=91, metrics=("aov",)),
    Initiative(
        title="Самовывоз",
        shipped=date(2026, 6, 1),
        window_days=91,
        audience=Audience(kind="segment", where={"segment": ("Малые города",)}),
    ),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    home = tmp_path_factory.mktemp("pack")
    project = sample_project(home)
    found = Drafts(home).place(project.id)
    raw = Target(metric="retention_rate", goal=0.4, due=date(2026, 12, 31), baseline_date=date(2026, 3, 31))
    other = Target(metric="aov", goal=5000, due=date(2026, 12, 31), owner="Анна")
    targets = [freeze(found.data, raw), freeze(found.data, other)]
    Drafts(home).save(project.model_copy(update={"initiatives": ENTRIES, "targets": targets}))
    return found


@pytest.fixture(scope="module")
def made(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], bytes]:
    folder, kept = tmp_path_factory.mktemp("papers"), {}

    def bytes_of(kind: str) -> bytes:
        if kind not in kept:
            write_pack(place, folder / f"p.{kind}", ASK, Words("ru"))
            kept[kind] = (folder / f"p.{kind}").read_bytes()
        return kept[kind]

    return bytes_of


def text_of(kind: str, content: bytes) -> str:
    """All text of a paper, read by other means than ours."""
    if kind == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(content))
        cells = [str(c) for s in book for row in s.iter_rows(values_only=True) for c in row if c]
        return "\n".join([*book.sheetnames, *cells])
    if kind == "pptx":
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            slides = [n for n in file.namelist() if n.startswith("ppt/slides/slide")]
            return "\n".join(re.sub(r"<[^>]+>", " ", file.read(n).decode()) for n in slides)
    return content.decode()


@pytest.mark.parametrize("kind", ["html", "pptx", "xlsx"])
def test_each_paper_holds_goals_grades_and_sentences_to_paste(kind, made):
    said = text_of(kind, made(kind)).replace("\xa0", " ").replace("\u2060", "")
    for text in (
        "Прирост доказан: купили 13,1",
        "Эффект не показан",
        "A — случайная контрольная группа",
        "C — до и после с поправкой на сезон",
        "Вероятность на старте",
        "Уровень доказательства: A",
        "Показатели в динамике",
        "только тем, кто молчит",
    ):
        assert text in said, text
    assert "Анна 50" in said  # joint work names the agreed shares


def test_the_paper_is_a_pdf_with_pages(made):
    assert made("pdf").startswith(b"%PDF-") and len(made("pdf")) > 30_000


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_project_gives_the_same_bytes(kind, place, made, tmp_path):
    said = write_pack(place, tmp_path / f"again.{kind}", ASK, Words("ru"))
    assert (tmp_path / f"again.{kind}").read_bytes() == made(kind)
    assert said["sections"][:3] == ["summary", "goals", "effects"]
    assert [p.name for p in tmp_path.iterdir()] == [f"again.{kind}"]


def test_user_text_never_becomes_markup_or_a_formula(made):
    page = made("html").decode()
    assert "Возврат спящих &lt;b&gt;" in page and "Возврат спящих <b>" not in page
    assert "<script" not in page and "://" not in re.sub(r'xmlns(:xlink)?="[^"]+"', "", page)
    book = openpyxl.load_workbook(io.BytesIO(made("xlsx")))
    assert not [c for s in book for row in s.iter_rows() for c in row if c.data_type == "f"]


def test_own_targets_only_with_their_chance_at_the_start(place):
    found, _ = pack(place, ASK, Words("ru"), ReportOptions())
    goals = next(s for s in found.sections if s.id == "goals")
    assert [c.title for c in goals.cards] == ["Уровень удержания (retention rate)"]
    facts = dict(goals.cards[0].facts)
    assert re.search(r"\d+\s?%", facts["Вероятность на старте"])
    theirs, _ = pack(place, Ask("анна", ASK.first, ASK.last), Words("ru"), ReportOptions())
    named = {c.title for s in theirs.sections for c in s.cards}
    assert "Средний чек" in named and "Корзина" not in named and "Возврат спящих <b>" in named


def test_joint_work_gives_each_person_the_agreed_half(place):
    quarter = (date(2026, 1, 1), date(2026, 3, 31))
    rows = {}
    for person, who in (("me", "Мои инициативы"), ("Анна", "Инициативы: Анна")):
        found, _ = pack(place, Ask(person, *quarter), Words("ru"), ReportOptions())
        table = next(s for s in found.sections if s.id == "share").table
        assert table is not None
        rows[person] = {row[0]: row[1] for row in table.rows}[who]
    assert rows["me"] == rows["Анна"]


def test_work_outside_the_period_is_not_in_the_pack(place):
    found, _ = pack(place, Ask("me", date(2026, 5, 1), date(2026, 9, 30)), Words("en"), ReportOptions())
    effects = next(s for s in found.sections if s.id == "effects")
    assert [c.title for c in effects.cards] == ["Самовывоз"]
    assert effects.cards[0].chart == f"trend-{ENTRIES[3].id}"


def test_somebody_without_targets_and_work_gets_an_honest_pack(place):
    found, charts = pack(place, Ask("Никто", ASK.first, ASK.last), Words("ru"), ReportOptions())
    leads = {s.id: s.lead for s in found.sections}
    assert leads["goals"].startswith("Целей у этого человека") and "не записано" in leads["effects"]
    assert not charts
    assert "Доказанной доли инициатив в этом изменении нет" in leads["share"]


def test_a_period_without_the_time_before_says_why_there_is_no_share(place):
    found, _ = pack(place, Ask("me", date(2024, 1, 1), date(2026, 9, 30)), Words("ru"), ReportOptions())
    share = next(s for s in found.sections if s.id == "share")
    assert share.lead and share.table is None


def test_an_impossible_period_or_kind_is_one_sentence(place, tmp_path):
    with pytest.raises(PackPeriodError):
        write_pack(place, tmp_path / "p.html", Ask("me", ASK.last, ASK.first), Words("ru"))
    with pytest.raises(PackPeriodError):
        write_pack(place, tmp_path / "p.html", Ask("me", date(2031, 1, 1), date(2031, 2, 1)), Words("ru"))
    with pytest.raises(ReportFormatError):
        write_pack(place, tmp_path / "p.doc", ASK, Words("ru"))
    assert list(tmp_path.iterdir()) == []
