"""Measures over answers to surveys and marks given to support.

Prepared table `answers`: answers of `surveys` and marks of `tickets` (as kind csat) as one. Columns: kind (nps,
csat), score, good (1: at least four fifths of the scale: 4 or 5 of 5, 8 to 10 of 10), invited (null: unknown), t, seg.
"""

from __future__ import annotations

import narwhals as nw

from crmkpi.measures.model import KEYS, Frame, Frames, Measure, additive, flag, reduces

PROMOTER, DETRACTOR = 9, 6
NPS = ("surveys.score",)
CSAT = ("surveys.score|tickets.csat",)
INVITED = ("surveys.invited",)


def _answered() -> nw.Expr:
    # people who were invited and kept silent have a row too
    return ~nw.col("score").is_null()


def _nps() -> nw.Expr:
    return (nw.col("kind") == nw.lit("nps")) & _answered()


def _csat() -> nw.Expr:
    return (nw.col("kind") == nw.lit("csat")) & _answered()


@additive("answers", requires=NPS, where=_nps)
def nps_answers() -> nw.Expr:
    """Answers to "would you recommend us", 0 to 10."""
    return nw.lit(1)


@additive("answers", requires=NPS, where=_nps)
def nps_promoters() -> nw.Expr:
    """Answers of 9 and 10."""
    return flag(nw.col("score") >= PROMOTER)


@additive("answers", requires=NPS, where=_nps)
def nps_detractors() -> nw.Expr:
    """Answers of 0 to 6."""
    return flag(nw.col("score") <= DETRACTOR)


@additive("answers", requires=CSAT, where=_csat)
def csat_answers() -> nw.Expr:
    """Marks of satisfaction."""
    return nw.lit(1)


@additive("answers", requires=CSAT, where=_csat)
def csat_good() -> nw.Expr:
    """Marks of 4 and 5 (on other scales: at least four fifths of the top)."""
    return nw.col("good")


@reduces(
    Measure("survey_invitations", "answers", "sum", INVITED),
    Measure("survey_answers", "answers", "sum", INVITED),
    tables=("answers",),
)
def invitations(frames: Frames) -> Frame:
    """People invited, and answers of surveys that state it.

    A number above one stands for a whole mailing and is repeated on its answers: each different number of a kind
    counts once in a period. A one is one invited person.
    """
    rows = frames["answers"].filter((nw.col("t") >= 0) & ~nw.col("invited").is_null())
    many = rows.filter(nw.col("invited") > 1).select(*KEYS, "kind", "invited").unique()
    waves = many.select(*KEYS, invited=nw.col("invited").cast(nw.Int64), answers=nw.lit(0).cast(nw.Int64))
    singles = rows.select(
        *KEYS,
        invited=flag(nw.col("invited") == 1),
        answers=flag(~nw.col("score").is_null()),
    )
    return (
        nw.concat([waves, singles])
        .group_by(*KEYS)
        .agg(survey_invitations=nw.col("invited").sum(), survey_answers=nw.col("answers").sum())
    )
