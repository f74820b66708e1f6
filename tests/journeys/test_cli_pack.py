"""`report --pack`: one person's evidence pack from the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

from crmkpi.analysis.initiative import Initiative
from crmkpi.project.drafts import Drafts
from tests.views.small_shop import shop_project

ROOT = Path(__file__).resolve().parents[2]


def run(*words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "crmkpi", *words], cwd=ROOT, capture_output=True, check=False
    )


def test_a_pack_is_written_and_a_wrong_period_is_one_sentence(tmp_path):
    home = tmp_path / "home"
    project = shop_project(home)
    # a metric that this shop has no data for is left out, not an error
    entry = Initiative(title="Письмо", shipped=date(2011, 9, 1), metrics=("open_rate",))
    Drafts(home).save(project.model_copy(update={"initiatives": [entry]}))
    saved = tmp_path / "shop.crmkpi"
    Drafts(home).export(project.id, saved)
    said = run("report", "--project", str(saved), "--to", str(tmp_path / "me.html"), "--pack", "я")
    assert said.returncode == 0, said.stderr.decode()
    found = json.loads(said.stdout)
    assert found["file"] == "me.html" and found["bytes"] == (tmp_path / "me.html").stat().st_size
    assert found["sections"][:3] == ["summary", "goals", "effects"]
    words = ("--to", str(tmp_path / "x.pdf"), "--pack", "me", "--from", "2050-01-01", "--until", "2050-02-01")
    refused = run("report", "--project", str(saved), *words)
    assert refused.returncode == 2 and not (tmp_path / "x.pdf").exists()
    assert refused.stderr.decode().startswith("E-PACK-PERIOD: ")
