"""A test in words: verdict, units, split; the planner against numbers by hand; a list before it is issued."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from crmkpi.analysis.criteria import plan_test
from crmkpi.analysis.lists import customers_of
from crmkpi.analysis.planning import mde_share
from crmkpi.engine.data import DataDir
from crmkpi.i18n import Words
from crmkpi.periods import parse_period
from crmkpi.project.document import Project
from crmkpi.project.issued import issue
from crmkpi.views.experiments import Choices, desk_view, guess, opened_test, read_file
from crmkpi.views.issued import issue_view, issued_rows, list_bytes, usual_share
from crmkpi.views.planner import planner_view

ROOT = Path(__file__).resolve().parents[2]
TOTALS = "Группа;Клиентов;Купили\nКонтроль;20000;500\nСкидка;20000;620\n"


@pytest.fixture
def totals(tmp_path: Path) -> Path:
    path = tmp_path / "итоги.csv"
    path.write_text(TOTALS, encoding="utf-8")
    return path


def test_points_are_printed_with_two_digits(totals: Path, t: Words) -> None:
    found = opened_test(totals)
    view = desk_view(read_file(found), found, t)
    assert view.headline == "«Скидка» меняет «Купили» на +0,6 п.п."
    ((_, (row,)),) = view.outcomes
    assert "от +0,28 п.п. до +0,92 п.п. Эффект" in row.text
    assert row.tone == "good"


def test_an_unclear_control_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,group,bought\n" + "".join(f"{i},{'xy'[i % 2]},{i % 3 % 2}\n" for i in range(300)))
    found = opened_test(path)
    seen = guess(found)
    assert (seen.arm, seen.control, seen.groups) == ("group", None, ("x", "y"))
    assert read_file(found, Choices(control="y")).control == "y"


def test_the_command_line_prints_the_same(totals: Path) -> None:
    command = [sys.executable, "-m", "crmkpi", "experiment", str(totals), "--json"]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, check=True)
    document = json.loads(done.stdout)
    (reading,) = document["readings"]
    assert (document["control"], reading["arm"], reading["verdict"]) == ("Контроль", "Скидка", "up")
    assert reading["total"]["estimate"] == pytest.approx(120)
    bad = subprocess.run([*command, "--control", "Нет"], capture_output=True, cwd=ROOT, check=False)
    assert bad.returncode == 2 and not bad.stdout
    assert len(bad.stderr.decode().strip().splitlines()) == 1


def test_the_plan_rests_on_what_the_shop_did(data: DataDir, rows: pd.DataFrame, t: Words) -> None:
    plan = plan_test(data, window_days=30, control_share=0.2)
    cut = pd.Timestamp(rows["day"].max()) - pd.Timedelta(days=30)
    known = set(rows[rows["day"] <= cut]["customer"])
    after = rows[(rows["day"] > cut) & rows["customer"].isin(known)]
    share = after["customer"].nunique() / len(known)
    buyers, orders, money = plan.criteria
    assert plan.people == len(known) and plan.control == round(len(known) * 0.2)
    assert buyers.base == pytest.approx(share)
    assert orders.base == pytest.approx(len(after) / len(known))
    assert money.base == pytest.approx(after["amount"].sum() / len(known))
    assert buyers.mde == pytest.approx(mde_share(share, plan.people - plan.control, plan.control))
    view = planner_view(data, "everyone", 30, 0.2, 0.001, t)
    assert view.tone == "bad"


def test_a_list_before_and_after_it_is_issued(project: tuple[Path, Project], data: DataDir, t: Words) -> None:
    people = customers_of(data, "active", parse_period("2026-03"))
    start = date(2026, 4, 1)
    empty = Project()
    view = issue_view(empty, data, people, start=start, window_days=30, control_share=0.3, t=t)
    assert not view.small and view.again is None
    assert len(view.texts) == 2
    tiny = issue_view(empty, data, people.head(20), start=start, window_days=30, control_share=0.3, t=t)
    assert tiny.small
    done, one = issue(empty, data, people, "Март", start=start, control_share=0.3, seed=1)
    again = issue_view(done, data, people, start=start, window_days=30, control_share=0.3, t=t)
    assert again.again == one
    part = people.select("customer_id", "expected_money").head(3)
    text = list_bytes(data, part, t).decode("utf-8-sig").splitlines()
    assert len(text) == 4 and part["customer_id"][0] in "".join(text)
    (row,) = issued_rows(done, data, t)
    assert row.state == "ждёт: заказов после старта ещё нет"
    late = issue_view(
        done, data, people, start=one.until + timedelta(days=1), window_days=30, control_share=0.3, t=t
    )
    assert late.again is None


def test_the_usual_share_grows_with_time(data: DataDir) -> None:
    people = customers_of(data, "active", parse_period("2026-03"))
    month, quarter = usual_share(people, 30), usual_share(people, 90)
    assert month is not None and quarter is not None and 0 < month < quarter < 1
