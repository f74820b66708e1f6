"""A project as it stood on a past day: its data without anything later, its targets as far as they were set then."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from crmkpi.engine.data import DataDir
from crmkpi.ingest.past import build_past
from crmkpi.periods import parse_period
from crmkpi.project.document import Project
from crmkpi.project.place import Place
from crmkpi.project.record import load_settings
from crmkpi.targets.target import Target

# past days of one project that stay on the disk, so that going back and forth is quick
KEPT = 3
MARK = 16


def past_data(place: Place, project: Project, day: date, home: Path) -> DataDir:
    """The data of the project as they were known on the day, built once and kept beside the drafts.

    Errors: NothingThenError.
    """
    store = place.data
    folder = home / "past" / project.id
    root = folder / f"{store.meta.data_hash[:MARK]}-{day.isoformat()}"
    if (root / "meta.json").is_file():
        return DataDir(root)
    _make_room(folder)
    return build_past(store, root, load_settings(project), day)


def _make_room(folder: Path) -> None:
    """Drop the days that were asked for longest ago."""
    known = sorted((p for p in folder.glob("*-*") if p.is_dir()), key=lambda p: p.stat().st_mtime)
    for old in known[: max(len(known) - KEPT + 1, 0)]:
        shutil.rmtree(old, ignore_errors=True)


def set_on(target: Target, day: date) -> Target:
    """The target as of a day: later notes are gone, and one that was not yet set starts on that day."""
    said = tuple(c for c in target.checkins if c.day <= day)
    if target.baseline is None or target.baseline.date <= day:
        return target.model_copy(update={"checkins": said})
    unset = {"baseline": None, "baseline_date": None, "own_points": (), "checkins": said}
    return target.model_copy(update=unset)


def project_on(project: Project, day: date) -> Project:
    """The document as of a day: targets as they were, and a chosen period that lies ahead is not chosen."""
    tree = project.tree
    if tree.period is not None and parse_period(tree.period).last > day:
        tree = tree.model_copy(update={"period": None})
    targets = [set_on(target, day) for target in project.targets]
    start = project.starting_point
    known = start if start is not None and start.day <= day else None
    agreed = project.agreement if project.agreement is not None and project.agreement.day <= day else None
    changes = {"tree": tree, "targets": targets, "starting_point": known, "agreement": agreed}
    return project.model_copy(update=changes)
