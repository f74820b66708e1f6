"""Which kind of survey a file without a column of kinds holds: NPS or CSAT.

Most exports of one survey do not say it in the rows but in the header of the score («Оценка NPS (0-10)») or in the
name of the file. Where neither does, the scale is evidence (scores above five are no CSAT of five points), and a
person is asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from crmkpi.ingest.clean import CleanTable
from crmkpi.ingest.profile import ColumnProfile
from crmkpi.ingest.questions import Question, answer_to
from crmkpi.ingest.text_table import TextTable

CODE = "survey_kind"
NPS, CSAT = "nps", "csat"
_WORDS = {
    NPS: re.compile(r"(?<![a-z])e?nps(?![a-z])|recommend|рекоменд|лояльност", re.IGNORECASE),
    CSAT: re.compile(r"(?<![a-z])(?:csat|csi)(?![a-z])|satisf|удовлетвор", re.IGNORECASE),
}
# the best mark of CSAT and of NPS; marks of fewer answers than this show no scale
BEST_CSAT, BEST_NPS, ENOUGH_ANSWERS = 5, 10, 30


def told_kind(text: TextTable, header: str | None) -> str | None:
    """What the header of the score says, else the name of the file, its member or sheet; None if neither is plain."""
    source = text.source
    for said in (header, " ".join(n for n in (source.file, source.member, source.sheet) if n)):
        found = [kind for kind, words in _WORDS.items() if said and words.search(said)]
        if len(found) == 1:
            return found[0]
    return None


def kind_questions(
    text: TextTable, profiles: Sequence[ColumnProfile], mapping: Mapping[str, str]
) -> list[Question]:
    """The question of what was asked in the survey, where neither a column nor a name tells."""
    header = mapping.get("score")
    if "kind" in mapping or header is None or told_kind(text, header) is not None:
        return []
    score = next(p for p in profiles if p.name == header)
    return [Question(CODE, header, (NPS, CSAT), _by_scale(score), True, {})]


def _by_scale(score: ColumnProfile) -> str | None:
    if not isinstance(score.max, (int, float)) or score.filled < ENOUGH_ANSWERS:
        return None
    if score.max <= BEST_CSAT:
        return CSAT
    return NPS if score.max <= BEST_NPS else None


def with_kind(
    table: CleanTable, text: TextTable, profiles: Sequence[ColumnProfile], answers: Mapping[str, str]
) -> CleanTable:
    """The answers with their kind: as answered, as the names say, or by the default of the question."""
    header = table.labels.get("score")
    if "kind" in table.frame.columns or header is None:
        return table
    asked = kind_questions(text, profiles, {"score": header})
    default = asked[0].default if asked else told_kind(text, header)
    kind = answer_to(answers, CODE, header) or default
    frame = table.frame.with_columns(kind=pl.lit(kind, dtype=pl.String))
    return replace(table, frame=frame, labels={**table.labels, "kind": header})
