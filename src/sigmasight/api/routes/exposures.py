"""Exposures of a portfolio by kind, tag, underlying or sector."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from sigmasight.api.place import AsOf, place_of
from sigmasight.api.shapes.exposures import Exposures
from sigmasight.api.site import Reader
from sigmasight.services.exposures import Grouping, report_exposures

router = APIRouter(prefix="/portfolios/{portfolio_id}", tags=["exposures"])


@router.get("/exposures")
def read_exposures(
    desk: Reader,
    portfolio_id: UUID,
    as_of: AsOf = None,
    by: Annotated[Grouping, Query(description="One group for each of these.")] = Grouping.KIND,
) -> Exposures:
    """Long, short, gross, net, notional and delta-adjusted exposure of the portfolio and of groups of its positions."""
    with desk.reading() as conn:
        return Exposures.of(report_exposures(*place_of(conn, desk, portfolio_id, as_of), by))
