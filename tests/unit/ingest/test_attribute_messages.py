"""Last click within five times 24 hours, against a plain loop over all pairs."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from crmkpi.ingest.attribute_messages import attribute_messages

HOUR = 3600
MESSAGE = st.tuples(
    st.integers(0, 2), st.integers(0, 240), st.one_of(st.none(), st.integers(0, 40)), st.booleans()
)
ORDER = st.tuples(st.one_of(st.none(), st.integers(0, 2)), st.integers(0, 400), st.integers(1, 99))


def frames(messages: list, orders: list) -> tuple[pl.DataFrame, pl.DataFrame]:
    m = pl.DataFrame(
        {
            "msg": pl.Series(range(len(messages)), dtype=pl.Int32),
            "cust": pl.Series([x[0] for x in messages], dtype=pl.Int32),
            "ts": pl.Series([x[1] * HOUR for x in messages], dtype=pl.Int64),
            "clicked": pl.Series([int(x[3]) for x in messages], dtype=pl.Int8),
            "clicked_ts": pl.Series(
                [None if x[2] is None else (x[1] + x[2]) * HOUR for x in messages], dtype=pl.Int64
            ),
        }
    )
    o = pl.DataFrame(
        {
            "cust": pl.Series([x[0] for x in orders], dtype=pl.Int32),
            # half past, so that not all orders are at midnight
            "ts": pl.Series([x[1] * HOUR + 1800 for x in orders], dtype=pl.Int64),
            "amount": pl.Series([x[2] for x in orders], dtype=pl.Int64),
        }
    )
    return m, o


@settings(max_examples=80, deadline=None)
@given(st.lists(MESSAGE, max_size=12), st.lists(ORDER, max_size=12))
def test_equals_a_loop_over_all_pairs(messages: list, orders: list) -> None:
    m, o = frames(messages, orders)
    count, value = [0] * len(messages), [0] * len(messages)
    for cust, hour, amount in orders:
        at = hour * HOUR + 1800
        best = None
        for n, (who, sent, wait, clicked) in enumerate(messages):
            moment = (sent + (wait or 0)) * HOUR
            if clicked and who == cust and moment <= at <= moment + 5 * 24 * HOUR:
                best = max(best, (moment, sent, n)) if best else (moment, sent, n)
        if best is not None:
            count[best[2]] += 1
            value[best[2]] += amount
    found = attribute_messages(m, o)
    assert found["attributed_orders"].to_list() == count
    assert found["attributed_revenue"].to_list() == value


def test_ties_go_to_the_latest_send() -> None:
    m, o = frames([(0, 1, 9, True), (0, 5, 5, True)], [(0, 20, 7)])
    assert attribute_messages(m, o)["attributed_orders"].to_list() == [0, 1]


def test_the_window_is_five_days_to_the_second() -> None:
    m, _ = frames([(0, 0, 0, True)], [])
    limit = 5 * 86_400
    for second, expected in ((limit, 1), (limit + 1, 0)):
        o = pl.DataFrame({"cust": [0], "ts": [second], "amount": [5]}, schema_overrides={"cust": pl.Int32})
        # a lone order at midnight would count as a date, so a second one gives the file a clock
        o = pl.concat([o, o.with_columns(cust=pl.lit(9, pl.Int32), ts=pl.lit(30, pl.Int64))])
        assert attribute_messages(m, o)["attributed_orders"].to_list() == [expected]


def test_orders_that_are_dates_count_at_the_end_of_their_day() -> None:
    m, _ = frames([(0, 10, 0, True)], [])
    o = pl.DataFrame({"cust": [0], "ts": [0], "amount": [5]}, schema_overrides={"cust": pl.Int32})
    assert attribute_messages(m, o)["attributed_orders"].to_list() == [1]


def test_people_held_out_win_no_orders() -> None:
    m, o = frames([(0, 1, 1, True)], [(0, 20, 7)])
    held = m.with_columns(control=pl.lit(1, pl.Int8))
    assert attribute_messages(held, o)["attributed_orders"].to_list() == [0]


def test_without_orders_or_messages_nothing_is_attributed() -> None:
    m, o = frames([(0, 1, 1, True)], [])
    assert attribute_messages(m, o)["attributed_revenue"].to_list() == [0]
    m, o = frames([], [(0, 20, 7)])
    assert attribute_messages(m, o).height == 0
