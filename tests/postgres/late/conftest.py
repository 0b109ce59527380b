"""A vendor that knows everything, but tells some of it late."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from sigmasight.batch.night import NightOutcome, NightPlan, run_night
from sigmasight.domain.books import Portfolio
from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.instruments import OptionTerms, Profile
from sigmasight.domain.market_data import DailyBars, Dividend, Market, OptionQuotes, Split, Yields
from sigmasight.market.simulated import SimulatedMarket
from sigmasight.services.market_frames import Valuation
from sigmasight.services.market_sources import Sources
from sigmasight.store.calendar import load_calendar
from sigmasight.store.database import Connection, Database
from sigmasight.store.instruments import find_instruments, save_profiles
from sigmasight.store.people import add_portfolio, add_user
from sigmasight.store.positions import NewPosition, add_positions

LAST = date(2026, 11, 20)


@dataclass
class LateVendor:
    """Answers from the simulated market, without what it does not know yet."""

    market: SimulatedMarket
    unknown_days: set[tuple[str, date]] = field(default_factory=set)
    extra_splits: list[Split] = field(default_factory=list)
    name: str = "late"

    def profiles(self, symbols: Sequence[str]) -> Mapping[str, Profile]:
        return self.market.profiles(symbols)

    def daily_bars(self, symbols: Sequence[str], first: date, last: date) -> Mapping[str, DailyBars]:
        return {symbol: self._known(bars) for symbol, bars in self.market.daily_bars(symbols, first, last).items()}

    def dividends(self, symbols: Sequence[str], first: date, last: date) -> Sequence[Dividend]:
        return self.market.dividends(symbols, first, last)

    def splits(self, symbols: Sequence[str], first: date, last: date) -> Sequence[Split]:
        extra = [s for s in self.extra_splits if s.symbol in symbols and first <= s.ex_date <= last]
        return [*self.market.splits(symbols, first, last), *extra]

    def yields(self, series: Sequence[str], first: date, last: date) -> Mapping[str, Yields]:
        return self.market.yields(series, first, last)

    def quotes(self, contracts: Sequence[OptionTerms], first: date, last: date) -> Sequence[OptionQuotes]:
        return self.market.quotes(contracts, first, last)

    def chain(self, underlying: str, as_of: date) -> Sequence[OptionQuotes]:
        return self.market.chain(underlying, as_of)

    def _known(self, bars: DailyBars) -> DailyBars:
        told = np.array([(bars.symbol, day) not in self.unknown_days for day in bars.days.tolist()], dtype=bool)
        columns = {column.name: getattr(bars, column.name) for column in fields(DailyBars)}
        return DailyBars(**{name: value if name == "symbol" else value[told] for name, value in columns.items()})


@dataclass
class Desk:
    """A database, a vendor and the nights on them."""

    db: Database
    calendar: TradingCalendar
    vendor: LateVendor

    @property
    def valuation(self) -> Valuation:
        return Valuation(self.calendar, stale_sessions=5)

    def sessions(self, count: int) -> tuple[date, ...]:
        return self.calendar.sessions_between(self.calendar.sessions_back(LAST, count - 1), LAST)

    def plan(self) -> NightPlan:
        vendor = self.vendor
        return NightPlan(
            valuation=self.valuation,
            sources={Market.LIVE: Sources(), Market.SIMULATED: Sources((vendor,), (vendor,), (vendor,), (vendor,))},
            last_completed=LAST,
            history_sessions=80,
            portfolios_per_shard=500,
        )

    def night(self, as_of: date) -> NightOutcome:
        return run_night(self.db, self.plan(), as_of, lambda *_: None)

    def book(self, conn: Connection, name: str, opened_on: date, *, market: Market = Market.SIMULATED) -> Portfolio:
        user = add_user(conn, email=f"{name}@example.org", name=name, password_hash="none")  # noqa: S106
        return add_portfolio(conn, user_id=user.id, name=name, market=market, opened_on=opened_on)

    def bring_in(self, conn: Connection, book: Portfolio, symbol: str, quantity: int, day: date) -> None:
        save_profiles(conn, self.vendor.profiles([symbol]), "late")
        ids = find_instruments(conn, [symbol], day)
        new = NewPosition(ids[symbol], Decimal(quantity), Decimal(100), day)
        add_positions(conn, book, [new], recorded_on=day, tag_ids={}, imported=True)


@pytest.fixture
def desk(db: Database) -> Desk:
    with db.read() as conn:
        calendar = load_calendar(conn)
    return Desk(db, calendar, LateVendor(SimulatedMarket(calendar)))


@pytest.fixture
def known_on(desk: Desk) -> Callable[[str, date], float]:
    """The vendor's close of a symbol on a day, whether it tells it yet or not."""
    return lambda symbol, day: float(desk.vendor.market.daily_bars([symbol], day, day)[symbol].close[0])
