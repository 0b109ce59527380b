"""Greeks of instruments at a session, and of the positions in them: shares count with delta 1."""

from dataclasses import dataclass, fields

import numpy as np

from sigmasight.domain.market_data import BoolArray, FloatArray, IntArray
from sigmasight.domain.options import OptionFacts, PositionGreeks, UnitGreeks
from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.engines.position_greeks import weigh_greeks
from sigmasight.risk.frames import MarketFrame, ids_of, rows_of
from sigmasight.risk.holdings import Holdings


@dataclass(frozen=True, slots=True)
class InstrumentGreeks:
    """N instruments of a market frame at one session, per share."""

    unit: UnitGreeks  # (N,) NaN where not known
    reasons: IntArray  # (N,) Reason flags; of the option's volatility and model, not of its own price


@dataclass(frozen=True, slots=True)
class HeldGreeks:
    """P positions at one session."""

    greeks: PositionGreeks  # (P,)
    reasons: IntArray  # (P,) Reason flags of the instrument's Greeks, as the position's portfolio takes them


def instrument_greeks(market: MarketFrame, at: int, facts: OptionFacts) -> InstrumentGreeks:
    """Greeks of every instrument at a session: a share's own, an expired option's (all 0), and those of facts.

    Args:
        market: N instruments.
        at: Index of the session.
        facts: Of its contracts, of any sessions; an option without facts has no volatility.
    """
    count = len(market.instruments)
    columns = [np.where(market.is_option, np.nan, value) for value in (1.0, 0.0, 0.0, 0.0, 0.0)]
    excluded = market.reasons[at] & int(Reason.NOT_MODELLED)
    lacking = np.where(excluded > 0, excluded, int(Reason.NO_VOLATILITY))
    reasons = np.where(market.is_option, lacking, 0)
    today = facts.as_of == market.sessions.days[at]
    row = rows_of(ids_of(market.instruments), facts.instrument_id[today])
    for column, field in zip(columns, fields(UnitGreeks), strict=True):
        column[row] = getattr(facts, field.name)[today]
    reasons[row] = facts.reasons[today]
    expired = market.is_option & ((market.reasons[at] & int(Reason.EXPIRED)) > 0)
    settled = expired & ~np.isnan(market.price[at])
    for column in columns:
        column[settled] = 0.0
    reasons[expired] = (
        Reason.EXPIRED | Reason.NO_PRICE
    )  # what it will pay is not known, nor by what it would have moved
    reasons[settled] = Reason.EXPIRED
    return InstrumentGreeks(UnitGreeks(*columns), np.broadcast_to(reasons, (count,)).astype(np.int64))


def position_greeks(
    market: MarketFrame, holdings: Holdings, at: int, known: InstrumentGreeks, allow_estimates: BoolArray
) -> HeldGreeks:
    """Greeks of positions at a session.

    Args:
        market: N instruments.
        holdings: P positions.
        at: Index of the session.
        known: Greeks of the instruments then.
        allow_estimates: Of each portfolio, (B,): whether it takes Greeks that stand on an estimated volatility.
    """
    asset = holdings.asset
    of_positions = InstrumentGreeks(known.unit.rows(asset), known.reasons[asset])
    taken = without_estimates(of_positions, ~allow_estimates[holdings.portfolio])
    greeks = weigh_greeks(
        taken.unit,
        quantity=holdings.quantity(market, at),
        multiplier=market.multiplier[asset],
        spot=_spot(market, at)[asset],
    )
    return HeldGreeks(greeks, taken.reasons)


def without_estimates(known: InstrumentGreeks, refuses: BoolArray) -> InstrumentGreeks:
    """As who refuses estimates, (N,), takes Greeks: where one stands on an estimated volatility, there is none."""
    refused = ((known.reasons & int(Reason.ESTIMATED)) > 0) & refuses
    reasons = np.where(refused, known.reasons & ~int(Reason.ESTIMATED) | int(Reason.NO_VOLATILITY), known.reasons)
    unit = (np.where(refused, np.nan, getattr(known.unit, field.name)) for field in fields(UnitGreeks))
    return InstrumentGreeks(UnitGreeks(*unit), np.asarray(reasons, dtype=np.int64))


def contracts_held(market: MarketFrame, holdings: Holdings, at: int) -> IntArray:
    """Ids of the option contracts that are held at a session's close and have not expired by then."""
    asset = np.unique(holdings.asset[holdings.held(at)])
    alive = market.is_option[asset] & (market.expiry[asset] > market.sessions.days[at])
    return np.asarray(ids_of(market.instruments)[asset[alive]])


def blocking(held: HeldGreeks) -> IntArray:
    """Why a position has no Greeks, (P,); 0 where it has."""
    return np.asarray(held.reasons & int(BLOCKING))


def _spot(market: MarketFrame, at: int) -> FloatArray:
    """Price of each instrument's underlying, of what is no option its own; (N,)."""
    return np.asarray(market.price[at, market.underlying])
