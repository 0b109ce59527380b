"""A wrong DATABASE_URL: one clear message, a code of its own, no traceback, and never the password."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from sigmasight.store.embedded import start_server
from support.databases import DatabaseCopies, run_command
from support.processes import wait_until
from support.results import row_versions

from .conftest import Command

SECRET = "hunter2"  # noqa: S105

ADDRESSES = {
    "no address": SECRET,
    "another scheme": f"mysql://somebody:{SECRET}@localhost:3306/sigmasight",
    "one slash": f"postgresql:/somebody:{SECRET}@localhost/sigmasight",
    "no number for a port": f"postgresql://somebody:{SECRET}@localhost:port/sigmasight",
    "an option that is none": f"postgresql://somebody:{SECRET}@localhost/sigmasight?nosuchoption=1",
    "a port where nobody listens": f"postgresql://somebody:{SECRET}@127.0.0.1:1/sigmasight",
    "a machine that is not there": f"postgresql://somebody:{SECRET}@nosuchmachine.invalid/sigmasight",
    "a socket that is not there": f"postgresql://somebody:{SECRET}@/sigmasight?host=/nonexistent",
    "an @ in the password": f"postgresql://somebody:pass@{SECRET}@127.0.0.1:1/sigmasight",
    "a slash in the password": f"postgresql://somebody:pass/{SECRET}@127.0.0.1:1/sigmasight",
    "SQLAlchemy's spelling": f"postgresql+psycopg://somebody:{SECRET}@127.0.0.1:1/sigmasight",
    "names and values": f"host=127.0.0.1 port=1 user=somebody password={SECRET}",
    "names without values": f"host=127.0.0.1 port=1 user=somebody password {SECRET}",
}


@pytest.mark.parametrize("url", ADDRESSES.values(), ids=ADDRESSES.keys())
def test_an_address_without_a_database_is_told_in_one_message_without_the_password(command: Command, url: str) -> None:
    ended = command(url, "night")
    assert (ended.code, ended.out) == (4, "")
    assert ended.err.count("Error: ") == 1
    assert "Traceback" not in ended.err
    assert "DATABASE_URL" in ended.err
    assert SECRET not in ended.err


@pytest.mark.parametrize("arguments", [("demo", "--no-serve"), ("night",), ("import", __file__, "--portfolio", "x")])
def test_the_command_itself_exits_with_a_code_of_its_own(arguments: tuple[str, ...]) -> None:
    ended = run_command(ADDRESSES["a port where nobody listens"], *arguments)
    assert (ended.returncode, ended.stdout) == (4, "")
    assert "127.0.0.1:1, database sigmasight, user somebody" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert SECRET not in ended.stderr


def test_a_wrong_database_or_user_is_named(command: Command, databases: DatabaseCopies) -> None:
    right = databases.url_of("nosuchdatabase")
    database = command(right, "night")
    assert database.code == 4
    assert 'database "nosuchdatabase" does not exist' in database.err
    user = command(right.replace("sigmasight@/nosuchdatabase", f"nosuchuser:{SECRET}@/sigmasight"), "night")
    assert user.code == 4
    assert 'role "nosuchuser" does not exist' in user.err
    assert SECRET not in user.err


@pytest.fixture
def server_of_ones_own() -> Iterator[str]:
    """The address of the owner's database on a server that nobody else uses."""
    base = Path(tempfile.mkdtemp(prefix="sigmasight-tests-"))
    base.chmod(0o755)
    with start_server(base / "home", root_base=base / "root") as server:
        yield server.url
    shutil.rmtree(base)


def test_a_server_that_was_not_prepared_is_told_what_its_administrator_has_to_run(
    command: Command, server_of_ones_own: str
) -> None:
    """And what the message says is all that is needed; a wrong password is told as well, and not shown."""
    url = server_of_ones_own
    with psycopg.connect(make_conninfo(url, user="postgres", dbname="postgres"), autocommit=True) as administrator:
        administrator.execute("REVOKE sigmasight_api FROM sigmasight")
        not_allowed = command(url, "night")
        administrator.execute("DROP ROLE sigmasight_api")
        not_there = command(url, "night")
        assert (not_allowed.code, not_there.code) == (4, 4)
        assert "This user may not take the role sigmasight_api" in not_allowed.err
        assert "The role sigmasight_api does not exist" in not_there.err
        assert row_versions(url) == {}
        for statement in not_there.err.partition("run once:\n")[2].split(";\n"):
            with contextlib.suppress(psycopg.errors.DuplicateObject, psycopg.errors.DuplicateDatabase):
                administrator.execute(statement.encode())
    assert command(url, "night", "--as-of", "2026-11-21").code == 0
    assert row_versions(url).keys() > {"users", "portfolio_snapshots"}


def test_a_wrong_password_is_told_and_not_shown(command: Command, server_of_ones_own: str) -> None:
    url = server_of_ones_own
    with psycopg.connect(make_conninfo(url, user="postgres", dbname="postgres"), autocommit=True) as administrator:
        row = administrator.execute("SHOW hba_file").fetchone()
        assert row is not None
        Path(row[0]).write_text("local all sigmasight scram-sha-256\nlocal all all trust\n", encoding="utf-8")
        administrator.execute("ALTER ROLE sigmasight PASSWORD 'right'")
        administrator.execute("SELECT pg_reload_conf()")
        wrong = url.replace("sigmasight@", f"sigmasight:{SECRET}@")
        wait_until(lambda: "password authentication failed" in command(wrong, "night").err)
        ended = command(wrong, "night")
        right = command(url.replace("sigmasight@", "sigmasight:right@"), "night", "--as-of", "2026-11-21")
    assert (ended.code, ended.out) == (4, "")
    assert SECRET not in ended.err
    assert right.code == 0, right.err
    assert "right" not in right.err
