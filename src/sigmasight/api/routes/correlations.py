"""How the names of a portfolio move together: metrics, clusters, the matrix."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from sigmasight.api.place import AsOf, place_of
from sigmasight.api.shapes.correlations import (
    CorrelationFilters,
    CorrelationMatrix,
    CorrelationQuery,
    Correlations,
)
from sigmasight.api.site import Reader
from sigmasight.services.correlations import report_correlations

router = APIRouter(prefix="/portfolios/{portfolio_id}/correlations", tags=["correlations"])

Asked = Annotated[CorrelationQuery, Query()]


@router.get("")
def read_correlations(desk: Reader, portfolio_id: UUID, asked: Asked) -> Correlations:
    """Average correlation, effective positions, diversification and clusters of the names."""
    with desk.reading() as conn:
        place = place_of(conn, desk, portfolio_id, asked.as_of)
        return Correlations.of(report_correlations(*place, asked.plan).correlations)


@router.post("")
def recompute_correlations(
    desk: Reader, portfolio_id: UUID, given: CorrelationFilters, as_of: AsOf = None
) -> Correlations:
    """The same with filters in the body; nothing is stored."""
    with desk.reading() as conn:
        place = place_of(conn, desk, portfolio_id, as_of)
        return Correlations.of(report_correlations(*place, given.plan).correlations)


@router.get("/matrix")
def read_correlation_matrix(desk: Reader, portfolio_id: UUID, asked: Asked) -> CorrelationMatrix:
    """The correlation matrix of the names, and the steps of their clustering."""
    with desk.reading() as conn:
        place = place_of(conn, desk, portfolio_id, asked.as_of)
        return CorrelationMatrix.of(report_correlations(*place, asked.plan))
