"""The two kinds of transaction, the session, and what is said when the server is not there."""

import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, InternalError

from postgres.store.builders import FRIDAY, MONDAY, new_user
from sigmasight.domain.errors import (
    ConflictError,
    DatabaseError,
    DatabaseSetupError,
    ServerUnreachableError,
    SigmaSightError,
)
from sigmasight.store.bulk import copy_rows
from sigmasight.store.database import Database, take_turn
from sigmasight.store.people import find_user
from sigmasight.store.runs import hold_night
from sigmasight.store.tables import trading_sessions


class _OnPurposeError(Exception):
    """What a test raises to leave a transaction."""


def test_what_is_written_is_there_afterwards(db: Database) -> None:
    with db.write() as conn:
        new_user(conn)
    with db.read() as conn:
        assert find_user(conn, "alice@example.com") is not None


def test_a_transaction_that_raises_leaves_nothing(db: Database) -> None:
    with pytest.raises(_OnPurposeError):
        _write_and_raise(db)
    with db.read() as conn:
        assert find_user(conn, "alice@example.com") is None


def _write_and_raise(db: Database) -> None:
    with db.write() as conn:
        new_user(conn)
        raise _OnPurposeError


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO users (email, name, password_hash) VALUES ('a@b', 'a', 'x')",
        "UPDATE trading_calendar SET last_day = '2099-01-01'",
        "DELETE FROM trading_sessions",
        "CREATE TABLE notes (line text)",
        "DROP TABLE users",
    ],
)
def test_the_server_refuses_to_write_in_a_reading_transaction(db: Database, statement: str) -> None:
    with pytest.raises(InternalError, match="read-only transaction"), db.read() as conn:
        conn.execute(text(statement))


def test_a_reading_transaction_sees_one_state_of_the_data(db: Database) -> None:
    with db.read() as reading:
        assert find_user(reading, "alice@example.com") is None
        with db.write() as writing:
            new_user(writing)
        assert find_user(reading, "alice@example.com") is None


def test_a_session_keeps_its_lock_until_it_is_closed(db: Database) -> None:
    with db.session() as other:
        with db.session() as first:
            assert hold_night(first, FRIDAY)
            assert not hold_night(other, FRIDAY)
            assert hold_night(other, MONDAY)
        _wait_until_free(other, FRIDAY)


def _wait_until_free(conn: Connection, day: date) -> None:
    """The server needs a moment to see that a connection has gone."""
    deadline = time.monotonic() + 2
    while not hold_night(conn, day):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_session_is_outside_any_transaction(db: Database) -> None:
    with db.session() as conn:
        new_user(conn)
        with db.read() as other:
            assert find_user(other, "alice@example.com") is not None


def test_a_session_that_ends_by_an_error_lets_go_of_its_lock_too(db: Database, url: str) -> None:
    with pytest.raises(_OnPurposeError):
        _hold_and_raise(db)
    with closing(Database(url)) as elsewhere, elsewhere.session() as other:
        _wait_until_free(other, FRIDAY)


def _hold_and_raise(db: Database) -> None:
    with db.session() as conn:
        assert hold_night(conn, FRIDAY)
        raise _OnPurposeError


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("postgresql://alice:geheim@db.example.com:5433/risk", "db.example.com:5433, database risk, user alice"),
        ("postgresql+psycopg://alice:geheim@db/risk", "db:5432, database risk, user alice"),
        ("postgresql://alice:geheim@", "localhost:5432, database alice, user alice"),
        ("host=/run/pg user=alice password=geheim", "/run/pg:5432, database alice, user alice"),
        ("postgresql://", "localhost:5432, database ?, user ?"),
        ("geheim", "an address that cannot be read"),
        ("postgresql://alice:geheim/und/mehr@db/risk", "an address that cannot be read"),
        ("postgresql://alice:geheim@db:70000x/risk", "an address that cannot be read"),
        ("postgresql://alice:geheim@one,two:5433/risk", "one,two:,5433, database risk, user alice"),
        ("postgresql://alice:geheim@one:1,two:2/risk", "one,two:1,2, database risk, user alice"),
    ],
)
def test_the_place_of_a_database_says_where_it_is_without_the_password(address: str, place: str) -> None:
    assert Database(address).place == place


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://alice:geheim@127.0.0.1:1/risk",
        "postgresql://alice:geheim@127.0.0.1:70000x/risk",
        "postgresql://alice:geheim/und/mehr@127.0.0.1/risk",
        "postgresql://alice:ge%heim@127.0.0.1/risk",
        "host=127.0.0.1 port=1 password=geheim' und mehr",
    ],
)
def test_what_cannot_be_reached_is_said_without_the_password(address: str) -> None:
    with pytest.raises(ServerUnreachableError, match="DATABASE_URL") as caught:
        Database(address, connect_seconds=2).require_usable()
    assert "heim" not in str(caught.value)


def test_a_usable_server_is_found_usable(db: Database) -> None:
    db.require_usable()


