"""A city: one exchange on which seven factors move everything, many books brought in on one day, and one night."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

import numpy as np
import pytest

from postgres.greeks.conftest import FRIDAY, Desk, Exchange, Fact, Path, Studio, call, put
from sigmasight.domain.books import Portfolio, StatementKind
from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.factors import FACTORS
from sigmasight.domain.instruments import ExerciseStyle, Kind
from sigmasight.domain.market_data import FloatArray, Market
from sigmasight.domain.risk_results import Correlations, FactorExposures, ScenarioResults, TailRisk
from sigmasight.domain.scenarios import Basis, Category, Scenario, Severity, Shock
from sigmasight.services.market_frames import Valuation
from sigmasight.store.calendar import load_calendar
from sigmasight.store.database import Database
from sigmasight.store.instruments import find_instruments
from sigmasight.store.people import add_statement, set_allow_estimates
from sigmasight.store.positions import NewPosition, add_positions
from sigmasight.store.risk_results import (
    load_correlations,
    load_exposures,
    load_market_scenarios,
    load_stress,
    load_tails,
)
from sigmasight.store.scenarios import save_own_scenarios
from support.databases import DatabaseCopies

Found = TypeVar("Found")

FUNDS = {factor.name: factor.proxies[0].symbol for factor in FACTORS if factor.active}
NAMES = tuple(FUNDS)
STYLES = NAMES[1:]
SLOPES = dict(zip(STYLES, (0.95, 1.1, 1.05, 0.98, 1.2, 0.7), strict=True))
"""What a style's fund does for each 1 of the market."""

SESSIONS = 300
HISTORY = 262
RISK_TABLES = (
    *("factor_exposures", "market_risk_scenarios", "stress_test_results"),
    *("value_at_risk", "correlation_calculations"),
)
OWN = "own_fall"
"""Everybody who has a scenario of his own gives it the same id."""


@dataclass(frozen=True, slots=True)
class Tape:
    """What factors, yields and noise did on each session, drawn once for all tests."""

    days: tuple[date, ...]
    market: FloatArray  # (T,)
    styles: FloatArray  # (T, 6) beyond the market
    yields: FloatArray  # (T,)

    def returns(
        self,
        market: float = 1.0,
        styles: Mapping[str, float] | None = None,
        *,
        duration: float = 0.0,
        lagged: float = 0.0,
        noise: float = 0.01,
        seed: int = 0,
    ) -> FloatArray:
        """Returns of a share with these sensitivities, (T,)."""
        loading = np.array([(styles or {}).get(name, 0.0) for name in STYLES])
        own = np.random.default_rng([20261120, seed]).normal(0.0, noise, len(self.days)) if noise else 0.0
        before = np.concatenate([[0.0], self.market[:-1]])
        moved = np.diff(self.yields, prepend=self.yields[:1])
        return np.asarray(market * self.market + self.styles @ loading - duration * moved + lagged * before + own)

    def path(self, returns: FloatArray, level: float = 100.0) -> Path:
        """Closes that make these returns and end on Friday at a level."""
        closes = np.cumprod(1.0 + returns)
        told = level * closes / closes[self.days.index(FRIDAY)]
        return dict(zip((day.toordinal() for day in self.days), told.tolist(), strict=True)).__getitem__

    def yield_path(self) -> Path:
        """The one yield that all series have."""
        told = dict(zip((day.toordinal() for day in self.days), self.yields.tolist(), strict=True))
        return told.__getitem__


def list_funds(exchange: Exchange, tape: Tape) -> None:
    """List the seven funds, each of which is its factor."""
    exchange.par_yield = tape.yield_path()
    exchange.list_share("SPY", tape.path(tape.market), kind=Kind.ETF)
    for name, slope in SLOPES.items():
        only = tape.returns(slope, {name: 1.0}, noise=0.0)
        exchange.list_share(FUNDS[name], tape.path(only), kind=Kind.ETF)


@pytest.fixture(scope="session")
def calendar(databases: DatabaseCopies, migrated: str) -> TradingCalendar:
    """The trading calendar, loaded once."""
    with closing(Database(databases.url_of(migrated))) as database, database.read() as conn:
        return load_calendar(conn)


