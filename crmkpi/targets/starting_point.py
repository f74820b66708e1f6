"""The starting point of the whole work: the article's baseline set, frozen with its date before any goal is set.

Average order, repeat frequency, retention, conversion of triggers, open and click rates, lifetime value. Restated
data show beside the frozen values; they never change them.
"""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict

from crmkpi.catalog.metric import metrics
from crmkpi.engine.data import DataDir
from crmkpi.engine.evaluate import DEFINITION_VERSION
from crmkpi.targets.gather import Gather, data_to
from crmkpi.targets.target import Number

GRAIN = "month"
# the set of the article, each with stand-ins: the first that the data feed is taken
BASELINE_SET: tuple[tuple[str, ...], ...] = (
    ("aov",),
    ("purchase_frequency", "orders_per_customer"),
    ("retention_rate",),
    ("trigger_conversion",),
    ("open_rate",),
    ("click_rate", "ctr"),
    ("ltv_hist", "ltv_simple"),
)


class StartValue(BaseModel):
    """One metric of the set: its value in the last complete period; None where the data cannot tell."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    metric: str
    value: Number | None
    period: str | None


class StartingPoint(BaseModel):
    """The frozen set. `day` is the day the data were seen as of."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    day: date
    values: tuple[StartValue, ...]
    definition_version: str = ""
    data_hash: str = ""


def fix_start(data: DataDir, as_of: date | None = None) -> StartingPoint:
    """Freeze the baseline set as of a day (default: the last day of the data); nothing later is read."""
    day = as_of or data_to(data)
    gather = Gather(data, day)
    names = [
        name for group in BASELINE_SET for name in group if name in metrics() and not metrics()[name].cohort
    ]
    gather.want(names, GRAIN, ())
    values = tuple(
        _value(gather, [n for n in group if n in names]) for group in BASELINE_SET if set(group) & set(names)
    )
    return StartingPoint(
        day=day, values=values, definition_version=DEFINITION_VERSION, data_hash=data.meta.data_hash
    )


def _value(gather: Gather, group: list[str]) -> StartValue:
    for name in group:
        if gather.missing(name, GRAIN, ()) is not None:
            continue
        known = [p for p in gather.series(name, GRAIN, ()) if p.complete and p.value is not None]
        if known:
            return StartValue(metric=name, value=known[-1].value, period=known[-1].period.text)
    return StartValue(metric=group[0], value=None, period=None)
