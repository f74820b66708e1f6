"""Colours and fonts of every chart, in light and dark, and the ticks of its axes."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from crmkpi.i18n import Words


@dataclass(frozen=True)
class Palette:
    """The colours of one theme. Good and bad also differ in lightness, for people who mix red and green up."""

    text: str
    soft: str
    line: str
    card: str
    accent: str
    accent_soft: str
    good: str
    bad: str
    warn: str
    flat: str
    series: tuple[str, ...]


LIGHT = Palette(
    text="#181C2A",
    soft="#5A6275",
    line="#E1E4EC",
    card="#FFFFFF",
    accent="#4C5DDC",
    accent_soft="#C9CFF7",
    good="#12966F",
    bad="#D5503C",
    warn="#D98A1F",
    flat="#9AA1B2",
    series=("#5566E6", "#1C9C7A", "#E0833A", "#B457C4", "#3C9BD6", "#C2A02C", "#D9567B", "#7C8497"),
)
DARK = Palette(
    text="#E9ECF5",
    soft="#A5ADC1",
    line="#2D3346",
    card="#191D2A",
    accent="#8291FF",
    accent_soft="#3A4378",
    good="#3DC79A",
    bad="#F0715C",
    warn="#F0A94A",
    flat="#717A91",
    series=("#7D8CFF", "#38BE93", "#F09A52", "#CB7ADB", "#58B2EA", "#D8B945", "#EE7295", "#8A92A8"),
)
FONT = "Source Sans, Source Sans Pro, DejaVu Sans, sans-serif"


def palette(dark: bool) -> Palette:
    """The colours for a dark or light screen."""
    return DARK if dark else LIGHT


def finished(chart: Any, colours: Palette, height: int | None = None, width: int | None = None) -> alt.Chart:
    """The chart with the house's fonts and colours, transparent, as wide as its place (or `width` pixels)."""
    size: dict[str, Any] = {"width": width or "container"}
    if height is not None:
        size["height"] = height
    return (
        chart.properties(**size, background="transparent", autosize={"type": "fit-x", "contains": "padding"})
        .configure(font=FONT, padding={"left": 2, "right": 6, "top": 8, "bottom": 2})
        .configure_view(strokeWidth=0)
        .configure_axis(
            labelColor=colours.soft,
            labelFontSize=12,
            titleColor=colours.soft,
            gridColor=colours.line,
            domain=False,
            ticks=False,
            labelPadding=6,
        )
        .configure_text(font=FONT, fontSize=12.5, color=colours.text)
    )


def nice_ticks(values: Sequence[float | None], zero: bool, count: int = 5) -> list[float]:
    """Round tick values that cover the data; `zero` = the axis begins at zero (bars must)."""
    known = [v for v in values if v is not None and math.isfinite(v)]
    if not known:
        return [0.0, 1.0]
    low, high = min(known), max(known)
    if zero:
        low, high = min(0.0, low), max(0.0, high)
    if low == high:
        low, high = (low - abs(low) * 0.1, high + abs(high) * 0.1) if low else (0.0, 1.0)
    raw = (high - low) / max(1, count - 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    decimals = 3 - math.floor(math.log10(step))
    return [round(i * step, decimals) + 0.0 for i in range(first, last + 1)]


def value_axis(ticks: Sequence[float], unit: str, t: Words) -> alt.Axis:
    """The axis of values: ticks at these places, labels in the reader's language."""
    step = abs(ticks[1] - ticks[0]) if len(ticks) > 1 else 1.0
    # shares: as many decimals as the step needs (5 % and not 5,0 %)
    digits = max(0, -math.floor(math.log10(step * 100) + 1e-9)) if step > 0 else 0
    labels = {
        _plain(v): t.percent(v, digits) if unit == "share" else t.value(v, unit, short=True) for v in ticks
    }
    return alt.Axis(values=list(ticks), labelExpr=lookup(labels), title=None, orient="left", grid=True)


def value_scale(ticks: Sequence[float]) -> alt.Scale:
    """From the first tick to the last; every layer of a chart must carry it, or Vega adds the zero again."""
    return alt.Scale(domain=[ticks[0], ticks[-1]], zero=False, nice=False)


def lookup(labels: dict[str, str]) -> str:
    """A Vega expression that prints a ready label for a tick. JSON texts are plain literals there."""
    return f"{json.dumps(labels, ensure_ascii=True)}['' + datum.value] || ''"


def _plain(value: float) -> str:
    """A number as JavaScript prints it (1, not 1.0)."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def thinned(count: int, most: int) -> list[int]:
    """Which of `count` places get a label so that at most `most` do: evenly, the last one included."""
    step = max(1, -(-count // most))
    return [i for i in range(count) if (count - 1 - i) % step == 0]
