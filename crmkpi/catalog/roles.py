"""Roles and kinds of business: which trees and KPIs fit whom, and what such a person can move.

Controllability belongs to a role (definitions.md, "Control, pairs, focus, roles"): the catalogue's column is the CRM
team's; `control` lists where a role differs. Nothing here is a limit, only a proposal that can be changed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from crmkpi.catalog.metric import Texts

HERE = Path(__file__).parent / "roles"


class Role(BaseModel):
    """One role. `trees` fit it, the best first; `kpi` are its starters, `watch` the pair that guards them."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    label: Texts
    about: Texts
    trees: tuple[str, ...]
    kpi: tuple[str, ...]
    watch: tuple[str, ...] = ()
    control: dict[str, Literal["yes", "partly", "no"]] = Field(default_factory=dict)


class Business(BaseModel):
    """One kind of business and the trees made for it, the best first."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    label: Texts
    trees: tuple[str, ...]


@cache
def roles() -> Mapping[str, Role]:
    """All roles by id, in the order in which they are offered."""
    return {name: Role(id=name, **body) for name, body in _read("roles.toml").items()}


@cache
def businesses() -> Mapping[str, Business]:
    """All kinds of business by id, in the order in which they are offered."""
    return {name: Business(id=name, **body) for name, body in _read("businesses.toml").items()}


def role_of(name: str | None) -> Role | None:
    """A role by its id; None where none was chosen or it is no longer known."""
    return roles().get(name or "")


def fitting(role: str | None, business: str | None) -> tuple[str, ...]:
    """Ids of trees for this role in this business, the best first: of both, then the business's, then the role's."""
    of_role = role_of(role)
    kind = businesses().get(business or "")
    first = of_role.trees if of_role else ()
    second = kind.trees if kind else ()
    both = [name for name in second if name in first]
    return tuple(dict.fromkeys([*both, *second, *first]))


def _read(name: str) -> dict[str, Any]:
    with (HERE / name).open("rb") as file:
        return tomllib.load(file)
