"""A small world of records, and short words to write one down in a test."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

from sigmasight.domain.books import Portfolio, Position, Statement, StatementKind
from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.instruments import ExerciseStyle, Instrument, Kind, OptionTerms, Right
from sigmasight.domain.market_data import Market
from sigmasight.domain.reasons import Reason

_NAMESPACE = UUID(int=7)
OPENED = date(2025, 4, 1)


@dataclass(frozen=True, slots=True)
class SplitOn:
    """``new`` shares for ``old`` ones from a day on."""

    instrument_id: int
    ex_date: date
    new: int
    old: int = 1


@dataclass(frozen=True, slots=True)
class DividendOn:
    """A cash dividend per share as traded on its ex-date."""

    instrument_id: int
    ex_date: date
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class GreeksOn:
    """What is told of an option contract at a close: its Greeks per share in people's units, or why there are none."""

    instrument_id: int
    day: date
    delta: Decimal = Decimal(0)
    gamma: Decimal = Decimal(0)
    theta: Decimal = Decimal(0)  # USD per calendar day
    vega: Decimal = Decimal(0)  # USD per 1 point of volatility
    rho: Decimal = Decimal(0)  # USD per 1 % of the rate
    reasons: Reason = Reason.NONE  # with a blocking one the numbers count for nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything that valuation may know."""

    calendar: TradingCalendar
    instruments: tuple[Instrument, ...]
    prices: Mapping[tuple[int, date], Decimal]
    portfolios: tuple[Portfolio, ...]
    positions: tuple[Position, ...]
    statements: tuple[Statement, ...] = ()
    splits: tuple[SplitOn, ...] = ()
    dividends: tuple[DividendOn, ...] = ()
    greeks: tuple[GreeksOn, ...] = ()  # at most one for each contract and session
    market: Market = Market.LIVE
    stale_sessions: int = 5


def weekdays(first: date, last: date, *, holidays: tuple[date, ...] = ()) -> TradingCalendar:
    """A calendar of Mondays to Fridays without the holidays."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    saturday = 5
    return TradingCalendar(tuple(day for day in days if day.weekday() < saturday and day not in holidays), first, last)


def number(value: float | str | Decimal) -> Decimal:
    """A number as a person types it."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


def stock(instrument_id: int, symbol: str = "", *, currency: str = "USD") -> Instrument:
    """A share."""
    name = symbol or f"S{instrument_id}"
    return Instrument(instrument_id, name, Kind.STOCK, name, None, currency, Decimal(1))


def option(
    instrument_id: int,
    underlying: Instrument,
    *,
    right: Right,
    strike: float | Decimal,
    expiry: date,
    terms_as_of: date = OPENED,
    multiplier: int = 100,
    currency: str = "USD",
) -> Instrument:
    """A listed option."""
    terms = OptionTerms(underlying.symbol, expiry, right, number(strike))
    return Instrument(
        instrument_id,
        f"O{instrument_id}",
        Kind.OPTION,
        f"O{instrument_id}",
        None,
        currency,
        Decimal(multiplier),
        underlying_id=underlying.id,
        option=terms,
        exercise=ExerciseStyle.AMERICAN,
        terms_as_of=terms_as_of,
    )


def portfolio(name: str = "book", *, opened_on: date = OPENED, allow_estimates: bool = False) -> Portfolio:
    """An empty book, always the same for the same name."""
    owner = uuid5(_NAMESPACE, "owner")
    return Portfolio(uuid5(_NAMESPACE, name), owner, name, Market.LIVE, opened_on, allow_estimates)


def holding(
    book: Portfolio,
    held: Instrument,
    quantity: float | Decimal,
    *,
    entry_price: float | Decimal,
    held_from: date,
    brought_in: bool = False,
    exit_date: date | None = None,
    exit_price: float | Decimal | None = None,
    label: str = "",
) -> Position:
    """A position: bought or sold short at its entry price, unless it was brought in."""
    return Position(
        id=uuid5(book.id, f"{held.id} {quantity} {held_from} {label}"),
        portfolio_id=book.id,
        instrument_id=held.id,
        quantity=number(quantity),
        entry_price=number(entry_price),
        entry_date=held_from,
        held_from=held_from,
        brought_in=brought_in,
        exit_date=exit_date,
        exit_price=None if exit_price is None else number(exit_price),
    )


def cash(book: Portfolio, as_of: date, amount: float) -> Statement:
    """A statement of cash."""
    return Statement(book.id, StatementKind.CASH, as_of, number(amount))


def other_assets(book: Portfolio, as_of: date, amount: float) -> Statement:
    """A statement of assets that carry no risk here."""
    return Statement(book.id, StatementKind.UNMODELLED_ASSETS, as_of, number(amount))


def closes(held: Instrument, prices: Mapping[date, float]) -> dict[tuple[int, date], Decimal]:
    """The prices of one instrument."""
    return {(held.id, day): number(price) for day, price in prices.items()}


def greeks_on(
    contract: Instrument,
    day: date,
    *,
    delta: float = 0,
    gamma: float = 0,
    theta: float = 0,
    vega: float = 0,
    rho: float = 0,
    reasons: Reason = Reason.NONE,
) -> GreeksOn:
    """What is told of a contract at a close."""
    return GreeksOn(
        instrument_id=contract.id,
        day=day,
        delta=number(delta),
        gamma=number(gamma),
        theta=number(theta),
        vega=number(vega),
        rho=number(rho),
        reasons=reasons,
    )


GOOD_FRIDAY = date(2025, 4, 18)
SPRING = weekdays(date(2025, 3, 31), date(2025, 5, 30), holidays=(GOOD_FRIDAY,))
"""Two months whose sessions are the weekdays but Good Friday. 31 March is a Monday, so are 7, 14, 21 and 28 April."""


def world_of(
    book: Portfolio,
    *records: Position | Statement | SplitOn | DividendOn | GreeksOn,
    instruments: tuple[Instrument, ...],
    prices: Mapping[tuple[int, date], Decimal],
    calendar: TradingCalendar = SPRING,
) -> World:
    """A world with one book, its records in any order."""
    return World(
        calendar=calendar,
        instruments=instruments,
        prices=prices,
        portfolios=(book,),
        positions=tuple(each for each in records if isinstance(each, Position)),
        statements=tuple(each for each in records if isinstance(each, Statement)),
        splits=tuple(each for each in records if isinstance(each, SplitOn)),
        dividends=tuple(each for each in records if isinstance(each, DividendOn)),
        greeks=tuple(each for each in records if isinstance(each, GreeksOn)),
    )


def april(day: int) -> date:
    """A day of April 2025."""
    return date(2025, 4, day)
