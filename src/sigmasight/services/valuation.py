"""Load some portfolios, freeze their market, compute, and save: the night does it by shard, everything else for one."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import numpy as np

from sigmasight.domain.books import Portfolio, Position
from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.market_data import Market
from sigmasight.domain.methods import Method
from sigmasight.domain.options import OptionFacts
from sigmasight.domain.snapshots import Snapshot
from sigmasight.risk.frames import MarketFrame
from sigmasight.risk.greeks import HeldGreeks, contracts_held, instrument_greeks, position_greeks
from sigmasight.risk.holdings import Accounts, Holdings, freeze_accounts, freeze_holdings
from sigmasight.risk.portfolios import BookStep, Close, total_positions, value_books
from sigmasight.risk.snapshots import accumulate, compose_snapshots
from sigmasight.services.market_frames import Valuation, load_market
from sigmasight.services.option_facts import classic_option_facts, ensure_option_facts
from sigmasight.store.database import Connection
from sigmasight.store.instruments import load_instruments
from sigmasight.store.people import load_statements
from sigmasight.store.positions import load_positions, outdated
from sigmasight.store.snapshots import days_from, last_before

Days = Mapping[UUID, Collection[date]]


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
    facts: OptionFacts  # of the contracts held on the wanted days
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
        facts = load_facts(conn, valuation, books, wanted_of(books, wanted))
        valued.append(ValuedBooks(books, days, facts, tuple(chain.cumulative_pnl), wanted))
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


def wanted_of(books: FrozenBooks, wanted: Days) -> frozenset[date]:
    """The days that any of some portfolios wants."""
    return frozenset(day for portfolio in books.portfolios for day in wanted[portfolio.id])


def load_facts(
    conn: Connection,
    valuation: Valuation,
    books: FrozenBooks,
    days: Collection[date],
    method: Method = Method.DEFAULT,
    *,
    keep: bool = True,
) -> OptionFacts:
    """The facts of the option contracts that some portfolios hold on some sessions of their window.

    What is made of them is kept, unless the caller only reads, or the method is not the one that is stored.
    """
    market = books.market
    at = {day: at for at, day in enumerate(market.sessions.days.tolist()) if day in days}
    held = {day: contracts_held(market, books.holdings, index).tolist() for day, index in at.items()}
    if method is Method.CLASSIC:
        return classic_option_facts(conn, valuation, market.market, held)
    return ensure_option_facts(conn, valuation, market.market, held, keep=keep)


def greeks_at(books: FrozenBooks, at: int, facts: OptionFacts) -> HeldGreeks:
    """Greeks of the positions of some portfolios at a session, each as its portfolio takes estimates."""
    allowed = np.array([portfolio.allow_estimates for portfolio in books.portfolios], dtype=np.bool_)
    known = instrument_greeks(books.market, at, facts)
    return position_greeks(books.market, books.holdings, at, known, allowed)


def freeze_books(
    conn: Connection, valuation: Valuation, market: Market, portfolios: Sequence[Portfolio], *, first: date, last: date
) -> FrozenBooks:
    """Load what is known of some portfolios and their market up to a session, and freeze it."""
    ids = _ids(portfolios)
    positions = load_positions(conn, ids, last)
    instruments = load_instruments(conn, {position.instrument_id for position in positions})
    frame = load_market(conn, valuation, market, instruments, first=first, last=last)
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
    days = wanted_of(books, wanted)
    made: list[Snapshot] = []
    for close, step in valued.days:
        cumulative = accumulate(cumulative, step)
        if books.market.sessions.days[close.at].item() not in days:
            continue
        greeks = greeks_at(books, close.at, valued.facts)
        composed = compose_snapshots(
            market=books.market,
            portfolios=books.portfolios,
            holdings=books.holdings,
            close=close,
            step=step,
            totals=total_positions(books.market, books.holdings, close, greeks.greeks),
            greeks=greeks,
            cumulative_pnl=cumulative,
        )
        made += [snapshot for snapshot in composed if snapshot.as_of in wanted[snapshot.portfolio_id]]
    return made


def _ids(portfolios: Iterable[Portfolio]) -> list[UUID]:
    return [portfolio.id for portfolio in portfolios]
