"""How many people one process serves: virtual visitors speak Streamlit's websocket protocol, without a browser.

    python bench/people.py            # 1, 10 and 25 people on the sample shop, mean think time 5 s

Every visitor walks between the pages Tree, Result, Drivers and Targets of one project. Measured: from the message of
a click to the end of the script's run, at the server's door. Written into bench/RESULTS.md under "People".
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import websockets  # noqa: E402
from streamlit.proto.BackMsg_pb2 import BackMsg  # noqa: E402
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg  # noqa: E402

from crmkpi.ingest.load import load  # noqa: E402
from crmkpi.project.document import Project, TreeChoice  # noqa: E402
from crmkpi.project.drafts import Drafts  # noqa: E402
from crmkpi.targets.plan import freeze  # noqa: E402
from crmkpi.targets.target import Target  # noqa: E402
from tests.browser.harness import App  # noqa: E402

PAGES = ("tree", "gap", "drivers", "targets")
RESULTS = ROOT / "bench" / "RESULTS.md"
HEADING = "## People"
THINK, SECONDS, RAMP = 5.0, 40.0, 5.0


def sample_home(home: Path) -> str:
    """A home with the sample shop, its tree and three targets; the id of the project."""
    drafts, project = Drafts(home), Project(name="bench")
    place = drafts.place(project.id)
    shop = ROOT / "sample_data" / "shop_en"
    load(sorted(p for p in shop.iterdir() if p.suffix in (".csv", ".gz")), place.data)
    goals = (("aov", 5000.0), ("retention_rate", 0.3), ("orders_count", 650.0))
    targets = [freeze(place.data, Target(metric=m, goal=g, due=date(2026, 12, 31))) for m, g in goals]
    tree = TreeChoice(template="ecommerce_revenue")
    drafts.save(project.model_copy(update={"tree": tree, "targets": targets}))
    return project.id


async def visit(url: str, project: str, end: float, out: dict[str, list[float]], errors: list[str]) -> None:
    """One visitor until the end: open, then walk from page to page with pauses."""
    address = url.replace("http", "ws") + "/_stcore/stream"
    try:
        async with websockets.connect(
            address,
            subprotocols=["streamlit"],
            origin=url,
            max_size=None,
            ping_interval=None,  # type: ignore[arg-type,list-item]
        ) as line:
            out["first"].append(await run(line, "tree", project, errors))
            while time.perf_counter() < end:
                await asyncio.sleep(random.expovariate(1 / THINK))
                page = random.choice(PAGES)
                out["rerun"].append(await run(line, page, project, errors))
    except (OSError, TimeoutError, websockets.WebSocketException) as error:
        errors.append(repr(error)[:120])


async def run(line: Any, page: str, project: str, errors: list[str]) -> float:
    """Seconds from the message to the end of the run."""
    message = BackMsg()
    message.rerun_script.page_name = page
    message.rerun_script.query_string = f"p={project}&lang=en"
    start = time.perf_counter()
    await line.send(message.SerializeToString())
    while True:
        got = ForwardMsg()
        got.ParseFromString(await asyncio.wait_for(line.recv(), 60))
        kind = got.WhichOneof("type")
        if kind == "delta" and got.delta.new_element.WhichOneof("type") == "exception":
            errors.append(got.delta.new_element.exception.message[:120])
        # 2: the run ended early because a rerun was asked for
        if kind == "script_finished" and got.script_finished != 2:
            return time.perf_counter() - start


async def crowd(url: str, project: str, people: int) -> dict[str, Any]:
    """So many visitors at once; milliseconds."""
    out: dict[str, list[float]] = {"first": [], "rerun": []}
    errors: list[str] = []
    end = time.perf_counter() + RAMP + SECONDS
    tasks = []
    for _ in range(people):
        tasks.append(asyncio.create_task(visit(url, project, end, out, errors)))
        await asyncio.sleep(RAMP / people)
    await asyncio.gather(*tasks)
    runs = sorted(out["rerun"])

    def at(share: float) -> int:
        return round(runs[min(len(runs) - 1, int(len(runs) * share))] * 1000) if runs else 0

    return {
        "people": people,
        "runs": len(runs),
        "p50": at(0.5),
        "p95": at(0.95),
        "first": round(max(out["first"], default=0) * 1000),
        "errors": len(errors),
        "said": errors[:2],
    }


def write(rows: list[dict[str, Any]]) -> None:
    """Put the section into RESULTS.md; other sections stay."""
    lines = [
        HEADING,
        "",
        f"{date.today()}, {os.cpu_count()} cores, one process, the sample shop, four pages in turn, mean think time "
        f"{THINK:.0f} s. Command: `python bench/people.py`. From the click's message to the end of the run, ms.",
        "",
        "| people | runs | p50 | p95 | slowest first page | errors |",
        "|---|---|---|---|---|---|",
    ]
    lines += ["| {people} | {runs} | {p50} | {p95} | {first} | {errors} |".format(**row) for row in rows]
    text = RESULTS.read_text(encoding="utf-8")
    text = re.sub(rf"\n?{HEADING}\n.*?(?=\n## |\Z)", "", text, flags=re.DOTALL).rstrip("\n")
    RESULTS.write_text(text + "\n\n" + "\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Start the app on the sample and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, nargs="+", default=[1, 10, 25])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="crmkpi-bench-") as folder:
        project = sample_home(Path(folder))
        with App(Path(folder)) as app:
            rows = [asyncio.run(crowd(app.url, project, n)) for n in asked.people]
    for row in rows:
        print(row)
    write(rows)


if __name__ == "__main__":
    main()
