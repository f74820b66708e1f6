"""Our reading room against polars, pandas and DuckDB with their defaults: `python bench/ingest.py`.

Writes bench/INGEST.md: how many files of the corpus of tests/exports each reads right, by aspect; our simple
score on all 2,289 polluted files; wall time and peak memory of a 235 MB file against polars' scan to Parquet.
`python bench/ingest.py corpus|pollock|speed` does one part.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE))

import duckdb  # noqa: E402
import peers  # noqa: E402
import polars as pl  # noqa: E402

from crmkpi.errors import CrmKpiError  # noqa: E402
from crmkpi.ingest.read import read  # noqa: E402
from crmkpi.ingest.sniff import sniff  # noqa: E402
from crmkpi.ingest.text_table import ROW  # noqa: E402
from crmkpi.ingest.worker import WorkerLimits, run  # noqa: E402
from tests.exports.corpus_files import file_cases  # noqa: E402
from tests.exports.corpus_text import text_cases  # noqa: E402
from tests.exports.corpus_traps import trap_cases  # noqa: E402
from tests.exports.corpus_values import value_cases  # noqa: E402
from tests.exports.judge import judged  # noqa: E402
from tests.exports.pollock import MEASURES, polluted, score  # noqa: E402

WORK = HERE / "work"
MEGABYTES = 235
REPEATS = 5
# what readers raise at damaged files; polars panics are no Exception
REFUSALS = (Exception, pl.exceptions.PanicException, duckdb.Error)
PEERS: dict[str, Callable[[Path], peers.Grid]] = {
    "polars": peers.with_polars,
    "pandas": peers.with_pandas,
    "DuckDB": peers.with_duckdb,
}


def corpus() -> list[str]:
    """Table: reader, right, wrong in silence, refused, and right by aspect."""
    cases = [*text_cases(), *value_cases(), *file_cases(), *trap_cases()]
    tested: dict[str, dict[str, list[bool]]] = {name: {a: [] for a in peers.ASPECTS} for name in PEERS}
    right, refused, silent = dict.fromkeys(PEERS, 0), dict.fromkeys(PEERS, 0), dict.fromkeys(PEERS, 0)
    ours = {"right": 0, "silent": 0, "loud": 0}
    with tempfile.TemporaryDirectory() as folder:
        for place, case in enumerate(cases):
            verdict = judged(case, Path(folder) / f"ours{place}")
            ours["silent" if verdict.silent else "right" if verdict.right else "loud"] += 1
            path = Path(folder) / f"ours{place}" / case.file
            for name, reader in PEERS.items():
                found = peers.outcome(case, reader, path, REFUSALS)
                right[name] += found.right and not (found.failed and not case.error)
                refused[name] += found.failed and not case.error
                silent[name] += not found.right and not found.failed
                for aspect, good in found.aspects.items():
                    if good is not None:
                        tested[name][aspect].append(good)
    lines = [
        f"{len(cases)} files of tests/exports. Right: columns, rows, sums, dates, flags and ids all as a careful person reads them, or the right refusal or question.",
        "",
    ]
    lines += ["| reader | right | read, but not right | refused without need |", "|---|---|---|---|"]
    lines.append(f"| crmkpi | {ours['right']} | {ours['silent']} | {ours['loud']} |")
    lines += [f"| {n} | {right[n]} | {silent[n]} | {refused[n]} |" for n in PEERS]
    lines += [
        "",
        f"| right by aspect | {' | '.join(peers.ASPECTS)} |",
        "|---" * (len(peers.ASPECTS) + 1) + "|",
    ]
    lines += [f"| {n} | {' | '.join(f'{sum(v)} of {len(v)}' for v in tested[n].values())} |" for n in PEERS]
    return lines


def pollock() -> list[str]:
    """Table: mean of each measure over all polluted files, and the simple score."""
    total = dict.fromkeys(MEASURES, 0.0)
    count = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "polluted.csv"
        for file in polluted():
            path.write_bytes(file.data)
            for name, value in score(file, *_loaded(path)).items():
                total[name] += value
            count += 1
    means = {name: value / count for name, value in total.items()}
    lines = [
        f"{count} polluted files after the Pollock benchmark, made by tests/exports/pollock.py, unaided. Simple score {sum(means.values()):.3f} of 10.",
        "",
    ]
    lines += [f"| {' | '.join(MEASURES)} |", "|---" * len(MEASURES) + "|"]
    return [*lines, f"| {' | '.join(f'{v:.4f}' for v in means.values())} |"]


def _loaded(path: Path) -> tuple[list[str] | None, list]:
    try:
        table = read(sniff(path)[0])
    except CrmKpiError:
        return None, []
    header = [h.replace(" / ", " ") for h in table.original_headers]
    return header, table.collect().sort(ROW).select(table.columns).rows()


def big_file(encoding: str) -> Path:
    """A file of `MEGABYTES` in UTF-8 (the cp1251 twin has the same rows): semicolons, Cyrillic, decimal commas."""
    WORK.mkdir(exist_ok=True)
    path = WORK / f"big_{encoding}.csv"
    if path.exists():
        return path
    names = ("Анна Петрова", "Иван Сидоров", "ООО «Лилия»".replace("«", '""').replace("»", '""'), "Мария Ли")
    out = path.with_suffix(".part")
    with out.open("wb") as file:
        file.write(
            "Номер заказа;Дата заказа;ID клиента;Имя;Товар;Количество;Сумма;Статус;Город\r\n".encode(encoding)
        )
        size = place = 0
        while size < MEGABYTES * 2**20:
            rows = []
            for i in range(place, place + 20_000):
                name = f'"{names[i % 4]}"' if i % 4 == 2 else names[i % 4]
                rows.append(
                    f"{100000 + i};{1 + i % 28:02d}.{1 + i % 12:02d}.2025 {i % 24:02d}:{i % 60:02d};C{i * 7919 % 90001:06d};{name};Кружка синяя {i % 997};{1 + i % 5};{i % 90000},{i % 100:02d};Выполнен;Москва\r\n"
                )
            text = "".join(rows)
            size += len(text.encode("utf-8"))
            file.write(text.encode(encoding))
            place += 20_000
    out.rename(path)
    return path


def fresh(step: str, encoding: str) -> dict[str, float]:
    """One step in a fresh process: wall and CPU seconds, peak MB, rows."""
    done = subprocess.run(
        [sys.executable, __file__, step, encoding],
        capture_output=True,
        text=True,
        cwd=HERE.parent,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def peak_mb() -> float:
    """Peak memory of this process in MB. Linux hands ru_maxrss of the parent down, VmHWM is our own."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def child_peak(seen: list[float]) -> None:
    """The highest memory of this process's children in MB, looked at until the first element is set below 0."""
    while seen[0] >= 0:
        for status in Path("/proc").glob("[0-9]*/status"):
            try:
                lines = dict(x.split(":", 1) for x in status.read_text().splitlines() if ":" in x)
            except OSError:
                continue  # it has ended between the two looks
            if int(lines["PPid"]) == os.getpid() and "VmHWM" in lines:
                seen.append(int(lines["VmHWM"].split()[0]) / 1024)
        time.sleep(0.05)


