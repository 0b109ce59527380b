"""What a portfolio would gain or lose where every underlying and every volatility moves: full revaluation on a grid."""

from dataclasses import dataclass

import numpy as np

from sigmasight.domain.market_data import BoolArray, FloatArray, IntArray
from sigmasight.domain.options import OptionFacts
from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.risk.frames import MarketFrame, ids_of
from sigmasight.risk.greeks import instrument_greeks
from sigmasight.risk.option_market import OptionMarket
from sigmasight.risk.revaluation import revalue

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
    pnl = frame.price[at][:, None] * spots
    known = instrument_greeks(frame, at, facts)
    refused = ((known.reasons & int(Reason.ESTIMATED)) > 0) & (not allow_estimates)
    reasons = frame.reasons[at] | np.where(refused, int(Reason.NO_VOLATILITY), known.reasons)
    pnl[frame.is_option] = np.nan
    pnl[frame.is_option & ((reasons & int(Reason.EXPIRED)) > 0)] = 0.0
    if options is not None:
        ids = ids_of(frame.instruments)
        _, contract, of_fact = np.intersect1d(
            ids_of(options.frame.instruments)[options.asset], facts.instrument_id, return_indices=True
        )
        row = np.searchsorted(ids, facts.instrument_id[of_fact])
        last = np.full(len(options.asset), options.frame.sessions.count - 1)
        pnl[row] = revalue(
            options.contracts(last).rows(contract),
            facts.volatility[of_fact],
            on_forward=_by_parity(options)[contract],
            spot_return=np.broadcast_to(spots, (len(row), len(spots))),
            volatility_change=changes,
            yield_change=np.zeros(len(spots)),
        )
    pnl[(reasons & int(BLOCKING)) > 0] = np.nan
    return pnl.reshape(len(pnl), len(SPOT_RETURNS), len(VOLATILITY_CHANGES)), np.asarray(reasons, dtype=np.int64)


def worst_point(pnl: FloatArray) -> WorstPoint:
    """Find where a grid, (A, V), loses most, and whether that lies at its edge."""
    spot, volatility = (int(each) for each in np.unravel_index(int(np.argmin(pnl)), pnl.shape))
    at_edge = spot in (0, pnl.shape[0] - 1) or volatility in (0, pnl.shape[1] - 1)
    return WorstPoint(
        float(SPOT_RETURNS[spot]), float(VOLATILITY_CHANGES[volatility]), float(pnl[spot, volatility]), at_edge
    )


def _by_parity(options: OptionMarket) -> BoolArray:
    return np.asarray(options.on_forward & ~np.isnan(options.forward[-1]), dtype=np.bool_)
