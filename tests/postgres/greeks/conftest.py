"""A desk in front of a small exchange that the test writes down itself, and the nights on both."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from math import exp, log, nan, sqrt
from statistics import NormalDist, stdev
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import psycopg
import pytest
from sqlalchemy import text

from sigmasight.batch.night import NightOutcome, NightPlan, run_night
from sigmasight.domain.books import Portfolio
from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.factors import FACTORS
from sigmasight.domain.instruments import ExerciseStyle, Kind, OptionTerms, Profile, Right
from sigmasight.domain.market_data import TREASURY_SERIES, DailyBars, Dividend, Market, OptionQuotes, Split, Yields
from sigmasight.domain.snapshots import Snapshot
from sigmasight.domain.symbols import occ_symbol
from sigmasight.services.market_frames import Valuation
from sigmasight.services.market_sources import Sources
from sigmasight.store.calendar import load_calendar
from sigmasight.store.database import Connection, Database
from sigmasight.store.instruments import add_unknown, find_instruments, save_options
from sigmasight.store.people import add_portfolio, add_user, ensure_tags
from sigmasight.store.positions import NewPosition, add_positions
from sigmasight.store.snapshots import load_snapshots
from support.databases import DatabaseCopies

MONDAY, TUESDAY, WEDNESDAY = date(2026, 11, 16), date(2026, 11, 17), date(2026, 11, 18)
THURSDAY, FRIDAY, SATURDAY = date(2026, 11, 19), date(2026, 11, 20), date(2026, 11, 21)
WEEK = (MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)
EXPIRY = date(2027, 1, 15)
PAR_YIELD = 0.04
RATE = 2 * log(1 + PAR_YIELD / 2)
GREEKS = ("delta", "gamma", "theta_per_day", "vega_per_point", "rho_per_percent")
PRICED = ("price", *GREEKS)
SPREAD = 0.01

_NEW_YORK = ZoneInfo("America/New_York")
_NORMAL = NormalDist()

Quoted = tuple[float, float, float]  # bid, ask, last
Fact = Mapping[str, Any]
Path = Callable[[int], float]


def call(underlying: str, strike: float = 100, expiry: date = EXPIRY) -> OptionTerms:
    return OptionTerms(underlying, expiry, Right.CALL, Decimal(str(strike)))


def put(underlying: str, strike: float = 100, expiry: date = EXPIRY) -> OptionTerms:
    return OptionTerms(underlying, expiry, Right.PUT, Decimal(str(strike)))


def years(day: date, expiry: date = EXPIRY, *, close: time = time(16)) -> float:
    """From a session's close to 16:00 in New York of the expiry, in years of 31,536,000 seconds."""
    start = datetime.combine(day, close, tzinfo=_NEW_YORK).timestamp()
    return (datetime.combine(expiry, time(16), tzinfo=_NEW_YORK).timestamp() - start) / 31_536_000


def worth(terms: OptionTerms, spot: float, day: date, volatility: float = 0.3, *, rate: float = RATE) -> float:
    """What a European option is worth (an American call on a share that pays nothing is worth as much)."""
    tau, strike = years(day, terms.expiry), float(terms.strike)
    spread = volatility * sqrt(tau)
    upper = (log(spot / strike) + rate * tau) / spread + spread / 2
    sign = 1 if terms.right is Right.CALL else -1
    bond = strike * exp(-rate * tau)
    return sign * (spot * _NORMAL.cdf(sign * upper) - bond * _NORMAL.cdf(sign * (upper - spread)))


def call_delta(terms: OptionTerms, spot: float, day: date, volatility: float = 0.3, *, rate: float = RATE) -> float:
    tau = years(day, terms.expiry)
    spread = volatility * sqrt(tau)
    return _NORMAL.cdf((log(spot / float(terms.strike)) + rate * tau) / spread + spread / 2)


def realised(closes: Sequence[float]) -> float:
    return stdev(log(after / before) for before, after in pairwise(closes)) * sqrt(252)


def rising_and_falling(level: float) -> Path:
    """Closes around a level, the same whatever day is asked first; day by day by up to 2 %."""
    return lambda ordinal: level * (1 + 0.02 * ((ordinal * 7919) % 101 / 101 - 0.5))


def restless(at: int) -> Path:
    """Closes around 100 that go a way of their own for every number."""
    return lambda ordinal: 100.0 * (1 + 0.02 * ((ordinal * (131 + 38 * at) ** 2) % 103 / 103 - 0.5))


