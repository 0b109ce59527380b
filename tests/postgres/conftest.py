"""A real server for each test process; databases migrated once, and tests on copies or rolled back."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from sigmasight.domain.calendar import TradingCalendar
from sigmasight.store.calendar import load_calendar
from sigmasight.store.database import Database
from sigmasight.wiring.application import open_application
from sigmasight.wiring.logs import configure_logs
from sigmasight.wiring.settings import Settings
from support.databases import DatabaseCopies, environment, run_command
from support.places import temporary_place

KEEPER = """
import sys
from pathlib import Path
from sigmasight.store.embedded import start_server
with start_server(Path(sys.argv[1]) / "home", root_base=Path(sys.argv[1]) / "root") as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""
"""Keeps the server in a process of its own: tests of the server itself stop those of this process."""


@pytest.fixture(scope="session", autouse=True)
def logs() -> None:
    """Logs as the command writes them: structlog's own way shows an error with all that was known in each frame."""
    configure_logs(Settings.model_validate({"SIGMASIGHT_ENV": "development"}))


@pytest.fixture(scope="session")
def databases() -> Iterator[DatabaseCopies]:
    """The server of this test process, outside pytest's own directories: PostgreSQL's account must reach it."""
    with temporary_place() as place:
        keeper = [sys.executable, "-c", KEEPER, str(place)]
        with subprocess.Popen(keeper, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert url, "the server of the tests did not start"
            copies = DatabaseCopies(url)
            copies.forgo_durability()
            yield copies
            process.communicate("")


@pytest.fixture(scope="session")
def migrated(databases: DatabaseCopies) -> str:
    """The name of a database with the schema and the calendar."""
    settings = Settings.model_validate(environment(databases.make("migrated")))
    with open_application(settings, lambda _: None):
        pass
    return "migrated"


@pytest.fixture(scope="session")
def with_demo(databases: DatabaseCopies, migrated: str) -> str:
    """The name of a database with the demo and its nights."""
    made = run_command(databases.make("with_demo", migrated), "demo", "--json", "--no-serve")
    assert made.returncode == 0, made.stderr
    return "with_demo"


@pytest.fixture
def url(databases: DatabaseCopies, migrated: str) -> Iterator[str]:
    """The address of a database of the test's own, with the schema and the calendar."""
    with databases.copy(migrated) as address:
        yield address


@pytest.fixture
def demo_url(databases: DatabaseCopies, with_demo: str) -> Iterator[str]:
    """The address of a database of the test's own, with the demo and its nights."""
    with databases.copy(with_demo) as address:
        yield address


@pytest.fixture
def db(url: str) -> Iterator[Database]:
    """A database of the test's own, with the schema and the calendar."""
    database = Database(url)
    yield database
    database.close()


@pytest.fixture
def demo_db(demo_url: str) -> Iterator[Database]:
    """A database of the test's own, with the demo and its nights."""
    database = Database(demo_url)
    yield database
    database.close()


@pytest.fixture
def conn(databases: DatabaseCopies, migrated: str) -> Iterator[Connection]:
    """A transaction on the migrated database that is rolled back at the end."""
    database = Database(databases.url_of(migrated))
    with database.write() as connection:
        yield connection
        connection.rollback()
    database.close()


@pytest.fixture
def calendar(conn: Connection) -> TradingCalendar:
    """The trading calendar."""
    return load_calendar(conn)
