"""The cohort triangle: customers by the period of their first order, followed through later periods."""

from __future__ import annotations

import narwhals as nw

from crmkpi.measures.model import Frame, identified


def cohort_cells(orders: Frame) -> Frame:
    """Customers, orders and amount by cohort and period of the order, over prepared orders.

    A cohort is the customers with a passing order in the period of their first company order; what they do later
    counts where it passes the filter. Columns: cohort, t, seg, customers, orders, revenue (minor units).
    """
    inside = orders.filter(identified() & (nw.col("t") >= 0) & (nw.col("t_first") >= 0))
    per = inside.group_by("cust", "seg", "t", "t_first").agg(orders=nw.len(), revenue=nw.col("amount").sum())
    born = per.filter(nw.col("t") == nw.col("t_first")).select("cust", "seg")
    kept = per.join(born, on=["cust", "seg"], how="inner")
    return kept.group_by("t_first", "t", "seg").agg(
        customers=nw.len(), orders=nw.col("orders").sum(), revenue=nw.col("revenue").sum()
    )
