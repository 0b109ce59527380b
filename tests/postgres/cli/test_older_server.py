"""The machine's own, older PostgreSQL as DATABASE_URL: the whole demo on it."""

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from sigmasight.store.embedded import start_server
from sigmasight.store.embedded.binaries import OLDEST_VERSION
from support.databases import DatabaseCopies, run_command
from support.places import temporary_place

DIRECTORY = Path("/usr/lib/postgresql")


@pytest.fixture
def older_url() -> Iterator[str]:
    """The address of the owner's database on the oldest server that may be used."""
    binaries = DIRECTORY / str(OLDEST_VERSION) / "bin"
    if not (binaries / "initdb").is_file():
        pytest.skip(f"there is no PostgreSQL {OLDEST_VERSION} on this machine in {DIRECTORY}")
    with (
        temporary_place() as place,
        start_server(place / "home", binaries=binaries, root_base=place / "root") as server,
    ):
        assert server.version == OLDEST_VERSION
        yield server.url


def test_the_demo_is_the_same_on_the_oldest_server(older_url: str, databases: DatabaseCopies, with_demo: str) -> None:
    made = run_command(older_url, "demo", "--json", "--no-serve")
    assert made.returncode == 0, made.stderr
    assert [book["positions"] for book in json.loads(made.stdout)["portfolios"]] == [16, 17, 30]
    assert snapshots(older_url) == snapshots(databases.url_of(with_demo))


def snapshots(url: str) -> list[tuple[object, ...]]:
    """All snapshots without the ids of what they are of."""
    query = (
        "SELECT p.name, s.as_of, to_jsonb(s) - 'portfolio_id' - 'user_id' FROM portfolio_snapshots s "
        'JOIN portfolios p ON p.id = s.portfolio_id ORDER BY p.name COLLATE "C", s.as_of'
    )
    with psycopg.connect(url) as conn:
        return conn.execute(query).fetchall()
