"""Text tables as they are exported: every dialect, every kind of damage, and every row accounted for."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmkpi.ingest.limits import DEFAULT, Limits
from crmkpi.ingest.read import read
from crmkpi.ingest.sniff import sniff
from crmkpi.ingest.text_table import TextTable

ROWS = [
    ("1001", "05.01.2026", "Анна Петрова", "1 234,50", "оплачен"),
    ("1002", "06.01.2026", "Иван Сидоров", "990,00", "оплачен"),
    ("1003", "07.01.2026", "Мария Ли", "2 500,00", "отменён"),
    ("1004", "08.01.2026", "Олег Ким", "100,10", "оплачен"),
]
HEAD = ("Номер", "Дата", "Клиент", "Сумма", "Статус")


def table(tmp_path: Path, text: str | bytes, **options: object) -> TextTable:
    path = tmp_path / "export.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    sources = sniff(path)
    assert len(sources) == 1
    got = read(sources[0], **options)  # type: ignore[arg-type]
    used = got.collect().height
    assert got.rows_in == used + got.rows_rejected + got.rows_empty + got.dropped_total_rows
    assert got.rows_used == used
    return got


def cells(got: TextTable) -> list[tuple[str | None, ...]]:
    return got.collect().select(got.columns).rows()


def lines(rows: list[tuple[str, ...]], mark: str = ";") -> str:
    return "".join(mark.join(row) + "\n" for row in rows)


def codes(got: TextTable) -> set[str]:
    return {finding.code for finding in got.findings}


# dialects -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", [";", "\t", "|", "||", "\t\t", "^", "~", "\x01"])
def test_every_delimiter_gives_the_same_table(tmp_path: Path, mark: str):
    got = table(tmp_path, lines([HEAD, *ROWS], mark))
    assert got.source.delimiter == mark
    assert got.columns == list(HEAD)
    assert cells(got) == ROWS


def test_commas_with_quoted_decimal_commas(tmp_path: Path):
    out = io.StringIO()
    csv.writer(out).writerows([HEAD, *ROWS])
    assert cells(table(tmp_path, out.getvalue())) == ROWS


def test_comma_and_blank_as_delimiter(tmp_path: Path):
    got = table(tmp_path, 'id, name, sum\n1, "Ivanov, A", 10\n2, Petrov, 20\n3, "Li, B", 30\n')
    assert cells(got) == [("1", "Ivanov, A", "10"), ("2", "Petrov", "20"), ("3", "Li, B", "30")]


def test_decimal_commas_do_not_pass_for_delimiters(tmp_path: Path):
    got = table(tmp_path, "Дата;Выручка;Маржа\n01.01.2026;1,5;0,3\n02.01.2026;2,5;0,4\n03.01.2026;3,5;0,2\n")
    assert got.source.delimiter == ";"
    assert cells(got)[0] == ("01.01.2026", "1,5", "0,3")


def test_colons_of_times_are_no_delimiters(tmp_path: Path):
    got = table(tmp_path, "время\n12:30:15\n13:31:16\n14:32:17\n")
    assert got.source.delimiter is None
    assert cells(got) == [("12:30:15",), ("13:31:16",), ("14:32:17",)]


def test_one_column_of_numbers_with_decimal_commas(tmp_path: Path):
    assert cells(table(tmp_path, "Сумма\n1,5\n2,5\n3,75\n")) == [("1,5",), ("2,5",), ("3,75",)]


def test_one_column_of_addresses(tmp_path: Path):
    got = table(tmp_path, "email\na@b.ru\nc@d.ru\n")
    assert got.columns == ["email"]
    assert cells(got) == [("a@b.ru",), ("c@d.ru",)]


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;"])
def test_sep_line_is_believed_and_no_title(tmp_path: Path, first: str):
    got = table(tmp_path, f"{first}\n" + lines([HEAD, *ROWS]))
    assert (got.source.header_row, got.skipped_title_rows) == (2, 0)
    assert cells(got) == ROWS


def test_apostrophes_as_quotes(tmp_path: Path):
    got = table(tmp_path, "id,name,sum\n1,'a, b',10\n2,'c''d',20\n3,'e',30\n")
    assert cells(got) == [("1", "a, b", "10"), ("2", "c'd", "20"), ("3", "e", "30")]


def test_backslash_escapes(tmp_path: Path):
    text = 'id,name,sum\n1,"say \\"hi\\", ok",10\n2,"plain",20\n3,"\\"x\\"",30\n'
    assert cells(table(tmp_path, text)) == [
        ("1", 'say "hi", ok', "10"),
        ("2", "plain", "20"),
        ("3", '"x"', "30"),
    ]


def test_windows_paths_are_no_escapes(tmp_path: Path):
    text = 'id,folder,sum\n1,"C:\\data\\",10\n2,"D:\\x",20\n'
    assert cells(table(tmp_path, text)) == [("1", "C:\\data\\", "10"), ("2", "D:\\x", "20")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
def test_line_ends_make_no_difference(tmp_path: Path, end: str):
    got = table(tmp_path, lines([HEAD, *ROWS]).replace("\n", end))
    assert cells(got) == ROWS
    assert got.collect()["__row"].to_list() == [2, 3, 4, 5]


def test_mixed_line_ends(tmp_path: Path):
    text = "a;b\r\n1;2\n3;4\r5;6\r\n"
    got = table(tmp_path, text)
    assert cells(got) == [("1", "2"), ("3", "4"), ("5", "6")]
    assert "mixed_line_ends" in codes(got)


def test_no_line_end_at_the_end(tmp_path: Path):
    assert cells(table(tmp_path, lines([HEAD, *ROWS]).rstrip("\n"))) == ROWS


def test_line_ends_inside_quotes_keep_the_rows(tmp_path: Path):
    got = table(tmp_path, 'id;comment;sum\r\n1;"two\r\nlines";5\r\n2;plain;6\r\n3;"a\n\nb";7\r\n')
    assert cells(got) == [("1", "two\nlines", "5"), ("2", "plain", "6"), ("3", "a\n\nb", "7")]
    assert got.collect()["__row"].to_list() == [2, 4, 5]


def test_bom_in_the_middle_of_glued_files(tmp_path: Path):
    got = table(tmp_path, "\ufeffid;sum\n1;2\n\ufeffid;sum\n3;4\n")
    assert got.columns == ["id", "sum"]
    assert cells(got) == [("1", "2"), ("3", "4")]
    assert got.rejected["reason"].to_list() == ["repeated_header"]


# headers ------------------------------------------------------------------------------------------------


def test_title_rows_above_the_header(tmp_path: Path):
    text = "Отчёт по продажам;;;;\nПериод: январь 2026;;;;\n;;;;\n" + lines([HEAD, *ROWS])
    got = table(tmp_path, text)
    assert (got.source.header_row, got.skipped_title_rows) == (4, 3)
    assert cells(got) == ROWS


def test_titles_without_delimiters(tmp_path: Path):
    got = table(tmp_path, 'ООО "Ромашка"\nПериод: 01.01.2026 - 31.01.2026\n\n' + lines([HEAD, *ROWS]))
    assert got.columns == list(HEAD)
    assert cells(got) == ROWS


def test_two_column_title_block_over_a_narrow_table(tmp_path: Path):
    got = table(tmp_path, "Период:;январь\nФильтр:;все\n\nКанал;Выручка\nПочта;100\nСМС;200\nПуш;50\n")
    assert got.columns == ["Канал", "Выручка"]
    assert cells(got) == [("Почта", "100"), ("СМС", "200"), ("Пуш", "50")]


def test_group_row_and_sub_headers_join(tmp_path: Path):
    text = (
        "Дата;Заказы;;Выручка;\n;шт;клиентов;руб;ср. чек\n01.01.2026;5;4;1000;200\n02.01.2026;6;5;1200;200\n"
    )
    got = table(tmp_path, text)
    assert got.columns == ["Дата", "Заказы / шт", "Заказы / клиентов", "Выручка / руб", "Выручка / ср. чек"]
    assert got.rows_in == 2


def test_sparse_group_row_is_no_title(tmp_path: Path):
    text = ";;Январь;;Февраль;\nid;имя;шт;руб;шт;руб\n1;a;1;10;2;20\n2;b;3;30;4;40\n"
    got = table(tmp_path, text)
    assert got.columns == ["id", "имя", "Январь / шт", "Январь / руб", "Февраль / шт", "Февраль / руб"]
    assert cells(got)[1] == ("2", "b", "3", "30", "4", "40")


def test_no_header_at_all(tmp_path: Path):
    got = table(tmp_path, "1001;05.01.2026;12,5\n1002;06.01.2026;13,5\n1003;07.01.2026;14,5\n")
    assert got.columns == ["column_1", "column_2", "column_3"]
    assert got.source.header_row == 0
    assert got.rows_in == 3
    assert "no_header" in codes(got)


def test_years_across_the_top_are_a_header(tmp_path: Path):
    got = table(tmp_path, "Показатель;2023;2024;2025\nВыручка;100;200;300\nЗаказы;10;20;30\n")
    assert got.columns == ["Показатель", "2023", "2024", "2025"]
    assert got.rows_in == 2


def test_months_across_the_top_are_a_header(tmp_path: Path):
    got = table(tmp_path, "Показатель;янв.26;фев.26;мар.26\nВыручка;100;200;300\nЗаказы;10;20;30\n")
    assert got.columns == ["Показатель", "янв.26", "фев.26", "мар.26"]


def test_doubled_empty_and_twin_headers_get_names(tmp_path: Path):
    got = table(
        tmp_path, "Дата;Сумма; сумма ;;Дата\n01.01.2026;1;2;3;02.01.2026\n03.01.2026;4;5;6;04.01.2026\n"
    )
    assert got.columns == ["Дата", "Сумма", "сумма (2)", "column_4", "Дата (2)"]
    assert got.original_headers == ["Дата", "Сумма", " сумма ", "", "Дата"]
    assert {"duplicate_headers", "empty_headers"} <= codes(got)


def test_header_with_a_line_end_inside(tmp_path: Path):
    got = table(tmp_path, 'id;"Сумма,\nруб";Дата\n1;10;01.01.2026\n2;20;02.01.2026\n')
    assert got.columns == ["id", "Сумма, руб", "Дата"]
    assert cells(got)[0] == ("1", "10", "01.01.2026")


def test_header_only_gives_no_rows(tmp_path: Path):
    got = table(tmp_path, "id;Дата;Сумма\n")
    assert (got.rows_in, got.columns) == (0, ["id", "Дата", "Сумма"])


def test_header_shorter_than_rows_warns(tmp_path: Path):
    got = table(tmp_path, "id;Дата\n1;01.01.2026;5\n2;02.01.2026;6\n3;03.01.2026;7\n")
    assert got.columns == ["id", "Дата", "column_3"]
    assert "header_width" in codes(got)


def test_delimiter_at_the_end_of_every_line(tmp_path: Path):
    got = table(tmp_path, "id;sum;\n1;2;\n3;4;\n")
    assert got.columns == ["id", "sum"]
    assert cells(got) == [("1", "2"), ("3", "4")]
    assert "phantom_column" in codes(got)


def test_delimiter_at_the_end_of_data_lines_only(tmp_path: Path):
    got = table(tmp_path, "id;sum\n1;2;\n3;4;\n5;6;\n")
    assert got.columns == ["id", "sum"]
    assert cells(got) == [("1", "2"), ("3", "4"), ("5", "6")]


# damage -------------------------------------------------------------------------------------------------


def test_short_rows_are_padded_and_counted(tmp_path: Path):
    got = table(tmp_path, lines([HEAD, *ROWS]) + "1005;09.01.2026;Яна Цой\n")
    assert cells(got)[-1] == ("1005", "09.01.2026", "Яна Цой", None, None)
    assert [f.count for f in got.findings if f.code == "short_rows"] == [1]


def test_long_rows_are_rejected_with_their_line(tmp_path: Path):
    got = table(
        tmp_path, lines([HEAD, *ROWS[:2]]) + "1005;09.01.2026;Яна; Цой;5,00;оплачен\n" + lines(ROWS[2:])
    )
    assert cells(got) == ROWS
    assert got.rejected.rows() == [(4, "long_row", "1005;09.01.2026;Яна; Цой;5,00;оплачен")]


def test_a_far_extra_cell_is_not_lost_silently(tmp_path: Path):
    got = table(tmp_path, "a;b\n1;2\n3;4;;;5\n6;7\n")
    assert cells(got) == [("1", "2"), ("6", "7")]
    assert got.rejected["row"].to_list() == [3]


def test_a_row_that_lost_a_delimiter_is_not_read_under_wrong_names(tmp_path: Path):
    got = table(tmp_path, lines([HEAD, *ROWS]) + "100509.01.2026;Яна Цой;5,00;оплачен\n")
    assert cells(got) == ROWS
    assert got.rejected["reason"].to_list() == ["shifted_row"]


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("row", range(4))
def test_a_stray_quote_at_the_start_of_any_cell_harms_only_that_cell(tmp_path: Path, row: int, place: int):
    rows = [list(r) for r in ROWS]
    rows[row][place] = '"' + rows[row][place]
    text = lines([HEAD]) + "".join(";".join(r) + "\n" for r in rows)
    got = table(tmp_path, text)
    assert cells(got) == [tuple(r) for r in rows]


def test_inch_marks_inside_cells(tmp_path: Path):
    got = table(tmp_path, 'id;name;sum\n1;5" pipe;10\n2;Round 48";20\n3;"quoted; 7"" pipe";30\n')
    assert cells(got) == [("1", '5" pipe', "10"), ("2", 'Round 48"', "20"), ("3", 'quoted; 7" pipe', "30")]


def test_an_unclosed_quote_swallows_nothing(tmp_path: Path):
    body = "".join(f'{i};"text {i}";{i}.5\n' for i in range(2000))
    got = table(
        tmp_path,
        "id;name;sum\n"
        + body[:500].rsplit("\n", 1)[0]
        + '\n77;"open;5;6;7;8\n'
        + body[500:].split("\n", 1)[1],
    )
    assert got.rows_rejected == 1
    assert got.rejected["text"][0].startswith('77;"open')
    assert got.rows_used > 1990


def test_a_cell_that_never_ends_is_rejected_not_the_file(tmp_path: Path):
    body = "".join(f"{i};a;{i}\n" for i in range(3000))
    got = table(tmp_path, 'id;name;sum\n1;"open;2\n' + body)
    assert got.rows_used == 3000 + (got.rows_in - got.rows_rejected - 3000)
    assert got.rows_in == 3001


def test_nul_bytes_are_refused_by_line(tmp_path: Path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"id;sum\n1;2\n3;\x004\n")
    with pytest.raises(Exception, match="nul_bytes") as caught:
        read(sniff(path)[0])
    assert caught.value.params["line"] == 3  # type: ignore[attr-defined]


def test_empty_rows_are_counted(tmp_path: Path):
    got = table(tmp_path, "id;sum\n\n1;2\n;\n  ; \n3;4\n\n\n")
    assert cells(got) == [("1", "2"), ("3", "4")]
    assert got.rows_empty == 5


# totals -------------------------------------------------------------------------------------------------


def test_total_row_with_an_empty_date_is_dropped_and_can_come_back(tmp_path: Path):
    text = lines([HEAD, *ROWS]) + "Итого;;;4 824,60;\n"
    got = table(tmp_path, text)
    assert (cells(got), got.dropped_total_rows) == (ROWS, 1)
    assert got.rejected.rows() == [(6, "total_row", "Итого;;;4 824,60;")]
    assert table(tmp_path, text, keep_totals=True).rows_used == 5


@pytest.mark.parametrize(
    "label", ["Итого", "ИТОГО:", "Всего по магазину", "Total", "Grand Total", "Общий итог"]
)
def test_total_without_empty_cells_is_proven_by_its_sum(tmp_path: Path, label: str):
    got = table(tmp_path, f"Канал;Заказы;Выручка\nПочта;10;100,5\nСМС;20;200,5\nПуш;5;50\n{label};35;351\n")
    assert got.dropped_total_rows == 1
    assert len(cells(got)) == 3


def test_a_client_called_total_stays(tmp_path: Path):
    text = "Клиент;Заказы;Выручка\nTotal;10;100\nЛукойл;20;200\nTotal Fitness;5;50\nВсего хорошего;7;70\n"
    got = table(tmp_path, text)
    assert (got.dropped_total_rows, got.rows_used) == (0, 4)


def test_last_row_called_total_with_other_numbers_stays(tmp_path: Path):
    got = table(tmp_path, "Клиент;Заказы;Выручка\nЛукойл;20;200\nШелл;3;90\nTotal;10;100\n")
    assert (got.dropped_total_rows, got.rows_used) == (0, 3)


def test_subtotals_inside_the_table(tmp_path: Path):
    text = (
        "Город;Дата;Выручка\nМосква;01.01.2026;10\nМосква;02.01.2026;20\nМосква Итог;;30\n"
        "Тула;01.01.2026;5\nТула;02.01.2026;6\nТула Итог;;11\nОбщий итог;;41\n"
    )
    got = table(tmp_path, text)
    assert got.dropped_total_rows == 3
    assert sum(int(str(row[2])) for row in cells(got)) == 41


def test_notes_under_the_table(tmp_path: Path):
    got = table(
        tmp_path, lines([HEAD, *ROWS]) + "Итого;;;4 824,60;\n\nСформировано в 1С;;;;\nИсполнитель: Петрова\n"
    )
    assert cells(got) == ROWS
    assert sorted(got.rejected["reason"]) == ["note_row", "note_row", "total_row"]


# against others, and laws -------------------------------------------------------------------------------


def test_duckdb_agrees_on_a_clean_quoted_file(tmp_path: Path):
    path = tmp_path / "clean.csv"
    rows = [[str(i), f'name "{i}", x', f"{i}.25", "a\nb" if i % 7 == 0 else "c"] for i in range(5000)]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["id", "name", "sum", "note"], *rows])
    got = read(sniff(path)[0])
    theirs = duckdb.sql(f"select * from read_csv('{path}', all_varchar=true, header=true)").fetchall()
    assert cells(got) == [tuple(row) for row in theirs]


def test_blocks_on_disk_equal_memory(tmp_path: Path):
    path = tmp_path / "big.csv"
    rows = [f'{i},"name, {i}",{i / 4},"{"x" * (i % 50)}"\n' for i in range(20000)]
    body = "".join(row + ("\n" if i % 97 == 0 else "") for i, row in enumerate(rows))
    path.write_text("id,name,sum,note\n" + body + "oops,1,2,3,4,5\n")
    small = Limits(memory_bytes=100_000, block_bytes=30_000)
    on_disk = read(sniff(path)[0], limits=small, workdir=tmp_path)
    in_memory = read(sniff(path)[0])
    assert isinstance(on_disk.frame, pl.LazyFrame)
    assert on_disk.collect().equals(in_memory.collect())
    assert (on_disk.rows_in, on_disk.rows_empty) == (in_memory.rows_in, in_memory.rows_empty)
    assert on_disk.rejected.equals(in_memory.rejected)


cell = st.text(st.sampled_from("aбЯ1 .,;\"'-\n\\"), max_size=6)


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.lists(cell, min_size=3, max_size=3), min_size=1, max_size=12),
    st.sampled_from([",", ";", "\t"]),
)
def test_what_a_csv_writer_wrote_comes_back(tmp_path_factory, rows, mark):
    path = tmp_path_factory.mktemp("law") / "x.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file, delimiter=mark, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(["Номер", "Название", "Сумма"])
        writer.writerows([str(i), *row[:2]] for i, row in enumerate(rows, 100))
    got = read(sniff(path)[0])
    assert got.rows_in == got.collect().height + got.rows_rejected + got.rows_empty + got.dropped_total_rows
    assert got.rows_in == len(rows)
    assert got.collect()[got.columns[0]].to_list() == [str(i) for i in range(100, 100 + len(rows))]


piece = st.sampled_from(['"', ";", "\n", "\r\n", "a", "1", "Итого", " ", ",", "\\", "'", "2026-01-05", ";;;"])


@settings(max_examples=250, deadline=None)
@given(st.lists(piece, max_size=60), st.booleans())
def test_rows_add_up_whatever_the_damage(tmp_path_factory, pieces, small):
    path = tmp_path_factory.mktemp("law") / "x.csv"
    path.write_bytes(("id;дата;сумма\n1;2026-01-01;5\n2;2026-01-02;6\n" + "".join(pieces)).encode())
    limits = Limits(block_bytes=16, memory_bytes=1) if small else DEFAULT
    got = read(sniff(path)[0], limits=limits)
    used = got.collect().height
    assert got.rows_in == used + got.rows_rejected + got.rows_empty + got.dropped_total_rows
    numbers = got.collect()["__row"].to_list()
    assert numbers == sorted(set(numbers))
