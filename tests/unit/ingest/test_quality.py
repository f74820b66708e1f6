"""Findings: dates that stand apart, pauses, outliers, tables that do not meet."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from crmkpi.i18n import Words
from crmkpi.ingest.file_report import issue_text
from crmkpi.ingest.load_record import read_record
from crmkpi.ingest.quality import day_findings, join_findings, order_findings
from crmkpi.ingest.text_table import Finding
from tests.unit.ingest.loaded import issues, shop

START = (date(2025, 1, 1) - date(1970, 1, 1)).days


def days(offsets: list[int]) -> pl.Series:
    return pl.Series("day", [START + n for n in offsets], dtype=pl.Int32)


def codes(found: list[Finding]) -> dict[str, int]:
    return {f.code: f.count for f in found}


def test_one_wrong_year_is_an_error_many_late_rows_are_a_pause() -> None:
    usual = list(range(300)) * 5
    assert codes(day_findings("orders", days([*usual, 3000]), 90))["far_dates"] == 1
    assert "far_dates" not in codes(day_findings("orders", days([*usual, *range(600, 700)]), 90))


def test_pauses_longer_than_usual_are_counted_and_the_longest_named() -> None:
    found = day_findings("orders", days([*range(60), *range(75, 120), *range(130, 150)]), 90)
    pause = next(f for f in found if f.code == "day_gaps")
    assert pause.count == 2 and pause.params["days"] == 16
    assert pause.params["example"] == date(2025, 3, 1)


def test_a_month_is_complete_only_on_its_last_day() -> None:
    assert "partial_last_month" not in codes(day_findings("orders", days(list(range(31))), 90))
    assert "partial_last_month" in codes(day_findings("orders", days(list(range(30))), 90))


def test_the_left_edge_says_until_when_new_cannot_be_trusted() -> None:
    edge = next(
        f for f in day_findings("orders", days(list(range(31))), 60) if f.code == "left_censored_until"
    )
    assert edge.params["example"] == date(2025, 3, 2)


def frame(amounts: list[int]) -> pl.DataFrame:
    n = len(amounts)
    return pl.DataFrame({"order_id": [str(i) for i in range(n)], "cust": list(range(n)), "amount": amounts})


def test_outliers_stand_six_sigmas_from_the_median_of_the_logs() -> None:
    usual = [900 + 7 * n for n in range(60)]
    found = next(f for f in order_findings(frame([*usual, 10_000_000]), 100) if f.code == "outliers")
    assert (found.count, found.params["example"], found.params["order"]) == (1, 100_000.0, "60")
    assert "outliers" not in codes(order_findings(frame(usual), 100))
    assert "outliers" not in codes(order_findings(frame([1, 10_000_000]), 100))


def test_tables_that_never_meet_are_an_error_with_a_hint() -> None:
    bought = pl.Series(["0017", "0018"])
    found = join_findings({"orders": bought, "messages": pl.Series(["17", "18", "19"])})
    assert [(f.code, f.level, f.count, f.params["near"]) for f in found] == [
        ("ids_never_join", "error", 3, 2)
    ]
    assert join_findings({"orders": bought, "messages": pl.Series(["0017", "x"])}) == []


def test_amounts_that_do_not_add_up_are_reported(tmp_path: Path) -> None:
    made = shop(tmp_path)
    body = "".join(f"{n},a,2026-01-{n + 1:02d},{100 + n},10,{90 + n},0\n" for n in range(20))
    body += "90,b,2026-01-05,100,10,70,0\n91,b,2026-01-05,100,10,90,500\n"
    result = made.load("Order ID,Customer ID,Order Date,Gross Amount,Discount,Amount,Refund Amount\n" + body)
    assert issues(result)["amount_mismatch"] == 1
    assert issues(result)["refund_over_amount"] == 1


def test_every_finding_of_a_load_reads_well_in_both_languages(tmp_path: Path) -> None:
    made = shop(tmp_path)
    result = made.load(
        "Order ID,Customer ID,Order Date,Amount,Status\n1,a,2026-01-05,100,Cancelled\n2,,2026-01-06,50,Odd\n"
        "3,b,2026-01-06,0,Done\n4,b,2026-01-07,-9,Done\n5,b,2026-01-08,5,Done\n5,b,2026-01-08,5,Done\n",
        "Customer ID,Registered At,Segment\nz,2025-01-01,VIP\ny,2025-01-02,Base\n",
    )
    assert len(result.issues) >= 6
    # a record that was read again prints the same sentences
    record = read_record(made.data.root)
    assert record is not None
    for lang in ("ru", "en"):
        again = [issue_text(f, Words(lang)) for f in record.findings]
        assert again == [issue_text(f, Words(lang)) for f in result.issues]
    for lang in ("ru", "en"):
        for found in result.issues:
            text = issue_text(found, Words(lang))
            assert "{" not in text and text.endswith((".", "?", "»")), text