@dataclass
class Exchange:
    """Fills every port from what is written down here; what is hidden it does not tell yet."""

    calendar: TradingCalendar
    known: dict[str, Profile] = field(default_factory=dict)
    paths: dict[str, Path] = field(default_factory=dict)
    first_day: dict[str, date] = field(default_factory=dict)  # of symbols that are younger than the exchange
    paid: list[Dividend] = field(default_factory=list)
    done: list[Split] = field(default_factory=list)
    par_yield: float | Path = PAR_YIELD
    last_yield: date = date.max
    board: dict[OptionTerms, dict[date, Quoted]] = field(default_factory=dict)
    hidden: set[tuple[str, str, date]] = field(default_factory=set)
    announces: bool = False  # tells dividends before their ex-date, whatever range it is asked for
    evening: date = date.max  # on which it is asked
    name: str = "exchange"

    def list_share(self, symbol: str, level: float | Path = 100.0, *, since: date | None = None, **more: object) -> str:
        profile = {"kind": Kind.STOCK, "name": symbol, "option_exercise": ExerciseStyle.AMERICAN} | more
        self.known[symbol] = Profile(symbol=symbol, **profile)  # type: ignore[arg-type]
        self.paths[symbol] = level if callable(level) else rising_and_falling(level)
        if since:
            self.first_day[symbol] = since
        return symbol

    def list_index(self, symbol: str, level: float) -> str:
        """An index nobody can hold, with European options."""
        return self.list_share(symbol, level, kind=Kind.INDEX, option_exercise=ExerciseStyle.EUROPEAN)

    def list_factor_funds(self) -> None:
        """The funds that stand for the factors, no two of them alike, so that every factor can be used."""
        funds = [proxy.symbol for factor in FACTORS for proxy in factor.proxies]
        for at, symbol in enumerate(funds):
            self.list_share(symbol, restless(at), kind=Kind.ETF)

    def close(self, symbol: str, day: date) -> float:
        return self.paths[symbol](day.toordinal())

    def quote(self, terms: OptionTerms, day: date, bid: float, ask: float, last: float = nan) -> None:
        self.board.setdefault(terms, {})[day] = (bid, ask, last)

    def quote_at(self, terms: OptionTerms, *days: date, volatility: float = 0.3, spot: float | None = None) -> None:
        """Quote a contract around what it is worth."""
        for day in days:
            middle = worth(terms, spot or self.close(terms.underlying, day), day, volatility)
            self.quote(terms, day, middle - SPREAD, middle + SPREAD)

    def profiles(self, symbols: Sequence[str]) -> Mapping[str, Profile]:
        return {symbol: self.known[symbol] for symbol in symbols if symbol in self.known}

    def daily_bars(self, symbols: Sequence[str], first: date, last: date) -> Mapping[str, DailyBars]:
        return {symbol: self._bars(symbol, first, last) for symbol in symbols if symbol in self.paths}

    def dividends(self, symbols: Sequence[str], first: date, last: date) -> Sequence[Dividend]:
        return [
            row
            for row in self.paid
            if row.symbol in symbols
            and (self.announces or first <= row.ex_date <= min(last, self.evening))
            and not self._hides("dividends", row.symbol, row.ex_date)
        ]

    def splits(self, symbols: Sequence[str], first: date, last: date) -> Sequence[Split]:
        return [
            row
            for row in self.done
            if row.symbol in symbols
            and first <= row.ex_date <= last
            and not self._hides("splits", row.symbol, row.ex_date)
        ]

    def yields(self, series: Sequence[str], first: date, last: date) -> Mapping[str, Yields]:
        days = [day for day in self._days(first, last) if day <= self.last_yield]
        return {
            each: Yields(each, np.array(told, dtype="datetime64[D]"), np.array([self._yield(day) for day in told]))
            for each in series
            if each in TREASURY_SERIES
            for told in [[day for day in days if not self._hides("yields", each, day)]]
        }

    def quotes(self, contracts: Sequence[OptionTerms], first: date, last: date) -> Sequence[OptionQuotes]:
        return [self._quoted(terms, first, last) for terms in contracts if terms in self.board]

    def chain(self, underlying: str, as_of: date) -> Sequence[OptionQuotes]:
        mine = [terms for terms, rows in self.board.items() if terms.underlying == underlying and as_of in rows]
        return [quotes for terms in mine if len((quotes := self._quoted(terms, as_of, as_of)).days)]

    def _yield(self, day: date) -> float:
        return self.par_yield(day.toordinal()) if callable(self.par_yield) else self.par_yield

    def _days(self, first: date, last: date) -> tuple[date, ...]:
        return self.calendar.sessions_between(first, last)

    def _hides(self, what: str, symbol: str, day: date) -> bool:
        return (what, symbol, day) in self.hidden

    def _bars(self, symbol: str, first: date, last: date) -> DailyBars:
        since = max(first, self.first_day.get(symbol, first))
        days = [day for day in self._days(since, last) if not self._hides("bars", symbol, day)]
        close = np.array([self.close(symbol, day) for day in days], dtype=np.float64)
        adjusted = close / np.array([self._shares_become(symbol, day, last) for day in days], dtype=np.float64)
        unknown = np.full(len(days), nan)
        return DailyBars(symbol, np.array(days, dtype="datetime64[D]"), close, close, close, close, adjusted, unknown)

    def _shares_become(self, symbol: str, day: date, last: date) -> float:
        """Adjusted closes are, as at all vendors, on the basis of the day on which they are asked for."""
        ratio = 1.0
        for split in self.splits([symbol], day + timedelta(days=1), last):
            ratio *= split.new_shares / split.old_shares
        return ratio

    def _quoted(self, terms: OptionTerms, first: date, last: date) -> OptionQuotes:
        rows = sorted(
            (day, *row)
            for day, row in self.board[terms].items()
            if first <= day <= last and not self._hides("quotes", occ_symbol(terms), day)
        )
        bid, ask, last_price = (np.array([row[at] for row in rows], dtype=np.float64) for at in (1, 2, 3))
        unknown = np.full(len(rows), nan)
        told = np.array([row[0] for row in rows], dtype="datetime64[D]")
        return OptionQuotes(terms, told, bid, ask, last_price, unknown, unknown)


