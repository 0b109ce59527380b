"""What one share of each instrument gains or loses in given states of spots, volatilities and yields."""

from dataclasses import dataclass

import numpy as np

from sigmasight.domain.market_data import BoolArray, FloatArray, IntArray
from sigmasight.domain.options import OptionFacts
from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.risk.frames import MarketFrame, ids_of
from sigmasight.risk.greeks import InstrumentGreeks, instrument_greeks, without_estimates
from sigmasight.risk.option_losses import revalue_spots
from sigmasight.risk.option_market import OptionMarket
from sigmasight.risk.option_models import Contracts
from sigmasight.risk.revaluation import revalue


@dataclass(frozen=True, slots=True)
class PricedSession:
    """N instruments of a frame at one session, as portfolios take them that allow estimates, or do not."""

    frame: MarketFrame
    at: int  # index of the session
    facts: OptionFacts  # of its contracts at that session
    options: OptionMarket | None  # the contracts with facts, frozen up to that session; None where there are none
    greeks: InstrumentGreeks  # (N,)

    @classmethod
    def of(
        cls, frame: MarketFrame, at: int, facts: OptionFacts, options: OptionMarket | None, *, allow_estimates: bool
    ) -> "PricedSession":
        """Take the Greeks of facts as portfolios of one kind do."""
        known = instrument_greeks(frame, at, facts)
        refuses = np.full(len(known.reasons), not allow_estimates)
        return cls(frame, at, facts, options, without_estimates(known, refuses))

    @property
    def spot(self) -> FloatArray:
        """Price of each instrument's underlying, of what is no option its own, (N,) USD."""
        return np.asarray(self.frame.price[self.at, self.frame.underlying])

    @property
    def reasons(self) -> IntArray:
        """Of prices and Greeks, (N,): an option needs its underlying's price, an expired one its own."""
        own = self.frame.reasons[self.at]
        of_parent = self.frame.reasons[self.at, self.frame.underlying] & int(BLOCKING)
        needed = np.where(self.frame.is_option, own & ~int(Reason.NO_PRICE), own) | of_parent
        return np.asarray(np.where(self.settled, own, needed) | self.greeks.reasons, dtype=np.int64)

    @property
    def settled(self) -> BoolArray:
        """Options at or after their expiry, which nothing moves any more, (N,)."""
        expired = (self.greeks.reasons & int(Reason.EXPIRED)) > 0
        return np.asarray(self.frame.is_option & expired, dtype=np.bool_)


def pnl_in_states(
    session: PricedSession, spot_return: FloatArray, volatility_change: FloatArray, yield_change: FloatArray
) -> FloatArray:
    """P&L of one share of each instrument in M states.

    Args:
        session: N instruments.
        spot_return: Of each instrument's underlying, (N, M), at least -1; NaN where not known.
        volatility_change: Of every implied volatility, (M,).
        yield_change: Of every par yield, (M,).

    Returns:
        USD, (N, M): a share moves with its spot, an option is priced again, an expired one stands still. NaN where a
        price, a volatility or a return is not known.
    """
    pnl = _of_shares(session, spot_return)
    priced = _priced_contracts(session)
    if priced:
        pnl[priced.row] = revalue(
            priced.contracts,
            priced.volatility,
            on_forward=priced.on_forward,
            spot_return=spot_return[priced.row],
            volatility_change=volatility_change,
            yield_change=yield_change,
        )
    return _where_known(session, pnl)


def pnl_of_spots(session: PricedSession, spot_return: FloatArray) -> FloatArray:
    """P&L of one share of each instrument in many states in which nothing but spots move; as ``pnl_in_states``."""
    pnl = _of_shares(session, spot_return)
    priced = _priced_contracts(session)
    if priced:
        pnl[priced.row] = revalue_spots(
            priced.contracts, priced.volatility, on_forward=priced.on_forward, spot_return=spot_return[priced.row]
        )
    return _where_known(session, pnl)


def _of_shares(session: PricedSession, spot_return: FloatArray) -> FloatArray:
    pnl = session.spot[:, None] * spot_return
    pnl[session.frame.is_option] = np.nan
    return np.asarray(pnl)


def _where_known(session: PricedSession, pnl: FloatArray) -> FloatArray:
    pnl[session.settled] = 0.0
    pnl[(session.reasons & int(BLOCKING)) > 0] = np.nan
    return pnl


@dataclass(frozen=True, slots=True)
class _Priced:
    """The C contracts of a session that can be priced again."""

    row: IntArray  # (C,) of the frame
    contracts: Contracts
    volatility: FloatArray  # (C,)
    on_forward: BoolArray  # (C,)


def _priced_contracts(session: PricedSession) -> _Priced | None:
    row, contract, of_fact = _with_facts(session)
    if session.options is None or not len(row):
        return None
    last = np.full(len(session.options.asset), session.options.frame.sessions.count - 1)
    by_parity = session.options.on_forward & ~np.isnan(session.options.forward[-1])
    contracts = session.options.contracts(last).rows(contract)
    return _Priced(row, contracts, session.facts.volatility[of_fact], by_parity[contract])


def _with_facts(session: PricedSession) -> tuple[IntArray, IntArray, IntArray]:
    """Rows of the frame, of the option market and of the facts, for contracts with a usable volatility."""
    if session.options is None:
        nothing = np.empty(0, dtype=np.int64)
        return nothing, nothing, nothing
    ids = ids_of(session.frame.instruments)
    theirs = ids_of(session.options.frame.instruments)[session.options.asset]
    _, contract, of_fact = np.intersect1d(theirs, session.facts.instrument_id, return_indices=True)
    reasons = session.facts.reasons[of_fact]
    usable = ((reasons & int(BLOCKING)) == 0) & np.isin(theirs[contract], ids)
    return np.searchsorted(ids, theirs[contract[usable]]), contract[usable], of_fact[usable]
