"""All results of portfolios for wanted days: computed together, written together, replacing what was there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sigmasight.domain.books import Portfolio
from sigmasight.domain.risk_results import FactorExposures, ScenarioResults
from sigmasight.domain.snapshots import Snapshot
from sigmasight.services.market_frames import Valuation
from sigmasight.services.portfolio_risk import factor_exposures, market_scenarios, stress_tests, weigh_sessions
from sigmasight.services.valuation import aggregate_books, value_portfolios
from sigmasight.store.database import Connection
from sigmasight.store.people import lock_portfolios
from sigmasight.store.risk_results import replace_exposures, replace_market_scenarios, replace_stress
from sigmasight.store.snapshots import days_from, replace_snapshots


@dataclass(frozen=True, slots=True)
class Results:
    """What some portfolios' wanted days come to."""

    snapshots: tuple[Snapshot, ...]
    exposures: tuple[FactorExposures, ...]
    market_scenarios: tuple[ScenarioResults, ...]
    stress: tuple[ScenarioResults, ...]


def replace_results(conn: Connection, portfolios: Sequence[Portfolio], made: Results) -> None:
    """Write results of some portfolios, replacing those of the same portfolios and days."""
    replace_snapshots(conn, portfolios, made.snapshots)
    replace_exposures(conn, portfolios, made.exposures)
    replace_market_scenarios(conn, portfolios, made.market_scenarios)
    replace_stress(conn, portfolios, made.stress)


def renew_results(conn: Connection, valuation: Valuation, portfolio: Portfolio, first: date) -> tuple[Snapshot, ...]:
    """Make again what a portfolio has from a day on, because its ledger changed from that day on.

    Returns:
        The snapshots among it.
    """
    lock_portfolios(conn, [portfolio.id])
    wanted = days_from(conn, [portfolio.id], first)
    valued = value_portfolios(conn, valuation, [portfolio], wanted)
    sessions = weigh_sessions(conn, valuation, valued)
    made = Results(
        aggregate_books(valued), factor_exposures(sessions), market_scenarios(sessions), stress_tests(sessions)
    )
    replace_results(conn, [portfolio], made)
    return made.snapshots
