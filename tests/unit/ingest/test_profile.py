"""Columns are profiled over all rows, independent of order, and nothing that does not parse is silent."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmkpi.ingest.match import propose
from crmkpi.ingest.profile import profile, typed
from tests.unit.ingest.text_tables import one, text_table

DAY = date(2026, 1, 5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("05.01.2026", DAY),
        ("5.1.2026", DAY),
        ("05.01.26", DAY),
        ("2026-01-05", DAY),
        ("2026/1/5", DAY),
        ("05 янв 2026", DAY),
        ("05 янв. 2026 г.", DAY),
        ("5 января 2026 г.", DAY),
        ("5 января 2026 года", DAY),
        ("Jan 5, 2026", DAY),
        ("January 5, 2026", DAY),
        ("5 May 2026", date(2026, 5, 5)),
        ("05-Jan-2026", DAY),
        ("05-Jan-26", DAY),
        ("2026-01-05 14:03", datetime(2026, 1, 5, 14, 3)),
        ("2026-01-05T14:03:11", datetime(2026, 1, 5, 14, 3, 11)),
        ("2026-01-05T14:03:11.250", datetime(2026, 1, 5, 14, 3, 11, 250_000)),
        ("2026-01-05T14:03:11Z", datetime(2026, 1, 5, 14, 3, 11)),
        ("2026-01-05 14:03:11 +0300", datetime(2026, 1, 5, 14, 3, 11)),
        ("2026-01-05 14:03:11+03:00", datetime(2026, 1, 5, 14, 3, 11)),
        ("05.01.2026 14:03", datetime(2026, 1, 5, 14, 3)),
        ("05.01.2026, 14:03", datetime(2026, 1, 5, 14, 3)),
        ("05.01.2026 9:03:07", datetime(2026, 1, 5, 9, 3, 7)),
        ("1/25/2026 2:05 PM", datetime(2026, 1, 25, 14, 5)),
        ("1/25/2026 12:05:09 AM", datetime(2026, 1, 25, 0, 5, 9)),
        ("25/01/2026 14:05", datetime(2026, 1, 25, 14, 5)),
        ("14:03 05.01.2026", datetime(2026, 1, 5, 14, 3)),
        ("9:03:07, 5.1.26", datetime(2026, 1, 5, 9, 3, 7)),
        ("5 января 2026 г. в 14:03", datetime(2026, 1, 5, 14, 3)),
        ("Jan 5, 2026 2:03 PM", datetime(2026, 1, 5, 14, 3)),
        ("Mon, 05 Jan 2026 14:03:00 +0300", datetime(2026, 1, 5, 14, 3)),
        ("2026-01", date(2026, 1, 1)),
        ("Январь 2026", date(2026, 1, 1)),
    ],
)
def test_date_forms_of_exports_are_read(text: str, expected: date) -> None:
    found, values = one([text, text, None, "n/a"], name="Дата")
    assert values == [expected, expected, None, None]
    assert found.kind == ("datetime" if isinstance(expected, datetime) else "date")
    assert (found.unparsed, found.filled, found.distinct) == (0, 2, 1)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("created_at", "1767621791", datetime(2026, 1, 5, 14, 3, 11)),
        ("created_at", "1767621791250", datetime(2026, 1, 5, 14, 3, 11, 250_000)),
        ("Дата заказа", "46027", DAY),
        ("Дата заказа", "46027.5", datetime(2026, 1, 5, 12)),
        ("Дата заказа", "46027,5", datetime(2026, 1, 5, 12)),
        ("date", "20260105", DAY),
    ],
)
def test_serial_dates_need_a_header_that_hints(name: str, text: str, expected: date) -> None:
    _, values = one([text] * 3, name=name)
    assert values == [expected] * 3
    bare, _ = one([text] * 3, name="Показы")
    assert bare.kind not in ("date", "datetime")


def test_day_or_month_first_is_proven_by_any_row() -> None:
    found, values = one(["03/04/2024", "25/04/2024"])
    assert values == [date(2024, 4, 3), date(2024, 4, 25)]
    found, values = one(["03/04/2024", "03/25/2024"])
    assert values == [date(2024, 3, 4), date(2024, 3, 25)]
    assert found.questions == ()


def test_slash_date_without_proof_is_asked_and_the_answer_counts() -> None:
    found, _ = one(["03/04/2024", "05/06/2024"])
    question = found.questions[0]
    assert (question.code, question.column, question.default) == ("ambiguous_date_order", "x", None)
    assert (question.params["dmy"], question.params["mdy"]) == (date(2024, 4, 3), date(2024, 3, 4))
    answered, values = one(["03/04/2024", "05/06/2024"], answers={"ambiguous_date_order:x": "mdy"})
    assert values == [date(2024, 3, 4), date(2024, 5, 6)]
    assert answered.questions == ()


def test_another_column_of_the_file_preselects_the_date_order() -> None:
    table = text_table({"a": ["03/04/2024", "05/06/2024"], "b": ["03/25/2024", "05/06/2024"]})
    found = profile(table)
    assert found[0].questions[0].default == "mdy"
    assert found[1].questions == ()
    assert table.collect().select(typed(found[0])).to_series()[0] == date(2024, 3, 4)


def test_dates_of_no_date_are_blank_and_years_out_of_reach_are_counted() -> None:
    found, values = one(["2026-01-05", "0000-00-00", "9999-12-31", "0206-01-05"], name="date")
    assert values == [DAY, None, None, None]
    assert (found.filled, found.unparsed) == (3, 2)


def test_times_with_offsets_keep_the_wall_clock_or_move_to_the_zone() -> None:
    table = text_table({"at": ["2026-01-05T23:30:00Z", "2026-07-05T23:30:00Z"]})
    found = profile(table)[0]
    frame = table.collect()
    assert found.zoned
    assert frame.select(typed(found)).to_series()[0] == datetime(2026, 1, 5, 23, 30)
    moved = frame.select(typed(found, zone="Europe/Moscow")).to_series()
    assert moved.to_list() == [datetime(2026, 1, 6, 2, 30), datetime(2026, 7, 6, 2, 30)]


def test_clocks_of_different_zones_are_brought_to_one() -> None:
    found, values = one(["2026-01-05T12:00:00Z", "2026-01-05T15:00:00+03:00"], name="at")
    assert values == [datetime(2026, 1, 5, 12)] * 2
    assert [f.code for f in found.findings] == ["mixed_zones"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1\u00a0234,56", 1234.56),
        ("1\u202f234,56 ₽", 1234.56),
        ("1 234,56 руб.", 1234.56),
        ("1'234.56", 1234.56),
        ("1.234,56", 1234.56),
        ("1,234.56", 1234.56),
        ("$1,234.56", 1234.56),
        ("-$1,234.56", -1234.56),
        ("USD 1,234.56", 1234.56),
        ("1.234,56 €", 1234.56),
        ("\u22121234,56", -1234.56),
        ("(1 234,56)", -1234.56),
        ("1234.56-", -1234.56),
        ("+1234.56", 1234.56),
        ("12,5 %", 0.125),
        ("12.5%", 0.125),
        (".56", 0.56),
        ("1.2E+03", 1200.0),
    ],
)
def test_numbers_as_people_write_them(text: str, expected: float) -> None:
    found, values = one([text, text, "-", "n/a", "#Н/Д"], name="Сумма")
    assert values == [pytest.approx(expected)] * 2 + [None] * 3
    assert (found.unparsed, found.sum) == (0, pytest.approx(2 * expected))


def test_one_value_anywhere_proves_the_decimal_sign_of_the_column() -> None:
    values = ["1,234", "2,345", "3,456"] * 50
    assert one(values)[0].questions[0].code == "ambiguous_number"
    for proof, expected in (("1,5", 1.234), ("1,234.5", 1234.0), ("0,500", 1.234), ("1,234,567", 1234.0)):
        for mixed in ([*values, proof], [proof, *values]):
            found, read = one(mixed)
            assert found.questions == ()
            assert read[mixed.index("1,234")] == expected


def test_ambiguous_number_shows_both_sums_and_takes_the_answer() -> None:
    found, _ = one(["1,234", "2,345"])
    question = found.questions[0]
    assert question.default is None
    assert question.params["sum_decimal_dot"] == 3579.0
    assert question.params["sum_decimal_comma"] == pytest.approx(3.579)
    assert one(["1,234", "2,345"], answers={"ambiguous_number": "decimal_dot"})[0].sum == 3579
    assert one(["1,234", "2,345"], answers={"ambiguous_number:x": "decimal_comma"})[0].sum == pytest.approx(
        3.579
    )


def test_one_sided_evidence_preselects_the_decimal_sign() -> None:
    assert one(["1,234", "2,345"], delimiter=";")[0].questions[0].default == "decimal_comma"
    assert one(["1,234", "2345"])[0].questions[0].default == "decimal_comma"
    assert one(["1,234", "2,345"], name="Impressions")[0].questions[0].default == "decimal_dot"
    table = text_table({"a": ["1,234", "2,345"], "b": ["1,5", "2,55"]})
    assert profile(table)[0].questions[0].default == "decimal_comma"


def test_irregular_grouping_is_no_number_and_counted() -> None:
    found, values = one(["1,2,3", "12", "13", "14", "15"])
    assert values == [None, 12, 13, 14, 15]
    assert found.unparsed == 1
    assert [(f.code, f.count, f.params["x"]) for f in found.findings] == [("unparsed", 1, "1,2,3")]


def test_two_currencies_in_a_column_are_asked_and_the_chosen_one_is_counted() -> None:
    values = ["5 ₽", "6 ₽", "7 $", "8"]
    found, _ = one(values, name="Сумма")
    assert (found.questions[0].code, found.questions[0].options) == ("currency", ("RUB", "USD"))
    chosen, read = one(values, name="Сумма", answers={"currency:Сумма": "RUB"})
    assert (read, chosen.currency, chosen.questions) == ([5, 6, None, 8], "RUB", ())
    assert one(["5", "6"], name="Amount (USD)")[0].currency == "USD"


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("CustomerID", ["17850.0", "13047.0", None], ["17850", "13047", None]),
        ("ID клиента", ["00000011", "00000012"], ["00000011", "00000012"]),
        ("whatever", ["007", "12", "13"], ["007", "12", "13"]),
        ("n", ["40817810099910004312"], ["40817810099910004312"]),
        ("Номер заказа", ["A-12", "A-13", "#14"], ["A-12", "A-13", "#14"]),
        ("InvoiceNo", ["536365", "C536379"], ["536365", "C536379"]),
        ("Order #", ["'0012", "0013"], ["0012", "0013"]),
        ("Заказ №", ["#REF!", "12", "13", "14", "15", "16"], [None, "12", "13", "14", "15", "16"]),
    ],
)
def test_ids_stay_text(name: str, values: list[str], expected: list[str]) -> None:
    found, read = one(values, name=name)
    assert (found.kind, found.sum, read) == ("id", None, expected)


def test_numbers_that_excel_damaged_are_reported() -> None:
    found, values = one(["4,1E+11", "4,2E+11", "123"], name="Номер заказа")
    assert [(f.code, f.level, f.count) for f in found.findings] == [("scientific_ids", "error", 2)]
    assert values == ["4,1E+11", "4,2E+11", "123"]


def test_phone_spellings_become_one_key_and_mail_ignores_case() -> None:
    found, values = one(["+7 (916) 123-45-67", "8 916 123-45-67", "'+79161234567"], name="Телефон")
    assert (found.kind, set(values)) == ("phone", {"79161234567"})
    assert one(["A@b.ru", "a@B.ru "], name="mail")[1] == ["a@b.ru", "a@b.ru"]


@pytest.mark.parametrize(
    "values",
    [
        ("да", "нет"),
        ("Yes", "No"),
        ("1", "0"),
        ("TRUE", "FALSE"),
        ("ИСТИНА", "ЛОЖЬ"),
        ("+", "-"),
        ("1.0", "0.0"),
    ],
)
def test_flags_in_the_words_of_exports(values: tuple[str, str]) -> None:
    found, read = one([*values, values[0], None])
    assert (found.kind, read, found.filled) == ("flag", [1, 0, 1, None], 3)


def test_numbers_that_are_only_ones_are_no_flag() -> None:
    assert one(["1", "1"], name="Quantity")[0].kind == "integer"


def test_a_date_serves_as_a_flag_that_something_happened() -> None:
    table = text_table({"Дата открытия": ["05.01.2026 10:00", None, "", "0000-00-00"]})
    found = profile(table)[0]
    assert table.collect().select(typed(found, "flag")).to_series().to_list() == [1, 0, 0, 0]
    count = text_table({"Opens": ["3", "0", None]})
    assert count.collect().select(typed(profile(count)[0], "flag")).to_series().to_list() == [1, 0, None]


def test_namibia_is_no_blank() -> None:
    assert one(["NA", "RU", "DE", "KZ"], name="country")[1] == ["NA", "RU", "DE", "KZ"]
    assert one(["NA", "Москва", "Пермь"], name="city")[1] == [None, "Москва", "Пермь"]


def test_empty_column_is_empty() -> None:
    found, values = one([None, "", " ", "-"])
    assert (found.kind, found.filled, values) == ("empty", 0, [None] * 4)


def test_profile_does_not_depend_on_the_order_of_rows() -> None:
    rng = random.Random(3)
    columns = {
        "Дата": [f"{rng.randint(1, 12):02d}/{rng.randint(1, 28):02d}/2025" for _ in range(300)],
        "Сумма": [f"{rng.randint(1, 999)},{rng.randint(100, 999)}" for _ in range(299)] + ["1,5"],
        "Клиент": [f"C{rng.randint(1, 50)}" for _ in range(300)],
        "Город": [rng.choice(["Москва", "Пермь", "n/a"]) for _ in range(300)],
    }
    order = list(range(300))
    first = profile(text_table(columns))
    rng.shuffle(order)
    assert first == profile(text_table({k: [v[i] for i in order] for k, v in columns.items()}))


STYLES = [(" ", ","), ("\u00a0", ","), (".", ","), (",", "."), ("'", "."), ("", "."), ("", ",")]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.decimals(-999_999_999, 999_999_999, places=2), min_size=1, max_size=20),
    st.sampled_from(STYLES),
)
def test_formatted_money_is_read_back_exactly(amounts: list[Decimal], style: tuple[str, str]) -> None:
    group, decimal = style
    texts = [f"{a:,.2f}".replace(",", "\x00").replace(".", decimal).replace("\x00", group) for a in amounts]
    found, values = one(texts, name="Сумма")
    assert values == [pytest.approx(float(a), abs=1e-6) for a in amounts]
    assert found.sum == pytest.approx(float(sum(amounts)), abs=1e-3)
    assert (found.unparsed, found.questions) == (0, ())


FORMATS = [
    "%d.%m.%Y",
    "%Y-%m-%d",
    "%d.%m.%Y %H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%m/%d/%Y %I:%M %p",
    "%b %d, %Y",
    "%d-%b-%Y",
]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 9_000), min_size=1, max_size=20), st.sampled_from(FORMATS), st.integers(0, 1439)
)
def test_formatted_dates_are_read_back_exactly(days: list[int], fmt: str, minute: int) -> None:
    moments = [datetime(2005, 1, 1) + timedelta(days=d, minutes=minute) for d in days]
    answers = {"ambiguous_date_order": "mdy"}
    table = text_table({"Дата": [m.strftime(fmt) for m in moments]})
    found = profile(table, answers)[0]
    values = table.collect().select(typed(found, "datetime")).to_series().to_list()
    expected = [datetime.strptime(m.strftime(fmt), fmt) for m in moments]
    assert values == expected
    assert found.unparsed == 0


def test_counts_are_those_of_all_rows() -> None:
    table = text_table({"Quantity": ["1", "2", "x", None, "2"] * 2_000})
    found = profile(table)[0]
    values = table.collect().select(typed(found)).to_series()
    assert (found.filled, found.distinct, found.unparsed, found.sum) == (8_000, 3, 2_000, 10_000)
    assert values.sum() == 10_000
    assert values.null_count() == 4_000


def test_lazy_tables_give_the_same_profile() -> None:
    table = text_table({"a": ["1", "2"], "b": ["x", "y"]})
    eager = profile(table)
    table.frame = pl.LazyFrame(table.frame)
    assert profile(table) == eager


CELLS = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.from_regex(r"-?\d{1,4}([.,]\d{1,3})?( ?%| ₽)?", fullmatch=True),
    st.from_regex(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}( \d{1,2}:\d\d)?", fullmatch=True),
    st.sampled_from(
        ["да", "нет", "n/a", "+79161234567", "a@b.ru", "00012", "4,1E+11", "inf", "nan", "1e999", "(5)", "—"]
    ),
)
NAMES = st.sampled_from(["Дата", "Сумма", "ID", "Телефон", "x", "Количество", "", "created_at", "%"])


@settings(max_examples=80, deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=12), NAMES, st.sampled_from([",", ";", None]))
def test_any_cells_are_profiled_and_every_row_is_accounted_for(
    cells: list[str | None], name: str, delimiter: str
) -> None:
    table = text_table({name: cells}, delimiter)
    found = profile(table)[0]
    values = table.collect().select(typed(found)).to_series()
    assert len(values) == len(cells)
    assert values.is_not_null().sum() == found.filled - found.unparsed
    assert found.kind != "empty" or found.filled == 0
    if values.dtype == pl.Float64:
        assert values.drop_nulls().is_finite().all()
    for kind in ("id", "text", "category", "money", "number", "integer", "date", "datetime", "flag"):
        assert table.collect().select(typed(found, kind)).height == len(cells)
    propose(table, [found])
