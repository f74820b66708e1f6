"""The real invoices read as text: nothing lost, and the sums DuckDB finds."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import polars as pl
import pytest

from crmkpi.ingest.read import read
from crmkpi.ingest.sniff import sniff

FILE = Path(
    os.environ.get("CRMKPI_REAL_DATA", str(Path(__file__).parents[4] / "shared/data/online_retail.csv.gz"))
)


@pytest.mark.real
@pytest.mark.skipif(not FILE.is_file(), reason="the real data set is not here")
def test_every_line_of_the_real_file_is_read(tmp_path: Path):
    source = sniff(FILE)[0]
    got = read(source, workdir=tmp_path)
    assert (source.delimiter, source.header_row, got.rows_in, got.rows_used) == (",", 1, 541_909, 541_909)
    money = (pl.col("Quantity").cast(pl.Float64) * pl.col("UnitPrice").cast(pl.Float64)).sum()
    assert isinstance(got.frame, pl.LazyFrame)
    mine = got.frame.select(money.alias("money"), pl.col("InvoiceNo").n_unique().alias("n")).collect().row(0)
    theirs = duckdb.sql(
        f"select sum(Quantity::double * UnitPrice::double), count(distinct InvoiceNo) "
        f"from read_csv('{FILE}', all_varchar=true, header=true)"
    ).fetchall()[0]
    assert mine == (pytest.approx(theirs[0], abs=0.01), theirs[1])
