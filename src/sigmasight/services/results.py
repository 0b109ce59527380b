"""All results of portfolios for wanted days: computed together, written together, replacing what was there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from sigmasight.domain.books import Portfolio
from sigmasight.domain.risk_results import Correlations, FactorExposures, ScenarioResults, TailRisk
from sigmasight.domain.snapshots import Snapshot
from sigmasight.risk.snapshots import complete_snapshots
from sigmasight.services.market_frames import Valuation
from sigmasight.services.portfolio_risk import (
    Prepared,
    correlations,
    factor_exposures,
    market_scenarios,
    stress_tests,
    tail_risks,
    weigh_sessions,
)
from sigmasight.services.valuation import Days, aggregate_books, value_portfolios
from sigmasight.store.database import Connection
from sigmasight.store.people import lock_portfolios
from sigmasight.store.risk_results import (
    replace_correlations,
    replace_exposures,
    replace_market_scenarios,
    replace_stress,
    replace_tails,
)
from sigmasight.store.snapshots import days_from, replace_snapshots

PORTFOLIO_JOBS = ("values", "aggregation", "scenarios", "stress", "risk", "correlations", "snapshots")
"""What is done for portfolios, in this order. Aggregation sums factor exposures too; snapshots writes all results."""


@dataclass(frozen=True, slots=True)
class Results:
    """What some portfolios' wanted days come to."""

    snapshots: tuple[Snapshot, ...]
    exposures: tuple[FactorExposures, ...]
    market_scenarios: tuple[ScenarioResults, ...]
    stress: tuple[ScenarioResults, ...]
    tails: tuple[TailRisk, ...]
    correlations: tuple[Correlations, ...]


def make_results(
    conn: Connection,
    valuation: Valuation,
    portfolios: Sequence[Portfolio],
    wanted: Days,
    *,
    prepared: Prepared | None = None,
    done: Callable[[str], None] = lambda _: None,
) -> Results:
    """Load some portfolios, freeze their market, compute and save all results of the wanted days.

    Args:
        conn: The transaction; the portfolios are locked in it.
        valuation: What every valuation is given.
        portfolios: Of any owners and markets.
        wanted: Days by portfolio.
        prepared: Markets that are assessed already; the others are for these portfolios alone.
        done: Told each job's name when it is done.
    """
    lock_portfolios(conn, [portfolio.id for portfolio in portfolios])
    valued = value_portfolios(conn, valuation, portfolios, wanted)
    done("values")
    incomplete = aggregate_books(valued)
    sessions = weigh_sessions(conn, valuation, valued, prepared)
    exposures = factor_exposures(sessions)
    done("aggregation")
    by_market = market_scenarios(sessions)
    done("scenarios")
    stress = stress_tests(sessions)
    done("stress")
    tails = tail_risks(sessions)
    done("risk")
    correlated = correlations(conn, valuation, sessions)
    done("correlations")
    made = Results(complete_snapshots(incomplete, exposures, tails), exposures, by_market, stress, tails, correlated)
    _replace(conn, portfolios, made)
    done("snapshots")
    return made


def renew_results(conn: Connection, valuation: Valuation, portfolio: Portfolio, first: date) -> tuple[Snapshot, ...]:
    """Make again what a portfolio has from a day on, because its ledger changed from that day on.

    Returns:
        The snapshots among it.
    """
    wanted = days_from(conn, [portfolio.id], first)
    return make_results(conn, valuation, [portfolio], wanted).snapshots


def _replace(conn: Connection, portfolios: Sequence[Portfolio], made: Results) -> None:
    replace_snapshots(conn, portfolios, made.snapshots)
    replace_exposures(conn, portfolios, made.exposures)
    replace_market_scenarios(conn, portfolios, made.market_scenarios)
    replace_stress(conn, portfolios, made.stress)
    replace_tails(conn, portfolios, made.tails)
    replace_correlations(conn, portfolios, made.correlations)
