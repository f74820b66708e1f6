"""The hosting notes say what the code does, in both languages: settings, limits, commands, doors."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from crmkpi.cli.keeping import ACTIONS
from crmkpi.mode import LIMITS, MB, Crowd, Mode
from crmkpi.store.backup import KEPT, KEPT_DAYS
from crmkpi.store.links import LONGEST_DAYS
from crmkpi.web.routes import routes

ROOT = Path(__file__).resolve().parents[2]
NOTES = {name: (ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("hosting.md", "hosting_ru.md")}
SETTING = re.compile(r"CRMKPI_[A-Z_]*[A-Z]")
# set by the command line for its own server, by the notes' compose file, and a file for addresses that has its own page
INNER = {"CRMKPI_FILES", "CRMKPI_NOTIFY_FILE"}


def settings_of(folder: str, pattern: str) -> set[str]:
    return {
        x
        for path in (ROOT / folder).rglob(pattern)
        for x in SETTING.findall(path.read_text(encoding="utf-8"))
    }


def test_every_setting_of_the_code_is_in_the_notes_and_no_other():
    known = settings_of("crmkpi", "*.py") | settings_of("deploy", "*")
    for name, text in NOTES.items():
        told = set(SETTING.findall(text))
        assert settings_of("crmkpi", "*.py") - INNER - told == set(), name
        # the container's start takes NAME_FILE for any secret NAME
        assert {x.removesuffix("_FILE") for x in told} - {x.removesuffix("_FILE") for x in known} == set(), (
            name
        )


@pytest.mark.parametrize("name", NOTES)
def test_numbers_are_those_of_the_code(name):
    text, crowd = NOTES[name], Crowd()
    assert f"| {crowd.editors}, {crowd.readers}, {crowd.address} |" in text
    assert f"| {Mode().draft_hours} |" in text and str(LONGEST_DAYS) in text
    assert (KEPT, KEPT_DAYS) == (7, 7)
    row = next(line for line in text.splitlines() if "2 GB / 4 GB" in line or "2 ГБ / 4 ГБ" in line)
    for limits in LIMITS.values():
        for size in (limits.file, limits.session, limits.process):
            shown = size // MB
            assert f"{shown} " in row or f"{shown // 1000} " in row


@pytest.mark.parametrize("name", NOTES)
def test_commands_and_doors_exist(name):
    text = NOTES[name]
    assert set(re.findall(r"crmkpi store (\w+)", text)) == set(ACTIONS)
    doors = {x.path for x in routes(Mode())}
    assert set(re.findall(r"`(/health/\w+)`", text)) <= doors and "/health/ready" in text
    for path in re.findall(r"(?:`|\s)(deploy/[\w.-]+\w)", text):
        assert (ROOT / path).exists() or path == "deploy/secrets", path
    for path in re.findall(r"\]\(([\w/.-]+\.md)", text):
        assert (ROOT / "docs" / path).exists(), path


def test_the_readme_leads_to_all_of_them():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(f"(docs/{name})" in text for name in (*NOTES, "security.md"))


def test_the_soak_target_kills_five_hundred_times_and_the_ordinary_run_sixty():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^soak:.*\n\tCRMKPI_KILLS=500 .*tests/store/test_faults\.py", makefile, re.MULTILINE)
    faults = (ROOT / "tests" / "store" / "test_faults.py").read_text(encoding="utf-8")
    assert '"CRMKPI_KILLS", "60"' in faults


def test_the_store_commands_answer():
    asked = subprocess.run(
        [sys.executable, "-m", "crmkpi", "store", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(action in asked.stdout for action in ACTIONS)
