"""Initiative: one entry of the log of what a person did, as it is stored with the project.

What was done, when, by whom, for which customers, and what it was meant to move. The effect is not stored here: it is
computed from the data each time (`grading.grade`), with the strongest method that the entry allows.
"""

from __future__ import annotations

import secrets
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from crmkpi.errors import CrmKpiError

Number = Annotated[float, Field(allow_inf_nan=False)]
Scale = Literal[1, 2, 3]
AudienceKind = Literal["everyone", "segment", "campaign", "list"]
Origin = Literal["typed", "list"]
# shares typed as 33, 33, 34 % or thirds still count as a whole
SHARE_SLACK = 0.005


class InitiativeFieldError(CrmKpiError):
    """A field of the entry cannot be: `field`, `got`."""

    code = "initiative_field"


class SharesError(CrmKpiError):
    """The agreed shares of the people do not sum to 1: `total` (0..1)."""

    code = "initiative_shares"


class InitiativeDatesError(CrmKpiError):
    """The end lies before the start: `shipped`, `until`."""

    code = "initiative_dates"


class Participant(BaseModel):
    """Who took part, with the share of the result they agreed on (0..1)."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str = Field(min_length=1)
    share: float = Field(default=1.0, ge=0, le=1)


class Audience(BaseModel):
    """Whom it reached: everyone, a segment (dimension -> values), campaigns by id, or an issued list by id.

    A control group is not declared: it is looked for in the data (`messages.control`, the list's own control).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: AudienceKind = "everyone"
    where: dict[str, tuple[str | None, ...]] = Field(default_factory=dict)
    campaigns: tuple[str, ...] = ()
    list_id: str | None = None


class Judgement(BaseModel):
    """What the person thinks it brought, where nothing can be measured; always grade D."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    amount: Number | None = None
    why: str = ""


class Initiative(BaseModel):
    """One entry. `metrics`: ids, the first is the one meant to move. `window_days`: how long an order still counts.

    `control_share`: planned share of the control group (0..1), for the sample-ratio check. `expected`: the
    difference of shares hoped for before the start, without which "not shown" never becomes "no effect".
    `complexity`, `decision`, `speed`: the quality side of a contribution, as numbers are not the whole of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str = Field(default_factory=lambda: secrets.token_hex(6), pattern=r"^[0-9a-f]{12}$")
    title: str = Field(min_length=1, max_length=200)
    shipped: date
    until: date | None = None
    hypothesis: str = ""
    people: tuple[Participant, ...] = (Participant(name="me"),)
    audience: Audience = Field(default_factory=Audience)
    metrics: tuple[str, ...] = ()
    window_days: int = Field(default=30, ge=1, le=366)
    control_share: float | None = Field(default=None, gt=0, lt=1)
    expected: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    target: str | None = None
    node: str | None = None
    hours: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    cost: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    complexity: Scale | None = None
    decision: str = ""
    speed: str = ""
    outside: str = ""
    judgement: Judgement | None = None
    origin: Origin = "typed"

    @model_validator(mode="after")
    def _sound(self) -> Initiative:
        total = sum(p.share for p in self.people)
        if self.people and abs(total - 1) > SHARE_SLACK:
            raise SharesError(total=round(total, 4))
        if self.until is not None and self.until < self.shipped:
            raise InitiativeDatesError(shipped=self.shipped, until=self.until)
        return self

    def share_of(self, person: str) -> float:
        """The agreed share of this person, names compared without case; 0 for somebody who took no part."""
        fold = person.strip().casefold()
        return sum(p.share for p in self.people if p.name.strip().casefold() == fold)


def read_initiative(raw: dict[str, Any]) -> Initiative:
    """Check the fields of one entry (a form, a file); the first problem as an error with a sentence."""
    try:
        return Initiative.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "initiative"
        raise InitiativeFieldError(field=field, got=repr(first["input"])[:60]) from error
