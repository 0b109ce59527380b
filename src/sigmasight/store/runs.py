"""Runs and steps of the night at rest, and the lock that keeps a date to one process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on

from sigmasight.domain.errors import NightHeldError
from sigmasight.store.tables import batch_runs, batch_steps

_NIGHT = 0x51617  # the class of the advisory locks; the date is their number


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the night of one date; ``attempt`` is the fence: a save under an older one is refused."""

    id: int
    as_of: date
    attempt: int
    shards: int


@dataclass(frozen=True, slots=True)
class StepRecord:
    """What became of one job for one shard of the portfolios."""

    job: str
    shard: int
    status: str
    seconds: float
    counts: Mapping[str, int]
    coverage: float | None
    errors: Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run as its row tells it."""

    id: int
    as_of: date
    status: str
    attempt: int
    started_at: datetime
    finished_at: datetime | None
    coverage: float | None


@dataclass(frozen=True, slots=True)
class NightCoverage:
    """What the job market-data of one night found."""

    as_of: date
    status: str
    held: int
    priced: int
    coverage: float
    refused: int  # rows, kept aside at the door
    failed: tuple[str, ...]  # providers


def nightly_coverage(conn: Connection, first: date, last: date) -> list[NightCoverage]:
    """Coverage of the last run of each session's night, newest first; a night without the job is absent."""
    run, step = batch_runs.c, batch_steps.c
    rows = conn.execute(
        select(run.as_of, step.status, step.counts, step.coverage, step.errors)
        .join(batch_steps, step.run_id == run.id)
        .where(step.job == "market-data", run.as_of.between(first, last))
        .ext(distinct_on(run.as_of))
        .order_by(run.as_of.desc(), run.id.desc())
    )
    return [
        NightCoverage(
            as_of=row.as_of,
            status=row.status,
            held=row.counts.get("held", 0),
            priced=row.counts.get("priced", 0),
            coverage=1.0 if row.coverage is None else row.coverage,
            refused=row.counts.get("refused", 0),
            failed=tuple(sorted({error["provider"] for error in row.errors if "provider" in error})),
        )
        for row in rows
    ]


def hold(conn: Connection, what: str) -> bool:
    """Take the lock of something that one process does at a time, on a connection of its own, as ``hold_night``."""
    lock = text("SELECT pg_try_advisory_lock(hashtextextended(:what, 0))")
    taken: bool = conn.execute(lock, {"what": f"sigmasight {what}"}).scalar_one()
    return taken


def hold_night(conn: Connection, as_of: date) -> bool:
    """Take the lock of a date's night on a connection of its own, which lets go of it when it ends, however it ends."""
    taken: bool = conn.execute(
        text("SELECT pg_try_advisory_lock(:night, :day)"), {"night": _NIGHT, "day": as_of.toordinal()}
    ).scalar_one()
    return taken


def holder_of(conn: Connection, as_of: date) -> str:
    """Who runs a date's night, in words."""
    query = select(batch_runs.c.holder, batch_runs.c.started_at).where(
        batch_runs.c.as_of == as_of, batch_runs.c.status == "running"
    )
    row = conn.execute(query).one_or_none()
    return "another process" if row is None else f"{row.holder}, since {row.started_at:%Y-%m-%d %H:%M:%S} UTC"


def open_run(conn: Connection, as_of: date, *, holder: str, shards: int) -> Run:
    """Open a run of a date, or take over the one that a dead process left open; the caller holds the date's lock."""
    left = conn.execute(
        update(batch_runs)
        .where(batch_runs.c.as_of == as_of, batch_runs.c.status.in_(("queued", "running")))
        .values(attempt=batch_runs.c.attempt + 1, holder=holder, status="running")
        .returning(batch_runs.c.id, batch_runs.c.attempt, batch_runs.c.shards)
    ).one_or_none()
    if left is not None:
        return Run(left.id, as_of, left.attempt, left.shards)
    new = insert(batch_runs).values(
        as_of=as_of, status="running", holder=holder, shards=shards, started_at=func.clock_timestamp()
    )
    return Run(conn.execute(new.returning(batch_runs.c.id)).scalar_one(), as_of, 1, shards)


