"""Databases for tests: one real server for each test process, and copies of prepared databases in it."""

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

NOW = "2026-11-20T22:00:00+00:00"
"""When tests happen: Friday, after the close. The demo then is brought in on 27 August 2026."""

LAST_SESSION = "2026-11-20"
COMMAND = Path(sys.executable).parent / "sigmasight"
_numbers = itertools.count(1)


class DatabaseCopies:
    """Makes databases as copies of others on one server."""

    def __init__(self, url: str) -> None:
        self._url = url

    def forgo_durability(self) -> None:
        """Do not wait for the disk: these databases need not survive the machine, only their processes."""
        with self._superuser() as conn:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                conn.execute(SQL("ALTER SYSTEM SET {} = off").format(Identifier(setting)))
            conn.execute("SELECT pg_reload_conf()")

    def url_of(self, name: str) -> str:
        """The address of a database of this server, for its owner."""
        address = psycopg.conninfo.conninfo_to_dict(self._url)
        return f"postgresql://{address['user']}@/{name}?host={address['host']}&port={address['port']}"

    def make(self, name: str, template: str = "template1") -> str:
        """Make a database; nobody may be connected to the template."""
        with self._superuser() as conn:
            conn.execute(
                SQL("CREATE DATABASE {} TEMPLATE {} OWNER sigmasight").format(Identifier(name), Identifier(template))
            )
        return self.url_of(name)

    @contextmanager
    def copy(self, template: str) -> Iterator[str]:
        """A copy of a database, dropped at the end."""
        name = f"copy_{next(_numbers)}"
        yield self.make(name, template)
        with self._superuser() as conn:
            conn.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))

    def _superuser(self) -> psycopg.Connection:
        return psycopg.connect(make_conninfo(self._url, user="postgres", dbname="postgres"), autocommit=True)


def of_the_machine(*more: str) -> dict[str, str]:
    """What a process must know of this machine: its programs, and the processor for BLAS: last bits are its."""
    return {name: os.environ[name] for name in ("PATH", "OPENBLAS_CORETYPE", *more) if name in os.environ}


def environment(url: str, **settings: str) -> dict[str, str]:
    """The environment of a command that works on a database; none of the machine's own settings is in it."""
    kept = of_the_machine("COVERAGE_PROCESS_START", "COVERAGE_FILE")
    return kept | {"DATABASE_URL": url, "SIGMASIGHT_NOW": NOW, "HOME": "/nonexistent", "COLUMNS": "160"} | settings


def run_command(url: str, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run `sigmasight` as a user would, on a database."""
    return subprocess.run(
        [str(COMMAND), *arguments],
        env=environment(url, **settings),
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=300,
    )
