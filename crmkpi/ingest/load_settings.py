"""Switches of a load: each is a visible setting of the project, with the defaults of definitions.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from crmkpi.ingest.attribute_messages import DEFAULT_DAYS


@dataclass(frozen=True)
class LoadSettings:
    """`zone`: the project's time zone (None: times stay as written). `base`: tree of the customer base, or of
    all sales with «anonymous» as a branch (None: as was answered about the files, else that of the base).
    `currency`: which one counts where a column holds several. `drop_totals`: «Итого» rows of sales files stay out.
    `prefixes`: what document numbers with these letters are (sale, return, adjustment), over the rule.
    `attribution_days` times 24 hours before an order, by the last click or open. `loyalty_tiers`: tiers of the
    loyalty programme from the lowest up, `loyalty_floor`: the lowest one that counts as reached."""

    zone: str | None = None
    inactivity_days: int = 90
    drop_exact_duplicates: bool = False
    exclude_tests: bool = True
    drop_totals: bool = True
    negatives_as_returns: bool = True
    base: Literal["customers", "all"] | None = None
    currency: str | None = None
    margin_rate: float | None = None
    attribution_days: int = DEFAULT_DAYS
    attribution_by: Literal["clicked", "opened"] = "clicked"
    loyalty_tiers: tuple[str, ...] = ()
    loyalty_floor: str | None = None
    prefixes: Mapping[str, str] = field(default_factory=dict)
