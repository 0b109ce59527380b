"""Nights that are killed, at any moment, and run again: nothing is missing, nothing is there twice."""

import random
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import psycopg
import pytest

from sigmasight.batch.night import JOBS
from support.databases import DatabaseCopies
from support.processes import end_of, nobody_else_is_connected, started_night, wait_until
from support.results import Rows, RunRow, result_rows, runs

from .conftest import Nights, opened

pytestmark = pytest.mark.xdist_group("killed nights")

MISSING = (date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 25))
LAST = MISSING[-1]
THEN = "2026-11-25T22:00:00+00:00"
BETWEEN = ("--from", MISSING[0].isoformat(), "--to", LAST.isoformat())
KILLS = 10


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """What the nights leave behind, and how long the command took for them."""

    rows: Rows
    seconds: float


@pytest.fixture(scope="session")
def few_chains(databases: DatabaseCopies, with_demo: str) -> str:
    """The name of a database with the demo, less most of its options: chains are what a night is busy with longest."""
    with psycopg.connect(databases.make("few_chains", with_demo)) as conn:
        conn.execute(
            "DELETE FROM positions p USING instruments i JOIN instruments u ON u.id = i.underlying_id "
            "WHERE i.id = p.instrument_id AND u.symbol NOT IN ('VIX', 'NVDA')"
        )
    return "few_chains"


@pytest.fixture
def kill_url(databases: DatabaseCopies, few_chains: str) -> Iterator[str]:
    """The address of a database of the test's own, where three nights are missing."""
    with databases.copy(few_chains) as address:
        yield address


@pytest.fixture(scope="session")
def undisturbed(databases: DatabaseCopies, few_chains: str) -> Undisturbed:
    """The three missing nights, by the command, in one go."""
    with databases.copy(few_chains) as url:
        begun = time.monotonic()
        with started_night(url, *BETWEEN, SIGMASIGHT_NOW=THEN) as process:
            code, said = end_of(process)
        seconds = time.monotonic() - begun
        assert code == 0, said
        assert [run[1:] for run in runs(url)[-3:]] == [(day, "ok", 1) for day in MISSING]
        return Undisturbed(result_rows(url), seconds)


def test_nights_in_this_process_leave_the_rows_of_the_command(
    kill_url: str, nights: Nights, undisturbed: Undisturbed
) -> None:
    with opened(kill_url) as db:
        nights.run(db, *MISSING, last=LAST)
    assert result_rows(kill_url) == undisturbed.rows


@pytest.mark.parametrize("part", range(KILLS))
def test_a_night_killed_at_a_random_moment_and_run_again_leaves_the_rows_of_an_undisturbed_one(
    kill_url: str, nights: Nights, undisturbed: Undisturbed, part: int
) -> None:
    share = (part + random.random()) / KILLS  # noqa: S311
    with started_night(kill_url, *BETWEEN, SIGMASIGHT_NOW=THEN) as process:
        time.sleep(undisturbed.seconds * share)
        process.kill()
        process.wait()
    wait_until(lambda: nobody_else_is_connected(kill_url))
    left = runs(kill_url)[61:]
    with opened(kill_url) as db:
        nights.run(db, *MISSING, last=LAST)
    assert result_rows(kill_url) == undisturbed.rows, f"killed after {share:.3f} of the time"
    assert runs(kill_url)[61:] == expected_runs(left, runs(kill_url)[61:])


def expected_runs(left: Sequence[RunRow], now: Sequence[RunRow]) -> list[RunRow]:
    """A run that was open is finished by a second attempt; a date that was done, or not begun, has a new run."""
    taken_over = [(key, day, "ok", 2 if status == "running" else 1) for key, day, status, _ in left]
    open_days = {day for _, day, status, _ in left if status == "running"}
    new_days = [day for day in MISSING if day not in open_days]
    return taken_over + [(run[0], day, "ok", 1) for run, day in zip(now[len(left) :], new_days, strict=True)]


