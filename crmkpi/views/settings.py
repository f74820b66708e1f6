"""Settings that need the data to be asked about: the tiers of the loyalty programme."""

from __future__ import annotations

from dataclasses import dataclass

from crmkpi.engine.data import DataDir
from crmkpi.engine.facts import tier_order
from crmkpi.project.document import Settings


@dataclass(frozen=True)
class TierChoice:
    """Tiers in the order that counts now, lowest first, and the lowest that counts as reached (None: the second).

    `chosen`: somebody said so; else the order is by what members of a tier spend.
    """

    tiers: tuple[str, ...]
    floor: str | None
    chosen: bool


def tier_choice(data: DataDir | None, settings: Settings) -> TierChoice | None:
    """None where customers carry no tier, or only one."""
    if data is None or not data.has("customers"):
        return None
    tiers = tuple(tier_order(data))
    if len(tiers) < 2:
        return None
    floor = settings.loyalty_floor if settings.loyalty_floor in tiers else None
    return TierChoice(tiers, floor, bool(settings.loyalty_tiers))


def tiers_complete(choice: TierChoice, order: list[str]) -> bool:
    """Whether an order names every tier once: a tier without a place would silently count as not reached."""
    return sorted(order) == sorted(choice.tiers)


def with_tiers(settings: Settings, choice: TierChoice, order: list[str], floor: str | None) -> Settings:
    """The settings with this order; one that nobody changed stays the proposed one."""
    untouched = not choice.chosen and tuple(order) == choice.tiers
    tiers = [] if untouched else order
    return settings.model_copy(update={"loyalty_tiers": tiers, "loyalty_floor": floor})
