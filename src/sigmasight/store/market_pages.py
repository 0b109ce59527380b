"""Market data as people look it up: the bars of one symbol, an option chain, what is known of an instrument."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select, tuple_

from sigmasight.domain.instruments import (
    STANDARD_CONTRACT,
    ExerciseStyle,
    Instrument,
    Kind,
    OptionTerms,
    Profile,
    Right,
)
from sigmasight.domain.market_data import Market
from sigmasight.domain.symbols import looks_like_option, normalize_ticker, occ_symbol, parse_occ
from sigmasight.store.instruments import find_instruments, load_instruments
from sigmasight.store.tables import instrument_aliases, instruments, option_quotes, prices

_quote = option_quotes.c
_BARS = ("open", "high", "low", "close", "adjusted_close", "volume")
_QUOTES = ("bid", "ask", "last", "volume", "open_interest")


@dataclass(frozen=True, slots=True)
class Bar:
    """One session of one symbol; None where not told."""

    day: date
    open: float | None  # USD, raw, as the next three
    high: float | None
    low: float | None
    close: float
    adjusted_close: float  # for splits and dividends
    volume: float | None  # shares
    source: str


@dataclass(frozen=True, slots=True)
class ChainFilter:
    """Which contracts of a chain are wanted; None: all."""

    first_expiry: date | None = None
    last_expiry: date | None = None
    least_strike: Decimal | None = None
    largest_strike: Decimal | None = None
    right: Right | None = None
    after: OptionTerms | None = None  # in the chain's order


@dataclass(frozen=True, slots=True)
class ChainQuote:
    """One contract of a chain as it was quoted at a close; None where not told."""

    symbol: str
    expiry: date
    strike: Decimal
    right: Right
    bid: float | None  # USD per share, as the next two
    ask: float | None
    last: float | None
    volume: float | None  # contracts
    open_interest: float | None  # contracts
    source: str


@dataclass(frozen=True, slots=True)
class Described:
    """What the security master has of an instrument."""

    instrument: Instrument
    profile: Profile | None  # of what is no option
    aliases: tuple[
        tuple[str, str, date, date | None], ...
    ]  # source, symbol, from, first day on which it no longer holds


def find_symbol(conn: Connection, symbol: str, on: date) -> Instrument | None:
    """The instrument that a symbol, in any spelling, means on a day.

    Raises:
        InvalidSymbolError: If it cannot be read.
    """
    plain = occ_symbol(parse_occ(symbol)) if looks_like_option(symbol) else normalize_ticker(symbol)
    found = find_instruments(conn, [plain], on).get(plain)
    if found is None:
        return None
    return next(each for each in load_instruments(conn, [found]) if each.id == found)


def describe(conn: Connection, asset: Instrument) -> Described:
    """All that is known of an instrument."""
    row = conn.execute(select(instruments).where(instruments.c.id == asset.id)).one()
    names = instrument_aliases.c
    aliases = conn.execute(
        select(names.source, names.symbol, names.valid_from, names.valid_to)
        .where(names.instrument_id == asset.id)
        .order_by(names.source, names.symbol, names.valid_from)
    )
    return Described(
        instrument=asset,
        profile=None if asset.option else _profile(row),
        aliases=tuple((source, symbol, first, end) for source, symbol, first, end in aliases),
    )


def bars_back(
    conn: Connection,
    market: Market,
    instrument_id: int,
    first: date,
    last: date,
    *,
    before: date | None,
    limit: int,
) -> tuple[Bar, ...]:
    """Bars of a range of days, the newest first, at most so many, of those before a day."""
    columns = (prices.c.day, *(prices.c[name] for name in _BARS), prices.c.source)
    query = select(*columns).where(
        prices.c.market == market, prices.c.instrument_id == instrument_id, prices.c.day.between(first, last)
    )
    if before is not None:
        query = query.where(prices.c.day < before)
    return tuple(Bar(*row) for row in conn.execute(query.order_by(prices.c.day.desc()).limit(limit)))


def last_chain_day(conn: Connection, market: Market, underlying_id: int, on: date) -> date | None:
    """The last day, up to one, on which a whole chain or single contracts on an underlying were quoted."""
    query = (
        select(func.max(_quote.day))
        .join(instruments, instruments.c.id == _quote.instrument_id)
        .where(_quote.market == market, instruments.c.underlying_id == underlying_id, _quote.day <= on)
    )
    found: date | None = conn.execute(query).scalar_one()
    return found


def load_chain(
    conn: Connection, market: Market, underlying_id: int, day: date, wanted: ChainFilter, *, limit: int
) -> tuple[ChainQuote, ...]:
    """Contracts on an underlying as they were quoted on a day, by expiry, strike and right, at most so many."""
    terms = instruments.c
    order = (terms.expiry, terms.strike, terms.option_right)
    columns = (terms.symbol, *order, *(_quote[name] for name in _QUOTES), _quote.source)
    query = (
        select(*columns)
        .join(instruments, terms.id == _quote.instrument_id)
        .where(_quote.market == market, terms.underlying_id == underlying_id, _quote.day == day, *_chosen(wanted))
    )
    if wanted.after is not None:
        after = wanted.after
        query = query.where(tuple_(*order) > (after.expiry, after.strike, after.right.value))
    rows = conn.execute(query.order_by(*order).limit(limit))
    return tuple(ChainQuote(row[0], row[1], row[2], Right(row[3]), *row[4:]) for row in rows)


def _chosen(wanted: ChainFilter) -> list[ColumnElement[bool]]:
    terms = instruments.c
    bounds = (
        (wanted.first_expiry, terms.expiry.__ge__),
        (wanted.last_expiry, terms.expiry.__le__),
        (wanted.least_strike, terms.strike.__ge__),
        (wanted.largest_strike, terms.strike.__le__),
        (wanted.right, terms.option_right.__eq__),
    )
    return [compared(bound) for bound, compared in bounds if bound is not None]


def _profile(row: Row[Any]) -> Profile:
    return Profile(
        symbol=row.symbol,
        kind=Kind(row.kind),
        name=row.name,
        sector=row.sector,
        industry=row.industry,
        exchange=row.exchange,
        country=row.country,
        currency=row.currency,
        market_cap=row.market_cap,
        dividend_yield=row.dividend_yield,
        option_exercise=ExerciseStyle(row.option_exercise) if row.option_exercise else None,
        option_multiplier=row.option_multiplier or STANDARD_CONTRACT,
    )
