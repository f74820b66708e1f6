"""A template that was filled in comes back recognised, column by column."""

from __future__ import annotations

import io
import zipfile

import fastexcel
import pytest

from crmkpi.i18n import LANGUAGES, Words
from crmkpi.ingest.inspect import inspect
from crmkpi.report.template import header, template_bytes, template_name
from crmkpi.tables import TABLES


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("table", TABLES)
def test_the_template_is_recognised_as_it_is(table, lang, tmp_path):
    t = Words(lang)
    file = tmp_path / template_name(table, t)
    file.write_bytes(template_bytes(table, t))
    report = inspect([file], t)[0]
    assert report.table == table
    assert report.mapping == {c.name: header(table, c.name, t) for c in TABLES[table].columns}
    assert report.rows_used == 2
    assert not report.questions


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_header_has_a_comment(lang):
    for table, spec in TABLES.items():
        content = template_bytes(table, Words(lang))
        assert fastexcel.read_excel(content).load_sheet(0).height == 2
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            assert book.read("xl/comments1.xml").count(b"<comment ") == len(spec.columns)
