"""A book as a person writes it down, and its market as plain arrays, turned into records."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID, uuid5

import numpy as np
from numpy.typing import ArrayLike

from sigmasight.domain import books as ledger
from sigmasight.domain.books import Portfolio, Statement, StatementKind
from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.errors import InvalidSymbolError
from sigmasight.domain.factors import FACTORS
from sigmasight.domain.instruments import ExerciseStyle, Instrument, Kind, OptionTerms, Profile
from sigmasight.domain.market_data import (
    TREASURY_SERIES,
    DayArray,
    Dividend,
    FloatArray,
    Market,
    Marks,
    Payouts,
    Split,
    SplitRows,
)
from sigmasight.domain.symbols import looks_like_option, normalize_ticker, occ_symbol, parse_occ
from sigmasight.risk.book_analysis import BookRecords

_Action = TypeVar("_Action", Dividend, Split)
_BOOK = UUID("5d9a5f0e-6f0c-4a44-9d3b-1f5b0f6f7a01")


@dataclass(frozen=True, slots=True)
class Position:
    """What is held: a ticker or an OCC option symbol, and how much of it."""

    symbol: str
    quantity: float | int | str | Decimal  # short < 0; contracts for options
    entry_price: float | str | Decimal  # USD per share
    entry_date: date | None = None  # None: when the book was opened
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prices:
    """A market as arrays: T sessions, and by symbol what is known on each."""

    days: ArrayLike  # (T,) sessions of the New York Stock Exchange, ascending
    closes: Mapping[str, ArrayLike]  # by ticker or OCC symbol, (T,) USD, raw; of options the mid; NaN where missing
    yields: Mapping[str, ArrayLike] = field(default_factory=dict)  # by FRED's series, (T,) par yields as fractions
    dividends: Sequence[Dividend] = ()  # announced ones too
    splits: Sequence[Split] = ()
    profiles: Mapping[str, Profile] = field(default_factory=dict)  # what a ticker is; else a stock without a sector
    simulated: bool = False  # then every number says so


@dataclass(frozen=True, slots=True)
class BookMoney:
    """What a book has beside its positions, since it was opened, USD."""

    cash: float | str | Decimal = 0
    unmodelled_assets: float | str | Decimal = 0


def positions_of(given: Iterable[Position | Mapping[str, Any]]) -> tuple[Position, ...]:
    """Positions, of which each may be written as a mapping with the same names.

    Raises:
        ValueError: If one lacks a name, has a strange one, or says something impossible; the message counts from 1.
    """
    return tuple(_position(at, each) for at, each in enumerate(given, start=1))


def prices_of(given: Prices | Mapping[str, ArrayLike], days: ArrayLike | None) -> Prices:
    """Prices, which may be written as closes by symbol, as a data frame is, whose index then tells the days.

    Raises:
        ValueError: If nothing tells the days.
    """
    if isinstance(given, Prices):
        return given
    told = getattr(given, "index", None) if days is None else days
    if told is None or callable(told):
        raise ValueError("days must say on which sessions the prices are, unless the prices are a data frame or Prices")
    closes = {str(symbol): np.asarray(column, dtype=np.float64) for symbol, column in given.items()}
    return Prices(np.asarray(told), closes)


def records_of(
    positions: Sequence[Position],
    prices: Prices,
    money: BookMoney,
    *,
    calendar: TradingCalendar,
    opened_on: date,
    as_of: date,
    allow_estimates: bool,
) -> BookRecords:
    """Turn a book and its market into records; what lies after the session is left out.

    Raises:
        ValueError: If something of it cannot be; the message names it.
    """
    days = _days(prices.days, calendar)
    market = Market.SIMULATED if prices.simulated else Market.LIVE
    portfolio = Portfolio(_BOOK, _BOOK, "book", market, opened_on, allow_estimates)
    instruments = _instruments(positions, prices, opened_on)
    ids = {each.symbol: each.id for each in instruments}
    held = _held(positions, ids, opened_on, as_of)
    return BookRecords(
        portfolio=portfolio,
        positions=held,
        statements=_statements(money, opened_on),
        tags={each.id: frozenset(given.tags) for each, given in zip(held, positions, strict=True)},
        instruments=instruments,
        proxy_ids={proxy.symbol: ids[proxy.symbol] for factor in FACTORS for proxy in factor.proxies},
        marks=_marks(prices, ids, days, as_of),
        splits=_splits(prices.splits, ids, as_of),
        payouts=_payouts(prices.dividends, ids, lambda day: day <= as_of),
        announced=_payouts(prices.dividends, ids, lambda day: day > as_of),
        yields=_yields(prices, days, as_of),
    )


def _position(at: int, given: Position | Mapping[str, Any]) -> Position:
    try:
        position = given if isinstance(given, Position) else Position(**given)
        quantity, price = _decimal(position.quantity), _decimal(position.entry_price)
    except (TypeError, ArithmeticError) as error:
        raise ValueError(f"position {at}: {error}") from error
    if not quantity.is_finite() or quantity == 0:
        raise ValueError(f"position {at}, {position.symbol}: the quantity must be a number other than 0")
    if not price.is_finite() or price <= 0:
        raise ValueError(f"position {at}, {position.symbol}: the entry price must be a number above 0")
    return position


def _decimal(value: object) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _days(given: ArrayLike, calendar: TradingCalendar) -> DayArray:
    days = np.asarray(given).astype("datetime64[D]")
    if days.ndim != 1 or not len(days):
        raise ValueError("days must be a list of sessions")
    if not (np.diff(days).astype(np.int64) > 0).all():
        raise ValueError("days must ascend, each named once")
    strange = np.setdiff1d(days, calendar.days)
    if len(strange):
        raise ValueError(f"{strange[0]} is no session of the New York Stock Exchange; its prices would never be used")
    return days


def _canonical(symbol: str) -> str:
    try:
        return occ_symbol(parse_occ(symbol)) if looks_like_option(symbol) else normalize_ticker(symbol)
    except InvalidSymbolError as error:
        raise ValueError(str(error)) from error


def _instruments(positions: Sequence[Position], prices: Prices, opened_on: date) -> tuple[Instrument, ...]:
    """What is held or priced, underlyings and proxies, numbered from 1; shares first, so that options find theirs."""
    named = {_canonical(each) for each in (*prices.closes, *(position.symbol for position in positions))}
    _require_once(prices.closes)
    contracts = {symbol: parse_occ(symbol) for symbol in sorted(named) if looks_like_option(symbol)}
    profiles = {_canonical(symbol): profile for symbol, profile in prices.profiles.items()}
    tickers = (named - contracts.keys()) | profiles.keys()
    roots = {symbol: _root(terms, tickers) for symbol, terms in contracts.items()}
    proxies = {proxy.symbol for factor in FACTORS for proxy in factor.proxies}
    shares = sorted((named - contracts.keys()) | set(roots.values()) | proxies)
    ids = {symbol: at for at, symbol in enumerate((*shares, *contracts), start=1)}
    return (
        *(_share(ids[symbol], symbol, profiles.get(symbol)) for symbol in shares),
        *(
            _contract(ids[symbol], symbol, terms, ids[roots[symbol]], profiles.get(roots[symbol]), opened_on)
            for symbol, terms in contracts.items()
        ),
    )


def _require_once(symbols: Iterable[str]) -> None:
    """See to it that no two spellings, as BRK.B and BRK-B, bring prices of one symbol."""
    spelled: dict[str, str] = {}
    for each in symbols:
        first = spelled.setdefault(_canonical(each), each)
        if first != each:
            raise ValueError(f"{first} and {each} are one symbol: its prices must be given once")


def _root(terms: OptionTerms, tickers: Collection[str]) -> str:
    """The underlying's symbol, which an OCC symbol writes without the point of a class share."""
    spelled = {symbol.replace(".", ""): symbol for symbol in tickers}
    return terms.underlying if terms.underlying in tickers else spelled.get(terms.underlying, terms.underlying)


