"""The engine against DuckDB and pandas over the same store: `python bench/engine.py [1 10]` (millions of orders).

First every number is compared, cell by cell; only then the clock runs. Each question is asked in turns, best of the
rounds, ratios within one run. Nothing is remembered between rounds but facts of the data. `warm`: DuckDB has the
tables in memory, the engine reads Parquet as always. Writes its section of bench/RESULTS.md when run without
arguments.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE))

import engine_peers as peers  # noqa: E402
import stores  # noqa: E402

from crmkpi.catalog.trees import trees  # noqa: E402
from crmkpi.engine import evaluate as engine  # noqa: E402
from crmkpi.engine import kept  # noqa: E402
from crmkpi.engine import reduce as reductions  # noqa: E402
from crmkpi.engine.calendar import day_number  # noqa: E402
from crmkpi.engine.data import DataDir  # noqa: E402
from crmkpi.engine.dimensions import Where  # noqa: E402
from crmkpi.tree.explain import explain  # noqa: E402

WORK = HERE / "work"
TITLE = "## Engine"
ROUNDS = {1: 5, 10: 1}
STARTS = [day_number(date(2023 + n // 12, n % 12 + 1, 1)) for n in range(24)]
QUESTIONS: dict[str, tuple[str | None, tuple[Where, ...], str]] = {
    "by month": (None, (), "true"),
    "by month and channel": ("channel", (), "true"),
    "filter on a channel": (None, (Where("channel", ("app",)),), "channel = 'app'"),
    "filter on a city": (None, (Where("city", ("city 7",)),), "city = 'city 7'"),
    "filter on an amount band": (None, (Where("band", (stores.BANDS[1],)),), f"band = '{stores.BANDS[1]}'"),
}
TREES = ("ecommerce_revenue", "six_levels")
Numbers = dict[tuple[str, int, str | None], float]


def ours(
    data: DataDir, names: tuple[str, ...], by: str | None = None, where: tuple[Where, ...] = ()
) -> Numbers:
    """Metrics from the store as a fresh question: nothing remembered."""
    forget()
    rows = engine.evaluate(data, list(names), "month", by=by, where=where).rows
    found = rows.select("metric", "period", "segment", "value").iter_rows()
    return {(m, 12 * (int(p[:4]) - 2023) + int(p[5:7]) - 1, s): v for m, p, s, v in found if v is not None}


def of_rows(rows: list[tuple], names: tuple[str, ...], segments: bool) -> Numbers:
    """DuckDB's answer in the same form; money as currency."""
    found: Numbers = {}
    for row in rows:
        numbers = row[2:] if segments else row[1:]
        for name, value in zip(names, numbers, strict=True):
            money = 100 if name in ("revenue_base", "crm_revenue") else 1
            found[name, row[0], row[1] if segments else None] = float(value) / money
    return found


def of_columns(columns: Mapping[str, Any]) -> Numbers:
    """The answer of pandas in the same form."""
    return {
        (name, t, None): float(value) / (100 if name in ("revenue_base", "crm_revenue") else 1)
        for name, column in columns.items()
        for t, value in column.items()
        if t < len(STARTS)
    }


def compare(mine: Numbers, theirs: Numbers, what: str) -> None:
    """Every cell that a peer gives stands in our answer with the same number; SystemExit names the first that
    does not. The engine says unknown where a predecessor month is outside the data, so our cells lead."""
    for key, value in mine.items():
        other = theirs.get(key, 0.0)
        if abs(value - other) > 1e-6 * max(1.0, abs(value)):
            raise SystemExit(f"{what}: {key} is {value} here and {other} there")
    lacking = [k for k, v in theirs.items() if k not in mine and v and k[1] not in (0,)]
    if lacking:
        raise SystemExit(f"{what}: no number for {lacking[:3]}")


def timed(jobs: dict[str, Callable[[], object]], rounds: int) -> dict[str, tuple[float, float]]:
    """Best wall and processor seconds of each job, taken in turns so that a busy machine is busy for all."""
    best: dict[str, tuple[float, float]] = {}
    for _ in range(rounds):
        for name, job in jobs.items():
            wall, busy = time.perf_counter(), time.process_time()
            job()
            spent = time.perf_counter() - wall, time.process_time() - busy
            known = best.get(name, spent)
            best[name] = min(known[0], spent[0]), min(known[1], spent[1])
    return best


def measured(millions: int) -> list[dict[str, object]]:
    """All rows of the table for a store of so many million orders and as many messages."""
    data = stores.engine_store(WORK / f"engine{millions}", millions * 10**6, millions * 10**6)
    rounds, out = ROUNDS.get(millions, 3), []
    cold, warm = (peers.Duck(data.root, kind, STARTS) for kind in (False, True))
    for name, (by, where, sql) in QUESTIONS.items():
        compare(ours(data, peers.ORDERS, by, where), of_rows(cold.orders(by, sql), peers.ORDERS, True), name)
        jobs: dict[str, Callable[[], object]] = {
            "ours": lambda by=by, where=where: ours(data, peers.ORDERS, by, where),
            "duckdb": lambda by=by, sql=sql: cold.orders(by, sql),
            "duckdb warm": lambda by=by, sql=sql: warm.orders(by, sql),
        }
        if name == "by month" and millions == 1:
            jobs["pandas"] = lambda: peers.pandas_orders(data.root, STARTS)
            compare(ours(data, peers.ORDERS), of_columns(peers.pandas_orders(data.root, STARTS)), "pandas")
        out.append({"millions": millions, "what": f"orders {name}", **timed(jobs, rounds)})
    compare(ours(data, peers.MESSAGES), of_rows(cold.messages(), peers.MESSAGES, False), "messages")
    jobs = {
        "ours": lambda: ours(data, peers.MESSAGES),
        "duckdb": cold.messages,
        "duckdb warm": warm.messages,
    }
    if millions == 1:
        jobs["pandas"] = lambda: peers.pandas_messages(data.root, STARTS)
        compare(ours(data, peers.MESSAGES), of_columns(peers.pandas_messages(data.root, STARTS)), "pandas")
    out.append({"millions": millions, "what": "messages by month", **timed(jobs, rounds)})
    return [*out, *whole_trees(data, millions, rounds)]


