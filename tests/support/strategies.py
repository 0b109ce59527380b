"""Random small worlds: everything that can happen to a ledger within three weeks, weekends and a holiday among them."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

from hypothesis import strategies as st

from sigmasight.domain.books import Portfolio, Position, Statement, StatementKind
from sigmasight.domain.instruments import Instrument, Right
from sigmasight.domain.reasons import Reason
from support.books import (
    DividendOn,
    GreeksOn,
    SplitOn,
    World,
    cash,
    holding,
    option,
    other_assets,
    portfolio,
    stock,
    weekdays,
)

FIRST_DAY = date(2025, 4, 9)  # a Wednesday
LAST_DAY = date(2025, 4, 29)
GOOD_FRIDAY = date(2025, 4, 18)
CALENDAR = weekdays(FIRST_DAY, LAST_DAY, holidays=(GOOD_FRIDAY,))
DAYS = tuple(FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days + 1))
OPENING_DAY = date(2025, 4, 10)  # no book opens before: the calendar needs a session before its first one
RATIOS = ((2, 1), (3, 1), (3, 2), (1, 10))

CLOSED_DAYS = tuple(day for day in DAYS if day not in CALENDAR.sessions)
any_day = st.sampled_from(DAYS)
listings = st.just(FIRST_DAY - timedelta(days=30)) | any_day
expiries = any_day | st.sampled_from(CLOSED_DAYS) | st.just(LAST_DAY + timedelta(days=60))
cents = st.integers(1, 30_000).map(lambda n: Decimal(n) / 100)
share_prices = st.integers(500, 30_000).map(lambda n: Decimal(n) / 100)
exit_prices = st.none() | cents
quantities = st.integers(1, 4_000).map(lambda n: Decimal(n) / 8) | st.integers(-4_000, -1).map(lambda n: Decimal(n) / 8)


@cache
def days_from(first: date) -> st.SearchStrategy[date]:
    """Any day of the calendar from a given one on."""
    return st.sampled_from([day for day in DAYS if day >= first])


@cache
def exits_from(first: date) -> st.SearchStrategy[date | None]:
    """Any day of the calendar from a given one on, or none."""
    return st.none() | days_from(first)


@st.composite
def options_on(draw: st.DrawFn, instrument_id: int, underlying: Instrument) -> Instrument:
    """An option that is likely to expire within the calendar, often on a day without a session."""
    listed, expiry = draw(listings), draw(expiries)
    return option(
        instrument_id,
        underlying,
        right=draw(st.sampled_from(Right)),
        strike=draw(share_prices),
        expiry=max(listed, expiry),
        terms_as_of=listed,
        multiplier=draw(st.sampled_from((100, 10))),
        currency=underlying.currency,
    )


@st.composite
def securities(draw: st.DrawFn) -> tuple[Instrument, ...]:
    """Shares, perhaps one in another currency, and options on some of them; ids in no order."""
    foreign = draw(st.sampled_from(("USD", "USD", "CAD")))
    shares = (stock(3), stock(9), stock(5), stock(4, currency=foreign))
    options = tuple(draw(options_on(at, draw(st.sampled_from(shares)))) for at in range(6, 6 + draw(st.integers(0, 3))))
    return draw(st.permutations(shares + options).map(tuple))


def _prices(pairs: bytes, *, lowest: int, sparse: bool) -> Mapping[date, Decimal]:
    """Two bytes a day, read as a price or as a gap; on a day without a session mostly a gap."""
    table = {}
    for at, day in enumerate(DAYS):
        drawn = int.from_bytes(pairs[2 * at : 2 * at + 2], "big")
        missing = drawn % 3 > 0 if sparse else drawn % 16 == 15
        if not missing and (day in CALENDAR.sessions or drawn % 8 == 1):
            table[day] = Decimal(drawn // 3 + lowest) / 100
    return table


@st.composite
def price_tables(draw: st.DrawFn, instruments: tuple[Instrument, ...]) -> Mapping[tuple[int, date], Decimal]:
    """Prices of most days, or with gaps long and short, or none at all."""
    table: dict[tuple[int, date], Decimal] = {}
    for each in instruments:
        pairs = draw(st.binary(min_size=2 * len(DAYS), max_size=2 * len(DAYS)))
        kind = draw(st.sampled_from(("dense", "dense", "sparse", "none")))
        lowest = 0 if each.option else 500
        row = _prices(pairs, lowest=lowest, sparse=kind == "sparse") if kind != "none" else {}
        table |= {(each.id, day): price for day, price in row.items()}
    return table


TOLD = (
    *(Reason.NONE, Reason.NONE, Reason.STALE_PRICE, Reason.ESTIMATED, Reason.ESTIMATED | Reason.STALE_PRICE),
    *(Reason.NO_VOLATILITY, Reason.NO_RATE, Reason.NO_RATE | Reason.ESTIMATED),
)
"""What may stand beside the Greeks of a contract."""


def _greeks(instrument_id: int, drawn: bytes) -> Iterator[GreeksOn]:
    """Six bytes a session, read as what is told of a contract, or as nothing."""
    for at, day in enumerate(CALENDAR.sessions):
        kind, *numbers = drawn[6 * at : 6 * at + 6]
        delta, gamma, theta, vega, rho = (Decimal(number) for number in numbers)
        if kind % 16 < 14:
            yield GreeksOn(
                instrument_id=instrument_id,
                day=day,
                delta=(delta - 128) / 128,
                gamma=gamma / 4096,
                theta=-theta / 64,
                vega=vega / 32,
                rho=(rho - 128) / 64,
                reasons=TOLD[kind // 16 % len(TOLD)],
            )


@st.composite
def greeks_of(draw: st.DrawFn, instruments: tuple[Instrument, ...]) -> tuple[GreeksOn, ...]:
    """Greeks of options on most sessions, or none at all; some are estimates, some are missing for a reason."""
    told: list[GreeksOn] = []
    size = 6 * len(CALENDAR.sessions)
    for each in instruments:
        if each.option and draw(st.integers(0, 3)):
            told += _greeks(each.id, draw(st.binary(min_size=size, max_size=size)))
    return tuple(told)


@st.composite
def splits_of(draw: st.DrawFn, instruments: tuple[Instrument, ...]) -> tuple[SplitOn, ...]:
    """A few splits, one per share and day at most."""
    shares = [each.id for each in instruments if each.option is None]
    drawn = draw(st.lists(st.tuples(st.sampled_from(shares), any_day), max_size=4, unique=True))
    return tuple(SplitOn(held, day, *draw(st.sampled_from(RATIOS))) for held, day in drawn)


@st.composite
def dividends_of(draw: st.DrawFn, instruments: tuple[Instrument, ...]) -> tuple[DividendOn, ...]:
    """A few dividends."""
    shares = [each.id for each in instruments if each.option is None]
    drawn = draw(st.lists(st.tuples(st.sampled_from(shares), any_day), max_size=5, unique=True))
    return tuple(DividendOn(held, day, draw(cents) / 20) for held, day in drawn)


@st.composite
def positions_in(
    draw: st.DrawFn, book: Portfolio, instruments: tuple[Instrument, ...], *, max_size: int = 7
) -> tuple[Position, ...]:
    """Positions bought, sold short or brought in, some closed, some taken out."""
    anything = st.sampled_from(instruments)
    return tuple(_position_in(draw, book, anything, label=str(at)) for at in range(draw(st.integers(0, max_size))))


def _position_in(draw: st.DrawFn, book: Portfolio, held: st.SearchStrategy[Instrument], *, label: str) -> Position:
    held_from = draw(days_from(book.opened_on))
    exit_date = draw(exits_from(held_from))
    return holding(
        book,
        draw(held),
        draw(quantities),
        entry_price=draw(cents),
        held_from=held_from,
        brought_in=draw(st.booleans()),
        exit_date=exit_date,
        exit_price=draw(exit_prices) if exit_date else None,
        label=label,
    )


@st.composite
def statements_of(draw: st.DrawFn, book: Portfolio) -> tuple[Statement, ...]:
    """Statements in the order of their recording, which is not the order of their days."""
    return tuple(
        (cash if kind is StatementKind.CASH else other_assets)(book, day, amount)
        for day, amount, kind in draw(some_statements)
    )


some_statements = st.lists(
    st.tuples(any_day, st.integers(-100_000, 2_000_000), st.sampled_from(StatementKind)), max_size=4
)


@st.composite
def worlds(draw: st.DrawFn, *, books: int = 3, max_positions: int = 7) -> World:
    """A world of up to some books."""
    instruments = draw(securities())
    count = draw(st.integers(1, books))
    portfolios = tuple(
        portfolio(f"book {n}", opened_on=draw(days_from(OPENING_DAY)), allow_estimates=draw(st.booleans()))
        for n in range(count)
    )
    return World(
        calendar=CALENDAR,
        instruments=instruments,
        prices=draw(price_tables(instruments)),
        portfolios=portfolios,
        positions=tuple(
            position
            for book in portfolios
            for position in draw(positions_in(book, instruments, max_size=max_positions))
        ),
        statements=tuple(statement for book in portfolios for statement in draw(statements_of(book))),
        splits=draw(splits_of(instruments)),
        dividends=draw(dividends_of(instruments)),
        greeks=draw(greeks_of(instruments)),
    )