@pytest.fixture(scope="session")
def tape(calendar: TradingCalendar) -> Tape:
    """Three hundred sessions up to Friday and a few after it."""
    days = calendar.sessions_between(calendar.sessions_back(FRIDAY, SESSIONS), date(2026, 11, 30))
    rng = np.random.default_rng(20261120)
    market = rng.normal(0.0004, 0.01, len(days))
    styles = rng.normal(0.0, 0.004, (len(days), len(STYLES))) @ (np.eye(6) + 0.3 * rng.normal(size=(6, 6)))
    yields = 0.04 + np.cumsum(rng.normal(0.0, 0.0005, len(days)) + 0.01 * market)
    return Tape(days, market, styles, yields)


@dataclass
class RiskDesk(Desk):
    """A desk whose nights have a whole window of history for betas, and what they make of risk."""

    history_sessions: int = HISTORY
    correlations_daily: bool = True  # so that every night of a test fills every table

    @property
    def valuation(self) -> Valuation:
        return replace(super().valuation, correlations_daily=self.correlations_daily)

    def exposures(self, book: Portfolio, day: date = FRIDAY) -> FactorExposures:
        with self.db.read() as conn:
            return present(load_exposures(conn, book.id, day))

    def market_scenarios(self, book: Portfolio, day: date = FRIDAY) -> ScenarioResults:
        with self.db.read() as conn:
            return present(load_market_scenarios(conn, book.id, day))

    def stress(self, book: Portfolio, day: date = FRIDAY) -> ScenarioResults:
        with self.db.read() as conn:
            return present(load_stress(conn, book.id, day))

    def tails(self, book: Portfolio, day: date = FRIDAY) -> TailRisk:
        with self.db.read() as conn:
            (found,) = load_tails(conn, book.id, day, day)
        return found

    def correlations(self, book: Portfolio, day: date = FRIDAY) -> Correlations:
        with self.db.read() as conn:
            return present(load_correlations(conn, book.id, day))

    def betas(self, symbol: str, day: date = FRIDAY, market: Market = Market.LIVE) -> Fact:
        (row,) = self.rows(
            "SELECT b.* FROM instrument_betas b JOIN instruments i ON i.id = b.instrument_id"
            " WHERE i.symbol = :symbol AND b.as_of = :day AND b.market = :market",
            symbol=symbol,
            day=day,
            market=market,
        )
        return row

    def factors(self, day: date = FRIDAY, market: Market = Market.LIVE) -> Fact:
        (row,) = self.rows(
            "SELECT * FROM factor_correlations WHERE as_of = :day AND market = :market", day=day, market=market
        )
        return row

    def book_of_lots(self, name: str, lots: Sequence[tuple[str, float]], on: date = FRIDAY) -> Portfolio:
        """A portfolio of many lots, brought in together."""
        book = self.book(name, on=on)
        with self.db.write() as conn:
            ids = find_instruments(conn, sorted(dict(lots)), on)
            new = [NewPosition(ids[symbol], Decimal(str(quantity)), Decimal(8), on) for symbol, quantity in lots]
            add_positions(conn, book, new, recorded_on=on, tag_ids={}, imported=True)
        return book

    def state_cash(self, book: Portfolio, amount: int, on: date = FRIDAY) -> None:
        with self.db.write() as conn:
            add_statement(conn, book, StatementKind.CASH, on, Decimal(amount))

    def take_estimates(self, book: Portfolio) -> None:
        with self.db.write() as conn:
            set_allow_estimates(conn, book, allowed=True)

    def imagine(self, user_id: UUID, *scenarios: Scenario) -> None:
        """Let a user have scenarios of his own."""
        with self.db.write() as conn:
            save_own_scenarios(conn, user_id, scenarios)

    def risk_rows(self) -> dict[str, list[str]]:
        """All rows of risk, and what they stand on, to the last bit."""
        found = self.results()
        return {table: found[table] for table in (*RISK_TABLES, "instrument_betas", "factor_correlations", "snapshots")}


def present(found: Found | None) -> Found:
    assert found is not None
    return found


