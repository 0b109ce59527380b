"""A night run again, in another order, in other pieces or beside a user's change makes the same rows."""

import threading
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text

from sigmasight.domain.books import Portfolio, StatementKind
from sigmasight.services.ledger import state_amount
from sigmasight.store.database import Database
from support.databases import DatabaseCopies, run_command
from support.results import Rows, result_rows, row_versions, runs, snapshot_rows

from .conftest import INDIVIDUAL, LAST, UPLOAD, Nights, everybodys, opened, remade, told

MISSING = (date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 25))
LATER = date(2026, 11, 27)


@pytest.fixture(scope="session")
def in_order(databases: DatabaseCopies, with_demo: str, nights: Nights) -> Rows:
    """What three more nights leave behind when they are run in order."""
    with databases.copy(with_demo) as url, opened(url) as db:
        nights.run(db, *MISSING, last=LATER)
        return result_rows(url)


def test_the_demo_made_again_changes_no_row_of_any_table(demo_url: str) -> None:
    before = row_versions(demo_url)
    again = run_command(demo_url, "demo", "--json", "--no-serve")
    assert again.returncode == 0, again.stderr
    assert row_versions(demo_url) == before
    assert {table: rows[0][0] for table, rows in before.items() if table in COUNTS} == COUNTS


COUNTS = {
    "batch_runs": 61,
    "factor_definitions": 8,
    "portfolio_snapshots": 183,
    "portfolios": 3,
    "positions": 63,
    "statements": 3,
    "stress_test_scenarios": 18,
    "users": 3,
}


def test_a_night_run_again_leaves_the_same_rows(demo_url: str, demo_db: Database, nights: Nights) -> None:
    before = result_rows(demo_url)
    outcomes = nights.run(demo_db, LAST, LAST, UPLOAD, date(2026, 10, 1))
    assert {outcome.status for outcome in outcomes} == {"ok"}
    assert result_rows(demo_url) == before
    assert [run[1:] for run in runs(demo_url)[-4:]] == [(outcome.as_of, "ok", 1) for outcome in outcomes]


@pytest.mark.xdist_group("nights")
def test_nights_one_by_one_leave_the_same_rows(demo_url: str, nights: Nights, in_order: Rows) -> None:
    for day in MISSING:
        with opened(demo_url) as db:
            nights.run(db, day, last=LATER)
    assert result_rows(demo_url) == in_order


@pytest.mark.xdist_group("nights")
def test_nights_in_any_order_leave_the_same_snapshots(demo_url: str, nights: Nights, in_order: Rows) -> None:
    with opened(demo_url) as db:
        nights.run(db, MISSING[2], MISSING[0], MISSING[1], last=LATER)
    assert snapshot_rows(demo_url) == in_order["portfolio_snapshots"]


@pytest.mark.xdist_group("nights")
@pytest.mark.parametrize("portfolios_per_shard", [1, 2])
def test_nights_in_shards_leave_the_same_rows(
    demo_url: str, nights: Nights, in_order: Rows, portfolios_per_shard: int
) -> None:
    with opened(demo_url) as db:
        nights.run(db, *MISSING, last=LATER, portfolios_per_shard=portfolios_per_shard)
    assert result_rows(demo_url) == in_order


def test_a_gap_of_nights_does_not_break_the_sum_of_profits(demo_db: Database, nights: Nights) -> None:
    with demo_db.write() as conn:
        whole = [told(each) for each in everybodys(conn, LAST, LAST)]
        conn.execute(text("DELETE FROM portfolio_snapshots WHERE as_of > '2026-09-10'"))
    nights.run(demo_db, LAST)
    with demo_db.read() as conn:
        assert [told(each) for each in everybodys(conn, LAST, LAST)] == whole


def test_a_night_and_a_users_change_at_once_end_in_what_both_of_them_make(
    demo_db: Database, nights: Nights, books: tuple[Portfolio, ...]
) -> None:
    book, day = books[INDIVIDUAL], date(2026, 11, 2)
    night = threading.Thread(target=lambda: nights.run(demo_db, *nights.sessions(first=date(2026, 11, 9))))
    night.start()
    for at in range(8):
        with demo_db.write() as conn:
            state_amount(
                conn,
                nights.valuation,
                book.user_id,
                book.id,
                kind=StatementKind.CASH,
                as_of=day,
                amount=Decimal(at),
                today=LAST,
            )
    night.join()
    with demo_db.write() as conn:
        stored = [told(each) for each in everybodys(conn) if each.portfolio_id == book.id]
        conn.execute(text("DELETE FROM portfolio_snapshots"))
        made = remade(conn, nights.valuation, [book], {book.id: nights.sessions()})
        conn.rollback()
    assert [told(each) for each in made] == stored
