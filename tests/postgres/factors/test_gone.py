"""What is gone leaves no rows: a deleted portfolio, a deleted user, the demo after its reset."""

from contextlib import closing

import psycopg
import pytest

from postgres.greeks.conftest import Studio
from sigmasight.services.demo.seed import remove_demo
from sigmasight.store.database import Database
from sigmasight.store.people import delete_user
from support.databases import DatabaseCopies

from .conftest import RISK_TABLES, City

pytestmark = pytest.mark.xdist_group("factors")

FACTS = ("instrument_betas", "factor_correlations")


def counts(url: str) -> dict[str, int]:
    with psycopg.connect(url) as conn:
        rows = {
            table: conn.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() for table in (*RISK_TABLES, *FACTS)
        }
    return {table: int(row[0]) for table, row in rows.items() if row is not None}


def test_a_deleted_portfolio_and_a_deleted_user_leave_no_rows(city: City, studio: Studio) -> None:
    with studio.double(city.desk) as mine:
        before = counts(mine.url)
        mine.execute("DELETE FROM portfolios WHERE id = :book", book=city.books["ab"].id)
        with mine.db.write() as conn:
            delete_user(conn, city.books["only Value"].user_id)
        after = counts(mine.url)
        for table in RISK_TABLES:
            gone = [city.books[name].id for name in ("ab", "only Value")]
            assert mine.rows(f"SELECT 1 FROM {table} WHERE portfolio_id = ANY(:gone)", gone=gone) == []
        view = "SELECT 1 FROM position_factor_exposures WHERE portfolio_id = :gone"
        assert mine.rows(view, gone=city.books["ab"].id) == []
    assert {table: before[table] - after[table] for table in before} == {
        **dict.fromkeys(RISK_TABLES, 2),
        **dict.fromkeys(FACTS, 0),
    }


def test_a_reset_demo_leaves_none(databases: DatabaseCopies, with_demo: str) -> None:
    with databases.copy(with_demo) as url:
        before = counts(url)
        with closing(Database(url)) as database, database.write() as conn:
            assert remove_demo(conn) == 3
        after = counts(url)
    nights = {table: 12 if table == "correlation_calculations" else 61 for table in before}
    assert all(count >= nights[table] for table, count in before.items())
    assert after == dict.fromkeys(before, 0)
