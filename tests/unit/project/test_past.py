"""A project on a past day: nothing later is read, so it equals the same project loaded from shorter files."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
import pytest

from crmkpi.engine.evaluate import evaluate
from crmkpi.ingest.load import load
from crmkpi.ingest.past import NothingThenError, known_on
from crmkpi.project.document import Project
from crmkpi.project.drafts import Drafts
from crmkpi.project.past import KEPT, past_data, project_on
from crmkpi.project.record import recorded
from crmkpi.targets.agreement import Agreement
from crmkpi.targets.plan import freeze
from crmkpi.targets.target import CheckIn, Target
from tests.views.small_shop import HEADER, orders, shop_project

DAY = date(2025, 8, 20)


@pytest.fixture(scope="module")
def then_and_short(tmp_path_factory):
    """The past view of the whole shop, and the shop loaded from a file that ends on the day."""
    home = tmp_path_factory.mktemp("home")
    project = shop_project(home)
    place = Drafts(home).place(project.id)
    past = past_data(place, project, DAY, home)
    rows = [r for r in orders() if datetime.strptime(r[1], "%d.%m.%Y").date() <= DAY]
    file = home / "short.csv"
    file.write_text("\n".join(";".join(r) for r in [HEADER, *rows]), encoding="cp1251")
    short = Project(name="Короткий")
    other = Drafts(home).place(short.id)
    other.root.mkdir(parents=True)
    assert not load([file], other.data).unanswered
    recorded(short, other.data)
    return place.data, past, other.data


@pytest.mark.parametrize("grain", ["week", "month", "quarter"])
def test_every_metric_is_that_of_the_shorter_file(then_and_short, grain):
    full, past, short = then_and_short
    keys = ["metric", "period"]
    columns = [*keys, "value", "numerator", "denominator", "complete", "n_rows"]
    mine = evaluate(past, None, grain).rows.select(columns).sort(keys)
    truth = evaluate(short, None, grain).rows.select(columns).sort(keys)
    assert mine.height > 100
    assert mine.equals(truth, null_equal=True)
    assert evaluate(full, None, grain).rows.height > mine.height


def test_the_day_itself_is_the_last_and_segments_are_there(then_and_short):
    _, past, short = then_and_short
    assert past.meta.coverage["orders"].last == DAY == short.meta.coverage["orders"].last
    by = evaluate(past, ["orders_count"], "month", by="channel").rows
    assert by["segment"].n_unique() == 3


def test_it_is_built_once_and_few_days_are_kept(tmp_path):
    project = shop_project(tmp_path)
    place = Drafts(tmp_path).place(project.id)
    days = [date(2025, month, 28) for month in range(1, 6)]
    first = past_data(place, project, days[0], tmp_path)
    stamp = (first.root / "orders.parquet").stat().st_mtime_ns
    assert past_data(place, project, days[0], tmp_path).path("orders").stat().st_mtime_ns == stamp
    for day in days[1:]:
        past_data(place, project, day, tmp_path)
    assert len(list((tmp_path / "past" / project.id).iterdir())) == KEPT
    # the project itself holds nothing of it
    assert not (place.root / "past").exists()


def test_a_day_before_the_data_is_refused(tmp_path):
    project = shop_project(tmp_path)
    place = Drafts(tmp_path).place(project.id)
    with pytest.raises(NothingThenError):
        past_data(place, project, date(2020, 1, 1), tmp_path)
    assert not list((tmp_path / "past").rglob("*.parquet"))


def test_later_events_of_earlier_rows_have_not_happened():
    rows = pl.DataFrame(
        {
            "lead_id": ["a", "b", "c"],
            "created_at": [datetime(2025, 1, 1), datetime(2025, 1, 5), datetime(2025, 3, 1)],
            "won_at": [datetime(2025, 1, 20, 9), datetime(2025, 2, 20), None],
            "deal_amount": [10.0, 20.0, None],
        }
    )
    then = known_on("leads", rows, date(2025, 1, 31))
    assert then["lead_id"].to_list() == ["a", "b"]
    assert then["won_at"].to_list() == [datetime(2025, 1, 20, 9), None]
    assert then["deal_amount"].to_list() == [10.0, None]


def test_sends_that_could_not_have_ripened_are_left_out():
    rows = pl.DataFrame(
        {
            "customer_id": ["x"] * 3,
            "sent_at": [datetime(2025, 1, day) for day in (26, 28, 30)],
            "opened": [1] * 3,
        }
    )
    assert known_on("messages", rows, date(2025, 1, 31)).height == 2
    counted = rows.with_columns(revenue=pl.lit(1.0))
    assert known_on("messages", counted, date(2025, 1, 31)).height == 1


def test_the_document_forgets_what_was_decided_later(tmp_path):
    project = shop_project(tmp_path)
    data = Drafts(tmp_path).place(project.id).data
    late = freeze(data, Target(metric="active_customers", goal=90, due=date(2026, 6, 30)))
    early = freeze(data, Target(metric="aov", goal=9000, due=date(2026, 6, 30)), date(2025, 3, 31))
    said = (CheckIn(day=date(2025, 4, 1), note="тогда"), CheckIn(day=date(2026, 1, 1), note="потом"))
    early = early.model_copy(update={"checkins": said})
    tree = project.tree.model_copy(update={"period": "2026-01"})
    signed = Agreement(who="А", day=date(2026, 1, 1), targets=(late,))
    project = project.model_copy(update={"targets": [late, early], "tree": tree, "agreement": signed})
    then = project_on(project, DAY)
    assert then.targets[0].baseline is None
    assert then.targets[1].baseline == early.baseline
    assert [c.note for c in then.targets[1].checkins] == ["тогда"]
    assert then.tree.period is None and then.agreement is None
    assert project_on(project, date(2026, 3, 31)) == project