def whole_load(encoding: str) -> None:
    """`load`: the file becomes a project's tables in a worker process, as in the product; the worker's peak."""
    path, seen = big_file(encoding), [0.0]
    watcher = threading.Thread(target=child_peak, args=(seen,))
    watcher.start()
    started, before = time.perf_counter(), os.times()
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        order = {"paths": [str(path)], "data": f"{folder}/data"}
        done: Any = run("load", order, limits=WorkerLimits.for_files([path]))
    seconds, after = time.perf_counter() - started, os.times()
    seen[0] = -1.0
    watcher.join()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    rows = done["files"][0]["rows_in"]
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak_mb": max(seen), "rows": rows}))


def one_step(step: str, encoding: str) -> None:
    """`ours`: sniff and read into Parquet parts; `peer`: polars scans the UTF-8 file into Parquet as text."""
    path = big_file(encoding)
    started, busy = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        if step == "ours":
            rows = read(sniff(path)[0], workdir=Path(folder)).rows_used
        else:
            target = Path(folder) / "text.parquet"
            pl.scan_csv(path, separator=";", infer_schema=False).sink_parquet(target)
            rows = pl.scan_parquet(target).select(pl.len()).collect().item()
        seconds, cpu = time.perf_counter() - started, time.process_time() - busy
    peak = peak_mb()
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak_mb": peak, "rows": rows}))


def speed() -> list[str]:
    """Table: seconds, ratio and peak memory for the large file; the steps take turns, so that a busy machine is
    busy for all of them."""
    steps = {
        "polars scan to Parquet, as text": ("peer", "utf-8"),
        "sniff and read, utf-8": ("ours", "utf-8"),
        "sniff and read, cp1251": ("ours", "cp1251"),
        "load to tables in a worker, utf-8": ("load", "utf-8"),
    }
    for _, encoding in steps.values():
        big_file(encoding)
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in steps}
    for _ in range(REPEATS):
        for name, step in steps.items():
            runs[name].append(fresh(*step))
    best = {
        name: {k: (max if k == "peak_mb" else min)(r[k] for r in found) for k in found[0]}
        for name, found in runs.items()
    }
    peer = best[next(iter(steps))]
    assert all(b["rows"] == peer["rows"] for b in best.values()), best
    lines = [
        f"{MEGABYTES} MB, {peer['rows']:,.0f} rows, best of {REPEATS} fresh processes in turns. Bars: 1.5 times and 600 MB for UTF-8, 2.2 times for cp1251.",
        "",
    ]
    lines += [
        "| what | seconds | times polars | CPU seconds | times polars | peak MB |",
        "|---|---|---|---|---|---|",
    ]
    for name, b in best.items():
        wall, cpu = b["seconds"] / peer["seconds"], b["cpu"] / peer["cpu"]
        lines.append(
            f"| {name} | {b['seconds']:.2f} | {wall:.2f} | {b['cpu']:.2f} | {cpu:.2f} | {b['peak_mb']:.0f} |"
        )
    return lines


PARTS: dict[str, Callable[[], list[str]]] = {"corpus": corpus, "pollock": pollock, "speed": speed}


def main() -> None:
    """Run the parts, print them; all of them together are written to bench/INGEST.md."""
    if sys.argv[1:2] == ["load"]:
        whole_load(sys.argv[2])
        return
    if sys.argv[1:2] in (["ours"], ["peer"]):
        one_step(*sys.argv[1:3])
        return
    packages = ", ".join(f"{p} {version(p)}" for p in ("polars", "duckdb", "pandas"))
    lines = [
        "# Reading strangers' files",
        "",
        f"{date.today().isoformat()}, {os.cpu_count()} cores, Python {platform.python_version()}, {packages}. Command: `python bench/ingest.py`.",
    ]
    for name in sys.argv[1:] or PARTS:
        lines += ["", f"## {name.capitalize()}", "", *PARTS[name]()]
    print("\n".join(lines))
    if not sys.argv[1:]:
        (HERE / "INGEST.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
