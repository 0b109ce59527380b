"""The demo's nights in this process: one calendar and one simulated market for all of them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import numpy as np
import pytest
from sqlalchemy import Connection

from sigmasight.batch.night import NightOutcome, NightPlan, run_night
from sigmasight.domain.books import Portfolio
from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.market_data import Market
from sigmasight.domain.snapshots import MEASURES, Snapshot
from sigmasight.market.simulated import SimulatedMarket
from sigmasight.risk.snapshots import complete_snapshots
from sigmasight.services.demo.seed import demo_portfolios
from sigmasight.services.market_frames import Valuation
from sigmasight.services.market_sources import Sources
from sigmasight.services.valuation import Days, aggregate_books, value_portfolios
from sigmasight.store.calendar import load_calendar
from sigmasight.store.database import Database
from sigmasight.store.people import portfolios_on
from sigmasight.store.risk_results import load_exposures, load_tails
from sigmasight.store.snapshots import load_snapshots
from support.databases import DatabaseCopies

UPLOAD = date(2026, 8, 27)
LAST = date(2026, 11, 20)
INDIVIDUAL, HIGH_NET_WORTH, HEDGE_FUND = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Nights:
    """Runs nights in this process as the command does."""

    calendar: TradingCalendar
    market: SimulatedMarket

    @property
    def valuation(self) -> Valuation:
        return Valuation(self.calendar, stale_sessions=5)

    @property
    def sources(self) -> Mapping[Market, Sources]:
        simulated = Sources((self.market,), (self.market,), (self.market,), (self.market,))
        return {Market.LIVE: Sources(), Market.SIMULATED: simulated}

    def plan(self, last: date = LAST, *, portfolios_per_shard: int = 500) -> NightPlan:
        return NightPlan(self.valuation, self.sources, last, 520, portfolios_per_shard)

    def run(
        self, db: Database, *days: date, last: date = LAST, portfolios_per_shard: int = 500
    ) -> tuple[NightOutcome, ...]:
        plan = self.plan(last, portfolios_per_shard=portfolios_per_shard)
        return tuple(run_night(db, plan, day, unwatched) for day in days)

    def sessions(self, first: date = UPLOAD, last: date = LAST) -> tuple[date, ...]:
        return self.calendar.sessions_between(first, last)


def unwatched(_job: str, _done: int, _of: int) -> None:
    """Nobody looks at the progress."""


@pytest.fixture(scope="session")
def nights(databases: DatabaseCopies, migrated: str) -> Nights:
    """Nights with one market for the whole test process: it keeps what it has traced."""
    with opened(databases.url_of(migrated)) as database, database.read() as conn:
        calendar = load_calendar(conn)
    return Nights(calendar, SimulatedMarket(calendar))


@pytest.fixture
def books(demo_db: Database) -> tuple[Portfolio, Portfolio, Portfolio]:
    """The demo's portfolios: the individual's, the wealthy one's, the hedge fund's."""
    with demo_db.read() as conn:
        individual, wealthy, fund = demo_portfolios(conn)
    return individual, wealthy, fund


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """A database, closed at the end."""
    database = Database(url)
    try:
        yield database
    finally:
        database.close()


def history(conn: Connection, portfolio: Portfolio, first: date = UPLOAD, last: date = LAST) -> tuple[Snapshot, ...]:
    """A portfolio's stored snapshots."""
    return load_snapshots(conn, portfolio.id, first, last)


def everybodys(conn: Connection, first: date = UPLOAD, last: date = LAST) -> list[Snapshot]:
    """The stored snapshots of all portfolios."""
    return [each for book in portfolios_on(conn, last) for each in history(conn, book, first, last)]


def remade(conn: Connection, valuation: Valuation, books: Sequence[Portfolio], wanted: Days) -> tuple[Snapshot, ...]:
    """Snapshots made again from ledger and prices; beta and value at risk are those of the rows that a night left."""
    made = aggregate_books(value_portfolios(conn, valuation, books, wanted))
    return tuple(_completed(conn, each) for each in made)


def _completed(conn: Connection, made: Snapshot) -> Snapshot:
    exposures = load_exposures(conn, made.portfolio_id, made.as_of)
    tails = load_tails(conn, made.portfolio_id, made.as_of, made.as_of)
    return complete_snapshots([made], [exposures], tails)[0] if exposures else made


def told(snapshot: Snapshot) -> dict[str, object]:
    """All that a snapshot says, bit by bit, and so that two that are alike are equal: NaN becomes None."""
    numbers = {name: getattr(snapshot.measures, name) for name in MEASURES}
    rest = {name: getattr(snapshot, name) for name in snapshot.__slots__ if name != "measures"}
    return rest | {name: None if np.isnan(value) else value for name, value in numbers.items()}
