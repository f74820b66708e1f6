"""The page «What files can I drop?» in docs is the one that the presets give today."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmkpi.i18n import LANGUAGES
from crmkpi.ingest.known_exports import presets
from crmkpi.report.files_page import NAMES, PLAIN, files_page

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_is_up_to_date(lang):
    assert (DOCS / NAMES[lang]).read_text(encoding="utf-8") == files_page(lang), "run: python docs/make.py"


def test_every_known_export_is_named():
    page = files_page("en")
    assert not [p.title for p in presets().values() if p.id not in PLAIN and p.title not in page]
