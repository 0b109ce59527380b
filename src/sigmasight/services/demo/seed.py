"""Bring the demo's books into the database: idempotent, and undone by a reset."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sigmasight.domain.books import Portfolio
from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.errors import ConflictError
from sigmasight.domain.market_data import Market
from sigmasight.services.demo.books import BOOKS, SESSIONS_AGO, STRATEGY_TAGS, Book
from sigmasight.services.demo.lines import DemoMarket, Line, lines_of, money_beside
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


@dataclass(frozen=True, slots=True)
class Seeded:
    """The demo's portfolios and since when they are there."""

    portfolios: tuple[Portfolio, ...]
    brought_in: date


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
    lines = lines_of(market, calendar, book, day)
    _save_instruments(conn, market, lines, day)
    ids = find_instruments(conn, [line.symbol for line in lines], day)
    names = list(dict.fromkeys(tag for line in lines for tag in line.tags))
    tag_ids = _tags(conn, user, names)
    new = [NewPosition(ids[line.symbol], line.quantity, line.price, day, line.tags) for line in lines]
    add_positions(conn, portfolio, new, recorded_on=day, tag_ids=tag_ids, imported=True)
    add_statement(conn, portfolio, book.made_up_by, day, money_beside(book, lines))
    return portfolio


def _new_user(conn: Connection, book: Book, hash_password: Callable[[str], str]) -> User:
    return add_user(conn, email=book.email, name=book.user_name, password_hash=hash_password(PASSWORD))


def _tags(conn: Connection, user: User, names: Collection[str]) -> dict[str, UUID]:
    regular = ensure_tags(conn, user.id, [name for name in names if name not in STRATEGY_TAGS])
    return regular | ensure_tags(conn, user.id, [name for name in names if name in STRATEGY_TAGS], kind="strategy")


def _save_instruments(conn: Connection, market: DemoMarket, lines: Sequence[Line], day: date) -> None:
    symbols = [line.symbol for line in lines if line.terms is None]
    roots = [line.terms.underlying for line in lines if line.terms is not None]
    save_profiles(conn, market.profiles([*symbols, *roots]), market.name)
    save_options(conn, [line.terms for line in lines if line.terms is not None], day)
