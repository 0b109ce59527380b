"""The embedded server is killed in the middle of the demo's nights: the next start recovers and finishes them."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from sigmasight.store.embedded import start_server
from support.databases import LAST_SESSION, NOW, DatabaseCopies, of_the_machine
from support.places import temporary_place
from support.processes import end_of, server_files, started, wait_until

DEMO = ("demo", "--json", "--no-serve")


@dataclass(frozen=True, slots=True)
class Home:
    """A home of SigmaSight's own, with the embedded server in it."""

    path: Path

    @property
    def variables(self) -> dict[str, str]:
        """Nothing of the machine's own; the clock is that of all tests."""
        return {
            **of_the_machine(),
            "HOME": "/nonexistent",
            "SIGMASIGHT_HOME": str(self.path),
            "SIGMASIGHT_NOW": NOW,
        }

    @property
    def base(self) -> Path | None:
        """Where the server's files are, once they are there."""
        return server_files(self.path)

    def postmaster(self) -> list[str] | None:
        """The lines of the server's pid file: its pid comes first, the directory of its socket is the fifth."""
        if self.base is None:
            return None
        for file in self.base.glob("pgdata-*/postmaster.pid"):
            lines = file.read_text().splitlines()
            return lines if len(lines) >= 8 and lines[7].strip() == "ready" else None
        return None

    def postmaster_pid(self) -> int:
        lines = self.postmaster()
        assert lines is not None
        return int(lines[0])

    @property
    def url(self) -> str:
        lines = self.postmaster()
        assert lines is not None
        return make_conninfo(host=lines[4], port=5432, user="sigmasight", dbname="sigmasight")

    def snapshots(self) -> int:
        """How many snapshots are there; none while the server or its tables are not."""
        try:
            with psycopg.connect(self.url) as conn:
                row = conn.execute("SELECT count(*) FROM portfolio_snapshots").fetchone()
        except (psycopg.OperationalError, psycopg.errors.UndefinedTable, AssertionError):
            return 0
        return 0 if row is None else int(row[0])


@pytest.fixture
def home() -> Iterator[Home]:
    with temporary_place() as place:
        made = Home(place / "home")
        yield made
        if made.base is not None and made.base != made.path:
            shutil.rmtree(made.base)


def is_alive(pid: int) -> bool:
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S607
    return listed.stdout.strip() != "" and not listed.stdout.startswith("Z")


def test_the_demo_is_finished_by_the_start_after_the_next_kill(
    home: Home, databases: DatabaseCopies, with_demo: str
) -> None:
    with started(DEMO, **home.variables) as process:
        wait_until(lambda: home.snapshots() > 60 or process.poll() is not None)
        os.kill(home.postmaster_pid(), signal.SIGKILL)
        code, said = end_of(process)
    assert code == 4, said
    assert "Traceback" not in said
    assert said.count("Error:") == 1

    with started(DEMO, **home.variables) as process:
        wait_until(lambda: home.snapshots() > 130 or process.poll() is not None)
        process.kill()
        process.wait()
    left_running = home.postmaster_pid()

    with started(DEMO, **home.variables) as process:
        shown, said = process.communicate()
    assert process.returncode == 0, said
    assert f"Data directory: {home.path}" in said
    assert not is_alive(left_running)
    with with_server(home) as url:
        assert numbers(url) == numbers(databases.url_of(with_demo))
    assert json.loads(shown)["as_of"] == LAST_SESSION


def numbers(url: str) -> list[tuple[object, ...]]:
    """All snapshots without the ids of what they are of."""
    query = (
        "SELECT p.name, s.as_of, to_jsonb(s) - 'portfolio_id' - 'user_id' FROM portfolio_snapshots s "
        "JOIN portfolios p ON p.id = s.portfolio_id ORDER BY p.name, s.as_of"
    )
    with psycopg.connect(url) as conn:
        return conn.execute(query).fetchall()


@contextmanager
def with_server(home: Home) -> Iterator[str]:
    """The home's server, started once more to look into it."""
    with start_server(home.path) as server:
        yield server.url
