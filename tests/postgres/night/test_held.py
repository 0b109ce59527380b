"""One night of a date at a time: who comes second is told who holds it, who was overtaken saves nothing."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from datetime import date

import psycopg
import pytest
from sqlalchemy import text

from sigmasight.batch.night import run_night
from sigmasight.batch.shards import ShardPlan, run_shard
from sigmasight.domain.books import Portfolio
from sigmasight.domain.errors import NightHeldError, ServerUnreachableError
from sigmasight.domain.market_data import Market
from sigmasight.services.market_sources import Sources
from sigmasight.store.database import Database
from sigmasight.store.runs import Run, hold_night, open_run
from support.databases import run_command
from support.processes import end_of, holder_of_night, started_night, wait_until, waits_for_a_lock
from support.results import Rows, row_versions, runs

from .conftest import LAST, Nights, everybodys, opened, told, unwatched

DAY_BEFORE = date(2026, 11, 19)


def but_asked_ranges(versions: Rows) -> Rows:
    return {table: rows for table, rows in versions.items() if table != "asked_ranges"}


@pytest.fixture
def first(demo_url: str) -> Iterator[subprocess.Popen[str]]:
    """A night of the last session, which waits in the middle of its work until what holds it up is let go."""
    with started_night(demo_url, "--as-of", LAST.isoformat()) as process:
        yield process


def test_the_second_is_told_who_holds_the_date_and_exits_with_a_code_of_its_own(
    demo_url: str, first: subprocess.Popen[str], nights: Nights
) -> None:
    with psycopg.connect(demo_url) as blocker:
        blocker.execute("SELECT id FROM portfolios FOR UPDATE")
        wait_until(lambda: waits_for_a_lock(demo_url))
        second = run_command(demo_url, "night", "--as-of", LAST.isoformat(), "--json")
        assert second.returncode == 3
        assert f"{socket.gethostname()}, process {first.pid}" in second.stderr
        assert LAST.isoformat() in second.stderr
        assert "Traceback" not in second.stderr
        assert second.stdout == ""
        with opened(demo_url) as db, pytest.raises(NightHeldError, match=f"process {first.pid}, since 20"):
            run_night(db, nights.plan(), LAST, unwatched)
    code, said = end_of(first)
    assert code == 0, said
    assert [run[1:] for run in runs(demo_url)[61:]] == [(LAST, "ok", 1)]


def test_nights_of_different_dates_do_not_wait_for_each_other(demo_url: str, nights: Nights) -> None:
    """The first one waits for the test before it takes over what a dead process has left of its date."""
    with opened(demo_url) as db, db.write() as conn:
        open_run(conn, LAST, holder="somewhere else", shards=1)
    with psycopg.connect(demo_url) as blocker:
        blocker.execute("SELECT id FROM batch_runs WHERE status = 'running' FOR SHARE")
        with started_night(demo_url, "--as-of", LAST.isoformat()) as first:
            wait_until(lambda: waits_for_a_lock(demo_url))
            with opened(demo_url) as db:
                (other,) = nights.run(db, DAY_BEFORE)
            assert (other.status, other.portfolios) == ("ok", 3)
            assert holder_of_night(demo_url, LAST) is not None
            blocker.rollback()
            code, said = end_of(first)
    assert code == 0, said
    assert [run[1:] for run in runs(demo_url)[61:]] == [(LAST, "ok", 2), (DAY_BEFORE, "ok", 1)]


def test_a_date_is_free_again_after_a_night_that_broke_off(demo_url: str, nights: Nights) -> None:
    """In the same process, which keeps its connections open."""
    plan = nights.plan()
    without_sources = type(plan)(plan.valuation, {Market.LIVE: Sources()}, LAST, 520, 500)
    with opened(demo_url) as db:
        with pytest.raises(KeyError):
            run_night(db, without_sources, LAST, unwatched)
        assert [run[1:] for run in runs(demo_url)[61:]] == [(LAST, "failed", 1)]
        assert holder_of_night(demo_url, LAST) is None
        (outcome,) = nights.run(db, LAST)
    assert outcome.status == "ok"
    assert [run[1:] for run in runs(demo_url)[61:]] == [(LAST, "failed", 1), (LAST, "ok", 1)]


def test_a_date_is_free_again_after_its_night_in_the_same_process(demo_url: str, demo_db: Database) -> None:
    with demo_db.session() as conn:
        assert hold_night(conn, LAST)
        assert holder_of_night(demo_url, LAST) is not None
    wait_until(lambda: holder_of_night(demo_url, LAST) is None)


def test_who_was_overtaken_saves_nothing(
    demo_url: str, demo_db: Database, nights: Nights, books: tuple[Portfolio, ...]
) -> None:
    with demo_db.write() as conn:
        mine = open_run(conn, LAST, holder="here", shards=1)
        theirs = open_run(conn, LAST, holder="there, process 7", shards=1)
        conn.execute(text("UPDATE positions SET quantity = quantity * 2"))
    assert (theirs.id, mine.attempt, theirs.attempt) == (mine.id, 1, 2)
    before = row_versions(demo_url)
    with pytest.raises(NightHeldError, match=f"night of {LAST} was taken over by there, process 7; nothing was saved"):
        run_shard(demo_db, ShardPlan(nights.valuation, {}), mine, 0, books)
    assert row_versions(demo_url) == before
    assert run_shard(demo_db, ShardPlan(nights.valuation, {}), theirs, 0, books).failed == 0
    assert row_versions(demo_url)["portfolio_snapshots"] != before["portfolio_snapshots"]


def test_who_was_overtaken_cannot_save_a_portfolio_alone_either(
    demo_url: str, demo_db: Database, nights: Nights, books: tuple[Portfolio, ...]
) -> None:
    with demo_db.write() as conn:
        mine = open_run(conn, LAST, holder="here", shards=1)
        open_run(conn, LAST, holder="there", shards=1)
        conn.execute(text("UPDATE positions SET quantity = 1e308"))
    before = row_versions(demo_url)
    with pytest.raises(NightHeldError):
        run_shard(demo_db, ShardPlan(nights.valuation, {}), Run(mine.id, LAST, mine.attempt, 1), 0, books)
    assert row_versions(demo_url) == before


def test_a_stopped_night_that_wakes_up_after_another_one_took_over_saves_nothing(
    demo_url: str, first: subprocess.Popen[str], nights: Nights
) -> None:
    """Its connection was cut while it slept, as firewalls do: so the date was free, and its run still open."""
    with psycopg.connect(demo_url) as blocker:
        blocker.execute("LOCK TABLE option_quotes IN ACCESS EXCLUSIVE MODE")
        wait_until(lambda: waits_for_a_lock(demo_url))
        first.send_signal(signal.SIGSTOP)
        blocker.execute("SELECT pg_terminate_backend(%s)", (holder_of_night(demo_url, LAST),))
        wait_until(lambda: holder_of_night(demo_url, LAST) is None)
    with opened(demo_url) as db:
        (outcome,) = nights.run(db, LAST)
        with db.read() as conn:
            saved = [told(each) for each in everybodys(conn)]
    before = row_versions(demo_url)
    first.send_signal(signal.SIGCONT)
    code, said = end_of(first)
    assert (code, outcome.status) == (3, "ok"), said
    assert f"taken over by {socket.gethostname()}, process {os.getpid()}" in said
    assert "Traceback" not in said
    # What providers were asked may be noted twice: prices are added where they miss, whoever brings them.
    assert but_asked_ranges(row_versions(demo_url)) == but_asked_ranges(before)
    assert [run[1:] for run in runs(demo_url)[61:]] == [(LAST, "ok", 2)]
    assert len(saved) == 183


def test_a_connection_that_is_cut_while_the_date_is_asked_for_is_told(demo_db: Database) -> None:
    with pytest.raises(ServerUnreachableError, match="went away"):
        ask_on_a_cut_connection(demo_db)


def ask_on_a_cut_connection(db: Database) -> None:
    with db.session() as asking:
        backend = asking.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with db.write() as cutting:
            cutting.execute(text("SELECT pg_terminate_backend(:backend)"), {"backend": backend})
        hold_night(asking, LAST)
