"""What a portfolio would gain or lose where every underlying and every volatility moves: full revaluation on a grid."""

from dataclasses import dataclass

import numpy as np

from sigmasight.domain.market_data import FloatArray, IntArray
from sigmasight.domain.options import OptionFacts
from sigmasight.risk.frames import MarketFrame
from sigmasight.risk.option_market import OptionMarket
from sigmasight.risk.states import PricedSession, pnl_in_states

SPOT_RETURNS = np.round(np.arange(-0.30, 0.31, 0.05), 2) + 0.0
"""-30 % to +30 %."""

VOLATILITY_CHANGES = np.round(np.arange(-0.10, 0.21, 0.05), 2) + 0.0
"""-10 to +20 points."""


@dataclass(frozen=True, slots=True)
class WorstPoint:
    """Where a grid loses most."""

    spot_return: float
    volatility_change: float
    pnl: float  # USD
    at_edge: bool  # then beyond the grid it may be worse


def grid_of_instruments(
    frame: MarketFrame, at: int, facts: OptionFacts, options: OptionMarket | None, *, allow_estimates: bool
) -> tuple[FloatArray, IntArray]:
    """P&L of one share of each instrument, USD, (N, A, V), and the reasons where it is not known, (N,).

    A share moves by the spot's return; an option is priced again with its underlying there and its volatility changed.
    """
    spots, changes = np.repeat(SPOT_RETURNS, len(VOLATILITY_CHANGES)), np.tile(VOLATILITY_CHANGES, len(SPOT_RETURNS))
    session = PricedSession.of(frame, at, facts, options, allow_estimates=allow_estimates)
    everywhere = np.broadcast_to(spots, (len(frame.instruments), len(spots)))
    pnl = pnl_in_states(session, everywhere, changes, np.zeros(len(spots)))
    shape = (len(frame.instruments), len(SPOT_RETURNS), len(VOLATILITY_CHANGES))
    return pnl.reshape(shape), session.reasons


def worst_point(pnl: FloatArray) -> WorstPoint:
    """Find where a grid, (A, V), loses most, and whether that lies at its edge."""
    spot, volatility = (int(each) for each in np.unravel_index(int(np.argmin(pnl)), pnl.shape))
    at_edge = spot in (0, pnl.shape[0] - 1) or volatility in (0, pnl.shape[1] - 1)
    return WorstPoint(
        float(SPOT_RETURNS[spot]), float(VOLATILITY_CHANGES[volatility]), float(pnl[spot, volatility]), at_edge
    )
