"""Do intervals keep their word? `python bench/experiments.py [runs] [seed]` writes its part of bench/RESULTS.md.

Simulated experiments with a known truth: share of 95 % intervals that hold it, share of "proven" effects where there
is none. Ten thousand runs a line: the chance error of a coverage is .2 points, the promise is 95 % +- 1 and 5 % +- 1.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from crmkpi.analysis.before_after import did, did_with_placebo  # noqa: E402
from crmkpi.analysis.desk import read_test  # noqa: E402
from crmkpi.analysis.desk_columns import recognise  # noqa: E402
from crmkpi.analysis.revenue import bootstrap_effect  # noqa: E402
from crmkpi.analysis.uplift import (  # noqa: E402
    Effect,
    cuped,
    log_ratio,
    newcombe,
    pooled_z,
    ratio_effect,
    welch_parts,
)

RUNS, SEED = 10_000, 77_003
Row = tuple[str, str, float | None, float | None]
# (treated, control, share treated, share control)
SHARES = ((955, 318, 0.14, 0.06), (9_000, 1_000, 0.03, 0.025), (21_307, 21_306, 0.0125, 0.0057))
RESAMPLES = 400


def held(effects: list[Effect], truth: float) -> float:
    """Share of intervals with the truth inside."""
    return float(
        np.mean([e.low is not None and e.high is not None and e.low <= truth <= e.high for e in effects])
    )


def shares(runs: int, rng: np.random.Generator) -> list[Row]:
    """Newcombe and the log ratio, and the pooled test where nothing happens; vectorised."""
    rows: list[Row] = []
    for n1, n0, p1, p0 in SHARES:
        hits1, hits0 = rng.binomial(n1, p1, runs), rng.binomial(n0, p0, runs)
        low, high = newcombe(hits1, n1, hits0, n0)
        cover = float(((low <= p1 - p0) & (p1 - p0 <= high)).mean())
        _, p = pooled_z(rng.binomial(n1, p0, runs), n1, rng.binomial(n0, p0, runs), n0)
        rows.append(
            ("shares, Newcombe", f"{n1} / {n0}, {p1:.2%} / {p0:.2%}", cover, float((p < 0.05).mean()))
        )
        _, low, high = log_ratio(hits1, n1, hits0, n0)
        inside = float(((low <= p1 / p0 - 1) & (p1 / p0 - 1 <= high)).mean())
        rows.append(("lift, log ratio", f"{n1} / {n0}", inside, None))
    return rows


def means(runs: int, rng: np.random.Generator) -> list[Row]:
    """Welch with unequal sizes and spreads; vectorised."""
    one, other = rng.gamma(4, 30, (runs, 150)), rng.gamma(4, 10, (runs, 400))
    parts = [(a.mean(axis=1), a.var(axis=1, ddof=1), a.shape[1]) for a in (one, other)]
    _, _, _, p = welch_parts(parts[0][0] - 80, *parts[0][1:], *parts[1])
    same = rng.gamma(4, 30, (runs, 400))
    _, _, _, none = welch_parts(*parts[0], same.mean(axis=1), same.var(axis=1, ddof=1), 400)
    label = "gamma, 150 / 400, sd 60 / 20"
    return [("means, Welch", label, float((p >= 0.05).mean()), float((none < 0.05).mean()))]


def money(runs: int, rng: np.random.Generator) -> list[Row]:
    """Bootstrap over people where few buy."""

    def arm(n: int, share: float) -> np.ndarray:
        return np.where(rng.random(n) < share, rng.gamma(3, 500, n), 0.0)

    def run(share: float) -> list[Effect]:
        return [
            bootstrap_effect(arm(1500, share), arm(1000, 0.1), resamples=RESAMPLES, seed=i)
            for i in range(runs)
        ]

    some, nothing = run(0.13), run(0.1)
    false = float(np.mean([e.proven for e in nothing]))
    return [("money, bootstrap", "1500 / 1000, 13 % / 10 % buy", held(some, 0.03 * 1500), false)]


def with_past(runs: int, rng: np.random.Generator) -> list[Row]:
    """CUPED and difference in differences, with and without an effect of 5."""
    out: list[Row] = []
    found: dict[str, list[list[Effect]]] = {"CUPED": [[], []], "difference in differences": [[], []]}
    for truth in (5.0, 0.0):
        for _ in range(runs):
            before = rng.gamma(2, 50, 300)
            after = before * 0.7 + rng.gamma(2, 20, 300)
            after[:120] += truth
            place = 0 if truth else 1
            found["CUPED"][place].append(cuped(after[:120], before[:120], after[120:], before[120:]).effect)
            found["difference in differences"][place].append(
                did((before[:120], after[:120]), (before[120:], after[120:]))
            )
    for name, (some, nothing) in found.items():
        false = float(np.mean([e.proven for e in nothing]))
        out.append((name, "gamma, 120 / 180, correlation .93", held(some, 5.0), false))
    return out


def ratios(runs: int, rng: np.random.Generator) -> list[Row]:
    """Clicks per message with customers as units."""

    def arm(n: int) -> tuple[np.ndarray, np.ndarray]:
        sends = rng.integers(1, 25, n)
        return rng.binomial(sends, rng.beta(2, 18, n)).astype(float), sends.astype(float)

    effects = [ratio_effect(arm(400), arm(300)) for _ in range(runs)]
    false = float(np.mean([e.proven for e in effects]))
    return [("ratio of sums, delta", "400 / 300 customers, 1 to 24 messages", held(effects, 0.0), false)]


def desk(runs: int, rng: np.random.Generator) -> list[Row]:
    """The whole desk on files where nothing happens: any of six comparisons proven, Holm over them."""
    hits = 0
    for _ in range(runs):
        n = 900
        frame = pl.DataFrame(
            {
                "group": rng.permutation(np.repeat(["control", "a", "b"], n // 3)),
                "visit": (rng.random(n) < 0.3).astype(float),
                "click": (rng.random(n) < 0.2).astype(float),
                "order": (rng.random(n) < 0.1).astype(float),
            }
        )
        answer = read_test(frame, recognise(frame, "x"), segments=False)
        hits += any(r.verdict in ("up", "down") for r in answer.readings)
    return [("any false find of six, Holm", "three arms of 300, three results", None, hits / runs)]


def placebo(runs: int, rng: np.random.Generator) -> list[str]:
    """The placebo must pass where groups move alike and fail where they already drift apart."""
    lines = ["| placebo of difference in differences | runs | passed |", "|---|---|---|"]
    for name, drift in (
        ("groups move alike", 0.0),
        ("the treated drift by .15 sd a window", 0.15),
        ("by .4 sd", 0.4),
    ):
        passed = 0
        for _ in range(runs):
            level = rng.normal(100, 20, (500, 1))
            rows = level + rng.normal(0, 10, (500, 4)) + np.arange(4) * 2.0
            treated = rows[:200] + np.arange(4) * drift * 20
            passed += bool(did_with_placebo(treated, rows[200:]).passed)
        lines.append(f"| {name} | {runs} | {passed / runs:.1%} |")
    return lines


PARTS: tuple[Callable[[int, np.random.Generator], list[Row]], ...] = (shares, means, money, with_past, ratios)


def main() -> None:
    """Measure and replace the section in RESULTS.md."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else SEED
    rng = np.random.default_rng(seed)
    start = time.process_time()
    rows = [row for part in PARTS for row in part(runs, rng)]
    rows += desk(max(200, runs // 5), rng)
    text = [
        "## Experiments",
        "",
        f"`python bench/experiments.py {runs} {seed}`: {runs} simulated experiments a line (a fifth for the desk as a",
        "whole), known truth. Promised: 95 % +- 1 of intervals hold it, 5 % +- 1 false finds (Holm: at most 5 %).",
        "",
        "| method | design | interval holds the truth | found where nothing is |",
        "|---|---|---|---|",
        *(f"| {m} | {d} | {_share(c)} | {_share(f)} |" for m, d, c, f in rows),
        "",
        *placebo(max(200, runs // 5), rng),
        "",
    ]
    path = HERE / "RESULTS.md"
    old = re.sub(r"\n## Experiments\n.*?(?=\n## |\Z)", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    path.write_text(old.rstrip() + "\n\n" + "\n".join(text), encoding="utf-8")
    print("\n".join(text), f"{time.process_time() - start:.0f} s of processor time")


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


if __name__ == "__main__":
    main()
