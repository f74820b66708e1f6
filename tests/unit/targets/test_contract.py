"""The bonus by the agreed sheet: quantity pays only with quality; what is unknown pays nothing and is not refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from crmkpi.engine.data import DataDir
from crmkpi.i18n import Words
from crmkpi.project.document import FileRecord, Project
from crmkpi.report.contract import contract_html, contract_xlsx
from crmkpi.targets.agreement import Agreement, Terms
from crmkpi.targets.contract import contract_sheets, version_of
from crmkpi.targets.target import Baseline, Guardrail, Target
from crmkpi.views.contract import contract_view
from tests.unit.engine.shop import Shop

T = Words("ru")
DUE = date(2024, 12, 31)


def lead_shop(root: Path, won: int) -> DataDir:
    """Twelve months of 50 leads; `won` of every 50 end in a sale a week later; the file ends in summer 2025."""
    rows = []
    for month in range(1, 13):
        for i in range(50):
            at = pd.Timestamp(2024, month, 1 + i % 28)
            sale = at + pd.Timedelta(days=7) if i < won else pd.NaT
            rows.append((f"l{month}-{i}", at, 1, sale, 100.0 if i < won else None))
    rows.append(("last", pd.Timestamp(2025, 6, 30), 1, pd.NaT, None))
    leads = pd.DataFrame(rows, columns=["lead_id", "created_at", "valid", "won_at", "deal_amount"])
    leads["valid"] = leads["valid"].astype("Int8")
    return Shop(root).rows("leads", leads, "created_at").done()


def target(**more: object) -> Target:
    base = Baseline(value=20, date=date(2023, 12, 31), period="2023-12")
    fields = {
        "id": "a",
        "metric": "leads_count",
        "goal": 40,
        "due": DUE,
        "owner": "Агентство",
        "baseline": base,
    }
    return Target.model_validate(fields | more)


def sheet_of(data: DataDir, *targets: Target, terms: Terms | None = None, day: date = DUE):
    return contract_sheets(data, targets, terms or Terms(), T, as_of=day)


@pytest.mark.parametrize(("won", "outcome"), [(15, "due"), (10, "due"), (9, "not_due"), (0, "not_due")])
def test_leads_pay_only_where_a_fifth_of_them_close(tmp_path: Path, won: int, outcome: str) -> None:
    (sheet,) = sheet_of(lead_shop(tmp_path, won), target())
    (line,) = sheet.lines
    assert line.reached is True and line.final
    closing = line.pairs[0]
    assert (closing.metric, closing.least) == ("lead_win_rate", 0.20)
    assert closing.value == pytest.approx(won / 50)
    assert sheet.outcome == outcome


def test_the_threshold_is_a_term_and_a_typed_pair_wins(tmp_path: Path) -> None:
    data = lead_shop(tmp_path, 15)
    (strict,) = sheet_of(data, target(), terms=Terms(least_close=0.4))
    assert strict.outcome == "not_due" and ("closing_broken", "lead_win_rate") in strict.reasons
    own = target(guardrail=(Guardrail(metric="lead_win_rate", floor=0.1),))
    (typed,) = sheet_of(data, own, terms=Terms(least_close=0.4))
    assert typed.outcome == "due" and [p.least for p in typed.lines[0].pairs] == [0.1]


def test_nothing_is_decided_before_the_date_and_a_missed_goal_is_said(tmp_path: Path) -> None:
    data = lead_shop(tmp_path, 15)
    (early,) = sheet_of(data, target(), day=date(2024, 10, 31))
    assert early.outcome == "open"
    (missed,) = sheet_of(data, target(goal=90))
    assert missed.outcome == "not_due" and ("missed", "leads_count") in missed.reasons


def test_every_owner_has_a_sheet_and_one_miss_hurts_only_its_owner(tmp_path: Path) -> None:
    data = lead_shop(tmp_path, 15)
    found = sheet_of(data, target(), target(id="b", owner="Анна", goal=90))
    assert [(s.owner, s.outcome) for s in found] == [("Агентство", "due"), ("Анна", "not_due")]


def test_the_version_follows_what_was_agreed_and_nothing_else() -> None:
    one, terms = target(), Terms()
    assert version_of([one], terms) == version_of([one.model_copy(update={"note": "x"})], terms)
    assert version_of([one], terms) != version_of([one.model_copy(update={"goal": 41.0})], terms)
    assert version_of([one], terms) != version_of([one], Terms(least_close=0.25))


def test_the_sheet_prints_formula_source_pair_and_signature(tmp_path: Path) -> None:
    data = lead_shop(tmp_path, 15)
    record = FileRecord(file="лиды.xlsx", sha256="0" * 64, table="leads")
    terms = Terms(bonus={"Агентство": "=10 % к оплате <b>"})
    project = Project(name="Магазин", targets=[target()], files=[record], terms=terms)
    signed = Agreement(who="Иван", day=date(2024, 1, 10), targets=tuple(project.targets), terms=terms)
    view = contract_view(data, project.model_copy(update={"agreement": signed}), T)
    assert view.signed.startswith("Подписано: Иван")
    page = contract_html(view, T).decode()
    for text in ("лиды.xlsx", "Количество лидов", "не ниже 20,0", "Иван", "&lt;b&gt;"):
        assert text in page, text
    assert "<b>" not in page
    book = pd.read_excel(pd.io.common.BytesIO(contract_xlsx(view, T)), header=None, sheet_name=None)
    (frame,) = book.values()
    cells = [str(v) for v in frame.to_numpy().ravel() if isinstance(v, str)]
    assert "Обещано: =10 % к оплате <b>" in cells and any("не ниже" in c for c in cells)
    changed = project.model_copy(update={"agreement": signed, "terms": Terms(least_close=0.3)})
    assert "изменились" in contract_view(data, changed, T).signed
