"""Bring the demo's books into the database: idempotent, and undone by a reset."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Protocol
from uuid import UUID

from sigmasight.domain.books import Portfolio
from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.errors import ConflictError
from sigmasight.domain.instruments import OptionTerms
from sigmasight.domain.market_data import Market
from sigmasight.domain.symbols import occ_symbol
from sigmasight.market.ports import Options, Prices, Profiles
from sigmasight.market.simulated import listed_strike_nearest, standard_expiry_nearest
from sigmasight.services.demo.books import BOOKS, STRATEGY_TAGS, Book, OptionHolding
from sigmasight.services.reference import seed_reference
from sigmasight.store.database import Connection, take_turn
from sigmasight.store.instruments import find_instruments, save_options, save_profiles
from sigmasight.store.people import (
    User,
    add_portfolio,
    add_statement,
    add_user,
    delete_user,
    ensure_tags,
    find_portfolios,
    find_user,
)
from sigmasight.store.positions import NewPosition, add_positions
from sigmasight.store.prices import forget_market

PASSWORD = "demo12345"  # noqa: S105 - public, and refused outside development
SESSIONS_AGO = 60
_CENT = Decimal("0.01")


class DemoMarket(Profiles, Prices, Options, Protocol):
    """What the seeding asks of its provider."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """The demo's portfolios and since when they are there."""

    portfolios: tuple[Portfolio, ...]
    brought_in: date


@dataclass(frozen=True, slots=True)
class _Line:
    symbol: str
    terms: OptionTerms | None
    quantity: Decimal
    price: Decimal  # USD per share on the day it is brought in
    multiplier: Decimal
    tags: tuple[str, ...]


def seed_demo(
    conn: Connection,
    market: DemoMarket,
    calendar: TradingCalendar,
    last_completed: date,
    hash_password: Callable[[str], str],
) -> Seeded:
    """Make the demo's users and portfolios where they are not there yet, brought in 60 sessions before the last one.

    Raises:
        ConflictError: If only some of the demo's portfolios are there.
    """
    take_turn(conn, "demo")
    seed_reference(conn)
    present = demo_portfolios(conn)
    if present and len(present) < len(BOOKS):
        raise ConflictError("Only some of the demo's portfolios are there. Make them anew: sigmasight demo --reset")
    if present:
        return Seeded(present, min(portfolio.opened_on for portfolio in present))
    day = calendar.sessions_back(last_completed, SESSIONS_AGO)
    made = tuple(_seed_book(conn, market, calendar, book, day, hash_password) for book in BOOKS)
    return Seeded(made, day)


def demo_portfolios(conn: Connection) -> tuple[Portfolio, ...]:
    """The demo's portfolios that are there, in the demo's order."""
    found: list[Portfolio] = []
    for book in BOOKS:
        user = find_user(conn, book.email)
        found += find_portfolios(conn, book.name, user_id=user.id) if user else ()
    return tuple(found)


def remove_demo(conn: Connection) -> int:
    """Delete the demo's users with all that is theirs, and the simulated market's data; returns how many users."""
    users = [user for book in BOOKS if (user := find_user(conn, book.email))]
    for user in users:
        delete_user(conn, user.id)
    forget_market(conn, Market.SIMULATED)
    return len(users)


def _seed_book(
    conn: Connection,
    market: DemoMarket,
    calendar: TradingCalendar,
    book: Book,
    day: date,
    hash_password: Callable[[str], str],
) -> Portfolio:
    user = find_user(conn, book.email) or _new_user(conn, book, hash_password)
    portfolio = add_portfolio(
        conn,
        user_id=user.id,
        name=book.name,
        market=Market.SIMULATED,
        opened_on=day,
        description=book.description,
    )
    lines = _lines(market, calendar, book, day)
    _save_instruments(conn, market, lines, day)
    ids = find_instruments(conn, [line.symbol for line in lines], day)
    names = list(dict.fromkeys(tag for line in lines for tag in line.tags))
    tag_ids = _tags(conn, user, names)
    new = [NewPosition(ids[line.symbol], line.quantity, line.price, day, line.tags) for line in lines]
    add_positions(conn, portfolio, new, recorded_on=day, tag_ids=tag_ids, imported=True)
    invested = sum((line.quantity * line.price * line.multiplier for line in lines), Decimal(0))
    add_statement(conn, portfolio, book.made_up_by, day, max(book.nav - invested, Decimal(0)))
    return portfolio


def _new_user(conn: Connection, book: Book, hash_password: Callable[[str], str]) -> User:
    return add_user(conn, email=book.email, name=book.user_name, password_hash=hash_password(PASSWORD))


def _tags(conn: Connection, user: User, names: Collection[str]) -> dict[str, UUID]:
    regular = ensure_tags(conn, user.id, [name for name in names if name not in STRATEGY_TAGS])
    return regular | ensure_tags(conn, user.id, [name for name in names if name in STRATEGY_TAGS], kind="strategy")


def _lines(market: DemoMarket, calendar: TradingCalendar, book: Book, day: date) -> list[_Line]:
    symbols = [holding.symbol for holding in book.holdings] + [option.underlying for option in book.options]
    bars = market.daily_bars(symbols, day, day)
    closes = {symbol: bar.close[0] for symbol, bar in bars.items()}
    stocks = [
        _Line(each.symbol, None, Decimal(each.quantity), _cents(closes[each.symbol]), Decimal(1), each.tags)
        for each in book.holdings
    ]
    return stocks + _option_lines(market, calendar, book.options, closes, day)


def _option_lines(
    market: DemoMarket,
    calendar: TradingCalendar,
    options: Sequence[OptionHolding],
    closes: dict[str, float],
    day: date,
) -> list[_Line]:
    contracts = [_contract(calendar, option, closes[option.underlying], day) for option in options]
    quoted = {quote.terms: quote for quote in market.quotes(contracts, day, day)}
    profiles = market.profiles([option.underlying for option in options])
    return [
        _Line(
            symbol=occ_symbol(terms),
            terms=terms,
            quantity=Decimal(option.quantity),
            price=_half_cents((quoted[terms].bid[0] + quoted[terms].ask[0]) / 2),
            multiplier=profiles[option.underlying].option_multiplier,
            tags=option.tags,
        )
        for option, terms in zip(options, contracts, strict=True)
    ]


def _contract(calendar: TradingCalendar, option: OptionHolding, spot: float, day: date) -> OptionTerms:
    expiry = standard_expiry_nearest(option.underlying, day + timedelta(days=option.days), calendar)
    strike = listed_strike_nearest(option.underlying, _cents(spot) * option.strike_share)
    return OptionTerms(option.underlying, expiry, option.right, strike)


def _save_instruments(conn: Connection, market: DemoMarket, lines: Sequence[_Line], day: date) -> None:
    symbols = [line.symbol for line in lines if line.terms is None]
    roots = [line.terms.underlying for line in lines if line.terms is not None]
    save_profiles(conn, market.profiles([*symbols, *roots]), market.name)
    save_options(conn, [line.terms for line in lines if line.terms is not None], day)


def _cents(price: float) -> Decimal:
    return Decimal(repr(float(price))).quantize(_CENT, rounding=ROUND_HALF_EVEN)


def _half_cents(price: float) -> Decimal:
    return Decimal(repr(float(price))).quantize(_CENT / 10, rounding=ROUND_HALF_EVEN)
