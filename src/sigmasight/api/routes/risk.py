"""Value at risk of a portfolio."""

import enum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from sigmasight.api.place import AsOf, place_of
from sigmasight.api.shapes.risk import Risk
from sigmasight.api.site import Reader
from sigmasight.domain.risk_results import SNAPSHOT_TAIL, TailMethod
from sigmasight.services.risk import report_risk

router = APIRouter(prefix="/portfolios/{portfolio_id}", tags=["risk"])

Horizon = Annotated[int, Query(ge=1, le=252, description="Days, by the square root of time.")]


class Level(enum.StrEnum):
    """How sure one wants to be, in percent."""

    P95 = "95"
    P97_5 = "97.5"
    P99 = "99"


@router.get("/risk")
def read_risk(
    desk: Reader,
    portfolio_id: UUID,
    as_of: AsOf = None,
    method: TailMethod = SNAPSHOT_TAIL[0],
    level: Level = Level.P99,
    horizon: Horizon = 1,
) -> Risk:
    """Value at risk and expected shortfall three ways, what each position brings, and backtests."""
    with desk.reading() as conn:
        place = place_of(conn, desk, portfolio_id, as_of)
        return Risk.of(report_risk(*place, method=method, level=float(level) / 100.0, horizon=horizon))
