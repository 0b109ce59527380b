"""The job factors: betas of what portfolios hold, and what every scenario does to one share of it, once for all."""

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from sigmasight.batch.facts_outcome import WANTED_COVERAGE, FactsOutcome
from sigmasight.domain.books import Portfolio
from sigmasight.domain.factor_facts import Betas, FactorSet
from sigmasight.domain.market_data import Market
from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.services.factor_facts import renew_factor_facts
from sigmasight.services.market_frames import Valuation
from sigmasight.services.portfolio_risk import Prepared, prepare_market
from sigmasight.store.database import Connection, Database
from sigmasight.store.instruments import load_instruments
from sigmasight.store.runs import Run, StepRecord, require_fence, save_step

JOB = "factors"


def compute_factors(db: Database, valuation: Valuation, run: Run, markets: Sequence[Market]) -> FactsOutcome:
    """Estimate the betas of all that is held at the run's date; partial where under 95 % have any."""
    started = time.perf_counter()
    with db.write() as conn:
        require_fence(conn, run)
        made = {market: renew_factor_facts(conn, valuation, market, run.as_of) for market in markets}
        errors = tuple(error for market, facts in made.items() for error in _doubts(conn, market, *facts))
        instruments = sum(len(betas.instrument_id) for _, betas in made.values())
        lacking = sum("symbol" in error for error in errors)
        coverage = 1.0 - lacking / instruments if instruments else 1.0
        status = "ok" if coverage >= WANTED_COVERAGE and len(errors) == lacking else "partial"
        outcome = FactsOutcome(status, time.perf_counter() - started, errors)
        counts = {"instruments": instruments, "with_betas": instruments - lacking}
        save_step(conn, run, StepRecord(JOB, 0, status, outcome.seconds, counts, coverage, errors))
    return outcome


def prepare_markets(
    db: Database,
    valuation: Valuation,
    run: Run,
    portfolios: Sequence[Portfolio],
    done: Callable[[str], None] = lambda _: None,
) -> Prepared:
    """Assess, for all portfolios together, what they hold in each market at the run's date.

    ``done`` is told the job of portfolios that a part of it belongs to, when that part is done.
    """
    prepared = {}
    for market in sorted({portfolio.market for portfolio in portfolios}):
        owners = {portfolio.user_id for portfolio in portfolios if portfolio.market is market}
        with db.write() as conn:
            require_fence(conn, run)
            prepared[market, run.as_of] = prepare_market(conn, valuation, market, run.as_of, owners, done)
    return prepared


def _doubts(conn: Connection, market: Market, factors: FactorSet, betas: Betas) -> list[Mapping[str, str]]:
    """Factors that nothing can be said about, and instruments without betas."""
    unusable: list[Mapping[str, str]] = [
        {"market": market, "factor": name, "reason": "no_history"}
        for name, usable in zip(factors.names, factors.usable, strict=True)
        if not usable
    ]
    lacking = np.flatnonzero(betas.reasons & int(BLOCKING))
    ids = betas.instrument_id[lacking].tolist()
    symbols = {instrument.id: instrument.symbol for instrument in load_instruments(conn, ids)}
    flags = (betas.reasons[lacking] & int(BLOCKING)).tolist()
    return unusable + [
        {"market": market, "symbol": symbols[each], "reason": ",".join(Reason(flag).words)}
        for each, flag in zip(ids, flags, strict=True)
    ]
