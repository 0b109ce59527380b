"""What a portfolio's numbers stand on: data quality, fund look-through, prices of what is held."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from sigmasight.api.place import AsOf, Cursor, Limit, place_of
from sigmasight.api.shapes.data import FundLookThrough, PortfolioDataQuality, PricePanel
from sigmasight.api.site import Reader
from sigmasight.services.data_quality import report_data_quality
from sigmasight.services.look_through import report_look_through
from sigmasight.services.price_panels import list_held_prices

router = APIRouter(prefix="/portfolios/{portfolio_id}", tags=["data"])

Start = Annotated[int, Query(ge=0, description="`next` of the page before.")]
From = Annotated[date | None, Query(alias="from", description="Without it, the last 90 sessions; at most 504.")]


@router.get("/data-quality")
def read_data_quality(desk: Reader, portfolio_id: UUID, as_of: AsOf = None) -> PortfolioDataQuality:
    """Coverage by engine and over time, the age and source of each price, and what was kept aside."""
    with desk.reading() as conn:
        return PortfolioDataQuality.of(report_data_quality(*place_of(conn, desk, portfolio_id, as_of)))


@router.get("/look-through")
def read_look_through(
    desk: Reader,
    portfolio_id: UUID,
    as_of: AsOf = None,
    *,
    factors: Annotated[bool, Query(description="Factor exposures by what funds hold too.")] = False,
    limit: Limit = 1000,
    cursor: Start = 0,
) -> FundLookThrough:
    """What the portfolio has in each name, by itself and by the funds that hold it."""
    with desk.reading() as conn:
        report = report_look_through(*place_of(conn, desk, portfolio_id, as_of), factors=factors)
    return FundLookThrough.of(report, cursor, limit)


@router.get("/prices")
def read_held_prices(
    desk: Reader,
    portfolio_id: UUID,
    as_of: AsOf = None,
    first: From = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> PricePanel:
    """Closes of what is held at the session, over the sessions up to it."""
    with desk.reading() as conn:
        place = place_of(conn, desk, portfolio_id, as_of)
        panel = list_held_prices(*place, first=first, after=cursor or "", limit=limit + 1)
    return PricePanel.of(panel, limit)
