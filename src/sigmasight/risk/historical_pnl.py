"""The instrument stage of value at risk: what one share of each instrument would gain if the past came again."""

from dataclasses import dataclass

import numpy as np

from sigmasight.domain.market_data import BoolArray, FloatArray, IntArray
from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.engines.volatility_filter import filter_returns
from sigmasight.risk.frames import ids_of
from sigmasight.risk.return_panel import ReturnPanel
from sigmasight.risk.session_market import SessionMarket
from sigmasight.risk.states import pnl_of_spots

WINDOW_SESSIONS = 504
LEAST_SESSIONS = 252


@dataclass(frozen=True, slots=True)
class HistoricalPnl:
    """N instruments of a frame at a session, over the T sessions of the window that ends there; per share."""

    underlying: IntArray  # (N,) index of what moves each
    returns: FloatArray  # (T, N) of the underlyings, simple; NaN where missing
    missing: BoolArray  # (N, T) sessions that are not known; in the next two they are 0, to be weighed as they are
    plain_or_zero: FloatArray  # (N, T) USD, each session as it was
    filtered_or_zero: FloatArray  # (N, T) USD, each session at the volatility of tomorrow
    dollar_delta: FloatArray  # (N,) USD: delta x spot
    inert: BoolArray  # (N,) expired, so that nothing moves it
    reasons: IntArray  # (2 N,) of prices and Greeks: for portfolios that allow no estimates, then for those that do
    history_reasons: IntArray  # (N,) no_history, or short_history

    @property
    def plain(self) -> FloatArray:
        """Each session as it was, (N, T) USD; NaN where not known."""
        return np.where(self.missing, np.nan, self.plain_or_zero)

    @property
    def filtered(self) -> FloatArray:
        """Each session at the volatility of tomorrow, (N, T) USD; NaN where not known."""
        return np.where(self.missing, np.nan, self.filtered_or_zero)


def simulate_history(session: SessionMarket, panel: ReturnPanel) -> HistoricalPnl:
    """Let the past come again for every instrument of a market.

    Shares move with their returns; options are priced again with their underlying's, their volatility as it is.

    Args:
        session: N instruments.
        panel: Returns of those that are no options, T sessions up to the same one.
    """
    lenient, strict = session.priced(allow_estimates=True), session.priced(allow_estimates=False)
    ids = ids_of(session.frame.instruments)
    own = np.full((len(panel.days), len(ids)), np.nan)
    own[:, np.searchsorted(ids, panel.instrument_id)] = panel.returns
    parent = session.frame.underlying
    count = (~np.isnan(own)).sum(axis=0)[parent]
    too_few = count < LEAST_SESSIONS
    filtered = np.maximum(filter_returns(own).returns, -1.0)
    both = np.concatenate([own, filtered])[:, parent].T
    both[too_few] = np.nan
    pnl = pnl_of_spots(lenient, both)
    history = np.where(too_few, Reason.NO_HISTORY, np.where(count < WINDOW_SESSIONS, Reason.SHORT_HISTORY, 0))
    days = len(panel.days)
    missing = np.isnan(pnl[:, :days]) | np.isnan(pnl[:, days:])
    inert = lenient.settled & ((lenient.reasons & int(BLOCKING)) == 0)
    return HistoricalPnl(
        underlying=parent,
        returns=own[:, parent],
        missing=missing,
        plain_or_zero=np.where(missing, 0.0, pnl[:, :days]),
        filtered_or_zero=np.where(missing, 0.0, pnl[:, days:]),
        dollar_delta=np.where(lenient.settled, np.where(inert, 0.0, np.nan), lenient.greeks.unit.delta * lenient.spot),
        inert=inert,
        reasons=np.concatenate([strict.reasons, lenient.reasons]),
        history_reasons=np.where(lenient.settled, 0, history).astype(np.int64),
    )
