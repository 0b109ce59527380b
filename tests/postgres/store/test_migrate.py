"""Migrations need their two roles, take turns, and know which version they make."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from sigmasight.domain.errors import DatabaseSetupError
from sigmasight.domain.scenarios import Basis, Category, Scenario, Severity, Shock
from sigmasight.store import migrate as module
from sigmasight.store.database import Database
from sigmasight.store.migrate import HEAD, migrate
from sigmasight.store.scenarios import load_scenarios
from support.databases import DatabaseCopies

TURNS = 5_000
"""Times to look whether the other one waits."""

FIRST_ROWS = """
INSERT INTO users (email, name, password_hash) VALUES ('alice@example.com', 'Alice', 'a hash');
INSERT INTO portfolios (user_id, name, market, opened_on) SELECT id, 'Book', 'live', '2026-11-02' FROM users;
INSERT INTO portfolio_settings (portfolio_id, user_id, allow_estimates) SELECT id, user_id, true FROM portfolios;
INSERT INTO statements (portfolio_id, user_id, kind, as_of, amount)
    SELECT id, user_id, 'cash', '2026-11-16', 1000.005 FROM portfolios;
INSERT INTO instruments (symbol, kind, name, dividend_yield) VALUES ('AAA', 'stock', 'AAA Inc.', 0.015);
INSERT INTO instruments (symbol, kind, name, multiplier, underlying_id, option_right, strike, expiry, exercise_style,
                         terms_as_of)
    SELECT 'AAA261218C00100000', 'option', 'a call', 100, id, 'call', 100, '2026-12-18', 'american', '2026-11-16'
    FROM instruments;
INSERT INTO prices SELECT 'live', id, '2026-11-20', 1, 1, 1, 1.1, 0.3, NULL, 'test' FROM instruments;
INSERT INTO splits SELECT 'live', id, '2026-11-18', 2, 1, 'test' FROM instruments WHERE kind = 'stock';
INSERT INTO option_quotes SELECT 'live', id, '2026-11-20', 1, 2, NULL, 0, 7, 'test' FROM instruments WHERE strike > 0;
INSERT INTO late_rows (market, instrument_id, day) SELECT 'live', id, '2026-11-18' FROM instruments;
INSERT INTO positions (portfolio_id, user_id, instrument_id, quantity, entry_price, entry_date, recorded_on)
    SELECT p.id, p.user_id, i.id, -2.50, 3.1, '2026-11-16', '2026-11-17' FROM portfolios p, instruments i;
INSERT INTO portfolio_snapshots (portfolio_id, user_id, as_of, method, nav, positions, long_positions, short_positions,
                                 option_positions, coverage, delta_coverage, reasons, marks, not_included, warnings)
    SELECT id, user_id, '2026-11-20', 'default', 0.1, 2, 0, 2, 1, 1, 0.5, '{"delta": ["no_rate"]}', '{stale_price}',
        '[]', '{}'
    FROM portfolios;
"""
SECOND_ROWS = """
INSERT INTO users (email, name, password_hash) VALUES ('alice@example.com', 'Alice', 'a hash');
INSERT INTO stress_test_scenarios (id, name, category, severity, shocks)
    VALUES ('fall', 'Fall', 'market', 'mild',
        '[{"factor": "Market", "size": -0.1}, {"factor": "10Y", "size": 0.0025}]');
INSERT INTO stress_test_scenarios (user_id, id, name, description, category, severity, active, basis, shocks, position)
    SELECT users.id, 'own', 'Own', 'Mine', 'custom', 'severe', false, 'total', shocks, 3
    FROM stress_test_scenarios, users;
