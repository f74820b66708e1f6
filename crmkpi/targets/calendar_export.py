"""Control points for a calendar: an .ics file (RFC 5545), one all-day event per milestone and due date.

The file is the same for the same targets: no clock is read (DTSTAMP is the day the data are seen as of), and an event
keeps its UID, so that a second import updates instead of doubling.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from crmkpi.i18n import Words
from crmkpi.periods import DAY
from crmkpi.targets.assess import Assessment
from crmkpi.targets.sentence import target_sentence

# RFC 5545 3.1: lines of at most 75 octets, without the line end
FOLD = 75
PRODUCT = "-//crmkpi//milestones//EN"


@dataclass(frozen=True)
class Event:
    """One all-day event. `uid` must be the same for the same milestone."""

    uid: str
    day: date
    summary: str
    description: str = ""


def milestones_calendar(
    assessed: Sequence[Assessment], as_of: date, t: Words, grains: Iterable[str] = ("month",)
) -> str:
    """The control points still ahead of all targets, and their due dates, as the text of an .ics file."""
    wanted = set(grains)
    events = [event for a in assessed for event in _events(a, as_of, wanted, t)]
    return calendar(events, as_of, t("ics.name"))


def _events(a: Assessment, as_of: date, grains: set[str], t: Words) -> Iterable[Event]:
    label = a.facts.label.get(t.lang, a.facts.id)
    sentence = target_sentence(a.target, a.facts, a.resolved, t)
    last = None
    for m in a.milestones:
        if m.grain not in grains or m.period.last <= as_of:
            continue
        last = m.period.last if last is None else max(last, m.period.last)
        value = t.value(m.value, a.facts.unit)
        key = "ics.due" if m.period.last == a.target.due else "ics.milestone"
        uid = f"{a.target.id}-{m.grain}-{m.period.text}@crmkpi"
        yield Event(uid, m.period.last, t(key, metric=label, value=value), sentence)
    if last != a.target.due and a.target.due > as_of:
        goal = t.value(a.resolved.goal, a.facts.unit)
        yield Event(
            f"{a.target.id}-due@crmkpi", a.target.due, t("ics.due", metric=label, value=goal), sentence
        )


def calendar(events: Iterable[Event], stamp: date, name: str) -> str:
    """An iCalendar text of all-day events, lines ended by CRLF and folded at 75 octets."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"]
    lines.append(f"X-WR-CALNAME:{escaped(name)}")
    for event in events:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{escaped(event.uid)}",
            f"DTSTAMP:{stamp:%Y%m%d}T000000Z",
            f"DTSTART;VALUE=DATE:{event.day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{event.day + DAY:%Y%m%d}",
            f"SUMMARY:{escaped(event.summary)}",
            *([f"DESCRIPTION:{escaped(event.description)}"] if event.description else []),
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(folded(line) + "\r\n" for line in lines)


def escaped(text: str) -> str:
    """TEXT of RFC 5545 3.3.11: backslash, semicolon, comma and line ends escaped, other control signs dropped."""
    text = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    text = text.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")
    return "".join(c for c in text if c >= " " and c != "\x7f")


def folded(line: str) -> str:
    """Long lines cut at 75 octets, continued after CRLF and one space; a character is never cut in two."""
    pieces, current, room = [], "", FOLD
    for char in line:
        size = len(char.encode("utf-8"))
        if len(current.encode("utf-8")) + size > room:
            pieces.append(current)
            current, room = "", FOLD - 1
        current += char
    return "\r\n ".join([*pieces, current])
