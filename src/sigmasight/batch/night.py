"""The night of one date: market data, facts of instruments, then shards of portfolios valued, aggregated and saved."""

import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from sigmasight.batch.factors_job import compute_factors, prepare_markets
from sigmasight.batch.facts_outcome import FactsOutcome
from sigmasight.batch.greeks_job import compute_greeks
from sigmasight.batch.job_clock import JobClock
from sigmasight.batch.market_job import MarketOutcome, sync_market
from sigmasight.batch.shards import ShardOutcome, ShardPlan, run_shard, skipped_jobs
from sigmasight.domain.books import Portfolio
from sigmasight.domain.errors import NightHeldError, NotATradingDayError
from sigmasight.domain.market_data import Market
from sigmasight.services.market_frames import Valuation
from sigmasight.services.market_plan import find_universe, is_asked
from sigmasight.services.market_sources import Sources
from sigmasight.services.results import PORTFOLIO_JOBS
from sigmasight.store.asked import forget_late, last_late
from sigmasight.store.database import Database
from sigmasight.store.people import markets_opened_after, portfolios_on
from sigmasight.store.runs import Run, StepRecord, close_run, finished_shards, hold_night, holder_of, open_run

_OF_INSTRUMENTS = {"greeks": compute_greeks, "factors": compute_factors}
JOBS = ("market-data", *_OF_INSTRUMENTS, *PORTFOLIO_JOBS)

Progress = Callable[[str, int, int], None]
"""Told a job's name, how many of its pieces are done and how many there are."""

_PATIENCE_SECONDS = 2.0  # a killed holder's connection needs a moment to be noticed
_FAILED_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class NightPlan:
    """What every night is given."""

    valuation: Valuation
    sources: Mapping[Market, Sources]
    last_completed: date  # the last session whose close has passed
    history_sessions: int
    portfolios_per_shard: int


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """One job over all shards."""

    name: str
    status: str
    seconds: float


@dataclass(frozen=True, slots=True)
class NightOutcome:
    """What became of a night."""

    as_of: date
    status: str
    jobs: tuple[JobOutcome, ...]
    portfolios: int
    failed_portfolios: int
    coverage: float
    errors: tuple[Mapping[str, str], ...]


def run_night(db: Database, plan: NightPlan, as_of: date, progress: Progress) -> NightOutcome:
    """Run the night of a date; what a dead process left of it is finished, not done again.

    Raises:
        NotATradingDayError: If the date is no session, or its close has not passed yet.
        NightHeldError: If another process runs it.
    """
    _require_completed(plan, as_of)
    with _held(db, as_of):
        with db.read() as conn:
            portfolios = portfolios_on(conn, as_of)
        return _run(db, plan, as_of, portfolios, progress)


