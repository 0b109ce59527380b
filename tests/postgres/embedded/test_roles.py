"""The two roles and the database, and the SQL that makes them on a server of one's own."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from sigmasight.store.embedded import API_ROLE, OWNER_ROLE, ROLE_SQL, Server

from .conftest import Home, answer, socket_directory

VERSION_15 = Path("/usr/lib/postgresql/15/bin")
needs_15 = pytest.mark.skipif(not VERSION_15.is_dir(), reason="PostgreSQL 15 is not on this machine")


@pytest.fixture(params=[None, pytest.param(VERSION_15, marks=needs_15)], ids=["preferred", "15"])
def server(request: pytest.FixtureRequest, fresh_home: Home) -> Iterator[Server]:
    with fresh_home.start(binaries=request.param) as started:
        yield started


def as_superuser(server: Server) -> psycopg.Connection:
    host = str(socket_directory(server.url))
    return psycopg.connect(host=host, user="postgres", dbname="postgres", autocommit=True)


def attributes(server: Server, role: str) -> tuple[object, ...] | None:
    columns = b"rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls"
    with as_superuser(server) as conn:
        return conn.execute(b"SELECT " + columns + b" FROM pg_roles WHERE rolname = %s", [role]).fetchone()


def check_rights(server: Server) -> None:
    """The owner may become the API's role, and row-level security binds it only then; since 16 it inherits nothing."""
    assert attributes(server, OWNER_ROLE) == (True, False, False, False, False, False)
    assert attributes(server, API_ROLE) == (False, False, False, False, False, False)
    assert answer(server.url, f"SELECT pg_has_role('{API_ROLE}', 'USAGE')") is (server.version < 16)
    with psycopg.connect(server.url) as conn:
        conn.execute("CREATE TABLE secrets (owner text)")
        conn.execute("INSERT INTO secrets VALUES ('me'), ('you')")
        conn.execute("ALTER TABLE secrets ENABLE ROW LEVEL SECURITY")
        conn.execute("CREATE POLICY own ON secrets TO sigmasight_api USING (owner = 'me')")
        conn.execute("GRANT SELECT ON secrets TO sigmasight_api")
        assert conn.execute("SELECT count(*) FROM secrets").fetchone() == (2,)
        conn.execute("SET LOCAL ROLE sigmasight_api")
        assert conn.execute("SELECT count(*) FROM secrets").fetchone() == (1,)
        with pytest.raises(errors.InsufficientPrivilege):
            conn.execute("DROP TABLE secrets")
        conn.rollback()


def test_the_owner_can_take_the_role_of_the_api_which_row_level_security_binds(server: Server) -> None:
    check_rights(server)


def test_what_is_missing_is_made_at_the_next_start_and_what_is_there_stays(server: Server, fresh_home: Home) -> None:
    with as_superuser(server) as conn:
        conn.execute("REVOKE sigmasight_api FROM sigmasight")
        conn.execute("ALTER ROLE sigmasight CONNECTION LIMIT 33")
    with fresh_home.start(binaries=VERSION_15 if server.version == 15 else None) as again:
        check_rights(again)
        assert answer(again.url, "SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user") == 33


def test_the_sql_for_operators_makes_the_same(server: Server) -> None:
    with as_superuser(server) as conn:
        conn.execute("DROP DATABASE sigmasight")
        conn.execute("DROP ROLE sigmasight_api")
        conn.execute("DROP ROLE sigmasight")
        for statement in ROLE_SQL.splitlines():
            conn.execute(statement.encode())
    check_rights(server)
