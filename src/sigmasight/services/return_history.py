"""Returns of what a market's portfolios hold, over the window that value at risk and correlations stand on."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from sigmasight.domain.instruments import Instrument, Kind
from sigmasight.domain.market_data import Market
from sigmasight.risk.historical_pnl import WINDOW_SESSIONS
from sigmasight.risk.return_panel import ReturnPanel, freeze_returns
from sigmasight.services.market_frames import Valuation
from sigmasight.store.database import Connection
from sigmasight.store.prices import load_closes, load_payouts, load_splits


def load_return_history(
    conn: Connection, valuation: Valuation, market: Market, as_of: date, instruments: Sequence[Instrument]
) -> ReturnPanel:
    """Returns of instruments that are no options, ascending by id, over the window that ends at a session."""
    calendar = valuation.calendar
    ids = [each.id for each in instruments if each.kind is not Kind.OPTION]
    days = calendar.sessions_between(calendar.sessions_back(as_of, WINDOW_SESSIONS), as_of)
    return freeze_returns(
        np.array(ids, dtype=np.int64),
        np.array(days, dtype="datetime64[D]"),
        closes=load_closes(conn, market, ids, days[0], as_of),
        splits=load_splits(conn, market, ids, as_of),
        payouts=load_payouts(conn, market, ids, as_of),
    )
