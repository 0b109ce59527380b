"""Nights that run as processes of their own, and what of them can be seen from outside."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import psycopg

from sigmasight.store.embedded.server import ROOT_BASE
from support.databases import COMMAND, environment

DEADLINE_SECONDS = 120
_NIGHT_LOCK = 0x51617


def wait_until(condition: Callable[[], object]) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@contextmanager
def started(arguments: Sequence[str], **variables: str) -> Iterator[subprocess.Popen[str]]:
    """`sigmasight` as a process of its own, killed at the end if it still lives."""
    process = subprocess.Popen(
        [str(COMMAND), *arguments],
        env=variables,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def started_night(url: str, *arguments: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """A night as a process of its own."""
    with started(("night", *arguments), **environment(url, **settings)) as process:
        yield process


def end_of(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for a process to end; its exit code and what it said on standard error."""
    _, said = process.communicate(timeout=DEADLINE_SECONDS)
    return process.returncode, said


def server_files(home: Path) -> Path | None:
    """Where the embedded server's files of a home are: for root not in the home, because PostgreSQL is not root's."""
    if os.geteuid() != 0:
        return home
    notes = ROOT_BASE.glob("*/HOME")
    return next((note.parent for note in notes if note.read_text(encoding="utf-8").strip() == str(home)), None)


def waits_for_a_lock(url: str) -> bool:
    """Whether a connection to the database waits for a lock that another one has."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with psycopg.connect(url) as conn:
        return conn.execute(query).fetchone() != (0,)


def nobody_else_is_connected(url: str) -> bool:
    """Whether all connections to the database are gone: that of a killed process ends what it was told before."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with psycopg.connect(url) as conn:
        return conn.execute(query).fetchone() == (0,)


def holder_of_night(url: str, as_of: date) -> int | None:
    """The server process whose connection holds a date's night."""
    query = (
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = %s AND objid = %s "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    with psycopg.connect(url) as conn:
        row = conn.execute(query, (_NIGHT_LOCK, as_of.toordinal())).fetchone()
    return None if row is None else int(row[0])
