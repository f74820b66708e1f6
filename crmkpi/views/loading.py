"""How far a long job is, in one line a person can use: rows read so far, time that remains."""

from __future__ import annotations

from dataclasses import dataclass

from crmkpi.i18n import Words

# before this much of the work and of time the rest is a guess
KNOWN_SHARE, KNOWN_SECONDS = 0.04, 1.5
# the remaining time is said in steps, so that it does not flicker: up to the first number in steps of the second
STEPS = ((10, 1), (60, 5), (600, 30))
MINUTE = 60
LONG = 90


@dataclass(frozen=True)
class LoadingView:
    """`share` 0..1 of the work for the bar; `stage`: what is being done; `text`: rows and time («прочитано 1,2 млн
    строк, осталось ~10 с»), "" while neither is known."""

    share: float
    stage: str
    text: str


def loading_view(
    step: str, share: float | None, rows: int | None, file: str | None, seconds: float, t: Words
) -> LoadingView:
    """The view of a job's last progress. `seconds`: how long it has been running.

    The remaining time assumes that the rest goes as fast as what is done: seconds * (1 - share) / share.
    """
    known = min(1.0, max(0.0, share or 0.0))
    stage = t(f"progress.{step}") if t.has(f"progress.{step}") else t("data.reading")
    said = [t("loading.rows", rows=t.short(rows))] if rows else []
    left = remaining(known, seconds)
    if left is not None and step != "queued":
        said.append(_left(left, t))
    return LoadingView(known, t("loading.of", stage=stage, file=file) if file else stage, ", ".join(said))


def remaining(share: float, seconds: float) -> float | None:
    """Seconds that remain, in round steps; None while too little is done to tell."""
    if share < KNOWN_SHARE or seconds < KNOWN_SECONDS:
        return None
    left = seconds * (1 - share) / share
    step = next((by for limit, by in STEPS if left < limit), MINUTE)
    return max(1.0, round(left / step) * step)


def _left(seconds: float, t: Words) -> str:
    if seconds < LONG:
        return t("loading.seconds", n=t.number(seconds, 0))
    return t("loading.minutes", n=t.number(max(2, round(seconds / MINUTE)), 0))
