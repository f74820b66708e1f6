"""What the document says of an issued list: everything but its people."""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class IssuedList(BaseModel):
    """A list of customers with a remembered control group.

    `start`: first day on which an order counts, `window_days` how long; `seed` gives the same control group again;
    `key`: hash of the asked people's ids, so that the same list is recognised; `expected`: hoped-for difference of
    the share of buyers; `money`: what the treated people usually bring in the horizon of the list; `logged`: whether
    a load has found its people and written the initiative.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str = Field(default_factory=lambda: secrets.token_hex(6), pattern=r"^[0-9a-f]{12}$")
    title: str = Field(min_length=1, max_length=200)
    start: date
    window_days: int = Field(default=30, ge=1, le=366)
    people: int = Field(ge=2)
    control: int = Field(ge=1)
    seed: int = Field(ge=0)
    key: str = Field(pattern=r"^[0-9a-f]{64}$")
    expected: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    money: Annotated[float, Field(allow_inf_nan=False)] | None = None
    logged: bool = False

    @property
    def until(self) -> date:
        """The last day on which an order counts."""
        return self.start + timedelta(days=self.window_days - 1)
