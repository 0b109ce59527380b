"""What the demo's books hold on the day they are brought in: contracts chosen, entry prices those of the market."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Protocol

from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.instruments import OptionTerms
from sigmasight.domain.symbols import occ_symbol
from sigmasight.market.ports import Options, Prices, Profiles
from sigmasight.market.simulated import listed_strike_nearest, standard_expiry_nearest
from sigmasight.services.demo.books import Book, OptionHolding

_CENT = Decimal("0.01")


class DemoMarket(Profiles, Prices, Options, Protocol):
    """What the demo asks of its provider."""


@dataclass(frozen=True, slots=True)
class Line:
    """One position."""

    symbol: str
    terms: OptionTerms | None
    quantity: Decimal
    price: Decimal  # USD per share on the day it is brought in
    multiplier: Decimal
    tags: tuple[str, ...]


def lines_of(market: DemoMarket, calendar: TradingCalendar, book: Book, day: date) -> list[Line]:
    """The positions of a book that is brought in on a session."""
    symbols = [holding.symbol for holding in book.holdings] + [option.underlying for option in book.options]
    bars = market.daily_bars(symbols, day, day)
    closes = {symbol: bar.close[0] for symbol, bar in bars.items()}
    stocks = [
        Line(each.symbol, None, Decimal(each.quantity), _cents(closes[each.symbol]), Decimal(1), each.tags)
        for each in book.holdings
    ]
    return stocks + _option_lines(market, calendar, book.options, closes, day)


def _option_lines(
    market: DemoMarket,
    calendar: TradingCalendar,
    options: Sequence[OptionHolding],
    closes: dict[str, float],
    day: date,
) -> list[Line]:
    contracts = [_contract(calendar, option, closes[option.underlying], day) for option in options]
    quoted = {quote.terms: quote for quote in market.quotes(contracts, day, day)}
    profiles = market.profiles([option.underlying for option in options])
    return [
        Line(
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


def money_beside(book: Book, lines: Sequence[Line]) -> Decimal:
    """What makes the positions up to the book's NAV, USD; 0 where they are worth more."""
    invested = sum((line.quantity * line.price * line.multiplier for line in lines), Decimal(0))
    return max(book.nav - invested, Decimal(0))


def _cents(price: float) -> Decimal:
    return Decimal(repr(float(price))).quantize(_CENT, rounding=ROUND_HALF_EVEN)


def _half_cents(price: float) -> Decimal:
    return Decimal(repr(float(price))).quantize(_CENT / 10, rounding=ROUND_HALF_EVEN)