@dataclass
class Desk:
    """A database, an exchange for each market, and the nights on them."""

    db: Database
    url: str
    calendar: TradingCalendar
    exchanges: dict[Market, Exchange]
    history_sessions: int = 80
    portfolios_per_shard: int = 500

    @property
    def live(self) -> Exchange:
        return self.exchanges[Market.LIVE]

    @property
    def valuation(self) -> Valuation:
        return Valuation(self.calendar, stale_sessions=5)

    def days(self, last: date, sessions: int) -> tuple[date, ...]:
        """So many sessions up to a day."""
        return self.calendar.sessions_between(self.calendar.sessions_back(last, sessions - 1), last)

    def plan(self, today: date) -> NightPlan:
        sources = {market: Sources(*([(exchange,)] * 4)) for market, exchange in self.exchanges.items()}
        return NightPlan(self.valuation, sources, today, self.history_sessions, self.portfolios_per_shard)

    def night(self, *days: date, today: date | None = None) -> NightOutcome:
        """Nights one after the other, each on its own evening, or all of them on the evening of a later day."""
        for day in days:
            for exchange in self.exchanges.values():
                exchange.evening = today or day
            outcome = run_night(self.db, self.plan(today or day), day, lambda *_: None)
        return outcome

    def book(
        self, name: str, *holdings: tuple[str | OptionTerms, object], on: date = MONDAY, market: Market = Market.LIVE
    ) -> Portfolio:
        """A portfolio that brought in its holdings on a day."""
        with self.db.write() as conn:
            user = add_user(conn, email=f"{name}@example.org", name=name, password_hash="none")  # noqa: S106
            book = add_portfolio(conn, user_id=user.id, name=name, market=market, opened_on=on)
            for symbol, quantity in holdings:
                hold(conn, book, symbol, quantity, on)
        return book

    def hold(self, book: Portfolio, symbol: str | OptionTerms, quantity: object, on: date, *tags: str) -> UUID:
        with self.db.write() as conn:
            return hold(conn, book, symbol, quantity, on, *tags)

    def snapshot(self, book: Portfolio, day: date = FRIDAY) -> Snapshot:
        (found,) = self.snapshots(book, day, day)
        return found

    def snapshots(self, book: Portfolio, first: date = date.min, last: date = date.max) -> tuple[Snapshot, ...]:
        with self.db.read() as conn:
            return load_snapshots(conn, book.id, first, last)

    def facts(self, market: Market = Market.LIVE) -> dict[tuple[str, date], Fact]:
        """The rows of option_analytics by the contract's symbol and day."""
        query = "SELECT i.symbol, f.* FROM option_analytics f JOIN instruments i ON i.id = f.instrument_id"
        return {(row["symbol"], row["as_of"]): row for row in self.rows(f"{query} WHERE f.market = :m", m=market)}

    def fact(self, terms: OptionTerms, day: date = FRIDAY, market: Market = Market.LIVE) -> Fact:
        return self.facts(market)[occ_symbol(terms), day]

    def view(self, book: Portfolio, day: date = FRIDAY) -> list[Fact]:
        """What the view of position Greeks says of a portfolio."""
        query = "SELECT * FROM position_greeks WHERE portfolio_id = :book AND as_of = :day ORDER BY symbol, quantity"
        return self.rows(query, book=book.id, day=day)

    def rows(self, query: str, **values: object) -> list[Fact]:
        return rows_of(self.db, query, **values)

    def execute(self, statement: str, **values: object) -> None:
        with self.db.write() as conn:
            conn.execute(text(statement), values)

    def made(self) -> dict[str, list[str]]:
        """Of the results what the jobs make of the market, and what they still have to make again."""
        found = self.results()
        return {table: found[table] for table in _MADE}

    def results(self) -> dict[str, list[str]]:
        """All that nights leave behind and that does not name their runs, row by row, to the last bit."""
        with psycopg.connect(self.url) as conn:
            return {
                name: [line for (line,) in conn.execute(f"SELECT {row} FROM {source} ORDER BY 1".encode())]
                for name, (row, source) in _RESULTS.items()
            }


