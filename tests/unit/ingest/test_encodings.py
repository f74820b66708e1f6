"""Encodings: short Russian and western texts, UTF-16, damage, and text that was encoded twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmkpi.errors import CrmKpiError
from crmkpi.ingest.encoding import detect, legacy_of
from crmkpi.ingest.read import read
from crmkpi.ingest.sniff import sniff
from crmkpi.ingest.text_table import TextTable

RUSSIAN = "Дата;Клиент;Сумма\n01.02.2026;Щукин Ёжик;1 234,50\n02.02.2026;ООО «Ромашка»;5,00\n"
SHORT = [
    "дата;сумма\n01.02.2026;5\n02.02.2026;6\n",
    "Имя;Заказы\nАнна;5\nОлег;6\n",
    "ЗАКАЗ;ИТОГ\n1;2\n3;4\n",
    "Номер заказа;Статус\n1;Оплачен\n2;Отменён\n3;Доставлен\n",
    "город;выручка\nМосква;1\nСанкт-Петербург;2\nЕкатеринбург;3\n",
    "Клиент;Телефон\nСергей;123\nЮлия;456\n",
]
WESTERN = [
    "Name;Ort\nMüller;Köln\nJäger;Düsseldorf\nSchröder;München\n",
    "nom;ville\nRené;Orléans\nFrançois;Besançon\nZoé;Nîmes\n",
    "nombre;país\nJosé;España\nMuñoz;Perú\nÁngel;México\n",
    "product;price\nCafé;£5.00\nTea;£4.00\n",
]


def opened(tmp_path: Path, data: bytes) -> TextTable:
    path = tmp_path / "x.csv"
    path.write_bytes(data)
    return read(sniff(path)[0])


@pytest.mark.parametrize("text", SHORT)
@pytest.mark.parametrize("page", ["cp1251", "koi8-r", "cp866"])
def test_short_russian_texts_find_their_code_page(text: str, page: str):
    assert legacy_of(text.encode(page)) == page


@pytest.mark.parametrize("text", WESTERN)
def test_western_texts_are_cp1252(text: str):
    assert text.encode("cp1252").decode(detect(text.encode("cp1252")).name) == text


@pytest.mark.parametrize(
    "codec",
    [
        "utf-8",
        "utf-8-sig",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "cp1251",
        "koi8-r",
        "cp866",
        "mac-cyrillic",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_one_table_in_every_encoding(tmp_path: Path, codec: str, end: str):
    text = RUSSIAN.replace("«", '"').replace("»", '"') if codec in ("koi8-r", "cp866") else RUSSIAN
    got = opened(tmp_path, text.replace("\n", end).encode(codec))
    assert got.columns == ["Дата", "Клиент", "Сумма"]
    assert got.collect()["Клиент"][0] == "Щукин Ёжик"
    assert got.rows_in == 2


def test_utf16_with_a_bom_in_big_endian(tmp_path: Path):
    got = opened(tmp_path, b"\xfe\xff" + RUSSIAN.encode("utf-16-be"))
    assert got.source.encoding == "utf-16-be"
    assert got.columns[0] == "Дата"


def test_latin_utf16_without_bom(tmp_path: Path):
    got = opened(tmp_path, "id,name,sum\n1,Anna,5\n2,Bob,6\n".encode("utf-16-le"))
    assert got.collect().select(got.columns).rows() == [("1", "Anna", "5"), ("2", "Bob", "6")]


def test_bom_is_no_part_of_the_first_header(tmp_path: Path):
    assert opened(tmp_path, "дата;сумма\n1;2\n".encode("utf-8-sig")).columns == ["дата", "сумма"]


def test_bad_bytes_up_to_a_thousandth_are_kept_and_counted(tmp_path: Path):
    good = "Имя;Сумма\n" + "".join(f"Клиент {i};{i}\n" for i in range(500))
    data = bytearray(good.encode())
    at = data.index("Клиент 100;".encode())
    data[at] = 0xFF
    got = opened(tmp_path, bytes(data))
    assert got.source.encoding == "utf-8"
    finding = next(f for f in got.findings if f.code == "undecodable")
    assert finding.count in (1, 2)
    assert finding.params["offset"] == at
    assert got.rows_used == 500


def test_two_encodings_in_one_file_are_refused_with_the_offset(tmp_path: Path):
    first = "Имя;Сумма\n" + "".join(f"Клиент {i};{i}\n" for i in range(300))
    path = tmp_path / "x.csv"
    path.write_bytes(first.encode() + "".join(f"Клиент {i};{i}\n" for i in range(60)).encode("cp1251"))
    with pytest.raises(CrmKpiError, match="mixed_encodings") as caught:
        read(sniff(path)[0])
    assert caught.value.params["offset"] == len(first.encode())


@pytest.mark.parametrize("page", ["cp1251", "cp1252", "latin-1"])
def test_text_that_was_encoded_twice_is_repaired(tmp_path: Path, page: str):
    mangled = ""
    for byte in RUSSIAN.encode():
        try:
            mangled += bytes([byte]).decode(page)
        except UnicodeDecodeError:  # the code page has no such byte: programs keep the control sign
            mangled += chr(byte)
    got = opened(tmp_path, mangled.encode())
    assert got.columns == ["Дата", "Клиент", "Сумма"]
    assert got.collect()["Клиент"].to_list() == ["Щукин Ёжик", "ООО «Ромашка»"]
    assert "repaired_encoding" in {f.code for f in got.findings}


@pytest.mark.parametrize("text", [RUSSIAN, *SHORT, *WESTERN, "Р;С\nРСТ;СССР\nРС;Р С\n"])
def test_good_text_is_not_repaired(tmp_path: Path, text: str):
    got = opened(tmp_path, text.encode())
    assert got.source.double_encoded is None


def test_russian_far_below_an_ascii_head(tmp_path: Path):
    head = "id;name;sum\n" + "".join(f"{i};client {i};{i}\n" for i in range(40_000))
    text = head + "".join(f"{i};Клиент Заказ;{i}\n" for i in range(3000))
    got = opened(tmp_path, text.encode("cp1251"))
    assert got.source.encoding == "cp1251"
    assert got.collect()["name"][-1] == "Клиент Заказ"


def test_russian_far_below_an_ascii_head_in_gzip(tmp_path: Path):
    import gzip

    head = "id;name;sum\n" + "".join(f"{i};client {i};{i}\n" for i in range(40_000))
    text = head + "".join(f"{i};Клиент Заказ;{i}\n" for i in range(3000))
    got = opened(tmp_path, gzip.compress(text.encode("cp1251")))
    assert got.collect()["name"][-1] == "Клиент Заказ"
