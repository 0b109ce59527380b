"""A small live book, what a night with good vendors makes of it, and vendors to spoil."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.instruments import Right
from sigmasight.domain.market_data import Market
from sigmasight.domain.symbols import occ_symbol
from sigmasight.market.exchange import build_nyse_calendar
from sigmasight.market.simulated import SimulatedMarket
from support.databases import DatabaseCopies
from support.live_nights import PROXIES, Stored, bring_in, results, run_live, stored
from support.vendor_box import VendorBox, opened_box

TODAY = date(2026, 11, 20)
SHARES = {"F": -900, "FXNAX": 500, "VNQ": 60}
SYMBOLS = (*SHARES, "VIX", *PROXIES)
HISTORY = {"SIGMASIGHT_HISTORY_SESSIONS": "300"}


@dataclass(frozen=True, slots=True)
class GoodNight:
    """What a night leaves when nothing goes wrong."""

    stored: Stored
    results: Mapping[str, Any]


@pytest.fixture(scope="session")
def exchange() -> TradingCalendar:
    return build_nyse_calendar(date(2019, 1, 1), date(2028, 12, 31))


@pytest.fixture(scope="session")
def market(exchange: TradingCalendar) -> SimulatedMarket:
    return SimulatedMarket(exchange)


@pytest.fixture(scope="session")
def book(market: SimulatedMarket) -> Mapping[str, int]:
    """A share sold short, a mutual fund, an ETF and a put on the VIX that expires in spring."""
    puts = (quotes.terms for quotes in market.chain("VIX", TODAY) if quotes.terms.right is Right.PUT)
    put = next(terms for terms in puts if terms.expiry > date(2027, 3, 1) and terms.strike > 15)
    return {**SHARES, occ_symbol(put): 3}


@pytest.fixture(scope="session")
def with_book(databases: DatabaseCopies, migrated: str, book: Mapping[str, int]) -> str:
    """The name of a database with the book in the live market."""
    bring_in(databases.make("with_live_book", migrated), book, TODAY, Market.LIVE)
    return "with_live_book"


@pytest.fixture(scope="session")
def good_night(databases: DatabaseCopies, migrated: str, book: Mapping[str, int], market: SimulatedMarket) -> GoodNight:
    """A night over HTTP, which is that on the market itself."""
    with databases.copy(migrated) as url, opened_box(VendorBox(market, SYMBOLS, TODAY)) as box:
        bring_in(url, book, TODAY, *Market)
        assert run_live(url, box, **HISTORY).errors == ()
        assert stored(url, Market.LIVE) == stored(url, Market.SIMULATED)
        assert results(url, Market.LIVE) == results(url, Market.SIMULATED)
        return GoodNight(stored(url, Market.LIVE), results(url, Market.LIVE))


@pytest.fixture
def live_url(databases: DatabaseCopies, with_book: str) -> Iterator[str]:
    """The address of a database of the test's own, with the book in the live market."""
    with databases.copy(with_book) as url:
        yield url


@pytest.fixture
def box(market: SimulatedMarket) -> Iterator[VendorBox]:
    with opened_box(VendorBox(market, SYMBOLS, TODAY, wait_seconds="0", hang_seconds=0.4)) as opened:
        yield opened
