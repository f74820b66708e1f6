"""Reasons: a code and its numbers, said in words by the sentence module."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Amount:
    """A number in the metric's unit (a share is said in per cent)."""

    value: float | None
    unit: str | None = None


@dataclass(frozen=True)
class Step:
    """A difference in the metric's unit (of shares: in points)."""

    value: float | None


@dataclass(frozen=True)
class Share:
    """A share 0..1 said in per cent, whatever the metric."""

    value: float | None


@dataclass(frozen=True)
class Reason:
    """Why a letter holds or does not. `params` fill the sentence `smart.reason.<code>`."""

    code: str
    params: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Letter:
    """One letter of SMART: it advises, it never blocks."""

    ok: bool
    reasons: tuple[Reason, ...]