def _share(number: int, symbol: str, profile: Profile | None) -> Instrument:
    known = profile or Profile(symbol, Kind.STOCK, symbol)
    return Instrument(
        id=number,
        symbol=symbol,
        kind=known.kind,
        name=known.name,
        sector=known.sector,
        currency=known.currency,
        multiplier=Decimal(1),
        dividend_yield=known.dividend_yield,
        industry=known.industry,
    )


def _contract(
    number: int, symbol: str, terms: OptionTerms, parent: int, profile: Profile | None, opened_on: date
) -> Instrument:
    known = profile or Profile(terms.underlying, Kind.STOCK, terms.underlying)
    return Instrument(
        id=number,
        symbol=symbol,
        kind=Kind.OPTION,
        name=symbol,
        sector=None,
        currency=known.currency,
        multiplier=known.option_multiplier,
        underlying_id=parent,
        option=terms,
        exercise=known.option_exercise or ExerciseStyle.AMERICAN,
        terms_as_of=opened_on,
    )


def _held(
    positions: Sequence[Position], ids: Mapping[str, int], opened_on: date, as_of: date
) -> tuple[ledger.Position, ...]:
    held = []
    for at, each in enumerate(positions):
        entered = each.entry_date or opened_on
        if entered > as_of:
            raise ValueError(f"position {at + 1}, {each.symbol}: entered on {entered}, after {as_of}")
        held.append(
            ledger.Position(
                id=uuid5(_BOOK, str(at)),
                portfolio_id=_BOOK,
                instrument_id=ids[_canonical(each.symbol)],
                quantity=_decimal(each.quantity),
                entry_price=_decimal(each.entry_price),
                entry_date=entered,
                held_from=max(entered, opened_on),
                brought_in=True,
            )
        )
    return tuple(held)