def test_a_connection_that_is_lost_is_named_and_the_next_transaction_works(db: Database) -> None:
    with pytest.raises(ServerUnreachableError, match=r"The database at .* went away: terminating connection"):
        _lose_connection(db)
    db.require_usable()


def _lose_connection(db: Database) -> None:
    with db.write() as conn:
        _terminate(db, conn)
        conn.execute(text("SELECT 1"))


def test_a_connection_that_is_lost_while_rows_are_copied_is_named_too(db: Database) -> None:
    with pytest.raises(ServerUnreachableError, match=r"The database at .* went away"):
        _lose_connection_in_copy(db)


def _lose_connection_in_copy(db: Database) -> None:
    with db.write() as conn:
        _terminate(db, conn)
        copy_rows(conn, trading_sessions, ("exchange", "session"), [("XNYS", date(2099, 1, 1))])


def _terminate(db: Database, conn: Connection) -> None:
    pid = conn.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with db.write() as other:
        other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})


@pytest.mark.parametrize("by_the_driver", [True, False])
@pytest.mark.parametrize(
    ("state", "kind", "message"),
    [
        ("40001", ConflictError, "Another process changed the same rows"),
        ("40P01", ConflictError, "please try again"),
        ("53100", DatabaseError, "has no room: on purpose. Nothing was saved"),
        ("08006", ServerUnreachableError, "went away: on purpose"),
        ("57P01", ServerUnreachableError, "went away: on purpose"),
        ("57014", Exception, "on purpose"),
        ("23514", Exception, "on purpose"),
        ("42P01", Exception, "on purpose"),
    ],
)
def test_what_the_server_says_is_told_by_its_kind(
    db: Database, state: str, kind: type[Exception], message: str, *, by_the_driver: bool
) -> None:
    with pytest.raises(kind, match=message) as caught:
        _fail_with(db, state, by_the_driver=by_the_driver)
    assert isinstance(caught.value, SigmaSightError) == (kind is not Exception)
    db.require_usable()


def _fail_with(db: Database, state: str, *, by_the_driver: bool) -> None:
    failing = f"DO $$ BEGIN RAISE EXCEPTION 'on purpose' USING ERRCODE = '{state}'; END $$"
    with db.write() as conn:
        if by_the_driver:
            driver = conn.connection.driver_connection
            assert isinstance(driver, psycopg.Connection)
            driver.execute(failing.encode())
        conn.exec_driver_sql(failing)


def test_two_that_take_turns_wait_for_each_other(db: Database) -> None:
    with db.write() as first:
        take_turn(first, "sowing")
        with db.write() as other:
            take_turn(other, "reaping")
            other.execute(text("SET LOCAL lock_timeout = '10ms'"))
            with pytest.raises(DBAPIError, match="lock timeout"):
                take_turn(other, "sowing")
            other.rollback()
    with db.write() as conn:
        take_turn(conn, "sowing")


def test_an_acting_user_is_forgotten_with_the_transaction(db: Database) -> None:
    with db.write() as conn:
        alice = new_user(conn)
    with db.read(acting_as=alice.id) as conn:
        pid = _who(conn)[0]
        assert _who(conn) == (pid, "sigmasight_api", str(alice.id))
    with db.read() as conn:
        assert _who(conn) == (pid, "sigmasight", "")


def _who(conn: Connection) -> tuple[int, str, str]:
    row = conn.execute(text("SELECT pg_backend_pid(), current_user, current_setting('sigmasight.user', true)")).one()
    return row[0], row[1], row[2] or ""


def test_a_server_that_is_too_old_is_refused(url: str) -> None:
    with (
        _older_server(url, says=b"140012") as older,
        closing(Database(older)) as database,
        pytest.raises(DatabaseSetupError, match=r"PostgreSQL 14; SigmaSight needs 15"),
    ):
        database.require_usable()


@contextmanager
def _older_server(url: str, *, says: bytes) -> Iterator[str]:
    """A real server behind a wire on which it says another version of itself."""
    where = psycopg.conninfo.conninfo_to_dict(url)
    with psycopg.connect(url) as conn:
        version = str(conn.info.server_version).encode()
    sockets = Path(str(where["host"])) / f".s.PGSQL.{where['port']}"

    class Wire(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.socket(socket.AF_UNIX) as server:
                server.connect(str(sockets))
                asking = threading.Thread(target=_forward, args=(self.request, server, b"", b""))
                asking.start()
                _forward(server, self.request, version, says)
                asking.join()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Wire) as wire:
        wire.daemon_threads = True
        threading.Thread(target=wire.serve_forever, args=(0.01,)).start()
        yield f"postgresql://{where['user']}@127.0.0.1:{wire.server_address[1]}/{where['dbname']}?sslmode=disable"
        wire.shutdown()


def _forward(source: socket.socket, target: socket.socket, old: bytes, new: bytes) -> None:
    while sent := source.recv(65536):
        target.sendall(sent.replace(old, new) if old else sent)
    target.shutdown(socket.SHUT_WR)
