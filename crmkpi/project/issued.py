"""Issued lists: whom it was agreed to write to, and whom to leave alone, remembered until the result is known.

The document keeps what a list is (title, day, sizes, seed); its people stand beside the data in `lists/<id>.parquet`,
by the ids of the user's file (fingerprints where the project keeps fingerprints). The next load finds them, writes the
initiative into the log, and its effect is read against the remembered control group: grade A without a form.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from crmkpi.analysis.experiment import DAY_SECONDS, SMALLEST_ARM, draw_control
from crmkpi.analysis.initiative import Audience, Initiative
from crmkpi.analysis.planning import USUAL_CONTROL, BadShareError
from crmkpi.analysis.purchases import order_coverage
from crmkpi.engine.calendar import day_number
from crmkpi.engine.data import DataDir
from crmkpi.errors import CrmKpiError
from crmkpi.project.document import Project
from crmkpi.project.issued_list import IssuedList

FOLDER = "lists"
# a control of less than this many people shows nothing whatever happens
LEAST_CONTROL = 10
LEAST_PEOPLE = 40
# so few of the issued people in a load: another shop, or ids that were made anew
LEAST_FOUND = 0.05
METRICS = ("revenue_base", "active_customers")


class ListTooSmallError(CrmKpiError):
    """Too few people for a control group: `people`, `least`."""

    code = "list_too_small"


class ListReissuedError(CrmKpiError):
    """The same people were issued already and their time is not over: `title`, `day`, `until`."""

    code = "list_reissued"


class ListStartError(CrmKpiError):
    """The list starts before the end of the data that it was made of: `start`, `last`."""

    code = "list_start"


def folder_of(data: DataDir) -> Path:
    """Where the people of the lists are: beside the data, so that a new load leaves them alone."""
    return data.root.parent / FOLDER


def first_start(data: DataDir, today: date) -> date:
    """The earliest honest start: today, and never a day that the list's own data already know."""
    return max(today, order_coverage(data).last + timedelta(days=1))


def open_lists(project: Project, day: date) -> tuple[IssuedList, ...]:
    """Lists whose people still wait on this day."""
    return tuple(one for one in project.issued if one.until >= day)


def same_list(project: Project, people: pl.DataFrame, start: date) -> IssuedList | None:
    """An open list of exactly these people, whose control group must not be drawn anew."""
    key = _key(people["customer_id"])
    return next((one for one in open_lists(project, start) if one.key == key), None)


def free_people(
    project: Project, data: DataDir, people: pl.DataFrame, start: date
) -> tuple[pl.DataFrame, int]:
    """The people of a list who wait in no other open list, and how many were left out.

    Somebody in two lists would get two messages or break a control group, and neither effect could be read.
    """
    waiting = [_read(data, one) for one in open_lists(project, start)]
    found = [frame.select("customer_id") for frame in waiting if frame is not None]
    if not found:
        return people, 0
    free = people.join(pl.concat(found).unique(), on="customer_id", how="anti", maintain_order="left")
    return free, people.height - free.height


def issue(
    project: Project,
    data: DataDir,
    people: pl.DataFrame,
    title: str,
    *,
    start: date,
    control_share: float = USUAL_CONTROL,
    window_days: int = 30,
    expected: float | None = None,
    seed: int | None = None,
) -> tuple[Project, IssuedList]:
    """Draw the control group of a list of customers (analysis/lists.py), keep its people, and note it in the project.

    `expected`: hoped-for difference of the share of buyers. The same people and seed give the same control group.
    ListStartError, ListReissuedError, ListTooSmallError, BadShareError.
    """
    last = order_coverage(data).last
    if start <= last:
        raise ListStartError(start=start, last=last)
    if not 0 < control_share < 1:
        raise BadShareError(value=control_share)
    again = same_list(project, people, start)
    if again is not None:
        raise ListReissuedError(title=again.title, day=again.start, until=again.until)
    free, _ = free_people(project, data, people.drop_nulls("customer_id"), start)
    size = round(free.height * control_share)
    if free.height < LEAST_PEOPLE or size < LEAST_CONTROL:
        raise ListTooSmallError(
            people=free.height, least=max(LEAST_PEOPLE, round(LEAST_CONTROL / control_share))
        )
    drawn = secrets.randbelow(2**31) if seed is None else seed
    marked = draw_control(free.select("customer_id", "expected_money"), size, drawn)
    one = IssuedList(
        title=title,
        start=start,
        window_days=window_days,
        people=marked.height,
        control=size,
        seed=drawn,
        key=_key(people["customer_id"]),
        expected=expected,
        money=_sum(marked),
    )
    _write(data, one, marked)
    return project.model_copy(update={"issued": [*project.issued, one]}), one


