"""A portfolio's history, and the last completed session's snapshot on demand."""

from datetime import date
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from sigmasight.api.place import Days, Limit, page_of
from sigmasight.api.shapes.snapshots import PortfolioSnapshot, Snapshots
from sigmasight.api.site import Reader, Writer
from sigmasight.services.snapshots import make_snapshot
from sigmasight.store.people import owned_portfolio
from sigmasight.store.snapshots import snapshots_back

router = APIRouter(prefix="/portfolios/{portfolio_id}", tags=["snapshots"])

Before = Annotated[date | None, Query(description="`next` of the page before.")]


@router.get("/snapshots")
def list_snapshots(
    desk: Reader, portfolio_id: UUID, days: Days, limit: Limit = 100, cursor: Before = None
) -> Snapshots:
    """What each night stored of the portfolio, the newest first."""
    with desk.reading() as conn:
        book = owned_portfolio(conn, desk.user_id, portfolio_id)
        found = snapshots_back(conn, book.id, days.first, days.last, before=cursor, limit=limit + 1)
    return Snapshots.of(*page_of(found, limit, lambda each: each.as_of.isoformat()))


@router.post("/snapshots", status_code=HTTPStatus.CREATED)
def create_snapshot(desk: Writer, portfolio_id: UUID) -> PortfolioSnapshot:
    """Make the last completed session's snapshot from what is stored of the market, replacing one that is there."""
    application = desk.site.application
    with desk.writing() as conn:
        place = (conn, desk.site.valuation, desk.user_id, portfolio_id)
        return PortfolioSnapshot.of(make_snapshot(*place, application.last_completed))