def require_fence(conn: Connection, run: Run) -> None:
    """Refuse to save for a run that another process has taken over; holds the row until the transaction ends.

    Raises:
        NightHeldError: If the run's attempt is no longer the caller's.
    """
    query = (
        select(batch_runs.c.attempt, batch_runs.c.holder).where(batch_runs.c.id == run.id).with_for_update(read=True)
    )
    row = conn.execute(query).one()
    if row.attempt != run.attempt:
        raise NightHeldError(f"The night of {run.as_of} was taken over by {row.holder}; nothing was saved here.")


def finished_shards(conn: Connection, run: Run) -> dict[tuple[str, int], StepRecord]:
    """The steps of a run that are done, by job and shard."""
    rows = conn.execute(
        select(batch_steps).where(
            batch_steps.c.run_id == run.id, batch_steps.c.status.in_(("ok", "partial", "skipped"))
        )
    )
    return {
        (row.job, row.shard): StepRecord(
            row.job, row.shard, row.status, row.seconds, row.counts, row.coverage, row.errors
        )
        for row in rows
    }


def save_step(conn: Connection, run: Run, step: StepRecord) -> None:
    """Write a step down, in the transaction that saves its results."""
    conn.execute(
        text("DELETE FROM batch_steps WHERE run_id = :run AND job = :job AND shard = :shard"),
        {"run": run.id, "job": step.job, "shard": step.shard},
    )
    conn.execute(
        insert(batch_steps).values(
            run_id=run.id,
            job=step.job,
            shard=step.shard,
            status=step.status,
            seconds=step.seconds,
            finished_at=func.clock_timestamp(),
            counts=dict(step.counts),
            coverage=step.coverage,
            errors=[dict(error) for error in step.errors],
        )
    )


def close_run(
    conn: Connection,
    run: Run,
    *,
    status: str,
    portfolios: int,
    failed_portfolios: int,
    coverage: float | None,
    errors: Sequence[Mapping[str, str]],
) -> None:
    """Close a run, unless another process has taken it over."""
    conn.execute(
        update(batch_runs)
        .where(batch_runs.c.id == run.id, batch_runs.c.attempt == run.attempt)
        .values(
            status=status,
            finished_at=func.clock_timestamp(),
            portfolios=portfolios,
            failed_portfolios=failed_portfolios,
            coverage=coverage,
            errors=[dict(error) for error in errors],
        )
    )


def last_run(conn: Connection, as_of: date) -> RunRecord | None:
    """The latest run of a date."""
    query = select(batch_runs).where(batch_runs.c.as_of == as_of).order_by(batch_runs.c.id.desc()).limit(1)
    row = conn.execute(query).one_or_none()
    return None if row is None else _record(row)


def steps_of(conn: Connection, run_id: int) -> tuple[StepRecord, ...]:
    """All steps of a run, in the order in which they ended."""
    rows = conn.execute(
        select(batch_steps).where(batch_steps.c.run_id == run_id).order_by(batch_steps.c.finished_at, batch_steps.c.job)
    )
    return tuple(
        StepRecord(row.job, row.shard, row.status, row.seconds, row.counts, row.coverage, row.errors) for row in rows
    )


def nights_done(conn: Connection, first: date, last: date) -> frozenset[date]:
    """Days of a range whose night ended, ok or partial."""
    ended = batch_runs.c.status.in_(("ok", "partial"))
    query = select(batch_runs.c.as_of).where(batch_runs.c.as_of.between(first, last), ended)
    return frozenset(conn.execute(query).scalars())


def last_finished(conn: Connection) -> date | None:
    """The last session whose night has ended, ok or partial."""
    query = select(func.max(batch_runs.c.as_of)).where(batch_runs.c.status.in_(("ok", "partial")))
    found: date | None = conn.execute(query).scalar_one()
    return found


def load_runs(conn: Connection, *, before: int | None, limit: int) -> list[RunRecord]:
    """Runs, newest first, from one on."""
    query = select(batch_runs).order_by(batch_runs.c.id.desc()).limit(limit)
    rows = conn.execute(query if before is None else query.where(batch_runs.c.id < before))
    return [_record(row) for row in rows]


def find_run(conn: Connection, run_id: int) -> RunRecord | None:
    """One run."""
    row = conn.execute(select(batch_runs).where(batch_runs.c.id == run_id)).one_or_none()
    return None if row is None else _record(row)


def _record(row: Row[Any]) -> RunRecord:
    return RunRecord(row.id, row.as_of, row.status, row.attempt, row.started_at, row.finished_at, row.coverage)
