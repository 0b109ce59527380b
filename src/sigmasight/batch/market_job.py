"""The job market-data: ask for what is missing, each answer saved in a transaction of its own."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from sigmasight.batch.asking import ask_all
from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.market_data import Market
from sigmasight.market.requests import Request
from sigmasight.services.market_plan import (
    Universe,
    find_universe,
    needing_prices,
    plan_prices,
    plan_quotes,
    plan_reference,
)
from sigmasight.services.market_sources import Sources
from sigmasight.services.market_sync import Coverage, preflight
from sigmasight.store.database import Database
from sigmasight.store.runs import Run, StepRecord, require_fence, save_step

JOB = "market-data"
WANTED_COVERAGE = 0.95

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class MarketOutcome:
    """What became of the job."""

    status: str
    seconds: float
    coverage: float  # share of the held instruments with a price of the session itself
    errors: tuple[Mapping[str, str], ...]

    @classmethod
    def recalled(cls, step: StepRecord) -> "MarketOutcome":
        """The outcome that an earlier attempt wrote down."""
        return cls(step.status, step.seconds, 1.0 if step.coverage is None else step.coverage, tuple(step.errors))


@dataclass(slots=True)
class _Tally:
    requests: int = 0
    refused: int = 0
    held: int = 0
    priced: int = 0


def sync_market(
    db: Database,
    run: Run,
    calendar: TradingCalendar,
    sources: Mapping[Market, Sources],
    *,
    history_sessions: int,
    with_chains: bool,
    progress: Callable[[int, int], None],
) -> MarketOutcome:
    """Bring the markets up to the run's date; a provider that fails is named and does not stop the others."""
    started = time.perf_counter()
    tally, errors = _Tally(), []

    def ask(universe: Universe, requests: Sequence[Request], sources: Sources) -> list[Mapping[str, str]]:
        asked = ask_all(db, universe, requests, sources, guard=lambda conn: require_fence(conn, run), progress=progress)
        tally.requests += asked.requests
        tally.refused += asked.refused
        return asked.errors

    for market, providers in sources.items():
        with db.write() as conn:
            universe = find_universe(conn, market, calendar, run.as_of)
            reference = plan_reference(conn, universe, history_sessions=history_sessions)
        errors += ask(universe, reference, providers)
        with db.read() as conn:
            prices = plan_prices(conn, universe, history_sessions=history_sessions, with_chains=with_chains)
        errors += ask(universe, prices, providers)
        with db.read() as conn:
            quotes = plan_quotes(conn, universe) if with_chains else ()
        errors += ask(universe, quotes, providers)
        errors += _unserved(market, providers)
        errors += _missing(market, _look(db, universe, tally))
    coverage = tally.priced / tally.held if tally.held else 1.0
    if coverage < WANTED_COVERAGE:
        _log.warning("coverage", as_of=run.as_of.isoformat(), held=tally.held, priced=tally.priced)
    failed = any("provider" in error for error in errors)
    outcome = MarketOutcome(
        status="partial" if failed or coverage < WANTED_COVERAGE else "ok",
        seconds=time.perf_counter() - started,
        coverage=coverage,
        errors=tuple(errors),
    )
    with db.write() as conn:
        require_fence(conn, run)
        save_step(conn, run, _record(outcome, tally))
    return outcome


def _look(db: Database, universe: Universe, tally: _Tally) -> Coverage:
    with db.read() as conn:
        coverage = preflight(conn, universe, needing_prices(conn, universe))
    tally.held += coverage.held
    tally.priced += coverage.priced
    return coverage


def _unserved(market: Market, sources: Sources) -> list[Mapping[str, str]]:
    """That nobody has prices, with what to do about it."""
    return [] if sources.prices or not sources.advice else [{"market": market, "reason": sources.advice}]


def _missing(market: Market, coverage: Coverage) -> list[Mapping[str, str]]:
    return [{"market": market, "symbol": symbol, "reason": "no_price"} for symbol in coverage.missing]


def _record(outcome: MarketOutcome, tally: _Tally) -> StepRecord:
    return StepRecord(
        job=JOB,
        shard=0,
        status=outcome.status,
        seconds=outcome.seconds,
        counts={"requests": tally.requests, "refused": tally.refused, "held": tally.held, "priced": tally.priced},
        coverage=outcome.coverage,
        errors=outcome.errors,
    )
