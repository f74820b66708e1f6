"""«Ошибки», «Отказы», errors: of a campaign they may be undelivered messages, or errors of anything else.

They are taken for bounces only where rows prove it: sent - delivered = errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from crmkpi.ingest.profile import ColumnProfile, typed
from crmkpi.ingest.synonym_words import stem, stems
from crmkpi.ingest.table_choice import Candidate
from crmkpi.ingest.text_table import TextTable

_VAGUE = frozenset(
    stem(w) for w in ("ошибки", "ошибок", "отказы", "отказов", "возвраты", "errors", "failures", "failed")
)
# rows for which it must hold
MOST = 0.8


def without_other_errors(best: Candidate, table: TextTable, profiles: Sequence[ColumnProfile]) -> Candidate:
    """The candidate without a vaguely named column of bounces that sent and delivered do not explain."""
    pair = best.pairs.get("bounces_hard")
    if best.table != "campaigns" or pair is None or not set(stems(pair[0])) <= _VAGUE:
        return best
    if {"sent", "delivered"} <= best.pairs.keys() and _explained(best, table, profiles):
        return best
    return replace(best, pairs={c: p for c, p in best.pairs.items() if c != "bounces_hard"})


def _explained(best: Candidate, table: TextTable, profiles: Sequence[ColumnProfile]) -> bool:
    by_name = {p.name: p for p in profiles}
    cells = [
        typed(by_name[best.pairs[c][0]], "number").alias(c) for c in ("sent", "delivered", "bounces_hard")
    ]
    rows = table.frame.lazy().select(cells)
    rest = pl.col("sent") - pl.col("delivered") - pl.col("bounces_hard")
    share = rows.select((rest.abs() < 0.5).mean()).collect().item()
    return share is not None and share >= MOST
