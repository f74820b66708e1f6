"""`make bench`: measure the work a user waits for and write bench/RESULTS.md.

Each step runs in a fresh process, so peak memory is its own. Ratios against a peer (polars parsing the same
file, DuckDB and pandas computing the same numbers) are taken in the same run: machines differ and are shared.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
STEPS = (
    "parse_lines",
    "load_lines",
    "metrics_lines",
    "load_orders",
    "metrics_orders",
    "filter_orders",
    "peer_duckdb",
    "peer_pandas",
)
REPEATS = 3


def once(step: str) -> dict[str, float]:
    """One step in its own process."""
    done = subprocess.run(
        [sys.executable, str(HERE / "steps.py"), step],
        capture_output=True,
        text=True,
        cwd=HERE.parent,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{step} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Run every step, print and write the table."""
    chosen = sys.argv[1:] or STEPS
    rows = []
    for step in chosen:
        runs = sorted((once(step) for _ in range(REPEATS)), key=lambda r: r["seconds"])
        middle = runs[len(runs) // 2]
        rows.append(
            (
                step,
                runs[0]["seconds"],
                middle["seconds"],
                max(r["peak_mb"] for r in runs),
                middle.get("note", ""),
            )
        )
        print(*rows[-1], sep="\t")
    if not sys.argv[1:]:
        write(rows)


def calibration() -> list[str]:
    """Headline figures of bench/CALIBRATION.md, so that one page tells of speed and of honesty."""
    text = (HERE / "CALIBRATION.md").read_text(encoding="utf-8")
    held = next(line.split("|")[3].strip() for line in text.splitlines() if line.startswith("| all |"))
    brier = next(line for line in text.splitlines() if line.startswith("Brier score"))
    return [
        "## Chances",
        "",
        f"The 80 % interval held in {held} of new cases (300 series x 10 origins, a seed not used in development).",
        f"{brier} Reliability of the chances and false alarms of the deviation rules: [CALIBRATION.md](CALIBRATION.md).",
        "",
    ]


def write(rows: list[tuple[str, float, float, float, str]]) -> None:
    """bench/RESULTS.md with date, versions, machine size and command."""
    packages = ", ".join(f"{p} {version(p)}" for p in ("polars", "narwhals", "duckdb", "pandas"))
    lines = [
        "# Measurements",
        "",
        f"{date.today().isoformat()}, {os.cpu_count()} cores, Python {platform.python_version()}, {packages}. Command: `make bench`.",
        "Seconds of wall time, best and median of three fresh processes; peak memory of the process.",
        "",
        "| step | best s | median s | peak MB | what |",
        "|---|---|---|---|---|",
        *(f"| {s} | {b:.2f} | {m:.2f} | {p:.0f} | {n} |" for s, b, m, p, n in rows),
        "",
        *calibration(),
    ]
    path = HERE / "RESULTS.md"
    # the sections of engine.py and experiments.py stay
    _, mark, engine = (path.read_text(encoding="utf-8") if path.exists() else "").partition("## Engine")
    path.write_text("\n".join(lines) + ("\n" + mark + engine if mark else ""), encoding="utf-8")


if __name__ == "__main__":
    main()
