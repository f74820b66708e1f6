"""Known exports: a template of headers whose mapping is right by construction.

A preset wins when at least 80 % of the headers it maps are in the file (and those it calls `must`). Files whose
exact headers are not certain are marked `confirmed = false`; they propose, and the screen says «проверьте».
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from crmkpi.ingest.synonym_words import stems

HERE = Path(__file__).parent / "presets"
ENOUGH = 0.8
SPLITTING = frozenset({"country", "city", "channel", "store", "promo_code", "segment"})


class Preset(BaseModel):
    """One known export. `mapping`: canonical column -> header, or headers of the system's versions and languages.

    `headers`: further headers that belong to it and are not mapped; `must`: headers without which it is another
    export; `rules`: codes of what is special (total_on_first_line, total_repeated, already_net ...); `notes` for
    people who maintain the file.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    title: str
    confirmed: bool
    table: str
    mapping: dict[str, str | tuple[str, ...]]
    headers: tuple[str, ...] = ()
    must: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    dimensions: dict[str, str] = Field(default_factory=dict)
    notes: str = ""

    def options(self, column: str) -> tuple[str, ...]:
        """Headers under which a canonical column may stand."""
        value = self.mapping[column]
        return (value,) if isinstance(value, str) else value


class PresetMatch(BaseModel):
    """A preset that fits a file: the share of its mapped headers that are there, and canonical -> source."""

    model_config = ConfigDict(frozen=True)
    preset: Preset
    share: float
    mapping: dict[str, str]


@cache
def presets() -> dict[str, Preset]:
    """All presets by id."""
    found: dict[str, Preset] = {}
    for path in sorted(HERE.glob("*.toml")):
        with path.open("rb") as file:
            for raw in tomllib.load(file)["preset"]:
                one = Preset.model_validate(raw)
                if one.id in found:
                    raise ValueError(f"preset {one.id} stands twice ({path.name})")
                found[one.id] = one
    return found


def match_preset(columns: Iterable[str]) -> PresetMatch | None:
    """The preset that fits the headers best (most mapped headers found), or None."""
    here = {stems(c): c for c in reversed(list(columns))}
    fits = [m for p in presets().values() if (m := _match(p, here)) is not None]
    return max(fits, key=lambda m: (len(m.mapping), m.share, m.preset.confirmed), default=None)


def _match(preset: Preset, here: Mapping[tuple[str, ...], str]) -> PresetMatch | None:
    if any(stems(h) not in here for h in preset.must):
        return None
    found: dict[str, str] = {}
    for column in preset.mapping:
        hit = next((here[stems(h)] for h in preset.options(column) if stems(h) in here), None)
        if hit is not None:
            found[column] = hit
    # people leave out columns that only split: without city and coupon it is the same report
    counted = [c for c in preset.mapping if c in found or c not in SPLITTING]
    share = len(found) / len(counted)
    if share < ENOUGH:
        return None
    return PresetMatch(preset=preset, share=share, mapping=found)
