"""Migrations need their two roles, take turns, and know which version they make."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from sigmasight.domain.errors import DatabaseSetupError
from sigmasight.store import migrate as module
from sigmasight.store.database import Database
from sigmasight.store.migrate import HEAD, migrate
from support.databases import DatabaseCopies

TURNS = 5_000
"""Times to look whether the other one waits."""


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
