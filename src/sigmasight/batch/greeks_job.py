"""The job greeks: facts of the option contracts that portfolios hold, once for all of them, in one transaction."""

import time
from collections.abc import Mapping, Sequence

import numpy as np

from sigmasight.batch.facts_outcome import WANTED_COVERAGE, FactsOutcome
from sigmasight.domain.market_data import Market
from sigmasight.domain.options import OptionFacts
from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.services.market_frames import Valuation
from sigmasight.services.option_facts import renew_option_facts
from sigmasight.store.database import Connection, Database
from sigmasight.store.instruments import load_instruments
from sigmasight.store.runs import Run, StepRecord, require_fence, save_step

JOB = "greeks"

_DOUBTFUL = BLOCKING | Reason.ESTIMATED


def compute_greeks(db: Database, valuation: Valuation, run: Run, markets: Sequence[Market]) -> FactsOutcome:
    """Price every contract held at the run's date; partial where under 95 % have Greeks from the market itself."""
    started = time.perf_counter()
    with db.write() as conn:
        require_fence(conn, run)
        made = {market: renew_option_facts(conn, valuation, market, run.as_of) for market in markets}
        contracts = sum(len(facts.instrument_id) for facts in made.values())
        errors = tuple(error for market, facts in made.items() for error in _doubts(conn, market, facts))
        coverage = 1.0 - len(errors) / contracts if contracts else 1.0
        status = "ok" if coverage >= WANTED_COVERAGE else "partial"
        outcome = FactsOutcome(status, time.perf_counter() - started, errors)
        counts = {"contracts": contracts, "from_the_market": contracts - len(errors)}
        save_step(conn, run, StepRecord(JOB, 0, status, outcome.seconds, counts, coverage, errors))
    return outcome


def _doubts(conn: Connection, market: Market, facts: OptionFacts) -> list[Mapping[str, str]]:
    """Contracts without Greeks, or with a volatility that no option tells."""
    doubtful = np.flatnonzero(facts.reasons & int(_DOUBTFUL))
    ids = facts.instrument_id[doubtful].tolist()
    symbols = {instrument.id: instrument.symbol for instrument in load_instruments(conn, ids)}
    flags = (facts.reasons[doubtful] & int(_DOUBTFUL)).tolist()
    return [
        {"market": market, "symbol": symbols[contract], "reason": ",".join(Reason(flag).words)}
        for contract, flag in zip(ids, flags, strict=True)
    ]
