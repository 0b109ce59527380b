"""The demo after its nights, to be looked at only, with what its books held."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date

import pytest

from postgres.factors.conftest import calendar, desk, studio, tape
from postgres.greeks.conftest import Fact, rows_of
from sigmasight.domain.books import Portfolio
from sigmasight.services.market_frames import Valuation
from sigmasight.store.calendar import load_calendar
from sigmasight.store.database import Database
from sigmasight.store.people import portfolios_on
from support.databases import LAST_SESSION, DatabaseCopies

__all__ = ["calendar", "desk", "studio", "tape"]

LAST = date.fromisoformat(LAST_SESSION)
INDIVIDUAL = "Balanced Individual Investor"
HIGH_NET_WORTH = "Sophisticated High Net Worth"
HEDGE_FUND = "Long/Short Equity Hedge Fund Style"
BOOKS = (INDIVIDUAL, HIGH_NET_WORTH, HEDGE_FUND)
SESSIONS = 61
"""Of the demo: the one on which its books are brought in, and sixty after it."""


@dataclass(frozen=True, slots=True)
class Demo:
    """The demo's database and books."""

    db: Database
    valuation: Valuation
    books: dict[str, Portfolio]

    def rows(self, query: str, **values: object) -> list[Fact]:
        return rows_of(self.db, query, **values)

    def last_sessions(self, count: int) -> tuple[date, ...]:
        """So many sessions, ascending, of which the last one is the demo's."""
        calendar = self.valuation.calendar
        return calendar.sessions_between(calendar.sessions_back(LAST, count - 1), LAST)


@pytest.fixture(scope="module")
def demo(databases: DatabaseCopies, with_demo: str) -> Iterator[Demo]:
    """The demo, to be looked at only."""
    with closing(Database(databases.url_of(with_demo))) as database:
        with database.read() as conn:
            valuation = Valuation(load_calendar(conn), stale_sessions=5)
            books = {book.name: book for book in portfolios_on(conn, LAST)}
        yield Demo(database, valuation, books)
