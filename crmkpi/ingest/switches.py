"""Switches of the quality report, each with its effect in money, and the verdict in one word.

A switch changes which rows are sales, returns or orders of the base. Its effect is the change of one metric of
the whole history if it were flipped now; everything else stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

import polars as pl

from crmkpi.ingest.documents import DocumentRules, Documents, kind_of
from crmkpi.ingest.text_table import Finding

TESTS, NEGATIVES, DUPLICATES, BASE = (
    "exclude_tests",
    "negatives_as_returns",
    "drop_exact_duplicates",
    "base_customers",
)
SAFE, USABLE, FIX_FIRST = "safe", "usable", "fix_first"


@dataclass(frozen=True)
class SwitchEffect:
    """One switch: its position, the rows it concerns, and how `metric` changes (currency) when it is flipped.

    `base_customers` on is the tree of the customer base, off that of all sales.
    """

    code: str
    on: bool
    rows: int
    money: float
    metric: str

    def as_dict(self) -> dict[str, object]:
        """JSON form."""
        return asdict(self)


@dataclass(frozen=True)
class Verdict:
    """What to think of the data: `code` is safe, usable or fix_first (i18n `data_verdict.<code>`), and how many
    warnings and errors there are."""

    code: str
    warnings: int
    errors: int


def verdict(findings: Iterable[Finding]) -> Verdict:
    """One error is enough to fix things first; warnings leave the data usable. The same finding counts once."""
    levels = {(f.code, f.column): f.level for f in findings}
    errors = sum(level == "error" for level in levels.values())
    warnings = sum(level == "warning" for level in levels.values())
    return Verdict(FIX_FIRST if errors else USABLE if warnings else SAFE, warnings, errors)


def effects(documents: Documents, rules: DocumentRules, everyone: bool, scale: int) -> list[SwitchEffect]:
    """Effects of all switches on classified sales rows. `everyone`: the tree is that of all sales."""
    rows = documents.rows
    now = rows.select("what", "amount", "customer_id")
    metric = "revenue_total" if everyone else "revenue_base"
    tests = "test" in documents.statuses.values()
    out: list[SwitchEffect] = []
    for code, on, matters, flipped in (
        (TESTS, rules.exclude_tests, tests, replace(rules, exclude_tests=not rules.exclude_tests)),
        (DUPLICATES, rules.drop_exact_duplicates, bool(rows["__dup"].any()),
         replace(rules, drop_exact_duplicates=not rules.drop_exact_duplicates)),
    ):  # fmt: skip
        then = _under(documents, flipped) if matters else now
        money = _root(then, everyone) - _root(now, everyone)
        out.append(SwitchEffect(code, on, _moved(now, then), money / scale, metric))
    out.append(_of_negatives(documents, rules, now, scale))
    nobody = now.filter((pl.col("what") == "sale") & pl.col("customer_id").is_null())
    anonymous = int(nobody["amount"].sum() or 0) / scale
    out.append(
        SwitchEffect(
            BASE, not everyone, nobody.height, -anonymous if everyone else anonymous, "revenue_total"
        )
    )
    return out


def _under(documents: Documents, rules: DocumentRules) -> pl.DataFrame:
    """What every row is under other switches."""
    what = kind_of(documents.rows, rules, documents.statuses)
    return documents.rows.lazy().select(what, "amount", "customer_id").collect()


def _moved(now: pl.DataFrame, then: pl.DataFrame) -> int:
    return 0 if now is then else int((now["what"] != then["what"]).sum())


def _root(state: pl.DataFrame, everyone: bool) -> int:
    wanted = (pl.col("what") == "sale") & (pl.lit(everyone) | pl.col("customer_id").is_not_null())
    return int(state.lazy().filter(wanted).select(pl.col("amount").sum()).collect().item() or 0)


def _of_negatives(documents: Documents, rules: DocumentRules, now: pl.DataFrame, scale: int) -> SwitchEffect:
    on = rules.negatives_as_returns
    then = now
    if documents.rows["__negative"].any():
        then = _under(documents, replace(rules, negatives_as_returns=not on))
    back = [int(s.filter(pl.col("what") == "returns")["amount"].sum() or 0) for s in (now, then)]
    # net revenue = base - returns, and what is returned stands there with a minus
    return SwitchEffect(NEGATIVES, on, _moved(now, then), (back[1] - back[0]) / scale, "revenue_net")
