"""Intervals: how far a part of the change could be off because these customers came and not others.

Block bootstrap over customers. Customers are dealt into blocks by a fixed hash; every count and sum is additive
over customers, so one evaluation split by block is enough: a draw weighs the blocks, ratios are formed again from
the weighed numerators and denominators, and the whole tree is attributed again. Noise of the customers only: it
says nothing about the season or about what would have happened anyway.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from crmkpi.catalog.metric import metrics
from crmkpi.engine.data import DataDir
from crmkpi.engine.dimensions import Where
from crmkpi.engine.evaluate import evaluate_periods
from crmkpi.engine.result import Result
from crmkpi.formula import Formula
from crmkpi.tree.attribution import attribute_tree
from crmkpi.tree.explain import Explained
from crmkpi.tree.whatif import identity_nodes

Array = npt.NDArray[np.float64]
# a narrow filter leaves fine blocks empty, and the engine gives no row for those: then coarser ones
BLOCKS = (200, 50, 20)
DRAWS = 200
SEED = 20121
BAND = (10.0, 90.0)  # the 80 % interval
MIN_CUSTOMERS = 200  # below this a block is less than a customer, and the interval a pretence
ENOUGH = 0.8  # share of draws in which a node must have a part
BLOCK = "__block"
ADDITIVE = ("sum", "unique")


class _Blocks(DataDir):
    """The same data with one more column of customers: their block."""

    def __init__(self, data: DataDir, folder: Path, blocks: int) -> None:
        super().__init__(data.root)
        self._people = folder / "customers.parquet"
        people = data.frame("ids").select("cust")
        if data.has("customers"):
            people = people.join(data.frame("customers"), on="cust", how="left")
        # Knuth's multiplicative hash: neighbours in the id dictionary came at the same time, so scatter them
        code = (pl.col("cust").cast(pl.UInt64) * 2654435761) % 2**32 % blocks
        people.with_columns(code.cast(pl.String).alias(BLOCK)).sort("cust").sink_parquet(self._people)
        meta = self.meta
        if meta.data_hash:
            self._meta = meta.model_copy(update={"data_hash": f"{meta.data_hash}:{blocks}"})

    def path(self, name: str) -> Path:
        """File of a table; the customers are ours."""
        return self._people if name == "customers" else super().path(name)

    def tables(self) -> list[str]:
        """Names of the tables that exist, sorted."""
        return sorted({*super().tables(), "customers"})


def with_intervals(
    data: DataDir, found: Explained, where: Sequence[Where] = (), draws: int = DRAWS, seed: int = SEED
) -> Explained:
    """The same tree with `low` and `high` of every part: the middle 80 % of the draws.

    `where` as given to explain. The same seed gives the same interval. Returned unchanged (no interval) when nothing
    was split, with fewer than 200 customers, or when a value of the tree is not additive over customers.
    """
    if not found.split or not data.has("ids"):
        return found
    if data.frame("ids").select(pl.len()).collect().item() < MIN_CUSTOMERS:
        return found
    names = sorted({node.metric for node in identity_nodes(found.drawn)})
    for blocks in BLOCKS:
        cells = _cells(data, found, where, names, blocks)
        if all(cell.whole(names) for cell in cells):
            break
    else:
        return found
    weights = np.random.default_rng(seed).multinomial(blocks, [1 / blocks] * blocks, draws)
    bands = _bands(found, [cell.drawn(names, _with_blank(weights)) for cell in cells], draws)
    nodes = tuple(
        replace(n, low=bands[n.id][0], high=bands[n.id][1])
        if n.id in bands and n.contribution is not None
        else n
        for n in found.nodes
    )
    return replace(found, nodes=nodes)


def _cells(
    data: DataDir, found: Explained, where: Sequence[Where], names: list[str], blocks: int
) -> list[_Cells]:
    """The tree's values by block in both periods, the earlier one first."""
    periods = [found.vs, found.period]
    with tempfile.TemporaryDirectory() as folder:
        dealt = _Blocks(data, Path(folder), blocks)
        split = evaluate_periods(dealt, names, periods, by=BLOCK, where=where)
    known = {node.metric: (node.before, node.after) for node in found.nodes if node.metric}
    return [
        _Cells(split, period.text, {m: v[i] for m, v in known.items()}, blocks)
        for i, period in enumerate(periods)
    ]


