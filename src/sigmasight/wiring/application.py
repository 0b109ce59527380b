"""Puts the parts together: settings, clock, server, database, calendar, providers."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

from sigmasight.batch.night import NightPlan
from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.market_data import Market
from sigmasight.domain.usage import Usage
from sigmasight.market.exchange import build_nyse_calendar, calendar_source_version
from sigmasight.market.simulated import SimulatedMarket
from sigmasight.services.market_frames import Valuation
from sigmasight.services.market_sources import Sources
from sigmasight.services.reference import seed_reference
from sigmasight.store.calendar import calendar_source, save_calendar
from sigmasight.store.database import Connection, Database, take_turn
from sigmasight.store.embedded import start_server
from sigmasight.store.migrate import migrate
from sigmasight.store.provider_usage import usage_between
from sigmasight.wiring.clock import Clock, clock_of, today_in_new_york
from sigmasight.wiring.providers import live_sources
from sigmasight.wiring.settings import Settings

CALENDAR_FIRST = date(1990, 1, 1)
_YEARS_AHEAD = 3
_LEAST_AHEAD = timedelta(days=400)

Announce = Callable[[str], None]
"""Told where the data lies, before anything is opened."""


@dataclass(frozen=True, slots=True)
class Application:
    """Everything that a face needs."""

    settings: Settings
    clock: Clock
    db: Database
    calendar: TradingCalendar
    at_end: ExitStack  # what is to be closed with the application

    @property
    def today(self) -> date:
        """The calendar day in New York."""
        return today_in_new_york(self.clock)

    @property
    def last_completed(self) -> date:
        """The last session whose close has passed."""
        return self.calendar.last_completed_session(self.clock())

    @property
    def valuation(self) -> Valuation:
        """What every valuation is given."""
        return Valuation(
            calendar=self.calendar,
            stale_sessions=self.settings.stale_sessions,
            least_observations=self.settings.least_observations,
            correlations_daily=self.settings.correlations_daily,
        )

    def simulated_market(self) -> SimulatedMarket:
        """The simulated provider."""
        return SimulatedMarket(self.calendar)

    def night_plan(self, simulated: SimulatedMarket | None = None) -> NightPlan:
        """What every night is given: which provider serves which market, and how."""
        provider = simulated or self.simulated_market()
        return NightPlan(
            valuation=self.valuation,
            sources={
                Market.LIVE: live_sources(self.settings, self.clock, self.at_end, self._spent_this_month()),
                Market.SIMULATED: Sources((provider,), (provider,), (provider,), (provider,), (provider,)),
            },
            last_completed=self.last_completed,
            history_sessions=self.settings.history_sessions,
            portfolios_per_shard=self.settings.portfolios_per_shard,
        )

    def _spent_this_month(self) -> Mapping[str, Usage]:
        """What each provider has cost since the first of the month in New York."""
        with self.db.read() as conn:
            return usage_between(conn, self.today.replace(day=1), self.today)


@contextmanager
def open_application(settings: Settings, announce: Announce) -> Iterator[Application]:
    """Open the database, embedded or by address, bring its schema up to date, and close all of it in the end.

    Raises:
        DatabaseError: If there is no usable database.
        SettingError: If a setting cannot be used.
    """
    clock = clock_of(settings)
    with _database(settings, announce) as db:
        db.require_usable()
        with db.write() as conn:
            migrate(conn)
            seed_reference(conn)
        with ExitStack() as at_end:
            yield Application(settings, clock, db, _calendar(db, today_in_new_york(clock)), at_end)


@contextmanager
def _database(settings: Settings, announce: Announce) -> Iterator[Database]:
    if settings.database_url is not None:
        with _opened(settings, settings.database_url.get_secret_value()) as db:
            announce(f"Database: {db.place}")
            yield db
        return
    announce(f"Data directory: {settings.data_home}")
    with start_server(settings.data_home, binaries=settings.postgres_binaries) as server:
        if server.data_dir.parent != settings.data_home:
            announce(f"Database files: {server.data_dir}")
        with _opened(settings, server.url) as db:
            yield db


@contextmanager
def _opened(settings: Settings, url: str) -> Iterator[Database]:
    db = Database(url, pool_size=settings.database_pool_size, connect_seconds=settings.database_connect_seconds)
    try:
        yield db
    finally:
        db.close()


def _calendar(db: Database, today: date) -> TradingCalendar:
    """The stored calendar, built anew when its source has changed or its end comes near."""
    with db.read() as conn:
        calendar = _usable_calendar(conn, today)
    if calendar is not None:
        return calendar
    built = build_nyse_calendar(CALENDAR_FIRST, date(today.year + _YEARS_AHEAD, 12, 31))
    with db.write() as conn:
        take_turn(conn, "calendar")
        save_calendar(conn, built, calendar_source_version())
    return built


def _usable_calendar(conn: Connection, today: date) -> TradingCalendar | None:
    found = calendar_source(conn)
    if found is None:
        return None
    version, calendar = found
    return calendar if version == calendar_source_version() and calendar.last - today > _LEAST_AHEAD else None
