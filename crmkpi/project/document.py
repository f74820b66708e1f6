"""Project: what is written into `project.json`. Plain data, checked by pydantic, upgraded by version."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from crmkpi.analysis.initiative import Initiative
from crmkpi.project.issued_list import IssuedList
from crmkpi.project.tree_versions import OwnTrees
from crmkpi.targets.agreement import Agreement, Terms
from crmkpi.targets.library import OwnBenchmark
from crmkpi.targets.settings import TargetSettings
from crmkpi.targets.starting_point import StartingPoint
from crmkpi.targets.target import Target

VERSION = 1
Comparison = Literal["auto", "previous", "year_ago"]


class FileRecord(BaseModel):
    """One loaded table of one file: what it was taken for and how its columns were read."""

    model_config = ConfigDict(frozen=True)
    file: str
    sha256: str
    bytes: int = 0
    member: str | None = None
    sheet: str | None = None
    table: str
    system: str | None = None
    header_set: str = ""
    mapping: dict[str, str] = Field(default_factory=dict)
    rows_in: int = 0
    rows_used: int = 0
    rows_rejected: int = 0

    @property
    def identity(self) -> tuple[str, str | None, str | None]:
        """What makes it the same table of the same file."""
        return (self.sha256, self.member, self.sheet)


class Confirmed(BaseModel):
    """A mapping that the user confirmed for one set of headers; next month's file needs no click."""

    model_config = ConfigDict(frozen=True)
    table: str
    columns: dict[str, str]
    answers: dict[str, str] = Field(default_factory=dict)


class TypedPlan(BaseModel):
    """The planned value of one metric in one period, typed by a person for the rows that pass `where`."""

    model_config = ConfigDict(frozen=True)
    period: str
    metric: str
    value: float = Field(allow_inf_nan=False)
    where: dict[str, tuple[str | None, ...]] = Field(default_factory=dict)


class Belief(BaseModel):
    """How strongly somebody believes one metric to move another: d ln(parent) per d ln(child), and its error.

    `grade` says what stands behind it: typed (an opinion), estimated (past movements), experiment.
    """

    model_config = ConfigDict(frozen=True)
    child: str
    parent: str
    value: float = Field(allow_inf_nan=False, ge=-10, le=10)
    error: float = Field(default=0.0, allow_inf_nan=False, ge=0, le=10)
    grade: Literal["typed", "estimated", "experiment"] = "typed"


class TreeChoice(BaseModel):
    """Which tree is shown and how: unticked nodes, starred nodes (KPI), period and comparison.

    `root`: another root that the template offers; `view`: all, strategic or operational levels; `role` and `business`:
    who looks at it and at what (ids of crmkpi/catalog/roles).
    """

    template: str | None = None
    root: str | None = None
    view: Literal["all", "strategic", "operational"] = "all"
    hidden: list[str] = Field(default_factory=list)
    starred: list[str] = Field(default_factory=list)
    grain: str = "month"
    period: str | None = None
    comparison: Comparison = "auto"
    role: str | None = None
    business: str | None = None


class Settings(BaseModel):
    """Defaults of definitions.md that a person may change; each is shown where it matters.

    `currency` is the sign to print, found in the files; `currency_chosen` is the user's answer where a column
    holds several. `loyalty_tiers` go from the lowest up; `loyalty_floor` is the lowest that counts as reached.
    """

    currency: str | None = None
    currency_chosen: str | None = None
    zone: str | None = None
    inactivity_days: int = Field(default=90, ge=1, le=3650)
    margin_rate: float | None = Field(default=None, ge=-1, le=1)
    exclude_tests: bool = True
    drop_totals: bool = True
    drop_exact_duplicates: bool = False
    negatives_as_returns: bool = True
    base: Literal["customers", "all"] | None = None
    own_total: float | None = None
    loyalty_tiers: list[str] = Field(default_factory=list)
    loyalty_floor: str | None = None


class Project(BaseModel):
    """Everything saved. `version` is the form of this document, not of the app.

    `presentation`: a masked copy for showing; its names and sums are not the client's.
    """

    version: int = VERSION
    id: str = Field(default_factory=lambda: secrets.token_hex(8), pattern=r"^[0-9a-f]{16}$")
    name: str = ""
    lang: Literal["ru", "en"] = "ru"
    sample: str | None = None
    presentation: bool = False
    settings: Settings = Field(default_factory=Settings)
    files: list[FileRecord] = Field(default_factory=list)
    confirmed: dict[str, Confirmed] = Field(default_factory=dict)
    tree: TreeChoice = Field(default_factory=TreeChoice)
    own_trees: OwnTrees = Field(default_factory=OwnTrees)
    targets: list[Target] = Field(default_factory=list)
    library: list[OwnBenchmark] = Field(default_factory=list)
    starting_point: StartingPoint | None = None
    agreement: Agreement | None = None
    terms: Terms = Field(default_factory=Terms)
    initiatives: list[Initiative] = Field(default_factory=list)
    issued: list[IssuedList] = Field(default_factory=list)
    plans: list[TypedPlan] = Field(default_factory=list)
    beliefs: list[Belief] = Field(default_factory=list)
    false_alarms: float = Field(default=1.0, gt=0, le=100)
    rules: TargetSettings = Field(default_factory=TargetSettings)


# one step a version: UPGRADES[n] turns a document of version n into one of version n + 1
UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}


def upgraded(raw: dict[str, Any]) -> dict[str, Any]:
    """Bring an older document to today's version, step by step."""
    while raw.get("version", VERSION) < VERSION:
        step = UPGRADES[raw["version"]]
        raw = step(dict(raw))
    return raw