def own_scenario(factor: str, size: float, **more: object) -> Scenario:
    """A scenario that moves one factor, all of it."""
    plain = Scenario(
        OWN,
        "My fall",
        Category.MARKET,
        Severity.MILD,
        active=True,
        basis=Basis.TOTAL,
        shocks=(Shock(factor, size),),
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def by_name(results: ScenarioResults | FactorExposures, column: str) -> dict[str, float]:
    """A column of results by scenario or factor."""
    names = results.factors if isinstance(results, FactorExposures) else results.scenarios
    return dict(zip(names, getattr(results, column).tolist(), strict=True))


SHARES: Mapping[str, Mapping[str, object]] = {
    "AAA": {"market": 1.2, "styles": {"Growth": 0.8, "Value": -0.5}},
    "BBB": {"market": 0.8, "styles": {"Value": 0.9, "Size": 0.4}},
    "CCC": {"market": 1.0, "styles": {"Momentum": 1.3, "Quality": -0.7}},
    "WILD": {"market": 4.0, "styles": {"Low Volatility": -2.0}, "noise": 0.02},
    "REIT": {"market": 0.9, "duration": 4.0},
    "BOND": {"market": 0.0, "duration": 7.0, "noise": 0.0005},
    "FUND": {"market": 0.4, "lagged": 0.5, "noise": 0.003},
    "FEAR": {"market": -5.0, "noise": 0.03},
}
"""What moves each share of the city."""

PROFILES: Mapping[str, Mapping[str, object]] = {
    "REIT": {"sector": "Real Estate"},
    "BOND": {"kind": Kind.ETF, "industry": "Intermediate Government Bond"},
    "FUND": {"kind": Kind.MUTUAL_FUND},
    "FEAR": {"kind": Kind.INDEX, "option_exercise": ExerciseStyle.EUROPEAN},
}
YOUNG = {f"Y{returns}": returns for returns in (59, 60, 61, 251, 252)}
"""Shares with so many returns."""

CALL, PUT = call("AAA"), put("AAA", 105)
FEAR_CALL, FEAR_PUT = call("FEAR", 100), put("FEAR", 100)
EXPIRING = call("AAA", 10, FRIDAY)
UNQUOTED = call("BBB", 100)
LONG_ONLY = ("SPY", "VTV", "AAA", "BBB", "CCC", "WILD", "REIT", "BOND", "FUND")
A = (("AAA", 30), ("BBB", -20), (CALL, 3), ("FUND", 10.5))
B = (("CCC", 15), ("BBB", 5), (PUT, -2), (FEAR_CALL, 4), ("REIT", 12))
MANY = tuple((symbol, (-1) ** at * (1 + at % 7) * 0.25) for at in range(1000) for symbol in SHARES if symbol != "FEAR")
OWN_SIZES = dict(zip(NAMES, (-0.3, -0.2, 0.25, -0.4, 0.15, -0.1, -0.35), strict=True))


def list_city(exchange: Exchange, tape: Tape) -> None:
    """List the funds, the shares and the contracts of the city."""
    list_funds(exchange, tape)
    for seed, (symbol, moves) in enumerate(SHARES.items(), start=1):
        exchange.list_share(symbol, tape.path(tape.returns(**moves, seed=seed)), **PROFILES.get(symbol, {}))  # type: ignore[arg-type]
    for seed, (symbol, returns) in enumerate(YOUNG.items(), start=100):
        since = tape.days[tape.days.index(FRIDAY) - returns]
        exchange.list_share(symbol, tape.path(tape.returns(0.9, seed=seed)), since=since)
    for contract in (CALL, PUT, FEAR_CALL, FEAR_PUT):
        exchange.quote_at(contract, FRIDAY)


@dataclass(frozen=True, slots=True)
class City:
    """Everything of one Friday night, to be looked at only."""

    desk: RiskDesk
    books: Mapping[str, Portfolio]

    def exposures(self, name: str) -> dict[str, float]:
        return by_name(self.desk.exposures(self.books[name]), "exposure")

    def direct(self, name: str) -> dict[str, float]:
        return self._pnl(name, "direct")

    def correlated(self, name: str) -> dict[str, float]:
        return self._pnl(name, "correlated")

    def worth(self, name: str) -> float:
        return self.desk.snapshot(self.books[name]).measures.net

    def _pnl(self, name: str, column: str) -> dict[str, float]:
        """Under all scenarios, those of both tables."""
        book = self.books[name]
        return by_name(self.desk.market_scenarios(book), column) | by_name(self.desk.stress(book), column)


def settle(desk: RiskDesk) -> dict[str, Portfolio]:
    """Bring the books of the city in."""
    books = {
        "spy": desk.book("spy", ("SPY", 100), on=FRIDAY),
        "short spy": desk.book("short spy", ("SPY", -100), on=FRIDAY),
        "a": desk.book("a", *A, on=FRIDAY),
        "b": desk.book("b", *B, on=FRIDAY),
        "ab": desk.book("ab", *A, *B, on=FRIDAY),
        "minus ab": desk.book("minus ab", *((symbol, -quantity) for symbol, quantity in (*A, *B)), on=FRIDAY),
        "call": desk.book("call", (CALL, 1), on=FRIDAY),
        "put": desk.book("put", (PUT, 1), on=FRIDAY),
        "fear": desk.book("fear", (FEAR_CALL, 1), on=FRIDAY),
        "expiring": desk.book("expiring", (EXPIRING, 1), on=FRIDAY),
        "unknown": desk.book("unknown", ("NOBODY", 10), ("SPY", 10), on=FRIDAY),
        "hedged": desk.book("hedged", ("AAA", 10), ("AAA", -10), on=FRIDAY),
        "unquoted": desk.book("unquoted", (UNQUOTED, 1), on=FRIDAY),
        "unquoted, estimated": desk.book("unquoted, estimated", (UNQUOTED, 1), on=FRIDAY),
        "nothing known": desk.book("nothing known", ("NOBODY", 10), on=FRIDAY),
        "empty": desk.book("empty", on=FRIDAY),
        "poor": desk.book("poor", ("AAA", 10), on=FRIDAY),
        "shorts": desk.book("shorts", ("AAA", -10), ("BBB", -5), ("BOND", -20), on=FRIDAY),
        "few": desk.book("few", *summed(MANY), on=FRIDAY),
        "many": desk.book_of_lots("many", MANY),
        **{symbol: desk.book(symbol, (symbol, 10), on=FRIDAY) for symbol in YOUNG},
        **{f"long {symbol}": desk.book(f"long {symbol}", (symbol, 7), on=FRIDAY) for symbol in LONG_ONLY},
        **{f"only {name}": desk.book(f"only {FUNDS[name]}", (FUNDS[name], 10), on=FRIDAY) for name in NAMES},
    }
    desk.state_cash(books["poor"], -1_000_000)
    for name in ("shorts", "many", "few"):
        desk.state_cash(books[name], 1_000_000)
    for name, size in OWN_SIZES.items():
        desk.imagine(books[f"only {name}"].user_id, own_scenario(name, size))
    here = {"on": FRIDAY, "market": Market.SIMULATED}
    without = (("AAA", 10), ("REIT", 10), ("BOND", 10), ("FUND", 10), (CALL, 1))
    books |= {
        "no rates": desk.book("no rates", *without, **here),  # type: ignore[arg-type]
        "estimated": desk.book("estimated", *without, **here),  # type: ignore[arg-type]
        **{f"est {symbol}": desk.book(f"est {symbol}", (symbol, 10), **here) for symbol in ("AAA", "REIT", "BOND")},  # type: ignore[arg-type]
    }
    for name in ("estimated", "est AAA", "est REIT", "est BOND", "unquoted, estimated"):
        desk.take_estimates(books[name])
    return books


def summed(holdings: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """One lot of each symbol."""
    return [(symbol, sum(each for name, each in holdings if name == symbol)) for symbol in dict(holdings)]


Settled = tuple[RiskDesk, dict[str, Portfolio]]


@contextmanager
def risk_desk(url: str, calendar: TradingCalendar) -> Iterator[RiskDesk]:
    """A desk with nothing listed yet."""
    with closing(Database(url)) as database:
        yield RiskDesk(database, url, calendar, {market: Exchange(calendar) for market in Market})


@pytest.fixture
def desk(url: str, calendar: TradingCalendar, tape: Tape) -> Iterator[RiskDesk]:
    """A desk with a database of its own, where the funds of the factors are listed."""
    with risk_desk(url, calendar) as made:
        for exchange in made.exchanges.values():
            list_funds(exchange, tape)
        yield made


@pytest.fixture
def studio(databases: DatabaseCopies) -> Studio:
    """Makes doubles of a desk."""
    return Studio(databases)


@pytest.fixture(scope="session")
def settled(databases: DatabaseCopies, migrated: str, calendar: TradingCalendar, tape: Tape) -> Settled:
    """The city before its night; others may copy it."""
    url = databases.make("city", migrated)
    desk = RiskDesk(Database(url), url, calendar, {market: Exchange(calendar) for market in Market})
    for exchange in desk.exchanges.values():
        list_city(exchange, tape)
    desk.exchanges[Market.SIMULATED].last_yield = date.min
    books = settle(desk)
    desk.db.close()
    return desk, books


@pytest.fixture(scope="session")
def city(databases: DatabaseCopies, settled: Settled) -> Iterator[City]:
    """The city after its night."""
    desk, books = settled
    with databases.copy("city") as url, closing(Database(url)) as database:
        mine = replace(desk, db=database, url=url)
        mine.night(FRIDAY)
        yield City(mine, books)
