"""The demo's books with their simulated market, in memory."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np

from sigmasight.domain.books import StatementKind
from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.defaults import HISTORY_SESSIONS
from sigmasight.domain.factors import FACTORS
from sigmasight.domain.instruments import ExerciseStyle, OptionTerms, Right
from sigmasight.domain.market_data import TREASURY_SERIES, DayArray, FloatArray, OptionQuotes
from sigmasight.domain.symbols import has_occ_symbol, occ_symbol
from sigmasight.library.books import Position, Prices
from sigmasight.library.sessions import nyse_until, require_session
from sigmasight.market.simulated import SimulatedMarket
from sigmasight.services.demo import books
from sigmasight.services.demo.lines import Line, lines_of, money_beside
from sigmasight.wiring.clock import machine_clock

_BOOKS = {
    "individual": books.INDIVIDUAL,
    "hnw": books.HIGH_NET_WORTH,
    "hedge_fund": books.HEDGE_FUND,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """One of the demo's books, ready for ``analyze``."""

    name: str
    positions: tuple[Position, ...]
    prices: Prices
    as_of: date
    opened_on: date
    cash: Decimal  # USD
    unmodelled_assets: Decimal  # USD


def demo(name: str, as_of: date | None = None) -> Book:
    """One of the demo's books, brought in 60 sessions before a session, with 520 sessions of its simulated market.

    Args:
        name: "individual", "hnw" or "hedge_fund".
        as_of: The session; the last completed one if it is not given.

    Raises:
        ValueError: If there is no such book, or the day is no session.
    """
    if name not in _BOOKS:
        raise ValueError(f"there is no book {name!r}: they are {', '.join(_BOOKS)}")
    now = machine_clock()
    calendar = nyse_until(max(now.date(), as_of or now.date()).year)
    session = as_of or calendar.last_completed_session(now)
    require_session(calendar, session)
    market, book = SimulatedMarket(calendar), _BOOKS[name]
    opened = calendar.sessions_back(session, books.SESSIONS_AGO)
    lines = lines_of(market, calendar, book, opened)
    beside = money_beside(book, lines)
    return Book(
        name=book.name,
        positions=tuple(Position(line.symbol, line.quantity, line.price, opened, line.tags) for line in lines),
        prices=_prices(market, calendar, lines, session),
        as_of=session,
        opened_on=opened,
        cash=beside if book.made_up_by is StatementKind.CASH else Decimal(0),
        unmodelled_assets=beside if book.made_up_by is StatementKind.UNMODELLED_ASSETS else Decimal(0),
    )


def _prices(market: SimulatedMarket, calendar: TradingCalendar, lines: list[Line], session: date) -> Prices:
    first = calendar.sessions_back(session, HISTORY_SESSIONS - 1)
    days = np.array(calendar.sessions_between(first, session), dtype="datetime64[D]")
    shares = [line.symbol for line in lines if line.terms is None]
    contracts = [line.terms for line in lines if line.terms is not None]
    proxies = [proxy.symbol for factor in FACTORS for proxy in factor.proxies]
    symbols = sorted({*shares, *proxies, *(terms.underlying for terms in contracts)})
    bars = market.daily_bars(symbols, first, session)
    closes = {symbol: _on(days, bar.days, bar.close) for symbol, bar in bars.items()}
    quotes = [*market.quotes(_with_partners(contracts), first, session), *_chains(market, contracts, session)]
    for quote in quotes:
        closes.setdefault(occ_symbol(quote.terms), _on(days, quote.days, _mid(quote)))
    yields = market.yields(TREASURY_SERIES, first, session)
    return Prices(
        days=days,
        closes=closes,
        yields={series: _on(days, each.days, each.values) for series, each in yields.items()},
        dividends=market.dividends(symbols, first, session),
        splits=market.splits(symbols, first, session),
        profiles=market.profiles(symbols),
        simulated=True,
    )


def _with_partners(contracts: list[OptionTerms]) -> list[OptionTerms]:
    """Contracts, and the other right of each strike and expiry: parity needs both."""
    other = {Right.CALL: Right.PUT, Right.PUT: Right.CALL}
    partners = (OptionTerms(each.underlying, each.expiry, other[each.right], each.strike) for each in contracts)
    return list(dict.fromkeys([*contracts, *partners]))


def _chains(market: SimulatedMarket, contracts: list[OptionTerms], session: date) -> list[OptionQuotes]:
    """What else is listed for the expiries of European contracts, whose forward parity implies."""
    profiles = market.profiles([each.underlying for each in contracts])
    european = {
        (each.underlying, each.expiry)
        for each in contracts
        if profiles[each.underlying].option_exercise is ExerciseStyle.EUROPEAN
    }
    listed = (quote for root, _ in sorted(european) for quote in market.chain(root, session))
    return [q for q in listed if (q.terms.underlying, q.terms.expiry) in european and has_occ_symbol(q.terms)]


def _mid(quote: OptionQuotes) -> FloatArray:
    middle = (quote.bid + quote.ask) / 2
    return np.where(np.isnan(middle), quote.last, middle)


def _on(days: DayArray, own: DayArray, values: FloatArray) -> FloatArray:
    """A column on the days of all."""
    column = np.full(len(days), np.nan)
    column[np.searchsorted(days, own)] = values
    return column
