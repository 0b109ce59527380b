"""Runs and steps of the night at rest, and the fence between two who run the same one."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, select, text

from postgres.store.builders import FRIDAY, MONDAY, SATURDAY, THURSDAY
from sigmasight.domain.errors import NightHeldError
from sigmasight.store.database import Database
from sigmasight.store.runs import (
    Run,
    StepRecord,
    close_run,
    finished_shards,
    hold_night,
    holder_of,
    last_run,
    nights_done,
    open_run,
    require_fence,
    save_step,
    steps_of,
)
from sigmasight.store.tables import batch_runs

STEP = StepRecord(
    job="values",
    shard=1,
    status="partial",
    seconds=1.25,
    counts={"portfolios": 3, "failed": 1},
    coverage=0.5,
    errors=[{"portfolio": "x", "reason": "a bug"}],
)


def _open(conn: Connection, *, holder: str = "one") -> Run:
    return open_run(conn, FRIDAY, holder=holder, shards=2)


def _close(conn: Connection, run: Run, status: str = "ok") -> None:
    close_run(conn, run, status=status, portfolios=3, failed_portfolios=1, coverage=0.5, errors=[{"reason": "a bug"}])


def test_a_run_is_opened_and_closed(conn: Connection) -> None:
    assert last_run(conn, FRIDAY) is None
    run = _open(conn)
    assert (run.attempt, run.shards, run.as_of) == (1, 2, FRIDAY)
    opened = last_run(conn, FRIDAY)
    assert opened is not None
    assert (opened.id, opened.status, opened.attempt, opened.finished_at) == (run.id, "running", 1, None)
    _close(conn, run, "partial")
    closed = last_run(conn, FRIDAY)
    assert closed is not None
    assert (closed.status, closed.coverage, closed.as_of) == ("partial", 0.5, FRIDAY)
    assert closed.finished_at is not None
    assert opened.started_at <= closed.finished_at <= datetime.now(UTC)
    row = conn.execute(select(batch_runs)).one()
    assert (row.portfolios, row.failed_portfolios, row.errors) == (3, 1, [{"reason": "a bug"}])


def test_a_run_left_open_is_taken_over_with_the_shards_it_had(conn: Connection) -> None:
    dead = _open(conn)
    heir = open_run(conn, FRIDAY, holder="two", shards=9)
    assert heir == replace(dead, attempt=2)
    assert "two, since " in holder_of(conn, FRIDAY)


def test_a_run_that_is_closed_is_followed_by_another(conn: Connection) -> None:
    first = _open(conn)
    _close(conn, first)
    second = _open(conn)
    assert (second.id > first.id, second.attempt) == (True, 1)
    found = last_run(conn, FRIDAY)
    assert found is not None
    assert found.id == second.id


def test_runs_of_other_dates_have_nothing_to_do_with_it(conn: Connection) -> None:
    monday = open_run(conn, MONDAY, holder="one", shards=1)
    assert _open(conn).id != monday.id


def test_who_was_overtaken_can_neither_save_nor_close(conn: Connection) -> None:
    dead = _open(conn)
    require_fence(conn, dead)
    heir = _open(conn, holder="two")
    with pytest.raises(NightHeldError, match=r"The night of 2026-11-20 was taken over by two; nothing was saved here"):
        require_fence(conn, dead)
    _close(conn, dead, "failed")
    found = last_run(conn, FRIDAY)
    assert found is not None
    assert found.status == "running"
    require_fence(conn, heir)


def test_the_fence_stays_until_the_transaction_ends(db: Database) -> None:
    with db.write() as conn:
        run = _open(conn)
    with db.write() as saving:
        require_fence(saving, run)
        with db.write() as overtaking:
            overtaking.execute(text("SET LOCAL lock_timeout = '10ms'"))
            with pytest.raises(Exception, match="canceling statement due to lock timeout"):
                _open(overtaking, holder="two")
            overtaking.rollback()
    with db.write() as conn:
        assert _open(conn, holder="two").attempt == 2


def test_the_holder_is_named_while_a_run_is_open(conn: Connection) -> None:
    assert holder_of(conn, FRIDAY) == "another process"
    run = _open(conn)
    assert holder_of(conn, FRIDAY).startswith("one, since 20")
    _close(conn, run)
    assert holder_of(conn, FRIDAY) == "another process"


def test_a_step_comes_back_as_it_was_saved_and_is_replaced(conn: Connection) -> None:
    run = _open(conn)
    failed = replace(STEP, status="failed", coverage=None, errors=())
    save_step(conn, run, failed)
    assert steps_of(conn, run.id) == (replace(failed, errors=[]),)
    assert finished_shards(conn, run) == {}
    save_step(conn, run, STEP)
    assert steps_of(conn, run.id) == (STEP,)
    assert finished_shards(conn, run) == {("values", 1): STEP}


def test_steps_are_told_in_the_order_in_which_they_ended(conn: Connection) -> None:
    run = _open(conn)
    other = open_run(conn, MONDAY, holder="one", shards=1)
    steps = [replace(STEP, job=job, shard=shard) for job, shard in (("values", 0), ("snapshots", 0), ("values", 1))]
    for step in steps:
        save_step(conn, run, step)
    save_step(conn, other, STEP)
    assert steps_of(conn, run.id) == tuple(steps)
    assert set(finished_shards(conn, run)) == {(step.job, step.shard) for step in steps}


def test_a_night_is_done_when_it_ended_ok_or_partial(conn: Connection) -> None:
    for day, status in ((MONDAY, "ok"), (THURSDAY, "partial"), (FRIDAY, "failed")):
        _close(conn, open_run(conn, day, holder="one", shards=1), status)
    open_run(conn, SATURDAY, holder="one", shards=1)
    assert nights_done(conn, MONDAY, SATURDAY) == {MONDAY, THURSDAY}
    assert nights_done(conn, THURSDAY, THURSDAY) == {THURSDAY}


def test_one_date_is_held_by_one_connection(db: Database) -> None:
    with db.session() as one, db.session() as other:
        assert hold_night(one, FRIDAY)
        assert not hold_night(other, FRIDAY)
        assert hold_night(other, THURSDAY)