def _run(
    db: Database, plan: NightPlan, as_of: date, portfolios: Sequence[Portfolio], progress: Progress
) -> NightOutcome:
    shards = max(1, -(-len(portfolios) // plan.portfolios_per_shard))
    with db.write() as conn:
        run = open_run(conn, as_of, holder=f"{socket.gethostname()}, process {os.getpid()}", shards=shards)
        done = finished_shards(conn, run)
    with _closed_on_error(db, run):
        market, recalled = _market_data(db, plan, run, portfolios, done, progress)
        with db.read() as conn:
            late = last_late(conn)
        still_good = {} if late else done  # what was done before data came late is done again
        good_facts = still_good if recalled else {}
        facts = _facts(db, plan, run, portfolios, good_facts, progress)
        outcomes = list(_shards(db, plan, run, portfolios, still_good, progress))
        outcome = _conclude(plan, run, market, facts, outcomes, len(portfolios))
        with db.write() as conn:
            if not outcome.failed_portfolios:
                forget_late(conn, late, but_of=markets_opened_after(conn, run.as_of))
            close_run(
                conn,
                run,
                status=outcome.status,
                portfolios=outcome.portfolios,
                failed_portfolios=outcome.failed_portfolios,
                coverage=outcome.coverage,
                errors=outcome.errors,
            )
    return outcome


def _market_data(
    db: Database,
    plan: NightPlan,
    run: Run,
    portfolios: Sequence[Portfolio],
    done: Mapping[tuple[str, int], StepRecord],
    progress: Progress,
) -> tuple[MarketOutcome, bool]:
    """Sync the markets, unless the process that this one takes over from did, and nothing new is held since.

    Returns:
        What became of it, and whether that was recalled.
    """
    markets = _markets(portfolios)
    if (JOBS[0], 0) in done and all(_is_synced(db, plan, market, run.as_of) for market in markets):
        return MarketOutcome.recalled(done[JOBS[0], 0]), True
    synced = sync_market(
        db,
        run,
        plan.valuation.calendar,
        {market: plan.sources[market] for market in markets},
        history_sessions=plan.history_sessions,
        with_chains=run.as_of == plan.last_completed,
        progress=lambda at, of: progress("market-data", at, of),
    )
    return synced, False


def _facts(
    db: Database,
    plan: NightPlan,
    run: Run,
    portfolios: Sequence[Portfolio],
    done: Mapping[tuple[str, int], StepRecord],
    progress: Progress,
) -> list[FactsOutcome]:
    """Run the jobs about instruments, but for those that the process that this one takes over from has done."""
    outcomes = []
    for job, compute in _OF_INSTRUMENTS.items():
        if (job, 0) in done:
            outcomes.append(FactsOutcome.recalled(done[job, 0]))
        else:
            progress(job, 0, 1)
            outcomes.append(compute(db, plan.valuation, run, _markets(portfolios)))
    return outcomes


def _markets(portfolios: Sequence[Portfolio]) -> list[Market]:
    return sorted({portfolio.market for portfolio in portfolios})


def _is_synced(db: Database, plan: NightPlan, market: Market, as_of: date) -> bool:
    with db.write() as conn:
        return is_asked(conn, find_universe(conn, market, plan.valuation.calendar, as_of))


def _shards(
    db: Database,
    plan: NightPlan,
    run: Run,
    portfolios: Sequence[Portfolio],
    done: Mapping[tuple[str, int], StepRecord],
    progress: Progress,
) -> Iterator[ShardOutcome]:
    progress("snapshots", 0, run.shards)
    given = None
    for shard in range(run.shards):
        mine = [portfolio for portfolio in portfolios if portfolio.id.int % run.shards == shard]
        records = [done[job, shard] for job in PORTFOLIO_JOBS if (job, shard) in done]
        if len(records) == len(PORTFOLIO_JOBS) and records[0].counts["portfolios"] == len(mine):
            yield ShardOutcome.recalled(records)
        else:
            clock = JobClock()
            given = given or ShardPlan(plan.valuation, prepare_markets(db, plan.valuation, run, portfolios, clock.lap))
            yield run_shard(db, given, run, shard, mine, prepared_in=clock.seconds)
        progress("snapshots", shard + 1, run.shards)


def _conclude(
    plan: NightPlan,
    run: Run,
    market: MarketOutcome,
    facts: Sequence[FactsOutcome],
    shards: Sequence[ShardOutcome],
    portfolios: int,
) -> NightOutcome:
    failed = sum(outcome.failed for outcome in shards)
    status = _portfolio_status(failed, portfolios)
    skipped = skipped_jobs(plan.valuation, run.as_of)
    jobs = [
        JobOutcome("market-data", market.status, market.seconds),
        *(JobOutcome(job, each.status, each.seconds) for job, each in zip(_OF_INSTRUMENTS, facts, strict=True)),
        *(
            JobOutcome(job, "skipped" if job in skipped else status, sum(outcome.seconds[job] for outcome in shards))
            for job in PORTFOLIO_JOBS
        ),
    ]
    return NightOutcome(
        as_of=run.as_of,
        status=_worst([job.status for job in jobs]),
        jobs=tuple(jobs),
        portfolios=portfolios,
        failed_portfolios=failed,
        coverage=market.coverage,
        errors=(
            *market.errors,
            *(e for each in facts for e in each.errors),
            *(e for each in shards for e in each.errors),
        ),
    )


def _portfolio_status(failed: int, portfolios: int) -> str:
    if not failed:
        return "ok"
    return "failed" if failed > 1 and failed > _FAILED_SHARE * portfolios else "partial"


def _worst(statuses: Sequence[str]) -> str:
    return max(statuses, key=("skipped", "ok", "partial", "failed").index)


def _require_completed(plan: NightPlan, as_of: date) -> None:
    if not plan.valuation.calendar.is_trading_day(as_of):
        raise NotATradingDayError(
            f"{as_of} is no trading day of the New York Stock Exchange: there is no night to run."
        )
    if as_of > plan.last_completed:
        raise NotATradingDayError(
            f"The session of {as_of} has not closed yet; the last completed one is {plan.last_completed}."
        )


@contextmanager
def _held(db: Database, as_of: date) -> Iterator[None]:
    """Hold a date's night: the lock is the connection's, so the server frees it the moment this process dies."""
    with db.session() as conn:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not hold_night(conn, as_of):
            if time.monotonic() > deadline:
                raise NightHeldError(f"The night of {as_of} is being run by {holder_of(conn, as_of)}.")
            time.sleep(0.1)
        yield


@contextmanager
def _closed_on_error(db: Database, run: Run) -> Iterator[None]:
    """Close the run when the night itself breaks or is interrupted, and let the error go on."""
    try:
        yield
    except BaseException as error:
        status = "failed" if isinstance(error, Exception) else "cancelled"
        with db.write() as conn:
            errors = [{"reason": f"{type(error).__name__}: {error}"}]
            close_run(conn, run, status=status, portfolios=0, failed_portfolios=0, coverage=None, errors=errors)
        raise
