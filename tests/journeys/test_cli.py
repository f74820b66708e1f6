"""The command line is a contract: names, JSON fields and exit statuses that others rely on."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "sample_data" / "shop_en"
FILES = sorted(str(p) for p in SHOP.iterdir() if p.suffix in (".csv", ".gz"))


def run(*words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "crmkpi", *words], capture_output=True, cwd=ROOT, check=False, timeout=120
    )


def document(*words: str) -> dict:
    done = run(*words)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.count(b"\n") == 1, "one JSON document, nothing else"
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("cli") / "shop.crmkpi"
    loaded = document("load", *FILES, "--project", str(path), "--json")
    tables = {entry["table"] for entry in loaded["loaded"]}
    assert {"orders", "order_lines", "customers", "messages", "campaigns", "costs"} <= tables
    assert all({"table", "rows", "from", "to", "customers", "sums"} <= set(e) for e in loaded["loaded"])
    assert sum(step["money"] for step in loaded["bridge"][:-1]) == pytest.approx(
        loaded["bridge"][-1]["money"]
    )
    return str(path)


def test_inspect_tells_all_that_the_contract_names():
    found = document("inspect", str(SHOP / "orders.csv"), "--json")["files"][0]
    fields = {
        "file", "sha256", "bytes", "kind", "member", "sheet", "encoding", "delimiter", "quote", "decimal",
        "header_row", "skipped_title_rows", "dropped_total_rows", "rows_in", "rows_used", "rows_rejected",
        "columns", "table", "system", "mapping", "confidence", "questions", "issues",
    }  # fmt: skip
    assert fields <= set(found)
    column = {"name", "kind", "format", "unparsed", "distinct", "min", "max", "sum", "examples"}
    assert all(column <= set(c) for c in found["columns"])
    assert found["table"] == "orders"
    raw = pl.read_csv(SHOP / "orders.csv", infer_schema=False)
    amount = next(c for c in found["columns"] if c["name"] == found["mapping"]["amount"])
    assert amount["sum"] == pytest.approx(raw[amount["name"]].cast(pl.Float64).sum())
    assert found["rows_in"] == raw.height


def test_the_same_bytes_twice_change_nothing(project):
    before = Path(project).read_bytes()
    again = document("load", *FILES, "--project", project, "--json")
    assert again["unchanged"] is True
    data_hash = document("metrics", "--project", project, "--metric", "aov", "--grain", "all")["data_hash"]
    assert data_hash
    assert len(Path(project).read_bytes()) == pytest.approx(len(before), rel=0.01)


def test_metrics_have_the_same_rows_in_all_forms(project, tmp_path):
    words = (
        "metrics",
        "--project",
        project,
        "--metric",
        "aov",
        "--metric",
        "retention_rate",
        "--by",
        "channel",
    )
    found = document(*words, "--format", "json")
    fields = {
        "metric", "period", "from", "to", "complete", "dimension", "segment", "value", "numerator",
        "denominator", "n_rows", "n_customers", "warnings",
    }  # fmt: skip
    assert set(found["rows"][0]) == fields
    table = list(csv.DictReader(io.StringIO(run(*words, "--format", "csv").stdout.decode("utf-8-sig"))))
    assert [r["period"] for r in table] == [r["period"] for r in found["rows"]]
    frame = pl.read_parquet(io.BytesIO(run(*words, "--format", "parquet").stdout))
    assert frame["value"].to_list() == [r["value"] for r in found["rows"]]


def test_a_ratio_is_its_numerator_over_its_denominator(project):
    for row in document("metrics", "--project", project, "--metric", "aov", "--metric", "open_rate")["rows"]:
        if row["value"] is not None:
            assert row["value"] == pytest.approx(row["numerator"] / row["denominator"])


def test_cohorts_have_cohort_and_age(project):
    rows = document("metrics", "--project", project, "--metric", "retention_cohort", "--grain", "quarter")[
        "rows"
    ]
    assert rows and all({"cohort", "age"} <= set(r) for r in rows)
    assert all(r["value"] == 1 for r in rows if r["age"] == 0)


def test_the_tree_explains_the_whole_change(project):
    found = document("tree", "--project", project, "--template", "ecommerce_revenue", "--period", "2026-09",
                     "--vs", "2025-09", "--json")  # fmt: skip
    checks = found["checks"]
    assert checks["identity_residual"] < 1e-9
    assert checks["sum_of_leaf_contributions"] == pytest.approx(checks["root_change"], rel=1e-9)
    fields = {"id", "parent", "metric", "label", "level", "better", "edge", "before", "after", "change",
              "contribution", "low", "high", "controllable", "warnings"}  # fmt: skip
    assert all(fields <= set(n) for n in found["nodes"])
    assert all(n["contribution"] is None for n in found["nodes"] if n["edge"] == "influence")
    held = found["stability"]
    assert held["cause"] == "aov"  # the strongest pull down against September 2025 (see the sample's effects)
    assert {r["kind"] for r in held["references"]} == {"previous", "mean"}
    assert held["stable"] == all(r["cause"] == held["cause"] for r in held["references"])
    assert held["message"].endswith(".")


def test_without_periods_the_tree_opens_as_the_screen_does(project):
    found = document("tree", "--project", project, "--template", "ecommerce_revenue", "--json")
    assert (found["period"], found["vs"]) == ("2026-09", "2025-09")


def test_plan_gives_every_part_of_a_target(project, tmp_path):
    targets = tmp_path / "targets.toml"
    targets.write_text('[[target]]\nmetric = "aov"\ngoal = 4200\ndue = 2026-12-31\nowner = "Анна"\n', "utf-8")
    found = document("plan", "--project", project, "--targets", str(targets))["targets"][0]
    fields = {"metric", "owner", "baseline", "current", "goal", "due", "gap", "gap_relative", "gap_sigmas",
              "rating", "split_into_stages", "progress", "smart", "history_percentile", "benchmark",
              "milestones", "forecast", "probability", "interval_coverage", "pace", "status", "root_effect",
              "guardrails"}  # fmt: skip
    assert fields <= set(found)
    assert found["gap"] == pytest.approx(found["goal"] - found["current"]["value"])
    assert {m["grain"] for m in found["milestones"]} == {"week", "month"}


MISTAKES = [
    (("metrics", "--project", "none.crmkpi"), "E-PROJECT-MISSING"),
    (("inspect", "no_such_file.csv", "--json"), "E-FILE-UNAVAILABLE"),
    (("metrics", "--project", "{p}", "--metric", "aovv"), "E-UNKNOWN-METRIC"),
    (("metrics", "--project", "{p}", "--by", "colour"), "E-UNKNOWN-DIMENSION"),
    (("metrics", "--project", "{p}", "--where", "channel"), "E-BAD-WHERE"),
    (("metrics", "--project", "{p}", "--grain", "decade"), "E-USAGE"),
    (("tree", "--project", "{p}", "--period", "2026-9x", "--vs", "2025-09"), "E-BAD-PERIOD"),
    (("tree", "--project", "{p}", "--period", "2026-10", "--vs", "2026-09"), "E-"),
    (("nonsense",), "E-USAGE"),
]


@pytest.mark.parametrize("lang", ["ru", "en"])
@pytest.mark.parametrize(("words", "label"), MISTAKES)
def test_a_mistake_is_one_sentence_and_status_2(project, words, label, lang):
    done = run(*(w.replace("{p}", project) for w in words), "--lang", lang)
    said = done.stderr.decode()
    assert done.returncode == 2, said
    assert said.startswith(label)
    assert said.count("\n") == 1 and "Traceback" not in said
    assert done.stdout == b""


BAD_FILES = {
    "empty.csv": (b"", "E-EMPTY-FILE"),
    "picture.csv": (b"\x89PNG\r\n\x1a\n" + b"\0" * 200, "E-NOT-A-TABLE"),
    "paper.csv": (b"%PDF-1.7\n" + b"x" * 500, "E-NOT-A-TABLE"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_is_no_table_leaves_the_project_as_it_was(project, tmp_path, name):
    content, label = BAD_FILES[name]
    (tmp_path / name).write_bytes(content)
    before = Path(project).read_bytes()
    done = run("load", str(tmp_path / name), "--project", project)
    assert done.returncode == 2 and done.stderr.decode().startswith(label), done.stderr.decode()
    assert Path(project).read_bytes() == before


@pytest.mark.parametrize(
    "text",
    [
        "order_id,customer_id,ordered_at,amount\n",
        "a,b\nx,y\nz,w\n",
        "order_id,customer_id,amount\n1,2,10\n2,2,20\n",
    ],
)
def test_headers_only_unknown_columns_and_no_dates_are_refused(project, tmp_path, text):
    (tmp_path / "odd.csv").write_text(text)
    before = Path(project).read_bytes()
    done = run("load", str(tmp_path / "odd.csv"), "--project", project)
    assert done.returncode == 2 and done.stderr.startswith(b"E-"), done.stderr.decode()
    assert Path(project).read_bytes() == before


def test_a_cut_project_file_is_refused(project, tmp_path):
    cut = tmp_path / "cut.crmkpi"
    cut.write_bytes(Path(project).read_bytes()[:5000])
    done = run("metrics", "--project", str(cut))
    assert done.returncode == 2 and done.stderr.startswith(b"E-PROJECT-DAMAGED")


def test_doctor_says_what_it_checked():
    found = document("doctor", "--json")["checks"]
    assert {"python", "packages", "home", "samples"} <= {c["name"] for c in found}
    assert all({"name", "ok", "detail"} <= set(c) for c in found)


def test_the_store_is_checked_copied_and_brought_back(tmp_path, monkeypatch):
    monkeypatch.setenv("CRMKPI_HOME", str(tmp_path / "home"))
    assert document("store", "check", "--json")["projects"] == 0
    copy = document("store", "backup", "--json")["copy"]
    (tmp_path / "home" / "store.db").write_bytes(b"broken" * 2000)
    damaged = run("store", "check")
    assert damaged.returncode == 2 and damaged.stderr.startswith(b"E-STORE-DAMAGED")
    assert copy.encode() in damaged.stderr
    assert document("store", "restore", "--json")["copy"] == copy
    assert document("store", "check", "--json")["ok"]
    assert run("store", "restore", "--copy", "../../etc/passwd").stderr.startswith(b"E-NO-COPY")


def test_both_languages_of_the_sample_are_the_same_shop(project, tmp_path):
    russian = sorted(
        str(p) for p in (ROOT / "sample_data" / "shop_ru").iterdir() if p.suffix in (".csv", ".gz")
    )
    other = tmp_path / "ru.crmkpi"
    document("load", *russian, "--project", str(other), "--json")
    mine = document("metrics", "--project", project, "--grain", "quarter")["rows"]
    theirs = document("metrics", "--project", str(other), "--grain", "quarter")["rows"]
    assert [(r["metric"], r["period"]) for r in mine] == [(r["metric"], r["period"]) for r in theirs]
    for a, b in zip(mine, theirs, strict=True):
        assert (a["value"] is None) == (b["value"] is None), a
        assert a["value"] is None or a["value"] == pytest.approx(b["value"], rel=1e-9), a
