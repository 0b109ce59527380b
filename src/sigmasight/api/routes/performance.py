"""How a portfolio did, and where a session's P&L came from."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from sigmasight.api.place import AsOf, place_of
from sigmasight.api.shapes.performance import Attribution, Performance
from sigmasight.api.site import Reader
from sigmasight.services.attribution import By, attribute_profit
from sigmasight.services.performance import report_performance

router = APIRouter(prefix="/portfolios/{portfolio_id}", tags=["performance"])


@router.get("/performance")
def read_performance(desk: Reader, portfolio_id: UUID, as_of: AsOf = None) -> Performance:
    """Time-weighted returns, volatility, Sharpe and Sortino ratios, drawdown, beta."""
    with desk.reading() as conn:
        return Performance.of(report_performance(*place_of(conn, desk, portfolio_id, as_of)))


@router.get("/attribution")
def read_attribution(
    desk: Reader,
    portfolio_id: UUID,
    as_of: AsOf = None,
    by: Annotated[By, Query(description="What the P&L is split by.")] = By.POSITION,
) -> Attribution:
    """A session's P&L by position, tag, factor or Greek."""
    with desk.reading() as conn:
        return Attribution.of(attribute_profit(*place_of(conn, desk, portfolio_id, as_of), by))
