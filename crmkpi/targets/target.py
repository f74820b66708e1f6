"""The target as it is stored: what a person typed, and the baseline frozen when it was set."""

from __future__ import annotations

import difflib
import secrets
import tomllib
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from crmkpi.errors import CrmKpiError
from crmkpi.targets.settings import TargetSettings, checked_rules

ChangeType = Literal["absolute", "relative", "points"]
TargetGrain = Literal["day", "week", "month", "quarter"]
Measured = Literal["level", "total"]
Kind = Literal["reach", "stay_above", "stay_below"]
Shape = Literal["auto", "linear", "geometric", "logit", "s_curve", "lag", "seasonal"]
OwnUnit = Literal["count", "share", "money", "ratio", "days", "hours", "points"]
Number = Annotated[float, Field(allow_inf_nan=False)]
# a KPI that no file feeds is named by what was typed: `own:<name>`, as the sheet of dated values names it
OWN = "own:"


class TargetsFileError(CrmKpiError):
    """The file of targets is no readable TOML: `file`, `detail`."""

    code = "targets_file"


class NoTargetsError(CrmKpiError):
    """The file of targets holds no `[[target]]`: `file`."""

    code = "no_targets"


class TargetFieldMissingError(CrmKpiError):
    """A target lacks a required field: `number` (1-based), `field`."""

    code = "target_field_missing"


class TargetFieldUnknownError(CrmKpiError):
    """A target has a field that does not exist: `number`, `field`, `near`."""

    code = "target_field_unknown"


class TargetFieldBadError(CrmKpiError):
    """A field of a target cannot be read: `number`, `field`, `got`, `expected`."""

    code = "target_field_bad"


class Guardrail(BaseModel):
    """A pair metric that must not get worse while the KPI gets better.

    `floor` is the worst value allowed: the least for a metric where more is better, the greatest for one where
    less is better. None: the baseline minus one sigma of its own history (definitions.md).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    metric: str
    floor: Number | None = None


class Baseline(BaseModel):
    """The starting point, frozen: restated data later show beside it, they never change it silently."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    value: Number | None
    date: date
    period: str
    definition_version: str = ""
    data_hash: str = ""


class Premortem(BaseModel):
    """What may go wrong, asked before it does: a low base, colleagues, resources, a shift of strategy."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    low_base: str = ""
    colleagues: str = ""
    resources: str = ""
    strategy: str = ""


class Estimate(BaseModel):
    """The owner's own estimate of what the gap takes: messages per period of the grain, money, hours."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    messages: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    budget: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    hours: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None


class CheckIn(BaseModel):
    """What the owner said on a day: a note, the own confidence 0..1, and, if wished, a value typed by hand."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    day: date
    note: str = ""
    confidence: float | None = Field(default=None, ge=0, le=1)
    value: Number | None = None


class OwnMetric(BaseModel):
    """What a KPI without a file is: its unit and good direction; the name stands in the target's metric.

    Its values are those of the check-ins. `source`: a series of the files that took over, None while typed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    unit: OwnUnit = "count"
    better: Literal["up", "down"] = "up"
    source: str | None = None


class OwnPoint(BaseModel):
    """A control point set by hand: the last day of its period, its grain, the planned value in the metric's unit."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    day: date
    grain: TargetGrain
    value: Number


def _values(given: object) -> object:
    """One value or a list of them."""
    if isinstance(given, dict):
        return {str(k): (v if isinstance(v, (list, tuple)) else [v]) for k, v in given.items()}
    return given


Where = Annotated[dict[str, tuple[str | None, ...]], BeforeValidator(_values)]


class Target(BaseModel):
    """One SMART target. Units are those of the metrics JSON: shares 0..1, money in currency units.

    `goal` is read by `change_type`: the value itself, a relative change (.15 = +15 %), or a change in points
    (.12 = +12 percentage points). `confirmed` answers the question whether a change above 5 is really meant.
    `lever` names the new thing that a stretch goal needs; `confidence` is the owner's own, 0..1.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str = Field(default_factory=lambda: secrets.token_hex(6))
    metric: str = Field(min_length=1)
    goal: Number
    due: date
    owner: str = Field(default="me", min_length=1)
    change_type: ChangeType = "absolute"
    grain: TargetGrain = "month"
    measure: Measured = "level"
    kind: Kind = "reach"
    shape: Shape = "auto"
    baseline_date: date | None = None
    where: Where = Field(default_factory=dict)
    guardrail: tuple[Guardrail, ...] = ()
    baseline: Baseline | None = None
    confirmed: bool = False
    lever: str = ""
    note: str = ""
    confidence: float | None = Field(default=None, ge=0, le=1)
    premortem: Premortem | None = None
    estimate: Estimate | None = None
    checkins: tuple[CheckIn, ...] = ()
    own_points: tuple[OwnPoint, ...] = ()
    own: OwnMetric | None = None

    @property
    def typed(self) -> bool:
        """Whether its values are typed by hand, no file feeding them."""
        return self.own is not None and self.own.source is None


class TargetsDocument(BaseModel):
    """A file of targets: `[[target]]` tables and optional `[settings]`."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    target: tuple[Target, ...]
    settings: TargetSettings = Field(default_factory=TargetSettings)


def read_targets(content: bytes, file: str = "targets.toml") -> TargetsDocument:
    """Read and check a TOML document of targets.

    Errors: TargetsFileError, NoTargetsError, TargetFieldMissingError, TargetFieldUnknownError,
    TargetFieldBadError, RulesOrderError, RulesEmptyError; the first problem is named, nothing is taken half.
    """
    try:
        raw = tomllib.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise TargetsFileError(file=file, detail=str(error)) from error
    if not raw.get("target"):
        raise NoTargetsError(file=file)
    try:
        found = TargetsDocument.model_validate(raw)
    except ValidationError as error:
        raise field_error(error) from error
    checked_rules(found.settings)
    return found


def read_target(raw: dict[str, Any]) -> Target:
    """Check the fields of one target (a form); errors as in read_targets."""
    try:
        return Target.model_validate(raw)
    except ValidationError as error:
        raise field_error(error) from error


def field_error(error: ValidationError) -> CrmKpiError:
    """The first problem of a validation as an error with a sentence of its own."""
    first = error.errors()[0]
    path = [part for part in first["loc"] if part != "target"]
    number = next((part + 1 for part in path if isinstance(part, int)), 1)
    field = ".".join(str(part) for part in path if not isinstance(part, int)) or "target"
    if first["type"] == "missing":
        return TargetFieldMissingError(number=number, field=field)
    if first["type"] == "extra_forbidden":
        known = [*Target.model_fields, *TargetSettings.model_fields, *Guardrail.model_fields]
        near = difflib.get_close_matches(field.split(".")[-1], known, n=3, cutoff=0.5)
        return TargetFieldUnknownError(number=number, field=field, near=", ".join(near) or None)
    expected = str(first.get("ctx", {}).get("expected") or _EXPECTED.get(first["type"].split("_")[0], "…"))
    expected = expected.replace(" or ", ", ")
    got = repr(first["input"])[:60]
    return TargetFieldBadError(number=number, field=field, got=got, expected=expected)


# what a field wants, in signs that need no translation
_EXPECTED = {
    "date": "2026-12-31",
    "float": "0.15",
    "finite": "0.15",
    "int": "6",
    "string": '"text"',
    "dict": '{ country = "UK" }',
    "bool": "true | false",
    "greater": "0..1",
    "less": "0..1",
    "tuple": "[ ... ]",
}