_MADE = ("option_analytics", "view", "snapshots", "late_rows")
_OF = "JOIN instruments i ON i.id = t.instrument_id"
_ROW = "i.symbol || (to_jsonb(t) - 'instrument_id')::text"
_OF_BOOK = "JOIN portfolios b ON b.id = t.portfolio_id"
_BOOKS_ROW = "b.name || to_jsonb(t)::text"
_RESULTS = {
    "snapshots": (_BOOKS_ROW, f"portfolio_snapshots t {_OF_BOOK}"),
    "factor_exposures": (_BOOKS_ROW, f"factor_exposures t {_OF_BOOK}"),
    "market_risk_scenarios": (_BOOKS_ROW, f"market_risk_scenarios t {_OF_BOOK}"),
    "stress_test_results": (_BOOKS_ROW, f"stress_test_results t {_OF_BOOK}"),
    "value_at_risk": (_BOOKS_ROW, f"value_at_risk t {_OF_BOOK}"),
    "correlation_calculations": (_BOOKS_ROW, f"correlation_calculations t {_OF_BOOK}"),
    "view": ("to_jsonb(t)::text", "position_greeks t"),
    "late_rows": ("to_jsonb(t)::text", "late_rows t"),
    "factor_correlations": ("to_jsonb(t)::text", "factor_correlations t"),
} | {
    table: (_ROW, f"{table} t {_OF}")
    for table in ("option_analytics", "instrument_betas", "prices", "option_quotes", "splits", "dividends")
}


def rows_of(db: Database, query: str, **values: object) -> list[Fact]:
    with db.read() as conn:
        return [dict(row._mapping) for row in conn.execute(text(query), values)]


def hold(conn: Connection, book: Portfolio, symbol: str | OptionTerms, quantity: object, on: date, *tags: str) -> UUID:
    """Bring a position in; what nobody has explained yet is kept as it is."""
    if isinstance(symbol, OptionTerms):
        instrument_id = save_options(conn, [symbol], on)[symbol]
    else:
        known = find_instruments(conn, [symbol], on) or add_unknown(conn, [symbol])
        instrument_id = known[symbol]
    new = NewPosition(instrument_id, Decimal(str(quantity)), Decimal(8), on, tags)
    tag_ids = ensure_tags(conn, book.user_id, tags)
    (made,) = add_positions(conn, book, [new], recorded_on=on, tag_ids=tag_ids, imported=True)
    return made


@pytest.fixture(scope="session")
def trading_days(databases: DatabaseCopies, migrated: str) -> TradingCalendar:
    """The trading calendar, loaded once."""
    database = Database(databases.url_of(migrated))
    with database.read() as conn:
        calendar = load_calendar(conn)
    database.close()
    return calendar


@contextmanager
def desk_at(url: str, calendar: TradingCalendar) -> Iterator[Desk]:
    database = Database(url)
    yield Desk(database, url, calendar, {market: Exchange(calendar) for market in Market})
    database.close()


@pytest.fixture
def desk(url: str, trading_days: TradingCalendar) -> Iterator[Desk]:
    """A desk with a database of its own and nothing listed yet."""
    with desk_at(url, trading_days) as made:
        yield made


AnyDesk = TypeVar("AnyDesk", bound=Desk)


@dataclass
class Studio:
    """Makes databases that are alike to the last id, for two histories of the same books."""

    databases: DatabaseCopies

    @contextmanager
    def double(self, desk: AnyDesk) -> Iterator[AnyDesk]:
        """Another desk, with a copy of the database as it is now, in front of the same exchanges."""
        desk.db.close()
        template = desk.url.split("?")[0].rsplit("/", 1)[-1].split("?")[0]
        with self.databases.copy(template) as url:
            database = Database(url)
            yield replace(desk, db=database, url=url)
            database.close()


@pytest.fixture
def studio(databases: DatabaseCopies) -> Studio:
    """Makes doubles of a desk."""
    return Studio(databases)