@pytest.mark.parametrize("job", ["market-data", "greeks", "factors", "snapshots"])
def test_the_run_of_a_killed_night_is_taken_over_where_it_stopped(
    kill_url: str, nights: Nights, undisturbed: Undisturbed, job: str
) -> None:
    """Killed while it waits for the test: before its prices are looked through, its facts or its snapshots saved."""
    table = BLOCKED[job]
    with started_night(kill_url, *BETWEEN, SIGMASIGHT_NOW=THEN) as process, psycopg.connect(kill_url) as blocker:
        blocker.execute(f"LOCK TABLE {table} IN {LOCKS[table]} MODE".encode())
        wait_until(lambda: waits_in(kill_url, table))
        process.kill()
        process.wait()
    wait_until(lambda: nobody_else_is_connected(kill_url))
    (open_run,) = runs(kill_url)[61:]
    done = steps(kill_url, open_run[0])
    assert open_run[2:] == ("running", 1)
    assert [step[0] for step in done] == list(JOBS[: JOBS.index(job if job != "snapshots" else "values")])
    with opened(kill_url) as db:
        (outcome, *_) = nights.run(db, *MISSING, last=LAST)
    assert runs(kill_url)[61] == (open_run[0], MISSING[0], "ok", 2)
    assert [step for step in steps(kill_url, open_run[0]) if step in done] == done
    assert outcome.status == "ok"
    assert result_rows(kill_url) == undisturbed.rows


BLOCKED = {
    "market-data": "option_quotes",
    "greeks": "option_analytics",
    "factors": "instrument_betas",
    "snapshots": "portfolios",
}
LOCKS = {
    "option_quotes": "ACCESS EXCLUSIVE",
    "option_analytics": "SHARE",
    "instrument_betas": "SHARE",
    "portfolios": "EXCLUSIVE",
}


def waits_in(url: str, table: str) -> bool:
    query = (
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = %s::regclass "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    with psycopg.connect(url) as conn:
        return conn.execute(query, (table,)).fetchone() != (0,)


def steps(url: str, run: object) -> list[tuple[object, ...]]:
    """A run's steps with what was written when, ascending by the time of their end."""
    query = "SELECT job, shard, status, finished_at, xmin::text FROM batch_steps WHERE run_id = %s ORDER BY finished_at"
    with psycopg.connect(url) as conn:
        return conn.execute(query, (run,)).fetchall()


@pytest.mark.parametrize("table", ["prices", "portfolio_snapshots"])
def test_a_night_whose_connection_is_cut_says_so_and_the_next_one_finishes_it(
    kill_url: str, nights: Nights, undisturbed: Undisturbed, table: str
) -> None:
    """Cut while it saves, once by COPY and once not: the server was restarted, say."""
    with started_night(kill_url, *BETWEEN, SIGMASIGHT_NOW=THEN) as process:
        with psycopg.connect(kill_url) as blocker:
            blocker.execute(f"LOCK TABLE {table} IN SHARE MODE".encode())
            wait_until(lambda: waits_in(kill_url, table))
            blocker.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        code, said = end_of(process)
    assert code == 4, said
    assert "Traceback" not in said
    assert said.count("Error:") == 1
    with opened(kill_url) as db:
        nights.run(db, *MISSING, last=LAST)
    assert result_rows(kill_url) == undisturbed.rows


def test_ctrl_c_cancels_a_night_and_the_next_one_makes_it_whole(
    kill_url: str, nights: Nights, undisturbed: Undisturbed
) -> None:
    with started_night(kill_url, *BETWEEN, SIGMASIGHT_NOW=THEN) as process, psycopg.connect(kill_url) as blocker:
        blocker.execute("LOCK TABLE portfolio_snapshots IN SHARE MODE")
        wait_until(lambda: waits_in(kill_url, "portfolio_snapshots"))
        process.send_signal(signal.SIGINT)
        code, said = end_of(process)
    assert code == 130, said
    assert "Traceback" not in said
    with opened(kill_url) as db:
        nights.run(db, *MISSING, last=LAST)
    assert [run[1:] for run in runs(kill_url)[61:63]] == [(MISSING[0], "cancelled", 1), (MISSING[0], "ok", 1)]
    assert result_rows(kill_url) == undisturbed.rows
