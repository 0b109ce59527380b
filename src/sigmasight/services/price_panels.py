"""Closes over some sessions: of what one portfolio holds, and of the funds that stand for the factors."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import numpy as np

from sigmasight.domain.errors import InvalidEntryError, NotFoundError
from sigmasight.domain.instruments import Instrument
from sigmasight.domain.market_data import FloatArray, Market
from sigmasight.domain.snapshots import NotIncluded
from sigmasight.services.market_frames import Valuation
from sigmasight.store.database import Connection
from sigmasight.store.factor_facts import last_factor_day
from sigmasight.store.instruments import find_instruments, load_instruments
from sigmasight.store.people import owned_portfolio
from sigmasight.store.positions import load_positions
from sigmasight.store.prices import load_marks
from sigmasight.store.reference import load_factors
from sigmasight.store.snapshots import load_snapshots

USUAL_SESSIONS, MOST_SESSIONS = 90, 504


@dataclass(frozen=True, slots=True)
class HeldPrices:
    """N instruments over T sessions."""

    as_of: date
    days: tuple[date, ...]  # (T,) up to as_of
    instruments: tuple[Instrument, ...]  # (N,) by symbol: what is held, and underlyings of options
    closes: FloatArray  # (T, N) USD, raw; of options the mid, else the last; NaN where there is none
    coverage: float  # of the session's snapshot, as what is not included
    not_included: tuple[NotIncluded, ...]


@dataclass(frozen=True, slots=True)
class FactorPrices:
    """K factors over T sessions."""

    market: Market
    days: tuple[date, ...]  # (T,)
    proxies: tuple[tuple[str, str], ...]  # (K,) factor, and the fund that stands for it on the last day
    closes: FloatArray  # (T, K) USD, raw; NaN where there is none


def list_held_prices(
    conn: Connection,
    valuation: Valuation,
    user_id: UUID,
    portfolio_id: UUID,
    as_of: date,
    *,
    first: date | None,
    after: str,
    limit: int,
) -> HeldPrices:
    """The closes of what a user's portfolio holds at a session that has a snapshot.

    Args:
        conn: The transaction.
        valuation: What every valuation is given.
        user_id: Whose portfolio.
        portfolio_id: Which.
        as_of: The last session.
        first: From which day on; without it, the usual number of sessions.
        after: Symbols beyond this one, in the alphabet.
        limit: At most so many instruments.

    Raises:
        NotFoundError: If the portfolio is not the user's.
        InvalidEntryError: If these are too many sessions.
    """
    book = owned_portfolio(conn, user_id, portfolio_id)
    days = _sessions(valuation, first, as_of)
    positions = load_positions(conn, [book.id], as_of)
    held = {each.instrument_id for each in positions if each.exit_date is None or each.exit_date > as_of}
    assets = sorted(load_instruments(conn, held), key=lambda asset: asset.symbol)
    chosen = tuple(asset for asset in assets if asset.symbol > after)[:limit]
    (snapshot,) = load_snapshots(conn, book.id, as_of, as_of)
    return HeldPrices(
        as_of=as_of,
        days=days,
        instruments=chosen,
        closes=_closes(conn, book.market, [asset.id for asset in chosen], days),
        coverage=snapshot.coverage,
        not_included=snapshot.not_included,
    )


def list_factor_prices(
    conn: Connection, valuation: Valuation, market: Market, first: date | None, last: date | None
) -> FactorPrices:
    """The closes of the active factors' funds; up to the last night if no day is given.

    Raises:
        NotFoundError: If there has been no night, or the days have no session.
        InvalidEntryError: If these are too many sessions.
    """
    end = last or last_factor_day(conn, market)
    days = () if end is None else _sessions(valuation, first, end)
    if not days:
        raise NotFoundError(f"There are no sessions of the {market} market in these days.")
    proxies = tuple(
        (factor.name, proxy.symbol)
        for factor in load_factors(conn)
        for proxy in factor.proxies
        if factor.active and proxy.valid_from <= days[-1] and (proxy.valid_to is None or proxy.valid_to > days[-1])
    )
    known = find_instruments(conn, [symbol for _, symbol in proxies], days[-1])
    there = [at for at, (_, symbol) in enumerate(proxies) if symbol in known]
    closes = np.full((len(days), len(proxies)), np.nan)
    closes[:, there] = _closes(conn, market, [known[proxies[at][1]] for at in there], days)
    return FactorPrices(market, days, proxies, closes)


def _sessions(valuation: Valuation, first: date | None, as_of: date) -> tuple[date, ...]:
    calendar = valuation.calendar
    days = calendar.sessions_between(first or calendar.sessions_back(as_of, USUAL_SESSIONS - 1), as_of)
    if len(days) > MOST_SESSIONS:
        raise InvalidEntryError(f"{len(days)} sessions from {first} to {as_of}; at most {MOST_SESSIONS} at once")
    return days


def _closes(conn: Connection, market: Market, ids: list[int], days: tuple[date, ...]) -> FloatArray:
    closes = np.full((len(days), len(ids)), np.nan)
    if not days or not ids:
        return closes
    marks = load_marks(conn, market, ids, days[0], days[-1])
    wanted, window = np.array(ids, dtype=np.int64), np.array(days, dtype="datetime64[D]")
    inside, order = np.isin(marks.day, window), np.argsort(wanted)
    column = order[np.searchsorted(wanted, marks.instrument_id[inside], sorter=order)]
    closes[np.searchsorted(window, marks.day[inside]), column] = marks.price[inside]
    return closes
