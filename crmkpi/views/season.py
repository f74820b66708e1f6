"""The season of purchases: strength of every month, the high season, and how much of it is left outside."""

from __future__ import annotations

from dataclasses import dataclass

from babel.dates import get_month_names

from crmkpi.analysis.purchases import order_coverage
from crmkpi.engine.data import DataDir
from crmkpi.engine.dimensions import Where
from crmkpi.engine.evaluate import evaluate
from crmkpi.engine.facts import high_season
from crmkpi.forecast.season import index_of
from crmkpi.forecast.series import Point
from crmkpi.i18n import Words
from crmkpi.periods import parse_period
from crmkpi.views.series import SeriesPoint

YEARS_FOR_INDEX = 2
COEFFICIENT = "seasonality_coef"


@dataclass(frozen=True)
class SeasonView:
    """Twelve months with the year's mean as 1; `points` empty while two whole years are not there.

    `notes`: the off-season coefficient by year, and what the numbers stand on.
    """

    headline: str
    text: str
    points: tuple[SeriesPoint, ...]
    notes: tuple[str, ...]


def season_view(data: DataDir, where: tuple[Where, ...], t: Words) -> SeasonView:
    """Seasonal index of orders per day by calendar month (ratio to the centred moving average, methods.md 5)."""
    index = _index(data, where)
    notes = _coefficients(data, where, t)
    season = high_season(data)
    named = t("season.high", first=_month(season[0], t), last=_month(season[-1], t)) if season else ""
    if index is None:
        return SeasonView(t("season.unknown"), t("season.unknown_text"), (), tuple(notes))
    best = max(range(12), key=lambda m: index[m])
    worst = min(range(12), key=lambda m: index[m])
    headline = t("season.headline", month=_month(best + 1, t), above=t.percent(index[best] - 1, 0))
    text = t("season.text", month=_month(worst + 1, t), below=t.percent(1 - index[worst], 0))
    points = tuple(
        SeriesPoint(_month(m + 1, t), _short(m + 1, t), index[m], t.percent(index[m], 0)) for m in range(12)
    )
    return SeasonView(headline, " ".join(x for x in (text, named) if x), points, tuple(notes))


def _index(data: DataDir, where: tuple[Where, ...]) -> list[float] | None:
    """Index of orders per day, so that February is no slack month for being short."""
    rows = evaluate(data, ["orders_count"], "month", where=where).rows
    points = [
        Point(period, value / period.days, True)
        for text, value, complete in rows.select("period", "value", "complete").iter_rows()
        if complete and value is not None and (period := parse_period(text))
    ]
    return index_of(points)


def _coefficients(data: DataDir, where: tuple[Where, ...], t: Words) -> list[str]:
    """Orders per day outside the high season over those inside it, for every whole year."""
    if not high_season(data):
        return [t("season.no_year")]
    rows = evaluate(data, [COEFFICIENT], "year", where=where).rows
    known = [
        (text, value)
        for text, value, complete in rows.select("period", "value", "complete").iter_rows()
        if complete and value is not None
    ]
    notes = [t("season.coefficient", year=year, value=t.number(value, 2)) for year, value in known]
    covered = order_coverage(data)
    return [*notes, t("season.span", first=covered.first, last=covered.last)]


def _month(number: int, t: Words) -> str:
    return str(get_month_names("wide", "stand-alone", t.locale)[number])


def _short(number: int, t: Words) -> str:
    return str(get_month_names("abbreviated", "stand-alone", t.locale)[number]).replace(".", "")
