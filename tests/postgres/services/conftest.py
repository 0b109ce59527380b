"""A desk: one user's portfolio, a calendar, and nights that make its snapshots."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import Connection, delete, select

from postgres.store.builders import FRIDAY, MONDAY, WEEK, new_book, new_share, new_user
from sigmasight.domain.books import Portfolio
from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.market_data import Market
from sigmasight.domain.snapshots import Snapshot
from sigmasight.services.market_frames import Valuation
from sigmasight.services.market_plan import Universe, find_universe
from sigmasight.services.valuation import aggregate_books, value_portfolios, wanted_days
from sigmasight.store.people import ensure_tags
from sigmasight.store.positions import NewPosition, add_positions
from sigmasight.store.snapshots import load_snapshots, replace_snapshots
from sigmasight.store.tables import audit_log, factor_definitions, factor_proxies

RISING = dict(zip(WEEK, (10.0, 11.0, 12.0, 13.0, 14.0), strict=True))
"""Closes of a week."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One portfolio and what is done with it; every act is in the test's transaction."""

    conn: Connection
    valuation: Valuation
    book: Portfolio

    @property
    def owner(self) -> UUID:
        return self.book.user_id

    def bring_in(self, instrument_id: int, quantity: int | str, on: date, *, tags: Sequence[str] = ()) -> UUID:
        """A position that enters on a day as a flow; its entry price was 8."""
        new = NewPosition(instrument_id, Decimal(quantity), Decimal(8), on, tuple(tags))
        tag_ids = ensure_tags(self.conn, self.owner, tags)
        (made,) = add_positions(self.conn, self.book, [new], recorded_on=on, tag_ids=tag_ids, imported=True)
        return made

    def make_snapshots(self, *days: date, books: Sequence[Portfolio] = ()) -> tuple[Snapshot, ...]:
        """What the nights of some days make of the portfolio, or of several."""
        made: list[Snapshot] = []
        portfolios = books or [self.book]
        for day in days:
            wanted = wanted_days(self.conn, portfolios, day)
            snapshots = aggregate_books(value_portfolios(self.conn, self.valuation, portfolios, wanted))
            replace_snapshots(self.conn, portfolios, snapshots)
            made += snapshots
        return tuple(made)

    def snapshots(self, book: Portfolio | None = None) -> Mapping[date, Snapshot]:
        """The portfolio's stored snapshots by day."""
        found = load_snapshots(self.conn, (book or self.book).id, date(2026, 1, 1), date(2026, 12, 31))
        return {snapshot.as_of: snapshot for snapshot in found}

    def measure(self, name: str) -> dict[date, float]:
        """One measure of the stored snapshots."""
        return {day: getattr(snapshot.measures, name) for day, snapshot in self.snapshots().items()}

    def audit(self) -> list[tuple[str, dict[str, object]]]:
        """What the audit log says of the portfolio."""
        rows = self.conn.execute(select(audit_log).order_by(audit_log.c.id)).all()
        assert all((row.user_id, row.portfolio_id) == (self.owner, self.book.id) for row in rows)
        return [(row.action, row.detail) for row in rows]


@pytest.fixture
def valuation(calendar: TradingCalendar) -> Valuation:
    """What every valuation is given."""
    return Valuation(calendar, stale_sessions=5)


@pytest.fixture
def desk(conn: Connection, valuation: Valuation) -> Desk:
    """Alice's empty portfolio, opened on Monday, where no factor wants a fund of its own looked at."""
    conn.execute(delete(factor_proxies))
    conn.execute(delete(factor_definitions))
    return Desk(conn, valuation, new_book(conn, new_user(conn), opened_on=MONDAY))


@pytest.fixture
def stranger(conn: Connection) -> UUID:
    """Somebody else."""
    return new_user(conn, "stranger").id


@pytest.fixture
def universe(desk: Desk) -> Universe:
    """What Friday's night looks at: AAA, BBB and CCC, held."""
    for symbol in ("AAA", "BBB", "CCC"):
        desk.bring_in(new_share(desk.conn, symbol), 1, MONDAY)
    return find_universe(desk.conn, Market.LIVE, desk.valuation.calendar, FRIDAY)
