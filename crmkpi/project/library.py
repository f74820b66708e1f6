"""The library of own benchmarks fed by other projects: what their targets reached, and what is usual there."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np

from crmkpi.catalog.metric import metrics
from crmkpi.engine.available import available
from crmkpi.engine.evaluate import evaluate
from crmkpi.errors import CrmKpiError
from crmkpi.project.file import unpack
from crmkpi.project.place import Place
from crmkpi.targets.gather import data_to
from crmkpi.targets.library import OwnBenchmark, from_past
from crmkpi.targets.own_kpi import today
from crmkpi.targets.plan import assess_all

# sums of money and counts depend on the size of a shop: only what can be compared goes over
COMPARABLE = ("share", "ratio", "days", "hours", "months", "points")
MONTHS, LEAST_MONTHS = 12, 3
# half of the usual months lie inside the band
BAND = (0.25, 0.75)


class NothingToLearnError(CrmKpiError):
    """Another project holds no finished target and no comparable metric: `name`."""

    code = "nothing_to_learn"


def lessons(place: Place, name: str) -> tuple[OwnBenchmark, ...]:
    """What a project of the same user says: results of its finished targets, and its usual levels.

    A usual level is the middle half of the last 12 complete months of a share, a ratio or a time (three months
    suffice); money and counts stay away, they depend on the size of the shop. Errors: NothingToLearnError.
    """
    project, data = place.read(), place.data
    targets = [x for x in project.targets if not x.typed]
    day = today(data_to(data), targets) if data.tables() else date.min
    past = from_past(name, assess_all(data, targets, day)) if data.tables() and targets else ()
    usual = _usual(place, name) if data.tables() else ()
    if not past and not usual:
        raise NothingToLearnError(name=name)
    return (*past, *usual)


def lessons_of_file(source: Path, name: str) -> tuple[OwnBenchmark, ...]:
    """The same of a `*.crmkpi` file; it is unpacked for a moment and nothing else of it stays.

    Errors: those of a damaged project file, NothingToLearnError.
    """
    with tempfile.TemporaryDirectory(prefix="crmkpi-") as folder:
        root = Path(folder) / "project"
        unpack(source, root)
        place = Place(root)
        return lessons(place, place.read().name or name)


def _usual(place: Place, name: str) -> tuple[OwnBenchmark, ...]:
    data = place.data
    gaps = available(data)
    ids = [
        m.id
        for m in metrics().values()
        if gaps.get(m.id, 0) is None and m.unit in COMPARABLE and not m.cohort and not m.local
    ]
    rows = evaluate(data, ids, "month").rows
    rows = rows.filter(rows["complete"] & rows["value"].is_not_null())
    found = []
    for metric in ids:
        own = rows.filter(rows["metric"] == metric).sort("from").tail(MONTHS)
        if own.height < LEAST_MONTHS:
            continue
        low, high = (float(x) for x in np.quantile(own["value"].to_numpy(), BAND))
        first, last = own["period"][0], own["period"][-1]
        found.append(
            OwnBenchmark(
                metric=metric,
                low=low,
                high=high if high > low else None,
                source=name,
                year=own["to"][-1].year,
                kind="peer",
                sample=f"{first} – {last}",
                definition=metric,
            )
        )
    return tuple(found)


def merged(library: Sequence[OwnBenchmark], fresh: Sequence[OwnBenchmark]) -> list[OwnBenchmark]:
    """The library with new rows; the same metric of the same source and kind is replaced, never doubled."""
    known = {(x.metric, x.source, x.kind, x.sample) for x in fresh}
    return [*(x for x in library if (x.metric, x.source, x.kind, x.sample) not in known), *fresh]
