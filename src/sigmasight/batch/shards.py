"""One shard of portfolios: valued, aggregated and saved whole; a portfolio that fails is named and left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import structlog

from sigmasight.batch.job_clock import JobClock
from sigmasight.domain.books import Portfolio
from sigmasight.domain.errors import DatabaseError, NightHeldError
from sigmasight.services.market_frames import Valuation
from sigmasight.services.portfolio_risk import Prepared, is_correlation_day
from sigmasight.services.results import PORTFOLIO_JOBS, make_results
from sigmasight.services.valuation import wanted_days
from sigmasight.store.database import Connection, Database
from sigmasight.store.runs import Run, StepRecord, require_fence, save_step

_OF_THE_WHOLE_NIGHT = (DatabaseError, NightHeldError)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ShardOutcome:
    """What became of a shard, over its jobs."""

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

    seconds: dict[str, float]  # by job
    coverages: list[float] = field(default_factory=list)
    errors: list[Mapping[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ShardPlan:
    """What every shard of a night is given."""

    valuation: Valuation
    prepared: Prepared


def run_shard(
    db: Database,
    plan: ShardPlan,
    run: Run,
    shard: int,
    portfolios: Sequence[Portfolio],
    *,
    prepared_in: Mapping[str, float] | None = None,
) -> ShardOutcome:
    """Run a shard in one transaction; if that fails, portfolio by portfolio, so that only the culprit is left out.

    ``prepared_in``: seconds by job that assessing the market took, which is the larger part of some.
    """
    begun = dict.fromkeys(PORTFOLIO_JOBS, 0.0) | dict(prepared_in or {})
    progress = _Progress(dict(begun))
    try:
        with db.write() as conn:
            require_fence(conn, run)
            _make_results(conn, plan, run, portfolios, progress)
            return _record(conn, plan, run, shard, portfolios, progress)
    except Exception as error:
        if isinstance(error, _OF_THE_WHOLE_NIGHT):
            raise
        _log.warning("shard failed, going on portfolio by portfolio", shard=shard, error=repr(error)[:200])
    progress = _Progress(begun)
    for portfolio in portfolios:
        _run_alone(db, plan, run, portfolio, progress)
    with db.write() as conn:
        require_fence(conn, run)
        return _record(conn, plan, run, shard, portfolios, progress)


def _run_alone(db: Database, plan: ShardPlan, run: Run, portfolio: Portfolio, progress: _Progress) -> None:
    try:
        with db.write() as conn:
            require_fence(conn, run)
            _make_results(conn, plan, run, [portfolio], progress)
    except Exception as error:
        if isinstance(error, _OF_THE_WHOLE_NIGHT):
            raise
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        _log.error("portfolio failed", portfolio=str(portfolio.id), as_of=run.as_of.isoformat(), reason=reason)
        _log.debug("portfolio failed there", exc_info=error)
        progress.errors.append({"portfolio": str(portfolio.id), "name": portfolio.name, "reason": reason})


def _make_results(
    conn: Connection, plan: ShardPlan, run: Run, portfolios: Sequence[Portfolio], progress: _Progress
) -> None:
    clock = JobClock(progress.seconds)
    wanted = wanted_days(conn, portfolios, run.as_of)
    made = make_results(conn, plan.valuation, portfolios, wanted, prepared=plan.prepared, done=clock.lap)
    progress.coverages += [snapshot.coverage for snapshot in made.snapshots if snapshot.as_of == run.as_of]


def skipped_jobs(valuation: Valuation, as_of: date) -> frozenset[str]:
    """What is not done for portfolios in the night of a session."""
    return frozenset() if is_correlation_day(valuation, as_of) else frozenset({"correlations"})


def _record(
    conn: Connection, plan: ShardPlan, run: Run, shard: int, portfolios: Sequence[Portfolio], progress: _Progress
) -> ShardOutcome:
    """Write down the shard's steps, in the transaction that saves its results."""
    failed = len(progress.errors)
    skipped = skipped_jobs(plan.valuation, run.as_of)
    coverage = sum(progress.coverages) / len(progress.coverages) if progress.coverages else None
    for job, seconds in progress.seconds.items():
        step = StepRecord(
            job=job,
            shard=shard,
            status="skipped" if job in skipped else "partial" if failed else "ok",
            seconds=seconds,
            counts={"portfolios": len(portfolios), "failed": failed},
            coverage=coverage,
            errors=progress.errors if job == "snapshots" else (),
        )
        save_step(conn, run, step)
    return ShardOutcome(len(portfolios), failed, coverage, progress.seconds, tuple(progress.errors))
