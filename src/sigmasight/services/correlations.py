"""Correlations of one portfolio's names, worked out on demand: metrics, clusters, the matrix behind them."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import numpy as np

from sigmasight.domain.correlations import CorrelationPlan
from sigmasight.domain.market_data import FloatArray
from sigmasight.domain.risk_results import Correlations
from sigmasight.risk.correlations import correlate_with_names
from sigmasight.services.exposures import value_at
from sigmasight.services.market_frames import Valuation
from sigmasight.services.portfolio_risk import tags_of_positions
from sigmasight.services.risk import load_history
from sigmasight.store.database import Connection


@dataclass(frozen=True, slots=True)
class CorrelationReport:
    """A portfolio's correlations, with the matrix in the order of its symbols."""

    correlations: Correlations
    matrix: FloatArray  # (S, S)
    merges: FloatArray  # (S - 1, 4) scipy's linkage matrix, which counts names in ``order``
    order: tuple[str, ...]  # (S,) the largest exposure first


def report_correlations(
    conn: Connection,
    valuation: Valuation,
    user_id: UUID,
    portfolio_id: UUID,
    as_of: date,
    plan: CorrelationPlan,
) -> CorrelationReport:
    """Correlate the names of a user's portfolio at a session's close.

    Raises:
        NotFoundError: If the portfolio is not the user's.
        NotATradingDayError: If the day is no session.
    """
    valued = value_at(conn, valuation, user_id, portfolio_id, as_of)
    held, history = load_history(conn, valuation, valued)
    carried = tags_of_positions(conn, [portfolio_id])
    rows = np.flatnonzero(valued.close.positions.held).tolist()
    tags = [carried.get(valued.books.positions[at].id, frozenset()) for at in rows]
    instruments = valued.books.market.instruments
    ((found, names),) = correlate_with_names(held, history, instruments, tags, plan)
    return CorrelationReport(
        correlations=found,
        matrix=names.matrix[np.ix_(names.leaves, names.leaves)],
        merges=names.merges,
        order=tuple(instruments[int(at)].symbol for at in names.names.at[names.kept]),
    )
