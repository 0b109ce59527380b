"""One shard of portfolios: valued, aggregated and saved whole; a portfolio that fails is named and left out."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from sigmasight.domain.books import Portfolio
from sigmasight.domain.errors import DatabaseError, NightHeldError
from sigmasight.domain.snapshots import Snapshot
from sigmasight.services.market_frames import Valuation
from sigmasight.services.valuation import aggregate_books, value_portfolios, wanted_days
from sigmasight.store.database import Connection, Database
from sigmasight.store.people import lock_portfolios
from sigmasight.store.runs import Run, StepRecord, require_fence, save_step
from sigmasight.store.snapshots import replace_snapshots

_OF_THE_WHOLE_NIGHT = (DatabaseError, NightHeldError)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ShardOutcome:
    """What became of a shard, over its three jobs."""

    portfolios: int
    failed: int
    coverage: float | None  # mean over the portfolios
    seconds: Mapping[str, float]
    errors: tuple[Mapping[str, str], ...] = ()

    @classmethod
    def recalled(cls, steps: Sequence[StepRecord]) -> "ShardOutcome":
        """The outcome that an earlier attempt wrote down."""
        last = steps[-1]
        seconds = {step.job: step.seconds for step in steps}
        return cls(last.counts["portfolios"], last.counts["failed"], last.coverage, seconds, tuple(last.errors))


@dataclass(slots=True)
class _Progress:
    """What is gathered while a shard runs."""

    seconds: dict[str, float] = field(default_factory=lambda: {"values": 0.0, "aggregation": 0.0, "snapshots": 0.0})
    coverages: list[float] = field(default_factory=list)
    errors: list[Mapping[str, str]] = field(default_factory=list)


def run_shard(
    db: Database, valuation: Valuation, run: Run, shard: int, portfolios: Sequence[Portfolio]
) -> ShardOutcome:
    """Run a shard in one transaction; if that fails, portfolio by portfolio, so that only the culprit is left out."""
    progress = _Progress()
    try:
        with db.write() as conn:
            require_fence(conn, run)
            _make_snapshots(conn, valuation, run, portfolios, progress)
            return _record(conn, run, shard, portfolios, progress)
    except Exception as error:
        if isinstance(error, _OF_THE_WHOLE_NIGHT):
            raise
        _log.warning("shard failed, going on portfolio by portfolio", shard=shard, error=repr(error)[:200])
    progress = _Progress()
    for portfolio in portfolios:
        _run_alone(db, valuation, run, portfolio, progress)
    with db.write() as conn:
        require_fence(conn, run)
        return _record(conn, run, shard, portfolios, progress)


def _run_alone(db: Database, valuation: Valuation, run: Run, portfolio: Portfolio, progress: _Progress) -> None:
    try:
        with db.write() as conn:
            require_fence(conn, run)
            _make_snapshots(conn, valuation, run, [portfolio], progress)
    except Exception as error:
        if isinstance(error, _OF_THE_WHOLE_NIGHT):
            raise
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        _log.error("portfolio failed", portfolio=str(portfolio.id), as_of=run.as_of.isoformat(), reason=reason)
        _log.debug("portfolio failed there", exc_info=error)
        progress.errors.append({"portfolio": str(portfolio.id), "name": portfolio.name, "reason": reason})


def _make_snapshots(
    conn: Connection, valuation: Valuation, run: Run, portfolios: Sequence[Portfolio], progress: _Progress
) -> None:
    started = time.perf_counter()
    lock_portfolios(conn, [portfolio.id for portfolio in portfolios])
    valued = value_portfolios(conn, valuation, portfolios, wanted_days(conn, portfolios, run.as_of))
    seen = time.perf_counter()
    made: Sequence[Snapshot] = aggregate_books(valued)
    summed = time.perf_counter()
    replace_snapshots(conn, portfolios, made)
    progress.seconds["values"] += seen - started
    progress.seconds["aggregation"] += summed - seen
    progress.seconds["snapshots"] += time.perf_counter() - summed
    progress.coverages += [snapshot.coverage for snapshot in made if snapshot.as_of == run.as_of]


def _record(
    conn: Connection, run: Run, shard: int, portfolios: Sequence[Portfolio], progress: _Progress
) -> ShardOutcome:
    """Write down the shard's steps, in the transaction that saves its results."""
    failed = len(progress.errors)
    coverage = sum(progress.coverages) / len(progress.coverages) if progress.coverages else None
    for job, seconds in progress.seconds.items():
        step = StepRecord(
            job=job,
            shard=shard,
            status="partial" if failed else "ok",
            seconds=seconds,
            counts={"portfolios": len(portfolios), "failed": failed},
            coverage=coverage,
            errors=progress.errors if job == "snapshots" else (),
        )
        save_step(conn, run, step)
    return ShardOutcome(len(portfolios), failed, coverage, progress.seconds, tuple(progress.errors))