def _sum(marked: pl.DataFrame) -> float | None:
    """Expected money of those who will be written to."""
    known = marked.filter(pl.col("control") == 0)["expected_money"]
    return None if known.null_count() == known.len() else float(known.sum())


def _key(ids: pl.Series) -> str:
    return hashlib.sha256("\n".join(sorted(ids.drop_nulls().to_list())).encode()).hexdigest()


def _write(data: DataDir, one: IssuedList, marked: pl.DataFrame) -> None:
    folder = folder_of(data)
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".{one.id}.parquet"
    marked.write_parquet(fresh)
    fresh.replace(folder / f"{one.id}.parquet")


def _read(data: DataDir, one: IssuedList) -> pl.DataFrame | None:
    path = folder_of(data) / f"{one.id}.parquet"
    return pl.read_parquet(path) if path.is_file() else None


def list_files(data: DataDir, one: IssuedList) -> tuple[pl.DataFrame, pl.DataFrame] | None:
    """Whom to write to and whom not to: customer_id, expected_money. None where the people were not kept."""
    marked = _read(data, one)
    if marked is None:
        return None
    to_write, to_hold = (marked.filter(pl.col("control") == arm).drop("control") for arm in (0, 1))
    return to_write, to_hold


# the next load --------------------------------------------------------------------------------------------
def people_of(data: DataDir, one: IssuedList) -> pl.DataFrame | None:
    """cust, control, start of everybody in a list, as `read_people` wants them; None where the people are not kept.

    People who are not in the data any more count as people without an order: leaving them out would leave out
    exactly those who were silent. They get numbers that no customer has.
    """
    marked = _read(data, one)
    if marked is None or not data.has("ids"):
        return None
    ids = data.frame("ids").select("cust", "customer_id").collect()
    found = marked.join(ids, on="customer_id", how="left", maintain_order="left")
    free = int(ids["cust"].max() or 0) + 1  # type: ignore[arg-type]
    numbers = pl.int_range(free, free + pl.len()).cast(ids["cust"].dtype)
    start = day_number(one.start) * DAY_SECONDS
    return found.select(
        pl.coalesce("cust", numbers).alias("cust"), "control", start=pl.lit(start, dtype=pl.Int64)
    )


def found_people(data: DataDir, one: IssuedList) -> tuple[int, int]:
    """How many of the treated and of the control group the loaded data know."""
    marked = _read(data, one)
    if marked is None or not data.has("ids"):
        return 0, 0
    here = marked.join(data.frame("ids").select("customer_id").collect(), on="customer_id", how="semi")
    held = int(here["control"].sum())
    return here.height - held, held


def people_reader(project: Project, data: DataDir) -> Callable[[str], pl.DataFrame | None]:
    """The people of an issued list by its id, for `grading.grade_all`."""
    known = {one.id: one for one in project.issued}
    return lambda list_id: people_of(data, known[list_id]) if list_id in known else None


def with_list_results(project: Project, data: DataDir) -> Project:
    """After a load: every issued list whose time has begun and whose people are in the data is in the log.

    Written once by list; an entry that a person deleted is not written again.
    """
    if not project.issued or not data.tables() or not data.has("orders"):
        return project
    last = order_coverage(data).last
    fresh = [one for one in project.issued if not one.logged and one.start <= last and _known(data, one)]
    if not fresh:
        return project
    ids = {one.id for one in fresh}
    marked = [one.model_copy(update={"logged": True}) if one.id in ids else one for one in project.issued]
    entries = [*project.initiatives, *_initiatives(fresh)]
    return project.model_copy(update={"issued": marked, "initiatives": entries})


def _known(data: DataDir, one: IssuedList) -> bool:
    treated, control = found_people(data, one)
    return min(treated, control) >= SMALLEST_ARM and treated + control >= LEAST_FOUND * one.people


def _initiatives(lists: Sequence[IssuedList]) -> list[Initiative]:
    return [
        Initiative(
            title=one.title,
            shipped=one.start,
            until=one.until,
            audience=Audience(kind="list", list_id=one.id),
            metrics=METRICS,
            window_days=one.window_days,
            control_share=one.control / one.people,
            expected=one.expected,
            origin="list",
        )
        for one in lists
    ]
