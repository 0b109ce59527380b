"""Columns read by binary COPY are what a plain query gives."""

from datetime import date, timedelta

import numpy as np
import pytest
from sqlalchemy import Connection, select

from postgres.store.builders import bars_of, new_share
from sigmasight.domain.market_data import Market
from sigmasight.store.bulk import among
from sigmasight.store.prices import load_closes, save_bars
from sigmasight.store.tables import prices

FIRST = date(1999, 12, 28)  # before the day from which PostgreSQL counts, and after it


@pytest.mark.parametrize("count", [0, 1, 40, 3_000])
def test_closes_are_those_of_a_plain_query(conn: Connection, count: int) -> None:
    ids = [new_share(conn, "AAA"), new_share(conn, "BBB")]
    for at, instrument in enumerate(ids):
        closes = {FIRST + timedelta(days=day): 1.0 + day / 7.0 + at for day in range(count)}
        save_bars(conn, Market.LIVE, {instrument: bars_of("X", closes)} if closes else {}, "a provider's name")
    last = FIRST + timedelta(days=max(count - 2, 0))
    found = load_closes(conn, Market.LIVE, ids, FIRST + timedelta(days=1), last)
    plain = conn.execute(
        select(prices.c.instrument_id, prices.c.day, prices.c.close)
        .where(prices.c.market == Market.LIVE, among(prices.c.instrument_id, ids))
        .where(prices.c.day.between(FIRST + timedelta(days=1), last))
        .order_by(prices.c.instrument_id, prices.c.day)
    ).all()
    rows = list(zip(found.instrument_id.tolist(), found.day.tolist(), found.price.tolist(), strict=True))
    assert rows == [tuple(row) for row in plain]
    assert len(rows) == 2 * max(count - 2, 0)
    assert (found.instrument_id.dtype, found.day.dtype, found.price.dtype) == (
        np.dtype("int64"),
        np.dtype("datetime64[D]"),
        np.dtype("float64"),
    )
