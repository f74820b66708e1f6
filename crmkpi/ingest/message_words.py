"""Whether the values of a column say how far messages came: «Доставлено», opened, bounced."""

from __future__ import annotations

from collections.abc import Sequence

from crmkpi.ingest.vocabulary import understood

WORD, NOT_SENT = "message_status", "not_sent"
ENGAGED = frozenset({"opened", "clicked", "unsubscribed", "complained"})


def says_status(values: Sequence[str]) -> bool:
    """Whether a column of these distinct values tells how far messages came: most are understood, and one is
    more than «sent»."""
    found = list(understood(WORD, values).values())
    known = [v for v in found if v is not None]
    told = set(known) - {"sent", NOT_SENT, "converted"}
    return len(known) >= 0.5 * len(found) > 0 and bool(told) and len(set(known)) > 1


def says_engagement(values: Sequence[str]) -> bool:
    """Whether the values speak of openings or clicks, which no other status does."""
    return says_status(values) and bool(ENGAGED & set(understood(WORD, values).values()))
