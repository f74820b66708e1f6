"""What a canonical table is made of."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Kind = Literal["id", "text", "category", "money", "number", "integer", "date", "datetime", "flag"]


class Column(BaseModel):
    """One canonical column. `required` = no row without it (orders.customer_id may still be empty); `asked` = where
    no column of the file says it, its name or a question does."""

    model_config = ConfigDict(frozen=True)
    name: str
    kind: Kind
    required: bool = False
    asked: bool = False


class Table(BaseModel):
    """One canonical table. `key` names the column that must be unique ("" = none), `time` dates a row.

    `one_of`: of each group at least one column is required (a line needs a sku or a product).
    """

    model_config = ConfigDict(frozen=True)
    name: str
    grain: str
    key: str
    time: str
    columns: tuple[Column, ...]
    one_of: tuple[tuple[str, ...], ...] = ()

    def column(self, name: str) -> Column | None:
        """The column of this name, or None."""
        return next((c for c in self.columns if c.name == name), None)

    @property
    def names(self) -> tuple[str, ...]:
        """All column names in order."""
        return tuple(c.name for c in self.columns)

    def missing(self, mapped: set[str], asked: bool = False) -> list[str]:
        """Required columns that are not mapped; a one-of group is written `a|b`. `asked`: also those that a file
        may do without because a question gives them."""
        absent = [
            c.name for c in self.columns if c.required and c.name not in mapped and (asked or not c.asked)
        ]
        absent += ["|".join(group) for group in self.one_of if not mapped & set(group)]
        return absent
