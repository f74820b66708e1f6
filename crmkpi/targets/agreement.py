"""The signed-off set of targets: who agreed to it and when, and what was changed since (nobody moves a goal unseen)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from crmkpi.targets.target import Target

# fields that people agree to; notes and check-ins may go on after the signature
AGREED = ("metric", "where", "goal", "change_type", "due", "kind", "measure", "grain", "owner")


class Terms(BaseModel):
    """What a bonus hangs on beside the KPIs.

    `least_close`: of the leads that somebody brings at least this share of closed deals must be won (0..1), or their
    number pays nothing; `bonus`: owner -> what was promised, in the parties' own words.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    least_close: float = Field(default=0.20, ge=0, le=1)
    bonus: dict[str, str] = Field(default_factory=dict)


class Agreement(BaseModel):
    """One signature under the whole set as it stood on that day, with the terms of the bonus."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    who: str = Field(min_length=1)
    day: date
    targets: tuple[Target, ...]
    terms: Terms = Field(default_factory=Terms)


@dataclass(frozen=True)
class AgreementChange:
    """One change after the signature. code: added | removed | changed; fields: names that differ now.

    `before` is None for an added target, `after` for a removed one.
    """

    code: str
    before: Target | None
    after: Target | None
    fields: tuple[str, ...] = ()


def changes_since(agreement: Agreement, targets: Sequence[Target]) -> tuple[AgreementChange, ...]:
    """What differs from the signed set, in the order of the signed targets, additions last. Targets match by id."""
    now = {target.id: target for target in targets}
    found = []
    for before in agreement.targets:
        after = now.get(before.id)
        if after is None:
            found.append(AgreementChange("removed", before, None))
            continue
        fields = tuple(name for name in AGREED if getattr(before, name) != getattr(after, name))
        if fields:
            found.append(AgreementChange("changed", before, after, fields))
    signed = {target.id for target in agreement.targets}
    return (
        *found,
        *(AgreementChange("added", None, target) for target in targets if target.id not in signed),
    )
