"""The user's own benchmarks: typed numbers with a source and a year, and results of past projects."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from crmkpi.errors import CrmKpiError
from crmkpi.targets.assess import Assessment
from crmkpi.targets.gather import facts_of

Number = Annotated[float, Field(allow_inf_nan=False)]
SourceKind = Literal["competitor", "expert", "report", "past_project", "peer"]


class BenchmarkFieldError(CrmKpiError):
    """A typed benchmark lacks a field or has one that cannot be read: `field`, `got`."""

    code = "own_benchmark_field"


class BenchmarkImpossibleError(CrmKpiError):
    """A typed benchmark outside what the metric can be: `metric`, `value`."""

    code = "own_benchmark_impossible"


class OwnBenchmark(BaseModel):
    """One number of one's own, never without source and year. Units as in metrics (shares 0..1).

    `high` None: a single number. `definition` says what was counted, `sample` on how much.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    metric: str = Field(min_length=1)
    low: Number
    high: Number | None = None
    source: str = Field(min_length=1)
    year: int = Field(ge=1990, le=2100)
    kind: SourceKind = "report"
    sample: str = ""
    definition: str = ""

    @property
    def bounds(self) -> tuple[float, float]:
        """Least and greatest value."""
        top = self.low if self.high is None else self.high
        return min(self.low, top), max(self.low, top)


def own_benchmark(raw: dict[str, Any]) -> OwnBenchmark:
    """Check a typed benchmark.

    Errors: BenchmarkFieldError (a missing source is one), BenchmarkImpossibleError, UnknownMetricError.
    """
    try:
        found = OwnBenchmark.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        missing = first["type"] in ("missing", "string_too_short")
        got = None if missing else repr(first["input"])[:60]
        raise BenchmarkFieldError(field=str(first["loc"][0]), got=got) from error
    low, high = facts_of(found.metric).limits
    for value in found.bounds:
        if (low is not None and value < low) or (high is not None and value > high):
            raise BenchmarkImpossibleError(metric=found.metric, value=value)
    return found


def from_past(project: str, assessed: Iterable[Assessment]) -> tuple[OwnBenchmark, ...]:
    """What a past project reached, as benchmarks: the value in the due period of every target that is over.

    A total is no level and is left out; so is a value that is not known.
    """
    found = []
    for a in assessed:
        value, period = a.resolved.current_value, a.resolved.current_period
        if a.target.measure == "total" or not a.resolved.due_passed or value is None or period is None:
            continue
        found.append(
            OwnBenchmark(
                metric=a.target.metric,
                low=value,
                source=project,
                year=period.last.year,
                kind="past_project",
                sample=period.text,
                definition=a.facts.id,
            )
        )
    return tuple(found)
