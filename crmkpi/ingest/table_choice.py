"""Which table a file is: required columns first, then how much of the file the table explains."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from crmkpi.ingest.column_names import words
from crmkpi.ingest.message_words import says_engagement
from crmkpi.ingest.profile import ColumnProfile
from crmkpi.ingest.scoring import Fit
from crmkpi.ingest.source import Source
from crmkpi.ingest.synonym_words import stem, stems
from crmkpi.ingest.vocabulary import understood
from crmkpi.tables import TABLES

# tables whose required columns many files have: one of these must be there too
_SIGNS = {
    "customers": ("registered_at", "segment", "loyalty_tier", "loyalty_joined_at", "acquisition_channel",
                  "consent_email", "consent_sms", "consent_push", "subscribed_at", "unsubscribed_at"),
    "costs": ("category",),
    "campaigns": ("opens", "clicks", "delivered", "unsubscribes", "bounces_hard", "complaints", "revenue"),
    "messages": ("delivered", "opened", "clicked", "clicked_at", "bounced", "unsubscribed", "campaign_id", "kind",
                 "channel", "control", "converted", "message_id", "status"),
    "ads": ("impressions", "clicks", "reach", "leads"),
    "leads": ("source", "valid", "mql_at", "sql_at", "opportunity_at", "won_at", "lost_at", "deal_amount",
              "potential_amount"),
    "tickets": ("first_reply_at", "resolved_at", "csat", "channel"),
    "sessions": ("platform", "event", "source", "engaged", "landing", "cart", "branded"),
    "surveys": ("customer_id", "invited"),
}  # fmt: skip
_FILE_WORDS = {
    "orders": "orders order заказы заказ продажи sales чеки checks receipts",
    "order_lines": "lines items item позиции строки товары состав lineitems positions",
    "customers": "customers customer clients clients клиенты покупатели контакты contacts subscribers база гости",
    "messages": "messages message сообщения отправки sends events recipients письма получатели",
    "campaigns": "campaigns campaign кампании рассылки mailings newsletters broadcasts flows триггеры",
    "ads": "ads ad реклама директ adwords facebook vk рекламные объявления",
    "costs": "costs cost расходы затраты expenses spend budget бюджет",
    "leads": "leads deals лиды сделки заявки opportunities воронка",
    "tickets": "tickets обращения тикеты support поддержка cases диалоги",
    "sessions": "sessions visits визиты сессии посещения events",
    "subscriptions": "subscriptions подписки абонементы subscribers",
    "surveys": "surveys nps csat опросы анкеты отзывы",
    "loyalty_points": "points bonuses баллы бонусы loyalty лояльность",
    "dated_values": "kpi metrics показатели метрики",
}
_OF_PEOPLE_WORDS = (
    "registered registration signup joined since seen customer client contact member user регистрация "
    "зарегистрирован клиент контакта покупателя вступления анкеты"
)
_OF_PEOPLE = frozenset(map(stem, _OF_PEOPLE_WORDS.split()))
_OF_COSTS_WORDS = "cost expense budget статья расход затраты бюджет назначение"
_OF_COSTS = frozenset(map(stem, _OF_COSTS_WORDS.split()))
_OF_DEALS_WORDS = "deal opportunity lead pipeline stage funnel сделка лид воронка этап стадия звонок call"
_OF_DEALS = frozenset(map(stem, _OF_DEALS_WORDS.split()))
_IN_NAME = {table: frozenset(stem(w) for w in text.split()) for table, text in _FILE_WORDS.items()}
_MONTH = (
    r"янв\w*|фев\w*|мар(?:т\w*)?|апр\w*|ма[йя]|июн\w*|июл\w*|авг\w*|сен\w*|окт\w*|ноя\w*|дек\w*|"
    r"jan\w*|feb\w*|mar(?:ch)?|apr\w*|may|june?|july?|aug\w*|sep\w*|oct\w*|nov\w*|dec\w*"
)
PERIOD = re.compile(
    rf"(?:(?:{_MONTH})[\s.,'-]*(?:20)?\d{{2}}\s*(?:г\.?)?|(?:20)?\d{{2}}[\s.,-]*(?:{_MONTH})|(?:{_MONTH})|"
    r"(?:0?[1-9]|1[0-2])[./-]20\d{2}|20\d{2}[./-](?:0?[1-9]|1[0-2])|[1-4]\s*(?:кв|квартал|q)\.?\s*(?:20)?\d{2}|"
    r"q[1-4][\s'-]*(?:20)?\d{2}|20\d{2}[\s-]*q[1-4]|20\d{2}\s*г?\.?|(?:нед|неделя|week|wk|w)\.?\s*\d{1,2}(?:\D+20\d{2})?|"
    r"20\d{2}[\s-]*w\d{1,2}|\d{1,2}\s*(?:нед|неделя)\.?|\d{1,2}\.\d{1,2}\.(?:20)?\d{2}|20\d{2}-\d{2}-\d{2})",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Candidate:
    """A table and the best assignment for it: canonical -> (source column, fit)."""

    table: str
    pairs: dict[str, tuple[str, Fit]]
    score: float = 0.0


def choose(
    candidates: Sequence[Candidate], profiles: Sequence[ColumnProfile], source: Source | None
) -> list[Candidate]:
    """Candidates with their scores, best first. A score above about 0.42 is a table; ties keep the order of TABLES."""
    named = _named_in(source)
    rated = [replace(c, score=_score(c, profiles, named)) for c in candidates]
    return sorted(rated, key=lambda c: -c.score)


def _named_in(source: Source | None) -> frozenset[str]:
    if source is None:
        return frozenset()
    text = " ".join(part for part in (source.file, source.member, source.sheet) if part)
    found = {stem(w) for w in words(text)}
    return frozenset(t for t, keys in _IN_NAME.items() if keys & found)


def _score(candidate: Candidate, profiles: Sequence[ColumnProfile], named: frozenset[str]) -> float:
    spec = TABLES[candidate.table]
    got = {c: f.score for c, (_, f) in candidate.pairs.items()}
    needs = [got.get(c.name, 0.0) for c in spec.columns if c.required]
    needs += [max((got.get(n, 0.0) for n in group), default=0.0) for group in spec.one_of]
    if candidate.table in _SIGNS:
        signs = {n: _sign(candidate, n, profiles) for n in _SIGNS[candidate.table]}
        needs.append(max((got.get(n, 0.0) * weight for n, weight in signs.items()), default=0.0))
    coverage = sum(needs) / len(needs)
    informative = max(sum(p.kind != "empty" or p.filled == 0 for p in profiles), 1)
    explained = sum(got.values()) / max(min(informative, 14), 3)
    # one missing column is a report to complete; several mean that this is another table
    absent = max(sum(n == 0 for n in needs) - 1, 0)
    bonus = 0.12 if candidate.table in named else 0.0
    return 0.62 * coverage + 0.3 * min(explained, 1.0) + bonus - 0.12 * absent + _shape(candidate, profiles)


def _sign(candidate: Candidate, column: str, profiles: Sequence[ColumnProfile]) -> float:
    """How much a column speaks for its table, 0..1. Everything is created some day, and a type is of anything:
    «дата создания» makes no file one of customers, «тип» none of expenses, unless header or values say more."""
    pair = candidate.pairs.get(column)
    if pair is None:
        return 0.0
    source = next(p for p in profiles if p.name == pair[0])
    if (candidate.table, column) == ("customers", "registered_at"):
        return 1.0 if _OF_PEOPLE & set(stems(source.name)) or not _deals(profiles) else 0.3
    if (candidate.table, column) == ("costs", "category"):
        known = [v for v in understood("cost_category", source.values).values() if v is not None]
        return 1.0 if _OF_COSTS & set(stems(source.name)) or 3 * len(known) >= len(source.values) else 0.3
    return 1.0


def _deals(profiles: Sequence[ColumnProfile]) -> int:
    """How many headers speak of deals: a stage, a pipeline, a lead."""
    return sum(not _OF_DEALS.isdisjoint(stems(p.name)) for p in profiles)


def _shape(candidate: Candidate, profiles: Sequence[ColumnProfile]) -> float:
    """What rows say: an order number that repeats speaks for lines, a unique one for orders; openings and clicks
    in one column for messages."""
    by_name = {p.name: p for p in profiles}
    key = candidate.pairs.get("order_id")
    if candidate.table == "messages":
        told = candidate.pairs.get("status")
        return 0.15 if told is not None and says_engagement(by_name[told[0]].values) else 0.0
    if candidate.table == "leads":
        return min(0.08 * _deals(profiles), 0.2)
    if candidate.table not in ("orders", "order_lines") or key is None:
        return 0.0
    column = by_name[key[0]]
    if column.filled < 8:
        return 0.0
    repeats = column.distinct < 0.97 * column.filled
    if candidate.table == "orders":
        return -0.06 if repeats else 0.05
    return 0.05 if repeats else -0.08


def period_headers(profiles: Sequence[ColumnProfile]) -> list[str] | None:
    """Headers that are periods (янв.26, 1 кв. 2026, 2026-01) when they are most of a sheet, else None."""
    found = [p.name for p in profiles if PERIOD.fullmatch(p.name.strip())]
    return found if len(found) >= 3 and len(found) >= 0.5 * len(profiles) else None
