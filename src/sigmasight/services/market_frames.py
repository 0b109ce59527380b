"""Load what is known of a market over some sessions, and freeze it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.defaults import LEAST_OBSERVATIONS
from sigmasight.domain.instruments import Instrument
from sigmasight.domain.market_data import Market, Marks
from sigmasight.risk.frames import MarketFrame, freeze_market
from sigmasight.store.database import Connection
from sigmasight.store.prices import load_marks, load_marks_on, load_payouts, load_splits


@dataclass(frozen=True, slots=True)
class Valuation:
    """What every valuation is given: the sessions, and the settings that numbers depend on."""

    calendar: TradingCalendar
    stale_sessions: int  # how old a close may be and still be used
    least_observations: int = LEAST_OBSERVATIONS  # sessions that a symbol's betas need in common with the factors
    correlations_daily: bool = False  # else weekly


def load_market(
    conn: Connection,
    valuation: Valuation,
    market: Market,
    instruments: Sequence[Instrument],
    *,
    first: date,
    last: date,
) -> MarketFrame:
    """Freeze instruments, every option's underlying among them, from the session before ``first`` to ``last``."""
    held = [instrument.id for instrument in instruments]
    return freeze_market(
        market=market,
        calendar=valuation.calendar,
        first=first,
        last=last,
        instruments=instruments,
        marks=_marks(conn, market, instruments, valuation.calendar.previous_session(first), last),
        splits=load_splits(conn, market, held, last),
        payouts=load_payouts(conn, market, held, last),
        stale_sessions=valuation.stale_sessions,
    )


def _marks(conn: Connection, market: Market, instruments: Sequence[Instrument], first: date, last: date) -> Marks:
    """Marks of the window, and the underlyings' closes at which options expired before it."""
    window = load_marks(conn, market, [instrument.id for instrument in instruments], first, last)
    expired = {(i.underlying_id, i.option.expiry) for i in instruments if i.option and i.option.expiry < first}
    before = load_marks_on(conn, market, [(parent, day) for parent, day in sorted(expired) if parent is not None])
    return Marks(
        instrument_id=np.concatenate([window.instrument_id, before.instrument_id]),
        day=np.concatenate([window.day, before.day]),
        price=np.concatenate([window.price, before.price]),
    )
