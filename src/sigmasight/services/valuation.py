"""Load some portfolios, freeze their market, compute, and save: the night does it by shard, everything else for one."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import numpy as np

from sigmasight.domain.books import Portfolio, Position
from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.instruments import Instrument
from sigmasight.domain.market_data import Market, Marks
from sigmasight.domain.snapshots import Snapshot
from sigmasight.risk.frames import MarketFrame, freeze_market
from sigmasight.risk.holdings import Accounts, Holdings, freeze_accounts, freeze_holdings
from sigmasight.risk.portfolios import BookStep, Close, total_positions, value_books
from sigmasight.risk.snapshots import accumulate, compose_snapshots
from sigmasight.store.database import Connection
from sigmasight.store.instruments import load_instruments
from sigmasight.store.people import load_statements, lock_portfolios
from sigmasight.store.positions import load_positions, outdated
from sigmasight.store.prices import load_marks, load_marks_on, load_payouts, load_splits
from sigmasight.store.snapshots import days_from, last_before, replace_snapshots

Days = Mapping[UUID, Collection[date]]


@dataclass(frozen=True, slots=True)
class Valuation:
    """What every valuation is given: the sessions, and how old a close may be and still be used."""

    calendar: TradingCalendar
    stale_sessions: int


@dataclass(frozen=True, slots=True)
class FrozenBooks:
    """Some portfolios of one market over a window of sessions."""

    portfolios: tuple[Portfolio, ...]
    positions: tuple[Position, ...]
    market: MarketFrame
    holdings: Holdings
    accounts: Accounts


@dataclass(frozen=True, slots=True)
class ValuedBooks:
    """Some portfolios, valued at each session of a window, with what is to be made of it."""

    books: FrozenBooks
    days: tuple[tuple[Close, BookStep], ...]
    cumulative_pnl: tuple[float, ...]  # of each portfolio before the window, USD; NaN where there is none
    wanted: Days


def value_portfolios(
    conn: Connection, valuation: Valuation, portfolios: Sequence[Portfolio], wanted: Days
) -> tuple[ValuedBooks, ...]:
    """Value portfolios over all sessions that the snapshots of the wanted days stand on.

    Each portfolio's chain of steps begins after its last snapshot before the first wanted day, or where it was opened,
    so that the cumulative P&L has every session in it, whether that session has a snapshot or not.
    """
    valued = []
    for (market, first, last), chain in _chains(conn, valuation.calendar, portfolios, wanted).items():
        books = freeze_books(conn, valuation, market, chain.portfolios, first=first, last=last)
        days = tuple(value_books(books.market, books.holdings, books.accounts))
        valued.append(ValuedBooks(books, days, tuple(chain.cumulative_pnl), wanted))
    return tuple(valued)


def aggregate_books(valued: Iterable[ValuedBooks]) -> tuple[Snapshot, ...]:
    """Sum valued portfolios up to the snapshots of the wanted days."""
    return tuple(snapshot for books in valued for snapshot in _snapshots(books))


def wanted_days(conn: Connection, portfolios: Sequence[Portfolio], as_of: date) -> Days:
    """A session, and what is to be made again with it: snapshots that stand on it, or that late data outdated."""
    late = outdated(conn, _ids(portfolios))
    standing = days_from(conn, _ids(portfolios), min([as_of, *late.values()]))
    wanted = {}
    for portfolio in portfolios:
        since = min(as_of, late.get(portfolio.id, as_of))
        again = (day for day in standing.get(portfolio.id, ()) if day >= since)
        if portfolio.opened_on <= as_of:
            wanted[portfolio.id] = {as_of, *again}
    return wanted


def renew_snapshots(conn: Connection, valuation: Valuation, portfolio: Portfolio, first: date) -> tuple[Snapshot, ...]:
    """Make again the snapshots that a portfolio has from a day on, because its ledger changed from that day on."""
    lock_portfolios(conn, [portfolio.id])
    wanted = days_from(conn, [portfolio.id], first)
    made = aggregate_books(value_portfolios(conn, valuation, [portfolio], wanted))
    replace_snapshots(conn, [portfolio], made)
    return made


def freeze_books(
    conn: Connection, valuation: Valuation, market: Market, portfolios: Sequence[Portfolio], *, first: date, last: date
) -> FrozenBooks:
    """Load what is known of some portfolios and their market up to a session, and freeze it."""
    ids = _ids(portfolios)
    positions = load_positions(conn, ids, last)
    instruments = load_instruments(conn, {position.instrument_id for position in positions})
    held = [instrument.id for instrument in instruments]
    frame = freeze_market(
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
    holdings, ordered = freeze_holdings(frame, portfolios, positions)
    accounts = freeze_accounts(frame, portfolios, load_statements(conn, ids, last))
    return FrozenBooks(tuple(portfolios), ordered, frame, holdings, accounts)


@dataclass(frozen=True, slots=True)
class _Chain:
    """Portfolios whose steps begin and end at the same sessions, with the cumulative P&L of before."""

    portfolios: list[Portfolio]
    cumulative_pnl: list[float]


def _chains(
    conn: Connection, calendar: TradingCalendar, portfolios: Sequence[Portfolio], wanted: Days
) -> dict[tuple[Market, date, date], _Chain]:
    chains: dict[tuple[Market, date, date], _Chain] = {}
    asked = [portfolio for portfolio in portfolios if wanted.get(portfolio.id)]
    for day, same in _by_first_day(asked, wanted).items():
        bases = last_before(conn, _ids(same), day)
        for portfolio in same:
            since, cumulative = bases.get(portfolio.id, (None, None))
            first = calendar.next_session(since) if since else _session_from(calendar, portfolio.opened_on)
            chain = chains.setdefault((portfolio.market, first, max(wanted[portfolio.id])), _Chain([], []))
            chain.portfolios.append(portfolio)
            chain.cumulative_pnl.append(float("nan") if cumulative is None else cumulative)
    return chains


def _by_first_day(portfolios: Iterable[Portfolio], wanted: Days) -> dict[date, list[Portfolio]]:
    grouped: dict[date, list[Portfolio]] = {}
    for portfolio in portfolios:
        grouped.setdefault(min(wanted[portfolio.id]), []).append(portfolio)
    return grouped


def _session_from(calendar: TradingCalendar, day: date) -> date:
    return day if calendar.is_trading_day(day) else calendar.next_session(day)


def _snapshots(valued: ValuedBooks) -> list[Snapshot]:
    books, wanted = valued.books, valued.wanted
    cumulative = np.array(valued.cumulative_pnl)
    days = {day for portfolio in books.portfolios for day in wanted[portfolio.id]}
    made: list[Snapshot] = []
    for close, step in valued.days:
        cumulative = accumulate(cumulative, step)
        if books.market.sessions.days[close.at].item() not in days:
            continue
        composed = compose_snapshots(
            market=books.market,
            portfolios=books.portfolios,
            holdings=books.holdings,
            close=close,
            step=step,
            totals=total_positions(books.market, books.holdings, close),
            cumulative_pnl=cumulative,
        )
        made += [snapshot for snapshot in composed if snapshot.as_of in wanted[snapshot.portfolio_id]]
    return made


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


def _ids(portfolios: Iterable[Portfolio]) -> list[UUID]:
    return [portfolio.id for portfolio in portfolios]
