"""A small provider for tests: it has what it is given, and remembers what it was asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection, select

from sigmasight.domain.errors import ProviderError
from sigmasight.domain.funds import FundHoldings
from sigmasight.domain.instruments import OptionTerms, Profile
from sigmasight.domain.market_data import DailyBars, Dividend, OptionQuotes, Split, Yields
from sigmasight.market.requests import Request
from sigmasight.services.market_plan import Universe
from sigmasight.services.market_sources import Sources, fetch
from sigmasight.services.market_sync import store_answers
from sigmasight.store.tables import prices


@dataclass(frozen=True, slots=True)
class Vendor:
    """Fills every port from what it is given."""

    name: str
    known: Mapping[str, Profile] = field(default_factory=dict)
    bars: Mapping[str, DailyBars] = field(default_factory=dict)
    paid: Sequence[Dividend] = ()
    done: Sequence[Split] = ()
    rates: Mapping[str, Yields] = field(default_factory=dict)
    board: Sequence[OptionQuotes] = ()
    reports: Mapping[str, FundHoldings] = field(default_factory=dict)
    tells_all: bool = False  # also what it was not asked for
    asked: list[tuple[str, tuple[object, ...]]] = field(default_factory=list)

    def profiles(self, symbols: Sequence[str]) -> Mapping[str, Profile]:
        self.asked.append(("profiles", tuple(symbols)))
        return {symbol: self.known[symbol] for symbol in symbols if symbol in self.known}

    def daily_bars(self, symbols: Sequence[str], first: date, last: date) -> Mapping[str, DailyBars]:
        self.asked.append(("bars", (*symbols, first, last)))
        return {symbol: bars for symbol, bars in self.bars.items() if self.tells_all or symbol in symbols}

    def dividends(self, symbols: Sequence[str], first: date, last: date) -> Sequence[Dividend]:
        return [row for row in self.paid if self.tells_all or (row.symbol in symbols and first <= row.ex_date <= last)]

    def splits(self, symbols: Sequence[str], first: date, last: date) -> Sequence[Split]:
        return [row for row in self.done if self.tells_all or (row.symbol in symbols and first <= row.ex_date <= last)]

    def yields(self, series: Sequence[str], first: date, last: date) -> Mapping[str, Yields]:
        self.asked.append(("yields", (*series, first, last)))
        return {name: self.rates[name] for name in series if name in self.rates}

    def quotes(self, contracts: Sequence[OptionTerms], first: date, last: date) -> Sequence[OptionQuotes]:
        self.asked.append(("quotes", (*contracts, first, last)))
        return [quotes for quotes in self.board if self.tells_all or quotes.terms in contracts]

    def chain(self, underlying: str, as_of: date) -> Sequence[OptionQuotes]:
        self.asked.append(("chain", (underlying, as_of)))
        return [quotes for quotes in self.board if quotes.terms.underlying == underlying]

    def holdings(self, funds: Sequence[str], as_of: date) -> Mapping[str, FundHoldings]:
        self.asked.append(("holdings", (*funds, as_of)))
        return {fund: report for fund, report in self.reports.items() if self.tells_all or fund in funds}


@dataclass(frozen=True, slots=True)
class Broken(Vendor):
    """A provider that cannot be asked for prices."""

    def daily_bars(self, symbols: Sequence[str], first: date, last: date) -> Mapping[str, DailyBars]:
        raise ProviderError(f"{self.name} does not answer for {', '.join(symbols)}, {first} to {last}")


def served_by(*vendors: Vendor) -> Sources:
    """Vendors asked in this order for everything."""
    return Sources(vendors, vendors, vendors, vendors, vendors)


def sync(conn: Connection, universe: Universe, request: Request, *vendors: Vendor) -> int:
    """Ask vendors and store what they answer; returns how many rows were refused."""
    answers, failures = fetch(request, served_by(*vendors))
    assert failures == ()
    return len(store_answers(conn, universe, request, answers))


def stored_prices(conn: Connection, universe: Universe) -> dict[tuple[str, date], tuple[float, str]]:
    """Closes and their sources by symbol and day."""
    symbols = {instrument_id: symbol for symbol, instrument_id in universe.ids.items()}
    return {(symbols[row.instrument_id], row.day): (row.close, row.source) for row in conn.execute(select(prices))}