def _statements(money: BookMoney, opened_on: date) -> tuple[Statement, ...]:
    amounts = {
        StatementKind.CASH: _decimal(money.cash),
        StatementKind.UNMODELLED_ASSETS: _decimal(money.unmodelled_assets),
    }
    return tuple(Statement(_BOOK, kind, opened_on, amount) for kind, amount in amounts.items() if amount)


def _marks(prices: Prices, ids: Mapping[str, int], days: DayArray, as_of: date) -> Marks:
    columns = {symbol: _prices(symbol, closes, days) for symbol, closes in prices.closes.items()}
    before = days <= np.datetime64(as_of)
    rows = [(ids[_canonical(symbol)], ~np.isnan(column) & before, column) for symbol, column in columns.items()]
    return Marks(
        instrument_id=np.repeat(
            np.array([at for at, _, _ in rows], dtype=np.int64), [int(known.sum()) for _, known, _ in rows]
        ),
        day=np.concatenate([days[:0], *(days[known] for _, known, _ in rows)]),
        price=np.concatenate([np.empty(0), *(column[known] for _, known, column in rows)]),
    )


def _prices(name: str, values: ArrayLike, days: DayArray) -> FloatArray:
    column = _column(name, values, days)
    if (column <= 0.0).any():
        raise ValueError(f"{name}: a price must be above 0, or NaN where it is missing")
    return column


def _column(name: str, values: ArrayLike, days: DayArray) -> FloatArray:
    column = np.asarray(values, dtype=np.float64)
    if column.shape != days.shape:
        raise ValueError(f"{name}: {column.size} numbers for {len(days)} days")
    if np.isinf(column).any():
        raise ValueError(f"{name}: a number must be finite, or NaN where it is missing")
    return column


def _splits(given: Sequence[Split], ids: Mapping[str, int], as_of: date) -> SplitRows:
    rows = _by_instrument([each for each in given if each.ex_date <= as_of], ids)
    return SplitRows(
        np.array([at for at, _ in rows], dtype=np.int64),
        np.array([each.ex_date for _, each in rows], dtype="datetime64[D]"),
        np.array([each.new_shares / each.old_shares for _, each in rows], dtype=np.float64),
    )


def _payouts(given: Sequence[Dividend], ids: Mapping[str, int], when: Callable[[date], bool]) -> Payouts:
    rows = _by_instrument([each for each in given if when(each.ex_date)], ids)
    return Payouts(
        np.array([at for at, _ in rows], dtype=np.int64),
        np.array([each.ex_date for _, each in rows], dtype="datetime64[D]"),
        np.array([each.amount for _, each in rows], dtype=np.float64),
    )


def _by_instrument(given: Iterable[_Action], ids: Mapping[str, int]) -> list[tuple[int, _Action]]:
    """Corporate actions of the book's instruments, by id and day; others are left out."""
    known = [(ids[symbol], each) for each in given if (symbol := _canonical(each.symbol)) in ids]
    return sorted(known, key=lambda row: (row[0], row[1].ex_date))


def _yields(prices: Prices, days: DayArray, as_of: date) -> tuple[DayArray, FloatArray]:
    strange = set(prices.yields) - set(TREASURY_SERIES)
    if strange:
        raise ValueError(f"{min(strange)} is no Treasury series: they are {', '.join(TREASURY_SERIES)}")
    before = days <= np.datetime64(as_of)
    none = np.full(len(days), np.nan)
    columns = [_column(each, prices.yields.get(each, none), days)[before] for each in TREASURY_SERIES]
    return days[before], np.stack(columns, axis=1)