def _with_blank(weights: npt.NDArray[np.int64]) -> Array:
    """Rows without a customer (the last column) always count once."""
    return np.hstack([weights, np.ones((len(weights), 1))]).astype(float)


class _Cells:
    """Values, numerators and denominators of one period by metric and block."""

    def __init__(self, split: Result, period: str, points: dict[str, float | None], blocks: int) -> None:
        self.points, self.blocks = points, blocks
        self.parts: dict[str, Array] = {}
        rows = split.rows.filter(pl.col("period") == period)
        wanted = ("metric", "segment", "value", "numerator", "denominator")
        for metric, segment, *numbers in rows.select(wanted).iter_rows():
            at = blocks if segment is None else int(segment)
            cell = self.parts.setdefault(metric, np.full((3, blocks + 1), np.nan))
            cell[:, at] = [np.nan if x is None else x for x in numbers]

    def whole(self, names: Sequence[str]) -> bool:
        """Whether the blocks, each counted once, give every known value of the tree back."""
        ones = self.drawn(names, np.ones((1, self.blocks + 1)))
        for name in names:
            point = self.points.get(name)
            if point is not None and not np.isclose(ones[name][0], point, rtol=1e-6, atol=1e-9):
                return False
        return True

    def drawn(self, names: Sequence[str], weights: Array) -> dict[str, Array]:
        """Each metric in each draw, NaN where it is unknown."""
        known: dict[str, Array] = {}
        for name in names:
            self._draw(name, weights, known)
        return known

    def _draw(self, name: str, weights: Array, known: dict[str, Array]) -> Array:
        if name not in known:
            known[name] = self._fresh(name, weights, known)
        return known[name]

    def _fresh(self, name: str, weights: Array, known: dict[str, Array]) -> Array:
        metric, cell = metrics()[name], self.parts.get(name)
        if cell is not None and metric.klass in ADDITIVE:
            return weights @ np.nan_to_num(cell[0])
        if cell is not None and np.isfinite(cell[2]).any():
            return _over(weights @ np.nan_to_num(cell[1]), weights @ np.nan_to_num(cell[2]))
        if cell is not None and metric.formula and all(n in metrics() for n in metric.names):
            made = Formula(metric.formula).expression(lambda n: self._draw(n, weights, known), _over)
            return np.broadcast_to(np.asarray(made, dtype=float), len(weights)).copy()
        point = self.points.get(name)  # costs, a typed margin: no customer behind it, the same in every draw
        return np.full(len(weights), np.nan if point is None else point)


def _over(top: Array | float, bottom: Array | float) -> Array:
    a, b = np.broadcast_arrays(np.asarray(top, dtype=float), np.asarray(bottom, dtype=float))
    return np.divide(a, b, out=np.full(a.shape, np.nan), where=b != 0)


def _bands(found: Explained, values: list[dict[str, Array]], draws: int) -> dict[str, tuple[float, float]]:
    parts: dict[str, list[float]] = {}
    for draw in range(draws):
        before, after = (
            {name: None if np.isnan(v[draw]) else float(v[draw]) for name, v in side.items()}
            for side in values
        )
        for node_id, part in attribute_tree(found.drawn, before, after).contributions.items():
            parts.setdefault(node_id, []).append(part)
    return {
        node_id: (float(low), float(high))
        for node_id, sample in parts.items()
        if len(sample) >= ENOUGH * draws
        for low, high in [np.percentile(sample, BAND)]
    }
