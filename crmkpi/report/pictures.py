"""Pictures: charts as SVG or PNG with the report's own font, the same on every machine."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from crmkpi.charts.milestones import milestone_chart
from crmkpi.charts.parts import waterfall_chart
from crmkpi.charts.theme import LIGHT, Palette
from crmkpi.i18n import Words
from crmkpi.report.content import Content
from crmkpi.views.path import TargetPath
from crmkpi.views.verdict import VerdictRow

FONTS = Path(__file__).parent / "fonts"
FONT = "Kpi Sans"
VEGA_LITE = "6.4"


@dataclass(frozen=True)
class Chart:
    """One chart of the report: its name for people who do not see it, and its Vega-Lite document."""

    key: str
    name: str
    spec: dict[str, Any]

    def svg(self, width: int) -> str:
        """The chart drawn `width` pixels wide."""
        return _renderer().vegalite_to_svg({**self.spec, "width": width})  # type: ignore[no-any-return]

    def png(self, width: int, scale: float = 2.0) -> bytes:
        """The chart as a picture on white, `scale` picture points a pixel: see-through colours do not survive
        every program that shows slides."""
        spec = {**self.spec, "width": width, "background": LIGHT.card}
        return _renderer().vegalite_to_png(spec, scale=scale)  # type: ignore[no-any-return]


@cache
def _renderer() -> Any:
    """The drawing library, with our font registered once."""
    import vl_convert

    vl_convert.register_font_directory(str(FONTS))
    return vl_convert


def palette(colour: str | None) -> Palette:
    """The light colours with the reader's own accent."""
    if colour is None:
        return LIGHT
    return Palette(**{**{f: getattr(LIGHT, f) for f in LIGHT.__dataclass_fields__}, "accent": colour.upper()})


def why_chart(found: Content, t: Words, colours: Palette) -> Chart | None:
    """The bridge from before to after; None where the change is not split."""
    if found.drivers is None or len(found.drivers.parts) < 3:
        return None
    made = waterfall_chart(found.drivers.parts, t, colours)
    return Chart("why", t("report.section.why"), chart_document(made))


def milestone_charts(
    rows: Sequence[VerdictRow], t: Words, colours: Palette, height: int = 250
) -> dict[str, Chart]:
    """Id of a KPI -> its way to the goal; KPIs without milestones have none."""
    charts = {}
    for row in rows:
        path = way(row)
        if path is not None:
            made = milestone_chart(path, t, colours, height)
            charts[row.id] = Chart(f"kpi-{row.id}", t("report.chart_of", name=row.name), chart_document(made))
    return charts


def way(row: VerdictRow) -> TargetPath | None:
    """The path that paper shows: by month, else by week, None without control points."""
    paths = dict(row.gap.paths)
    return paths.get("month") or paths.get("week")


def chart_document(chart: Any) -> dict[str, Any]:
    """The chart's document with our font instead of the screen's."""
    spec: dict[str, Any] = chart.to_dict()
    config = spec.setdefault("config", {})
    config["font"] = FONT
    config.setdefault("text", {})["font"] = FONT
    config.setdefault("axis", {}).update(labelFont=FONT, labelSeparation=9)
    for layer in spec.get("layer", [spec]):
        _with_tip(layer, spec)
    return spec


def _with_tip(layer: dict[str, Any], spec: dict[str, Any]) -> None:
    """What the screen's tooltip says of a mark becomes its description, which the drawing carries into the SVG."""
    shown = layer.get("encoding", {}).get("tooltip")
    rows = layer.get("data", spec.get("data", {})).get("values")
    if not isinstance(shown, list) or not isinstance(rows, list):
        return
    fields = [(one["field"], one.get("title", "")) for one in shown]
    for row in rows:
        told = [f"{title}: {row[name]}" for name, title in fields if row.get(name) not in (None, "")]
        row["tip"] = TIP + "\n".join(told)
    layer["encoding"]["description"] = {"field": "tip", "type": "nominal"}


# SVG inside a page ----------------------------------------------------------------------------------------
NAMES = ("text", "soft", "line", "card", "accent", "accent_soft", "good", "bad", "warn", "flat")
# marks a description that was made for the reader; all others name columns
TIP = "\u2063"
TOLD = re.compile(f' aria-label="{TIP}([^"]*)"')
NOISE = re.compile(r' (?:aria-[a-z]+|role)="[^"]*"')
FADED = re.compile(r'stop-color="(#[0-9A-F]{6})00"', re.IGNORECASE)
FAMILY = re.compile(r'font-family="[^"]*"')
IDS = re.compile(r'(\bid="|url\(#|href="#)([^")]+)')


def inline(svg: str, key: str, colours: Palette) -> str:
    """The SVG fit to stand in a page: colours as variables of the page, own ids, no labels of marks.

    The marks' labels name columns (c0, c1), which helps nobody; the figure around carries the name instead. What the
    tooltip says stays as `data-tip`.
    """
    svg = FADED.sub(r'stop-color="\1" stop-opacity="0"', svg)
    svg = FAMILY.sub('font-family="inherit"', svg)
    for name in NAMES:
        svg = re.sub(re.escape(getattr(colours, name)), f"var(--{name})", svg, flags=re.IGNORECASE)
    svg = TOLD.sub(r' data-tip="\1"', svg)
    svg = NOISE.sub("", svg)
    # the renderer counts its ids over the whole process: numbered anew, the same report has the same bytes
    order: dict[str, int] = {}
    svg = IDS.sub(lambda m: f"{m.group(1)}{key}-{order.setdefault(m.group(2), len(order))}", svg)
    return svg.replace("<svg ", '<svg aria-hidden="true" ', 1)