"""

FILLED = {
    *("users", "portfolios", "portfolio_settings", "statements", "instruments", "prices", "splits", "option_quotes"),
    *("late_rows", "positions", "portfolio_snapshots"),
}


@pytest.fixture
def empty(databases: DatabaseCopies) -> Iterator[str]:
    """The address of a database without a schema."""
    with databases.copy("template1") as url:
        yield url


def _version(conn: Connection) -> str:
    version: str = conn.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    return version


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("ALTER ROLE sigmasight_api RENAME TO renamed", r"(?s)The role sigmasight_api does not exist.*CREATE ROLE"),
        ("REVOKE sigmasight_api FROM sigmasight", r"(?s)This user may not take the role sigmasight_api.*GRANT"),
    ],
)
def test_a_role_that_misses_is_named_with_the_sql_that_makes_it(empty: str, change: str, message: str) -> None:
    address = psycopg.conninfo.conninfo_to_dict(empty)
    superuser = f"postgresql://postgres@/{address['dbname']}?host={address['host']}&port={address['port']}"
    with closing(Database(superuser)) as db, db.write() as conn:
        conn.execute(text(change))
        conn.execute(text("SET LOCAL ROLE sigmasight"))
        with pytest.raises(DatabaseSetupError, match=message):
            migrate(conn)
        conn.rollback()


def test_an_empty_database_is_brought_to_the_newest_version(empty: str) -> None:
    with closing(Database(empty)) as db:
        with db.write() as conn:
            migrate(conn)
        with db.read() as conn:
            assert _version(conn) == HEAD


def test_the_version_that_the_code_needs_is_the_last_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", str(module._MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_who_comes_second_waits_and_finds_it_done(empty: str) -> None:
    found: list[str] = []
    with closing(Database(empty)) as db:
        with db.write() as conn:
            migrate(conn)
            second = threading.Thread(target=_migrate_and_look, args=(empty, found))
            second.start()
            _wait_for_a_waiting_one(conn)
        second.join()
    assert found == [HEAD]


def test_a_database_of_the_first_version_keeps_its_rows(empty: str) -> None:
    with closing(Database(empty)) as db:
        with db.write() as conn:
            _migrate_to(conn, "0001")
            conn.exec_driver_sql(FIRST_ROWS)
        with db.read() as conn:
            before = _contents(conn)
            assert _version(conn) == "0001"
        with db.write() as conn:
            migrate(conn)
        with db.read() as conn:
            assert _version(conn) == HEAD
            after = _contents(conn)
    before["portfolios"] = [f"{row[:-1]},1)" for row in before["portfolios"]]  # their first version
    assert {name: after[name] for name in before} == before
    assert {name for name, rows in before.items() if rows} == FILLED
    assert "option_analytics" in after.keys() - before.keys()


def test_scenarios_of_the_second_version_stay_and_say_nothing_of_volatility(empty: str) -> None:
    with closing(Database(empty)) as db:
        with db.write() as conn:
            _migrate_to(conn, "0002")
            conn.exec_driver_sql(SECOND_ROWS)
        with db.read() as conn:
            before = _contents(conn)["stress_test_scenarios"]
            alice = conn.execute(text("SELECT id FROM users")).scalar_one()
        with db.write() as conn:
            migrate(conn)
        with db.read() as conn:
            after = _contents(conn)["stress_test_scenarios"]
            found = load_scenarios(conn, alice)
    assert after == [f"{row[:-1]},,,)" for row in before]
    shocks = (Shock("Market", -0.1), Shock("10Y", 0.0025))
    shipped = Scenario("fall", "Fall", Category.MARKET, Severity.MILD, True, Basis.RELATIVE, shocks)
    own = Scenario("own", "Own", Category.CUSTOM, Severity.SEVERE, False, Basis.TOTAL, shocks, "Mine")
    assert found == (shipped, own)


def _migrate_to(conn: Connection, version: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(module._MIGRATIONS))
    config.attributes["connection"] = conn
    command.upgrade(config, version)


def _contents(conn: Connection) -> dict[str, list[str]]:
    """Every row of every table, as text."""
    tables = conn.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars()
    return {
        name: sorted(conn.execute(text(f"SELECT t::text FROM {name} t")).scalars())
        for name in tables
        if name != "alembic_version"
    }


def _migrate_and_look(url: str, found: list[str]) -> None:
    with closing(Database(url)) as db, db.write() as conn:
        migrate(conn)
        found.append(_version(conn))


def _wait_for_a_waiting_one(conn: Connection) -> None:
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    for _ in range(TURNS):
        if conn.execute(waiting).scalar_one():
            return
        time.sleep(0.001)
    raise AssertionError
