"""Share links as the owner reads them: where each stands, who looked, what readers answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from crmkpi.i18n import Words

DAY_MS = 86_400_000
SOON_DAYS = 7


@dataclass(frozen=True)
class LinkFacts:
    """What the store tells of a link; moments in ms since the epoch."""

    id: str
    created_at: int
    expires_at: int
    revoked_at: int | None
    ended: bool
    locked: bool
    questions: bool
    opens: int
    last_open_at: int | None
    edition: int
    scope: str


@dataclass(frozen=True)
class ReplyFacts:
    """What a reader left: `kind` is seen or question; `kpi` is empty for the whole page."""

    link_id: str
    edition: int
    kind: str
    kpi: str
    name: str
    text: str
    at: int


@dataclass(frozen=True)
class LinkLine:
    """One link: `open` = it works, `renewable` = one click makes it work longer; texts are ready to print."""

    id: str
    title: str
    tone: str
    state: str
    facts: str
    open: bool
    renewable: bool
    answers: tuple[str, ...]


def link_lines(
    links: Sequence[LinkFacts],
    replies: Sequence[ReplyFacts],
    kpis: Mapping[str, str],
    now: int,
    t: Words,
) -> tuple[LinkLine, ...]:
    """Links in their order, with the answers of their readers. `kpis`: id -> name; `now` in ms since the epoch."""
    return tuple(_line(link, [r for r in replies if r.link_id == link.id], kpis, now, t) for link in links)


def _line(
    link: LinkFacts,
    replies: Sequence[ReplyFacts],
    kpis: Mapping[str, str],
    now: int,
    t: Words,
) -> LinkLine:
    tone, state = _state(link, now, t)
    opened = t.plural("links.opens", link.opens)
    if link.last_open_at is not None:
        opened = f"{opened}, {t('links.last', day=moment(link.last_open_at, t))}"
    live = link.scope.startswith("live")
    facts = [
        t("links.live") if live else t("links.edition", number=link.edition),
        opened,
        *([t("links.drill")] if "drill" in link.scope else []),
        *([t("links.export")] if "export" in link.scope else []),
        *([t("links.locked")] if link.locked else []),
        *([t("links.questions")] if link.questions else []),
    ]
    working = link.revoked_at is None and not link.ended
    return LinkLine(
        id=link.id,
        title=t("links.one", day=moment(link.created_at, t)),
        tone=tone,
        state=state,
        facts=". ".join(x[:1].upper() + x[1:] for x in facts) + ".",
        open=working,
        renewable=link.revoked_at is None,
        answers=tuple(answer(r, kpis, t) for r in replies),
    )


def _state(link: LinkFacts, now: int, t: Words) -> tuple[str, str]:
    day = last_day(link.expires_at, t)
    if link.revoked_at is not None:
        return "neutral", t("links.revoked", day=moment(link.revoked_at, t))
    if link.ended:
        return "warn", t("links.ended", day=day)
    if link.expires_at - now < SOON_DAYS * DAY_MS:
        return "warn", t("links.soon", day=day)
    return "good", t("links.works", day=day)


def answer(reply: ReplyFacts, kpis: Mapping[str, str], t: Words) -> str:
    """One reply in a sentence."""
    who, day = reply.name or t("links.reader"), moment(reply.at, t)
    if reply.kind == "seen":
        return t("links.seen", who=who, number=reply.edition, day=day)
    return t("links.asked", who=who, kpi=kpis.get(reply.kpi, t("links.whole")), text=reply.text, day=day)


def last_day(expires_at: int, t: Words) -> str:
    """The last whole day of a link: the store lets it live until that day has ended everywhere on Earth."""
    return moment(expires_at - DAY_MS, t)


def moment(at: int, t: Words) -> str:
    """A moment of the store (ms since the epoch) as a day."""
    return t.date(datetime.fromtimestamp(at / 1000, UTC).date())
