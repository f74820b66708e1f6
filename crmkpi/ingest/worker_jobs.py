"""The jobs of a worker process: inspect, preview and load, plain JSON in, plain JSON out.

This is the program that `worker.run` starts (`python -m crmkpi.ingest.worker_jobs`); it imports what its jobs
need before it asks for an order, so that a spare child has that behind it.

Payload of all: `paths` (absolute), and optionally `names` (what the user calls them, in the same order),
`answers`, `mapping`, `remembered` (see inspect.py), `lang`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from crmkpi.engine.data import DataDir
from crmkpi.errors import CrmKpiError
from crmkpi.i18n import Words
from crmkpi.ingest.files import read_index
from crmkpi.ingest.inspect import Progress as Told
from crmkpi.ingest.inspect import inspect
from crmkpi.ingest.load import LoadSettings, load
from crmkpi.ingest.preview import preview
from crmkpi.ingest.privacy import usual_policy
from crmkpi.ingest.worker_child import Job, Progress, Report, serve


def inspect_files(payload: dict[str, Any], report: Report) -> list[dict[str, object]]:
    """What the files are and how they would be read: the list `files` of cli.md `inspect`. Writes nothing."""
    words, paths = Words(payload.get("lang", "ru")), _paths(payload)
    given = (payload.get("answers"), payload.get("remembered"), payload.get("mapping"))
    found: list[dict[str, object]] = []
    for n, (path, name) in enumerate(paths.items()):
        report(Progress("reading", n / len(paths), {"file": name}))
        found += [r.as_dict(words) for r in inspect([path], words, *given, names={path: name})]
    return found


def preview_files(payload: dict[str, Any], report: Report) -> list[dict[str, object]]:
    """The list of `inspect` with what the mapping screen shows besides (preview.py). Writes nothing.

    A file that cannot be read is an entry {"file", "path", "refused": {"code", "params"}}, so that the others
    need not wait for it. `data` in the payload: the project's tables, whose way with personal keys is followed.
    """
    words, paths = Words(payload.get("lang", "ru")), _paths(payload)
    given = (payload.get("answers"), payload.get("remembered"), payload.get("mapping"))
    found: list[dict[str, object]] = []
    usual = usual_policy(read_index(Path(payload["data"])).entries) if payload.get("data") else "hash"
    sizes = [path.stat().st_size if path.is_file() else 0 for path in paths]
    for n, (path, name) in enumerate(paths.items()):
        every = max(1, sum(sizes))
        told = _told(report, name, sum(sizes[:n]) / every, sizes[n] / every)
        told("reading", 0.0)
        try:
            found += preview([path], words, *given, names={path: name}, progress=told, default=usual)
        except CrmKpiError as error:
            refused = {"code": error.code, "params": error.params}
            found.append({"file": name, "path": str(path), "refused": refused})
    return found


def load_files(payload: dict[str, Any], report: Report) -> dict[str, object]:
    """Load the files into `data` (directory of the canonical tables): the JSON of cli.md `load`.

    Also in the payload: `settings` (fields of LoadSettings) and `append`. Progress has the stages of load.py.
    """
    paths, words = _paths(payload), Words(payload.get("lang", "ru"))
    result = load(
        list(paths),
        DataDir(Path(payload["data"])),
        mapping=payload.get("mapping"),
        answers=payload.get("answers"),
        settings=LoadSettings(**payload.get("settings", {})),
        append=bool(payload.get("append")),
        progress=_told(report),
        remembered=payload.get("remembered"),
        words=words,
        names=paths,
    )
    return result.as_dict(words)


def _told(report: Report, file: str | None = None, before: float = 0.0, part: float = 1.0) -> Told:
    """Progress of a load, or of the look at one of several files, as lines for the parent."""

    def told(stage: str, share: float, rows: int | None = None) -> None:
        params = {name: value for name, value in (("file", file), ("rows", rows)) if value is not None}
        report(Progress(stage, before + part * share, params))

    return told


def _paths(payload: dict[str, Any]) -> dict[Path, str]:
    """Paths with the names to show; the path's own name where none is given."""
    paths = [Path(path) for path in payload["paths"]]
    names = payload.get("names") or [path.name for path in paths]
    return dict(zip(paths, names, strict=True))


JOBS: dict[str, Job] = {"inspect": inspect_files, "preview": preview_files, "load": load_files}

if __name__ == "__main__":
    serve(JOBS)
