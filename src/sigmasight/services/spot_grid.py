"""One portfolio where every spot and every volatility moves, priced again on a grid."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import numpy as np

from sigmasight.domain.market_data import FloatArray, IntArray
from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.domain.snapshots import NotIncluded
from sigmasight.engines.aggregation import share_known
from sigmasight.risk.spot_volatility_grid import (
    SPOT_RETURNS,
    VOLATILITY_CHANGES,
    WorstPoint,
    grid_of_instruments,
    worst_point,
)
from sigmasight.services.exposures import ValuedPortfolio, held_shares, value_at
from sigmasight.services.market_frames import Valuation
from sigmasight.services.option_facts import load_option_market
from sigmasight.store.database import Connection


@dataclass(frozen=True, slots=True)
class Grid:
    """A portfolio where every spot and every volatility moves, USD."""

    as_of: date
    spot_returns: FloatArray  # (A,)
    volatility_changes: FloatArray  # (V,)
    pnl: FloatArray  # (A, V) over what is known; NaN where nothing is
    worst: WorstPoint | None  # None where nothing is known
    coverage: float
    not_included: tuple[NotIncluded, ...]


def spot_volatility_grid(
    conn: Connection, valuation: Valuation, user_id: UUID, portfolio_id: UUID, as_of: date
) -> Grid:
    """Price a user's portfolio again on a grid of spots, -30 to +30 %, and volatilities, -10 to +20 points.

    Raises:
        NotFoundError: If the portfolio is not the user's.
        NotATradingDayError: If the day is no session.
    """
    valued = value_at(conn, valuation, user_id, portfolio_id, as_of)
    books, close = valued.books, valued.close
    options = load_option_market(conn, valuation, books.market.market, as_of, valued.facts.instrument_id.tolist())
    (portfolio,) = books.portfolios
    unit, reasons = grid_of_instruments(
        books.market, close.at, valued.facts, options, allow_estimates=portfolio.allow_estimates
    )
    rows, shares, weight = held_shares(valued)
    pnl = shares[:, None, None] * unit[books.holdings.asset[rows]]
    known = ~np.isnan(pnl[:, 0, 0])
    total = pnl[known].sum(axis=0) if known.any() or not len(known) else np.full(pnl.shape[1:], np.nan)
    return Grid(
        as_of=as_of,
        spot_returns=SPOT_RETURNS,
        volatility_changes=VOLATILITY_CHANGES,
        pnl=total,
        worst=None if np.isnan(total).any() else worst_point(total),
        coverage=float(share_known(known, weight, np.zeros(len(rows), dtype=np.int64), 1)[0]),
        not_included=_left_out(valued, rows[~known], reasons),
    )


def _left_out(valued: ValuedPortfolio, rows: IntArray, reasons: IntArray) -> tuple[NotIncluded, ...]:
    market, holdings = valued.books.market, valued.books.holdings
    listed = (
        NotIncluded(market.instruments[int(asset)].symbol, ",".join((Reason(int(reasons[asset])) & BLOCKING).words))
        for asset in holdings.asset[rows]
    )
    return tuple(dict.fromkeys(listed))