def whole_trees(data: DataDir, millions: int, rounds: int) -> list[dict[str, object]]:
    """A tree as a screen asks for it: two months compared, and all of its metrics over 24 months. Nothing remembered;
    then with the tables that the first question left, but none of the answers."""
    out: list[dict[str, object]] = []
    channels = [(Where("channel", (name,)),) for name in ("app", "site", "store")]
    pair = [(Where("channel", ("app", "site")),)]
    for tree in TREES:
        nodes = list(trees()[tree].root.walk())
        names = list(dict.fromkeys(node.metric for node in nodes))

        def screen(months: tuple[str, str] = ("2024-12", "2024-11"), where=(), tree: str = tree) -> None:
            engine.ANSWERS.clear()
            explain(data, tree, *months, where=where)

        def series(where=(), names: list[str] = names) -> None:
            engine.ANSWERS.clear()
            engine.evaluate(data, names, "month", where=where)

        def base(series=series) -> None:
            forget()
            series()

        screen(), series()
        found = {
            "two months": best(screen, rounds, forget),
            "24 months": best(series, rounds, forget),
            "first filter on a channel, two months": best(lambda: screen(where=channels[0]), rounds, base),
            "filter on two channels, 24 months": best(lambda: series(pair[0]), rounds, base),
        }
        base(), screen(where=channels[0])
        found |= {
            "warm, other two months": best(lambda: screen(("2024-10", "2024-09")), rounds + 3),
            "warm, 24 months": best(series, rounds + 3),
            "warm, another channel, two months": best(lambda: screen(where=channels[1]), rounds + 3),
            "warm, another channel, 24 months": best(lambda: series(channels[2]), rounds + 3),
        }
        what = f"tree {tree}, {len(nodes)} nodes"
        out += [
            {"millions": millions, "what": f"{what}, {one}", "ours": spent} for one, spent in found.items()
        ]
    return out


def best(
    job: Callable[[], object], rounds: int, before: Callable[[], object] = lambda: None
) -> tuple[float, float]:
    """Best wall and processor seconds of a job, each time after something that is not measured."""
    found = []
    for _ in range(rounds):
        before()
        found.append(timed({"job": job}, 1)["job"])
    return min(wall for wall, _ in found), min(busy for _, busy in found)


def forget() -> None:
    """As a fresh process: no answers, no tables of earlier questions."""
    engine.ANSWERS.clear()
    kept.TABLES.clear()
    reductions.COMPANIES.clear()


def peak_mb() -> float:
    """High-water mark of this process's memory."""
    marks = [x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmHWM")]
    return int(marks[0].split()[1]) / 1024


def fresh(millions: int) -> list[dict[str, object]]:
    """The measurements of one size in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "one", str(millions)],
        capture_output=True, text=True, cwd=HERE.parent, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    return json.loads(done.stdout.splitlines()[-1])


def table(rows: list[dict[str, object]]) -> list[str]:
    """Markdown: milliseconds of wall and processor time, ratios of both (more than 1: we are faster)."""
    peers_ = ("duckdb", "duckdb warm", "pandas")
    lines = [
        "| M rows | question | ours ms (CPU) | "
        + " | ".join(f"{p} ms (CPU) | ratio (CPU)" for p in peers_)
        + " |",
        "|---|---|---|" + "---|---|" * len(peers_),
    ]
    for row in rows:
        mine = row["ours"]
        cells = [str(row["millions"]), str(row["what"]), _ms(mine)]
        for peer in peers_:
            cells += [_ms(row[peer]), _ratio(row[peer], mine)] if peer in row else ["", ""]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _ratio(peer: object, mine: object) -> str:
    wall, busy = (theirs / own for theirs, own in zip(peer, mine, strict=True))  # type: ignore[call-overload]
    return f"{wall:.1f} ({busy:.1f})"


def _ms(spent: object) -> str:
    return f"{spent[0] * 1000:.0f} ({spent[1] * 1000:.0f})"  # type: ignore[index]


def write(lines: list[str]) -> None:
    """Put the section into bench/RESULTS.md in place of the old one; those of the other scripts stay."""
    path = HERE / "RESULTS.md"
    before, _, old = (path.read_text(encoding="utf-8") if path.exists() else "").partition(TITLE)
    _, mark, after = old.partition("\n## ")
    text = before.rstrip() + "\n\n" + "\n".join(lines) + "\n" + mark + after
    path.write_text(text, encoding="utf-8")


def main() -> None:
    """All sizes, printed; without arguments also written."""
    if sys.argv[1:2] == ["one"]:
        print(json.dumps(measured(int(sys.argv[2]))))
        return
    packages = ", ".join(f"{p} {version(p)}" for p in ("polars", "narwhals", "duckdb", "pandas"))
    rows = [row for size in (sys.argv[1:] or ["1", "10"]) for row in fresh(int(size))]
    lines = [
        TITLE, "",
        f"{date.today().isoformat()}, {os.cpu_count()} cores, Python {platform.python_version()}, {packages}. "
        "Command: `python bench/engine.py`. All numbers were equal before the clock ran.", "",
        *table(rows),
    ]  # fmt: skip
    print("\n".join(lines))
    if not sys.argv[1:]:
        write(lines)


if __name__ == "__main__":
    main()
