"""Personal data: nothing raw in the project unless chosen, the same person the same fingerprint, joins still work."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmkpi.engine.data import DamagedDataError, DataDir
from crmkpi.ingest.fingerprints import (
    FINGERPRINT,
    KEY_FILE,
    fingerprint,
    fingerprinted,
    normalised,
    read_key,
)
from crmkpi.ingest.load import load
from crmkpi.ingest.loading_errors import BadAnswerError, MissingRequiredError
from crmkpi.ingest.pii import is_card, is_person_inn, is_snils, personal_kind, proven_kind
from crmkpi.ingest.preview import preview
from crmkpi.ingest.profile import ColumnProfile

KEY = bytes(range(32))
CANARY = "canary"


def orders(path: Path, first: int = 1, count: int = 60, spell: int = 0) -> Path:
    """Orders whose only customer key is an e-mail; `spell` 1 writes the addresses another way."""
    lines = ["Номер заказа;Дата заказа;E-mail;Телефон;ФИО;Сумма заказа"]
    for n in range(first, first + count):
        mail = f"{CANARY}{n % 12}@shop.test"
        mail = f" {mail.upper()} " if spell else mail
        lines.append(
            f"{n};{1 + n % 28:02d}.02.2026;{mail};+7 916 000-11-{n % 12:02d};Канарейкина Анна;{100 + n},50"
        )
    lines.append("без номера;;;;;")
    lines.append(f"99999;не дата;{CANARY}77@shop.test;+7 916 000-11-77;Канарейкина Анна;5,00")
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def messages(path: Path) -> Path:
    lines = ["Email;Дата отправки;Открыто;Рассылка"]
    lines += [f"{CANARY.title()}{n % 12}@SHOP.test;{1 + n % 28:02d}.02.2026;да;Новости" for n in range(40)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def raw_values(root: Path) -> list[str]:
    """Files below a directory that hold a raw address, as bytes or inside Parquet."""
    found = []
    for path in (p for p in root.rglob("*") if p.is_file()):
        held = path.read_bytes().lower()
        if path.suffix == ".parquet":
            texts = [c for c, kind in pl.read_parquet_schema(path).items() if kind == pl.String]
            held += (
                "\n".join(pl.read_parquet(path, columns=texts).write_csv().splitlines()).lower().encode()
                if texts
                else b""
            )
        marks = (CANARY.encode(), b"916 000", b"9160001", "канарейкина".encode())
        if any(mark in held for mark in marks):
            found.append(path.name)
    return found


def test_no_raw_value_is_anywhere_in_the_project(tmp_path):
    files = [orders(tmp_path / "orders.csv"), messages(tmp_path / "messages.csv")]
    store = DataDir(tmp_path / "project" / "data")
    result = load(files, store)
    assert not result.unanswered
    assert raw_values(tmp_path / "project") == []
    assert {f.code for r in result.files for f in r.issues} >= {"personal_hashed"}
    ids = store.frame("ids").collect()["customer_id"].to_list()
    assert len(ids) == 13 and all(FINGERPRINT.fullmatch(one) for one in ids), (
        "both files name the same people"
    )


def test_the_canary_sings_where_the_user_keeps_the_values(tmp_path):
    source = orders(tmp_path / "orders.csv")
    store = DataDir(tmp_path / "project" / "data")
    load([source], store, answers={source.name: {"personal:E-mail": "keep"}})
    assert "ids.parquet" in raw_values(tmp_path / "project"), "else the test above proves nothing"
    assert f"{CANARY}1@shop.test" in store.frame("ids").collect()["customer_id"].to_list()
    assert not (store.root / KEY_FILE).exists(), "no key where nothing is hashed"


def test_next_month_joins_however_it_is_spelled_and_the_key_stays(tmp_path):
    store = DataDir(tmp_path / "data")
    load([orders(tmp_path / "a.csv")], store)
    key, before = read_key(store.root), store.frame("ids").collect()["customer_id"].to_list()
    load([orders(tmp_path / "b.csv", first=100, spell=1)], store, append=True)
    assert read_key(store.root) == key
    assert store.frame("ids").collect()["customer_id"].to_list() == before
    other = DataDir(tmp_path / "other")
    load([tmp_path / "a.csv"], other)
    assert not set(other.frame("ids").collect()["customer_id"]) & set(before), "another project, another key"


def test_new_files_follow_what_the_project_does(tmp_path):
    store = DataDir(tmp_path / "data")
    source = orders(tmp_path / "orders.csv")
    load([source], store, answers={source.name: {"personal:E-mail": "keep"}})
    result = load([messages(tmp_path / "messages.csv")], store, append=True)
    assert not [f for f in result.issues if f.code == "personal_mixed"]
    mixed = load(
        [tmp_path / "messages.csv"], store, answers={"messages.csv": {"personal:Email": "hash"}}, append=True
    )
    assert [f.code for f in mixed.issues if f.code == "personal_mixed"] == ["personal_mixed"]


def test_a_dropped_key_is_missing_and_a_wrong_answer_is_refused(tmp_path):
    source = orders(tmp_path / "orders.csv")
    with pytest.raises(MissingRequiredError):
        load([source], DataDir(tmp_path / "data"), answers={source.name: {"personal:E-mail": "drop"}})
    with pytest.raises(BadAnswerError):
        load([source], DataDir(tmp_path / "data"), answers={source.name: {"personal:E-mail": "maybe"}})
    assert not (tmp_path / "data").exists()


def test_the_screen_is_told_what_is_done_and_shows_no_address_among_the_rows(tmp_path):
    report = preview([orders(tmp_path / "orders.csv")])[0]
    assert report["privacy"] == {"E-mail": "hash"}
    assert report["personal"] == {"E-mail": "email", "Телефон": "phone", "ФИО": "name"}
    assert CANARY not in str(report["preview"])


def test_a_fingerprint_is_an_hmac_of_the_one_spelling():
    expected = hmac.new(KEY, b"mail-anna@shop.test", hashlib.sha256).hexdigest()[:20]
    assert fingerprint(" Anna@Shop.test ", KEY) == f"mail-{expected}"
    assert fingerprint(f"mail-{expected}", KEY) == f"mail-{expected}", "a fingerprint is not hashed again"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("8 (916) 123-45-67", ("tel-", "79161234567")),
        ("+7 916 123 45 67", ("tel-", "79161234567")),
        ("9161234567", ("tel-", "79161234567")),
        ("'+79161234567", ("tel-", "79161234567")),
        ("0049 30 1234567", ("tel-", "49301234567")),
        ("+81 3 1234 5678", ("tel-", "81312345678")),
        ("MAILTO:Anna@Shop.TEST", ("mail-", "anna@shop.test")),
        ("  Анна   Иванова ", ("id-", "анна иванова")),
    ],
)
def test_spellings_of_one_person_are_one(value, expected):
    assert normalised(value) == expected


@given(st.lists(st.one_of(st.none(), st.text(min_size=1, max_size=12)), max_size=30))
def test_equal_stay_equal_different_stay_different_blank_stays_blank(values):
    made = fingerprinted(pl.Series("v", values, dtype=pl.String), KEY).to_list()
    for value, print_ in zip(values, made, strict=True):
        assert (print_ is None) == (value is None)
    told = {v: normalised(v) for v in values if v is not None}
    same = {
        (told[a] == told[b]) == (made[values.index(a)] == made[values.index(b)]) for a in told for b in told
    }
    assert same <= {True}


def test_nobody_stays_nobody(tmp_path):
    made = fingerprinted(pl.Series(["Guest", "anna@x.test", None]), KEY, frozenset({"guest"})).to_list()
    assert made[0] == "Guest" and FINGERPRINT.fullmatch(made[1]) and made[2] is None


def test_a_broken_key_is_said(tmp_path):
    (tmp_path / KEY_FILE).write_text('{"fingerprint": "00"}')
    with pytest.raises(DamagedDataError):
        read_key(tmp_path)


def test_check_digits_prove_what_a_number_is():
    assert is_snils("112-233-445 95") and not is_snils("112-233-445 96")
    assert is_person_inn("500100732259") and not is_person_inn("500100732258")
    assert is_card("4111 1111 1111 1111") and not is_card("4111 1111 1111 1112")
    assert proven_kind(("4111111111111111", "5500005555555559")) == "card"
    assert proven_kind(("4111111111111111", "1000000000000001")) is None
    assert proven_kind(("4111111111111111",)) is None, "one number proves nothing"


def test_names_of_buyers_are_personal_names_of_firms_and_staff_are_not():
    def kind(header, values):
        return personal_kind(ColumnProfile(header, "category", filled=9, distinct=len(values), values=values))

    people = ("Дина Юсупова", "Пётр Орлов", "Мария Ли")
    assert kind("Пользователь", people) == "name"
    assert kind("Сотрудник", people) is None
    assert kind("Контрагент", ("ООО Ромашка", "ИП Орлов", "АО Полюс")) is None
    assert kind("Клиент", ("новый", "постоянный")) is None
