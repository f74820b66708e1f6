"""What an outsider found by running unseen files: silent zeros, shares above one, options that did nothing."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from crmkpi.cli import main
from crmkpi.engine.dimensions import Where, spelled
from crmkpi.engine.evaluate import evaluate
from crmkpi.ingest.quality import day_findings, order_findings
from tests.unit.ingest.loaded import issues, shop, steps

TWO_CHANNELS = (
    "order_id,customer_id,ordered_at,amount,channel\n"
    "1,a,2025-01-02,10,Web\n2,b,2025-01-03,20,Web\n3,a,2025-01-20,30,Store\n4,c,2025-01-31,40,Store\n"
    "5,a,2025-02-03,10,Web\n6,a,2025-02-20,10,Store\n7,c,2025-02-28,10,Store\n"
)


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    (tmp_path / "o.csv").write_text(TWO_CHANNELS, encoding="utf-8")
    path = str(tmp_path / "P")
    assert main(["load", str(tmp_path / "o.csv"), "--project", path]) == 0
    capsys.readouterr()
    return path


def revenue(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[float, str]:
    assert main(["metrics", "--metric", "revenue_base", "--grain", "all", *words]) == 0
    out = capsys.readouterr()
    return json.loads(out.out)["rows"][0]["value"], out.err


def test_a_filter_ignores_the_case_of_its_value_and_a_value_nobody_has_is_told(project, capsys):
    assert revenue(capsys, "--project", project, "--where", "CHANNEL=web") == (40.0, "")
    assert revenue(capsys, "--project", project, "--where", "channel=Web") == (40.0, "")
    value, told = revenue(capsys, "--project", project, "--where", "channel=Wbe")
    assert value == 0 and "Wbe" in told


def test_the_exact_value_wins_over_one_that_differs_by_case(tmp_path: Path) -> None:
    made = shop(tmp_path)
    made.load(TWO_CHANNELS.replace("20,Web", "20,WEB"))
    asked = (Where("Channel", ("Web", None)), Where("channel", ("web",)))
    found, unknown = spelled(made.data, asked)
    assert found == (Where("channel", ("Web", None)), Where("channel", ("WEB", "Web"))) and not unknown


def test_a_window_that_ends_before_it_begins_is_a_mistake(project, capsys):
    assert main(["metrics", "--project", project, "--from", "2025-02-01", "--to", "2025-01-01"]) == 2
    assert "E-BAD-WINDOW" in capsys.readouterr().err


def test_a_day_that_does_not_exist_is_named_with_the_right_form(project, capsys):
    assert main(["metrics", "--project", project, "--from", "2025-13-01", "--lang", "en"]) == 2
    assert capsys.readouterr().err == "E-BAD-DAY: “2025-13-01” is not a date. Write it like 2026-09-30.\n"


def test_a_window_outside_the_data_says_which_days_there_are(project, capsys):
    asked = ["metrics", "--project", project, "--metric", "aov", "--lang", "en"]
    assert main([*asked, "--from", "2099-01-01"]) == 0
    assert "outside the data" in capsys.readouterr().err
    assert main([*asked, "--from", "2000-01-01"]) == 0
    assert capsys.readouterr().err == ""


def test_cohorts_over_the_whole_span_say_why_they_are_empty(project, capsys):
    assert main(["metrics", "--project", project, "--metric", "retention_cohort", "--grain", "all"]) == 0
    out = capsys.readouterr()
    assert json.loads(out.out)["rows"] == [] and out.err


def test_options_for_a_file_that_is_not_loaded_are_told(tmp_path: Path, capsys) -> None:
    (tmp_path / "o.csv").write_text(TWO_CHANNELS, encoding="utf-8")
    mapping = tmp_path / "m.json"
    mapping.write_text(json.dumps({"other.csv": {"table": "orders"}, "o.csv": {"table": "orders"}}))
    words = ["load", str(tmp_path / "o.csv"), "--project", str(tmp_path / "P"), "--mapping", str(mapping)]
    assert main(words) == 0
    told = capsys.readouterr().err
    assert "“other.csv”" in told and "“o.csv”" not in told


def test_a_project_that_cannot_be_written_is_the_users_path(tmp_path: Path, capsys) -> None:
    (tmp_path / "o.csv").write_text(TWO_CHANNELS, encoding="utf-8")
    under_a_file = tmp_path / "o.csv" / "P"
    assert main(["load", str(tmp_path / "o.csv"), "--project", str(under_a_file)]) == 2
    assert "E-PROJECT-UNWRITABLE" in capsys.readouterr().err


def test_more_active_customers_than_base_in_a_cut_is_explained(tmp_path: Path) -> None:
    made = shop(tmp_path)
    made.load(TWO_CHANNELS)
    found = evaluate(made.data, ["active_share"], "month", by="channel")
    web = found.get("active_share", "2025-01", "Web")
    # a and b bought on the web, but a's latest order of the month was in the store
    assert web.value == 2 and "base_by_last_order" in web.warnings
    whole = evaluate(made.data, ["active_share"], "month").get("active_share", "2025-01")
    assert whole.value == 1 and "base_by_last_order" not in whole.warnings


def test_costs_booked_monthly_have_no_pauses_but_a_lost_month_is_one() -> None:
    firsts = [date(2024, m, 1) for m in range(1, 13)]
    days = pl.Series("day", [(d - date(1970, 1, 1)).days for d in firsts], dtype=pl.Int32)
    assert "day_gaps" not in {f.code for f in day_findings("costs", days, 90)}
    kept = days.filter(pl.Series([i not in (5, 6) for i in range(12)]))
    assert "day_gaps" in {f.code for f in day_findings("costs", kept, 90)}


def test_the_outlier_shown_is_the_farthest_not_the_largest() -> None:
    amounts = [10_000 + 37 * i for i in range(60)] + [1]
    orders = pl.DataFrame({"order_id": [str(i) for i in range(61)], "amount": amounts, "cust": [0] * 61})
    found = next(f for f in order_findings(orders, 100) if f.code == "outliers")
    assert found.params["order"] == "60"


def test_a_return_beside_sales_in_a_column_of_operations_is_a_document_even_if_positive(
    tmp_path: Path,
) -> None:
    made = shop(tmp_path)
    result = made.load(
        "Чек;Клиент;Дата;Сумма;Тип операции\n"
        "1;a;01.02.2025;100;Продажа\n2;b;02.02.2025;70;Продажа\n3;a;13.02.2025;40;Возврат\n4;b;14.02.2025;30;Продажа\n"
    )
    assert made.orders() == {"1": 100.0, "2": 70.0, "4": 30.0}
    assert made.returns() == {"3": 40.0}
    assert steps(result)["root"] == (3, 200.0)
    assert "statuses_unknown" not in issues(result)


def test_a_refunded_order_in_a_column_of_states_stays_a_sale_that_came_back(tmp_path: Path) -> None:
    made = shop(tmp_path)
    made.load(
        "Order ID,Customer ID,Order Date,Order Total,Status\n"
        "1,a,2025-02-01,100,paid\n2,b,2025-02-02,70,paid\n3,a,2025-02-13,40,refunded\n"
    )
    assert made.orders() == {"1": 100.0, "2": 70.0, "3": 40.0}
    assert made.returns() == {"3": 40.0}


def test_sales_with_and_without_vat_are_orders_and_revenue_is_with_vat(tmp_path: Path) -> None:
    rows = "".join(
        f"{i};k{i % 7};{i % 28 + 1:02d}.02.2025;{100 + i};{20 + i};{120 + 2 * i}\n" for i in range(40)
    )
    made = shop(tmp_path)
    made.load("Номер;Клиент;Дата;Сумма без НДС;НДС;Сумма с НДС\n" + rows)
    assert sum(made.orders().values()) == sum(120 + 2 * i for i in range(40))
